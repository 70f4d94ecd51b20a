#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"
#include "io/file.h"
#include "model/settings_read.h"

enum { TENANT_MAX = 64 };

#define AT(member) offsetof(struct settings, member)

static void read_version(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	if (yaml_expect(r, n, YAML_SCALAR) && !str_eq(n->text, STR("1")))
		(void)yaml_bad(r, n, "settings.version", "this program knows version 1, not '%.*s'",
			STR_FMT(n->text));
}

/* The name becomes part of file names and of what other programs are told. */
static void read_tenant(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *name = yaml_text(r, n);
	const char *good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	(void)key;
	if (!name)
		return;
	if (name[strspn(name, good)] || name[0] == '.' || strlen(name) > TENANT_MAX)
		(void)yaml_bad(r, n, "yaml.bad-value",
			"a tenant's name has up to %d letters, digits, '-', '_' and '.'",
			TENANT_MAX);
	else
		*(const char **)to = name;
}

static void read_organization(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "business", "school", NULL };

	(void)key;
	*(bool *)to = yaml_word(r, n, words) == 1;
}

/* The codecs add /v1 themselves. */
static void read_apple_url(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *url = NULL;

	settings_read_url(r, key, n, &url);
	if (url && str_ends_nocase(str_from(url), STR("/v1")))
		(void)yaml_bad(r, n, "settings.bad-address", "leave out /v1: it is added");
	else if (url)
		*(const char **)to = url;
}

static void read_uem_url(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *url = NULL;

	settings_read_url(r, key, n, &url);
	if (url && str_ends_nocase(str_from(url), STR("/api")))
		(void)yaml_bad(r, n, "settings.bad-address", "leave out /API: it is added");
	else if (url)
		*(const char **)to = url;
}

/* --- uem.auth: one of three, their values side by side in the struct --- */

static const struct yaml_key oauth_keys[] = {
	YAML_KEY("token_url", settings_read_url, AT(uem.token_url), .required = true),
	YAML_KEY("client_id", yaml_read_text, AT(uem.client_id), .required = true),
	YAML_KEY("client_secret", settings_read_secret, AT(uem.client_secret), .required = true),
	YAML_KEYS_END,
};
static const struct yaml_key basic_keys[] = {
	YAML_KEY("username", yaml_read_text, AT(uem.username), .required = true),
	YAML_KEY("password", settings_read_secret, AT(uem.password), .required = true),
	YAML_KEYS_END,
};
static const struct yaml_key certificate_keys[] = {
	YAML_KEY("pkcs12", settings_read_secret, AT(uem.pkcs12), .required = true),
	YAML_KEY("password", settings_read_secret, AT(uem.password), .required = true),
	YAML_KEYS_END,
};
static const struct yaml_key auth_keys[] = {
	YAML_KEY("oauth", yaml_read_map, 0, .keys = oauth_keys),
	YAML_KEY("basic", yaml_read_map, 0, .keys = basic_keys),
	YAML_KEY("certificate", yaml_read_map, 0, .keys = certificate_keys),
	YAML_KEYS_END,
};

static void read_auth(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct settings *s = to;

	if (!n)
		return;
	yaml_read_map(r, key, n, to);
	if (n->kind != YAML_MAP)
		return;
	if (n->n_children != 1)
		(void)yaml_bad(
			r, n, "settings.auth", "one of oauth, basic and certificate is needed");
	if (yaml_get(n, "oauth"))
		s->uem.auth = UEM_AUTH_OAUTH;
	else if (yaml_get(n, "basic"))
		s->uem.auth = UEM_AUTH_BASIC;
	else if (yaml_get(n, "certificate"))
		s->uem.auth = UEM_AUTH_CERTIFICATE;
}

/* --- input --- */

static void read_encoding(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *name = yaml_text(r, n);
	size_t len = name ? strlen(name) : 0;

	(void)key;
	if (name && (len > 40 || strchr(name, '/')))
		(void)yaml_bad(r, n, "yaml.bad-value", "'%s' is no name of an encoding", name);
	else if (name)
		*(const char **)to = name;
}

static void read_delimiter(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { ",", ";", "\t", "tab", "comma", "semicolon", NULL };
	static const char signs[] = ",;\t\t,;";
	int i = yaml_word(r, n, words);

	(void)key;
	if (i >= 0)
		*(char *)to = signs[i];
}

static void read_header(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "first", "none", NULL };

	(void)key;
	*(bool *)to = yaml_word(r, n, words) == 1;
}

