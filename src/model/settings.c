#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "io/file.h"
#include "model/settings_read.h"
#include "trust/trust.h"

/* --- what no single value can tell --- */

static void check_apple(struct yaml_reader *r, struct settings *s, const struct yaml_node *root)
{
	const struct yaml_node *id = yaml_get(yaml_get(root, "apple"), "client_id");
	struct str own = s->apple.school ? STR("SCHOOLAPI.") : STR("BUSINESSAPI.");

	if (s->apple.client_id && !str_starts_nocase(str_from(s->apple.client_id), own))
		(void)yaml_diag(r->d, r->doc, DIAG_WARNING, "settings.client-id", id->at,
			(unsigned)id->text.n, "a client id of this organization starts with %.*s",
			STR_FMT(own));
	if (!s->apple.url)
		s->apple.url = s->apple.school ? "https://api-school.apple.com"
					       : "https://api-business.apple.com";
}

static void check_sync(struct yaml_reader *r, struct settings *s, const struct yaml_node *root)
{
	const struct yaml_node *sync = yaml_get(root, "sync");

	if (!sync)
		return;
	if (s->has_uem)
		(void)yaml_diag(r->d, r->doc, DIAG_WARNING, "settings.unused", sync->key_at, 4,
			"sync: is not used when there is a uem:");
	if (s->sync.wait_ms >= 0)
		return;
	if (s->sync.command)
		s->sync.wait_ms = 0;
	else if (sync->kind == YAML_MAP && !yaml_get(sync, "wait") && !yaml_get(sync, "command"))
		(void)yaml_bad(r, sync, "yaml.missing-key", "'wait' or 'command' is missing here");
}

/* --- where settings are, and where state goes --- */

enum { JOINED_MAX_BYTES = 64 * 1024 };

/* $VARIABLE/name, or $HOME/fallback/name; NULL when neither variable is set. */
static char *user_path(const char *variable, const char *fallback, const char *name)
{
	const char *folder = getenv(variable), *home = getenv("HOME");
	char *below, *path;

	if (folder && folder[0] == '/')
		return mem_printf("%s/%s", folder, name);
	if (!home || home[0] != '/')
		return NULL;
	below = mem_printf("%s/%s", home, fallback);
	path = mem_printf("%s/%s", below, name);
	free(below);
	return path;
}

char *settings_find(const char *given)
{
	const char *named = given ? given : getenv("DEPMEND_SETTINGS");
	char *own;

	if (named && named[0])
		return mem_strdup(named);
	if (file_may_exist("depmend.yaml"))
		return mem_strdup("depmend.yaml");
	own = user_path("XDG_CONFIG_HOME", ".config", "depmend/depmend.yaml");
	if (own && file_may_exist(own))
		return own;
	free(own);
	return file_may_exist("/etc/depmend/depmend.yaml") ? mem_strdup("/etc/depmend/depmend.yaml")
							   : NULL;
}

static bool system_state_usable(void)
{
	return access("/var/lib/depmend", F_OK) == 0 ? access("/var/lib/depmend", W_OK) == 0
						     : access("/var/lib", W_OK) == 0;
}

/* systemd may name several folders; the first is ours. */
static char *default_state(bool *ret_environment)
{
	struct str given = str_from(getenv("STATE_DIRECTORY"));
	struct str first = str_cut(&given, ':');

	*ret_environment = first.n > 0;
	if (first.n)
		return mem_dupz(first);
	if (system_state_usable())
		return mem_strdup("/var/lib/depmend");
	return user_path("XDG_STATE_HOME", ".local/state", "depmend");
}

static void settle_state(struct yaml_reader *r, struct settings *s)
{
	struct setting *v = &s->values[s->n_values];
	bool environment;
	char *path;

	if (s->state)
		return;
	path = default_state(&environment);
	if (!path) {
		(void)diag_add(r->d, DIAG_ERROR, "settings.state", (struct loc){ s->file, 1, 1 },
			"there is no folder for the run state: write `state: FOLDER`");
		return;
	}
	s->state = arena_dup(&s->arena, str_from(path)).p;
	*v = (struct setting){ "state", s->state,
		{ environment ? "$STATE_DIRECTORY" : NULL, 0, 0 } };
	s->n_values++;
	free(path);
}

void settings_state_name(const char *client_id, char ret[STATE_NAME_BYTES])
{
	char hash[SHA256_HEX];

	sha256_hex(str_from(client_id), hash);
	(void)snprintf(ret, STATE_NAME_BYTES, "%.16s", hash);
}

static bool has_state(const struct settings *s, const char *client_id)
{
	char name[STATE_NAME_BYTES], *path;
	bool has;

	settings_state_name(client_id, name);
	path = mem_printf("%s/%s", s->state, name);
	has = file_exists(path);
	free(path);
	return has;
}

static void add_account(struct settings *s, struct str client_id)
{
	const char **all;

	if (settings_is_own(s, client_id))
		return;
	all = arena_zalloc(&s->arena, (s->apple.n_previous + 1) * sizeof(*all));
	for (size_t i = 0; i < s->apple.n_previous; i++)
		all[i] = s->apple.previous[i];
	all[s->apple.n_previous++] = arena_dup(&s->arena, client_id).p;
	s->apple.previous = all;
}