static void read_barcode(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "keep", "strip", NULL };

	(void)key;
	*(bool *)to = yaml_word(r, n, words) == 1;
}

/* --- the page --- */

static const struct yaml_key apple_keys[] = {
	YAML_KEY("organization", read_organization, AT(apple.school), .preset = "business"),
	YAML_KEY("client_id", yaml_read_text, AT(apple.client_id), .required = true),
	YAML_KEY("key_id", yaml_read_text, AT(apple.key_id)),
	YAML_KEY("private_key", settings_read_secret, AT(apple.private_key), .required = true),
	YAML_KEY("url", read_apple_url, AT(apple.url)),
	YAML_KEY("token_url", settings_read_url, AT(apple.token_url),
		.preset = "https://account.apple.com/auth/oauth2/token"),
	YAML_KEYS_END,
};
static const struct yaml_key uem_keys[] = {
	YAML_KEY("url", read_uem_url, AT(uem.url), .required = true),
	YAML_KEY("tenant_code", settings_read_secret, AT(uem.tenant_code)),
	YAML_KEY("tokens", settings_read_tokens, 0, .required = true),
	YAML_KEY("auth", read_auth, 0, .required = true, .keys = auth_keys),
	YAML_KEY("profile_status", settings_read_profile_status, 0),
	YAML_KEYS_END,
};
static const struct yaml_key sync_keys[] = {
	YAML_KEY("wait", yaml_read_duration, AT(sync.wait_ms)),
	YAML_KEY("command", settings_read_command, AT(sync.command)),
	YAML_KEYS_END,
};
static const struct yaml_key limit_keys[] = {
	YAML_KEY("devices", yaml_read_u32, AT(limits[LIMIT_DEVICES]), .preset = "500",
		.max = UINT32_MAX - 1),
	YAML_KEY("percent", yaml_read_percent, AT(limits[LIMIT_PERCENT]), .preset = "10"),
	YAML_KEY("release", yaml_read_u32, AT(limits[LIMIT_RELEASE]), .preset = "0",
		.max = UINT32_MAX - 1),
	YAML_KEY("delete_record", yaml_read_u32, AT(limits[LIMIT_DELETE_RECORD]), .preset = "0",
		.max = UINT32_MAX - 1),
	YAML_KEY("wipe", yaml_read_u32, AT(limits[LIMIT_WIPE]), .preset = "0",
		.max = UINT32_MAX - 1),
	YAML_KEY("in_flight", yaml_read_u32, AT(limits[LIMIT_IN_FLIGHT]), .preset = "200", .min = 1,
		.max = UINT32_MAX - 1),
	YAML_KEYS_END,
};
static const struct yaml_key rate_keys[] = {
	YAML_KEY("apple_read", settings_read_rate, AT(rates[RATE_APPLE_READ]), .preset = "20/min"),
	YAML_KEY("apple_write", settings_read_rate, AT(rates[RATE_APPLE_WRITE]),
		.preset = "10/hour"),
	YAML_KEY("uem", settings_read_rate, AT(rates[RATE_UEM]), .preset = "300/min"),
	YAML_KEY("uem_reserve", yaml_read_percent, AT(uem_reserve_percent), .preset = "20%"),
	YAML_KEYS_END,
};
static const struct yaml_key batch_keys[] = {
	YAML_KEY("apple", yaml_read_u32, AT(batch_apple), .preset = "1000", .min = 1,
		.max = SETTINGS_MAX_BATCH),
	YAML_KEYS_END,
};
static const struct yaml_key timeout_keys[] = {
	YAML_KEY("activity", yaml_read_duration, AT(timeouts.activity_ms), .preset = "30m"),
	YAML_KEY("sync", yaml_read_duration, AT(timeouts.sync_ms), .preset = "45m"),
	YAML_KEY("sync_gap", yaml_read_duration, AT(timeouts.sync_gap_ms), .preset = "10m"),
	YAML_KEY("settle", yaml_read_duration, AT(timeouts.settle_ms), .preset = "60s"),
	YAML_KEY("wipe", yaml_read_duration, AT(timeouts.wipe_ms), .preset = "7d"),
	YAML_KEY("request", yaml_read_duration, AT(timeouts.request_ms), .preset = "60s"),
	YAML_KEYS_END,
};
static const struct yaml_key poll_keys[] = {
	YAML_KEY("apple", yaml_read_duration, AT(poll.apple_ms), .preset = "5s"),
	YAML_KEY("uem", yaml_read_duration, AT(poll.uem_ms), .preset = "30s"),
	YAML_KEYS_END,
};
static const struct yaml_key protect_keys[] = {
	YAML_KEY("file", settings_read_path, AT(protect_file), .required = true),
	YAML_KEYS_END,
};
static const struct yaml_key input_keys[] = {
	YAML_KEY("encoding", read_encoding, AT(input.encoding), .preset = "utf-8"),
	YAML_KEY("delimiter", read_delimiter, AT(input.delimiter)),
	YAML_KEY("header", read_header, AT(input.no_header), .preset = "first"),
	YAML_KEY("barcode_s", read_barcode, AT(input.strip_barcode_s), .preset = "keep"),
	YAML_KEY("serial_column", yaml_read_u32, AT(input.serial_column), .min = 1, .max = 1024),
	YAML_KEYS_END,
};
static const struct yaml_key notify_keys[] = {
	YAML_KEY("url", settings_read_secret, AT(notify_url), .required = true),
	YAML_KEYS_END,
};
static const struct yaml_key page_keys[] = {
	YAML_KEY("version", read_version, 0, .required = true),
	YAML_KEY("tenant", read_tenant, AT(tenant), .required = true),
	YAML_KEY("apple", yaml_read_map, 0, .required = true, .keys = apple_keys),
	YAML_KEY("uem", yaml_read_map, 0, .keys = uem_keys),
	YAML_KEY("sync", yaml_read_map, 0, .keys = sync_keys),
	YAML_KEY("enrollment", settings_read_enrollment, 0),
	YAML_KEY("limits", yaml_read_map, 0, .keys = limit_keys),
	YAML_KEY("rate", yaml_read_map, 0, .keys = rate_keys),
	YAML_KEY("batch", yaml_read_map, 0, .keys = batch_keys),
	YAML_KEY("timeouts", yaml_read_map, 0, .keys = timeout_keys),
	YAML_KEY("poll", yaml_read_map, 0, .keys = poll_keys),
	YAML_KEY("protect", yaml_read_map, 0, .keys = protect_keys),
	YAML_KEY("input", yaml_read_map, 0, .keys = input_keys),
	YAML_KEY("notify", yaml_read_map, 0, .keys = notify_keys),
	YAML_KEY("state", settings_read_path, AT(state)),
	YAML_KEY("rules", settings_read_rules, 0),
	YAML_KEYS_END,
};
static const struct yaml_key page = { .keys = page_keys };

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
			"with uem: there is no use for sync:");
	if (s->sync.wait_ms >= 0)
		return;
	if (s->sync.command)
		s->sync.wait_ms = 0;
	else if (sync->kind == YAML_MAP && !yaml_get(sync, "wait") && !yaml_get(sync, "command"))
		(void)yaml_bad(r, sync, "yaml.missing-key", "'wait' or 'command' is missing here");
}

/* --- where settings are, and where state goes --- */

static char *join(const char *folder, const char *name)
{
	size_t n = strlen(folder) + strlen(name) + 2;
	char *path = mem_alloc(n);

	(void)snprintf(path, n, "%s/%s", folder, name);
	return path;
}

/* $VARIABLE/name, or $HOME/fallback/name; NULL when neither variable is set. */
static char *user_path(const char *variable, const char *fallback, const char *name)
{
	const char *folder = getenv(variable), *home = getenv("HOME");
	char *below, *path;

	if (folder && folder[0] == '/')
		return join(folder, name);
	if (!home || home[0] != '/')
		return NULL;
	below = join(home, fallback);
	path = join(below, name);
	free(below);
	return path;
}

char *settings_find(const char *given)
{
	const char *named = given ? given : getenv("DEPMEND_SETTINGS");
	char *own;

	if (named && named[0])
		return mem_strdup(named);
	if (file_exists("depmend.yaml"))
		return mem_strdup("depmend.yaml");
	own = user_path("XDG_CONFIG_HOME", ".config", "depmend/depmend.yaml");
	if (own && file_exists(own))
		return own;
	free(own);
	return file_exists("/etc/depmend/depmend.yaml") ? mem_strdup("/etc/depmend/depmend.yaml")
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

static void read_page(struct yaml_reader *r, struct settings *s)
{
	const struct yaml_node *root = r->doc->root;

	s->sync.wait_ms = -1;
	s->has_uem = yaml_get(root, "uem") != NULL;
	yaml_read_map(r, &page, root, s);
	check_apple(r, s, root);
	check_sync(r, s, root);
	settle_state(r, s);
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
	enum errc rc = yaml_load(&doc, path, d, err);

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