/* Of the accounts that a person joined (SETTINGS_JOINED), those beside ours: the elder ones, whose
 * state is ours, or the younger ones. */
static void add_joined(struct settings *s, bool elder)
{
	char *path = s->state ? mem_printf("%s/%s", s->state, SETTINGS_JOINED) : NULL;
	struct buf lines;
	struct err err;

	if (path && file_is_regular(path) && !file_read(path, JOINED_MAX_BYTES, &lines, &err)) {
		struct str rest = buf_view(&lines);

		while (rest.n) {
			struct str old = str_cut(&rest, '\n'), younger = str_cut(&old, ' ');
			struct str known = elder ? younger : old, other = elder ? old : younger;

			if (str_eq_nocase(known, str_from(s->apple.client_id)) && other.n)
				add_account(s, other);
		}
		buf_release(&lines);
	}
	free(path);
}

/* The state of an organization outlives its API accounts. */
static void settle_account(struct settings *s)
{
	s->apple.account = s->apple.client_id;
	if (!s->apple.client_id)
		return;
	add_joined(s, true);
	for (size_t i = 0; s->state && i < s->apple.n_previous; i++)
		if (has_state(s, s->apple.previous[i])) {
			s->apple.account = s->apple.previous[i];
			break;
		}
	add_joined(s, false);
}

bool settings_is_own(const struct settings *s, struct str actor)
{
	for (size_t i = 0; i < s->apple.n_previous; i++)
		if (str_eq_nocase(actor, str_from(s->apple.previous[i])))
			return true;
	return str_eq_nocase(actor, str_from(s->apple.client_id));
}

/* --- the list for `check -v` --- */

enum { MAX_VALUES = 200 };

static const char *shown(struct yaml_reader *r, const struct yaml_node *n)
{
	char text[64];

	if (n->kind == YAML_SCALAR)
		return arena_dup(r->arena, n->text).p;
	if (n->kind == YAML_MAP && n->n_children == 1)
		(void)snprintf(text, sizeof(text), "{%.*s}", STR_FMT(n->first->key));
	else
		(void)snprintf(text, sizeof(text), "%u in a list", n->n_children);
	return arena_dup(r->arena, str_from(text)).p;
}

static void note(struct yaml_reader *r, const struct yaml_node *n)
{
	struct settings *s = r->self;
	struct setting *v = &s->values[s->n_values];

	if (s->n_values + 1 >= MAX_VALUES)
		return;
	*v = (struct setting){ arena_dup(r->arena, str_from(r->path)).p, shown(r, n), n->at };
	if (v->at.file)
		v->at.file = s->file;
	s->n_values++;
}

/* --- loading --- */

static void check_notify(struct yaml_reader *r, struct settings *s, const struct yaml_node *root)
{
	const struct yaml_node *notify = yaml_get(root, "notify");

	if (notify && notify->kind == YAML_MAP && !yaml_get(notify, "url") &&
		!yaml_get(notify, "webhook"))
		(void)yaml_bad(r, notify, "yaml.missing-key", "'url' or 'webhook' is missing here");
	if (s->webhook.url.kind != SECRET_NONE && !s->webhook.on)
		s->webhook.on = (1u << WEBHOOK_EVENTS) - 1;
}

static void read_page(struct yaml_reader *r, struct settings *s)
{
	const struct yaml_node *root = r->doc->root;

	s->sync.wait_ms = -1;
	s->has_uem = yaml_get(root, "uem") != NULL;
	yaml_read_map(r, &(const struct yaml_key){ .keys = settings_page_keys }, root, s);
	check_apple(r, s, root);
	check_sync(r, s, root);
	check_notify(r, s, root);
	settle_state(r, s);
	settle_account(s);
}

static struct settings *settings_new(const char *path)
{
	struct settings *s = mem_zalloc(sizeof(*s));

	arena_init(&s->arena);
	s->file = arena_dup(&s->arena, str_from(path)).p;
	s->values = arena_zalloc(&s->arena, MAX_VALUES * sizeof(*s->values));
	return s;
}

enum errc settings_load(struct settings **ret, const char *path, struct diags *d, struct err *err)
{
	struct settings *s = settings_new(path);
	struct yaml_reader r = { .d = d, .arena = &s->arena, .self = s, .note = note };
	size_t before = d->n_errors;
	struct yaml_doc *doc = NULL;
	enum errc rc = trust_load_yaml(TRUSTED_SETTINGS, path, &doc, d, err);

	if (rc == ERR_OK) {
		r.doc = doc;
		sha256_hex(doc->source, s->digest);
		if (doc->root)
			read_page(&r, s);
		else
			(void)diag_add(d, DIAG_ERROR, "yaml.empty", (struct loc){ path, 1, 1 },
				"the file is empty");
		if (d->n_errors > before)
			rc = err_set(err, ERR_SETTINGS, "%s has mistakes", path);
	}
	yaml_doc_free(doc);
	if (rc == ERR_OK) {
		*ret = s;
		return ERR_OK;
	}
	settings_free(s);
	if (err)
		err->code = ERR_SETTINGS;
	return ERR_SETTINGS;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	arena_release(&s->arena);
	free(s);
}
