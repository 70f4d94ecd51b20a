/* Which settings of a folder belong to a tenant. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/tenants/parts.h"
#include "io/file.h"
#include "io/yaml.h"

#define SHORT_NAME "is no tenant as it is named: its name has to end in .yaml"

enum {
	NAME_MAX_CHARS = 64,
	PREVIOUS_MAX_BYTES = 64 * 1024,
	SETTINGS_WRONG = 78,
};

static char *text_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_SCALAR && n->text.n ? mem_dupz(n->text) : NULL;
}

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789._-";

/* A part of paths that leads nowhere else. */
static bool is_plain(const char *name)
{
	return name[0] != '.' && strlen(name) <= NAME_MAX_CHARS &&
	       name[strspn(name, plain)] == '\0';
}

/* acme of acme.yaml and of acme/depmend.yaml. A name of a file may hold anything; this one is
 * shown, is a label of metrics and a part of paths. */
static char *name_of_file(const char *entry)
{
	struct str name = str_from(entry);
	char *ret;

	if (str_ends_nocase(name, STR(".yaml")))
		name.n -= strlen(".yaml");
	if (name.n > NAME_MAX_CHARS)
		name.n = NAME_MAX_CHARS;
	ret = mem_dupz(name);
	for (char *odd = ret; *(odd += strspn(odd, plain));)
		*odd = '_';
	return ret;
}

static char *lines_of(const struct yaml_node *list)
{
	struct buf b;
	char *ret;

	if (!list || list->kind != YAML_LIST)
		return NULL;
	buf_init(&b, PREVIOUS_MAX_BYTES);
	for (const struct yaml_node *n = list->first; n; n = n->next)
		buf_printf(&b, "\n%.*s\n", STR_FMT(n->text));
	ret = mem_dupz(buf_view(&b));
	buf_release(&b);
	return ret;
}

static void add_tenant(
	struct tenants *t, const char *file, const char *entry, const struct yaml_node *root)
{
	const struct yaml_node *apple = root ? yaml_get(root, "apple") : NULL;
	struct tenant one = { .file = mem_strdup(file) };
	char *name = root ? text_of(yaml_get(root, "tenant")) : NULL;

	one.is_named = name && is_plain(name);
	one.name = one.is_named ? mem_strdup(name) : name_of_file(entry);
	free(name);
	if (apple) {
		one.client_id = text_of(yaml_get(apple, "client_id"));
		one.previous = lines_of(yaml_get(apple, "previous_client_ids"));
	}
	t->v = mem_realloc(t->v, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = one;
}

static void ignore(struct tenants *t, const char *file, const char *why)
{
	t->ignored = mem_realloc(t->ignored, t->n_ignored + 1, sizeof(*t->ignored));
	t->ignored[t->n_ignored++] = mem_printf("%s %s", file, why);
}

/* A page that cannot be read counts: the command says what is wrong with it. */
static void look_at(struct tenants *t, const char *file, const char *entry)
{
	struct yaml_doc *doc = NULL;
	struct diags d;
	struct err err;
	bool read;

	diags_init(&d);
	read = !yaml_load(&doc, file, &d, &err);
	if (!read || (doc->root && yaml_get(doc->root, "tenant")))
		add_tenant(t, file, entry, read ? doc->root : NULL);
	else
		ignore(t, file, "has no `tenant:`");
	if (read)
		yaml_doc_free(doc);
	diags_release(&d);
}

/* Also what cannot be read, such as a link that leads nowhere or is in a folder of others: a tenant
 * that nobody hears of would be left out night after night. */
static bool is_meant(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return !S_ISDIR(st.st_mode);
	return errno != ENOTDIR && (errno != ENOENT || lstat(path, &st) == 0);
}

static void look_in(struct tenants *t, const char *folder, const char *entry)
{
	char *path, *inner, *short_inner;

	/* lost+found is the file system's own, where the folder is a volume. */
	if (entry[0] == '.' || strcmp(entry, "lost+found") == 0)
		return;
	path = mem_printf("%s/%s", folder, entry);
	inner = mem_printf("%s/depmend.yaml", path);
	short_inner = mem_printf("%s/depmend.yml", path);
	if (str_ends_nocase(str_from(entry), STR(".yaml")) && is_meant(path))
		look_at(t, path, entry);
	else if (is_meant(inner))
		look_at(t, inner, entry);
	else if (str_ends_nocase(str_from(entry), STR(".yml")) && file_is_regular(path))
		ignore(t, path, SHORT_NAME);
	else if (file_is_regular(short_inner))
		ignore(t, short_inner, SHORT_NAME);
	free(path);
	free(inner);
	free(short_inner);
}

/* --- two that are one --- */

static bool was_client(const struct tenant *t, const char *client_id)
{
	char *line;
	bool was;

	if (!t->previous || !client_id)
		return false;
	line = mem_printf("\n%s\n", client_id);
	was = strstr(t->previous, line) != NULL;
	free(line);
	return was;
}

/* What a shares with b so that a is not run; NULL: nothing. */
static const char *what_is_shared(const struct tenant *a, const struct tenant *b)
{
	if (a->client_id && b->client_id && strcmp(a->client_id, b->client_id) == 0)
		return "the same client_id: they are one organization";
	if (was_client(a, b->client_id) || was_client(b, a->client_id))
		return "a client_id that was the other's: they are one organization";
	/* A page that says no name goes wrong by itself, and takes no name from who has it. */
	if (a->is_named && !b->is_named)
		return NULL;
	/* Their files would be one where letters have no case. */
	return strcasecmp(a->name, b->name) == 0 ? "the same tenant name" : NULL;
}

static void refuse(struct tenant *t, const struct tenant *other, const char *shared)
{
	(void)snprintf(t->because_of, sizeof(t->because_of),
		"%s and %s have %s; keep one of them in the folder", t->file, other->file, shared);
	t->because = t->because_of;
	t->status = SETTINGS_WRONG;
}

static void refuse_doubles(struct tenants *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->n; k++) {
			const char *shared = i == k ? NULL : what_is_shared(&t->v[i], &t->v[k]);

			if (shared)
				refuse(&t->v[i], &t->v[k], shared);
		}
}

enum errc tenants_find(struct tenants *ret, const char *folder, struct err *err)
{
	char **entries = NULL;
	enum errc rc = file_list(folder, "", &entries, err);

	*ret = (struct tenants){ 0 };
	for (size_t i = 0; !rc && entries[i]; i++)
		look_in(ret, folder, entries[i]);
	file_list_free(entries);
	if (rc)
		return err_set(err, ERR_SETTINGS, "%s", err->msg);
	if (!ret->n)
		return err_set(err, ERR_SETTINGS,
			"%s: no settings with `tenant:` in this folder (as NAME.yaml or "
			"NAME/depmend.yaml)",
			folder);
	refuse_doubles(ret);
	return ERR_OK;
}

void tenants_release(struct tenants *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].file);
		free(t->v[i].name);
		free(t->v[i].client_id);
		free(t->v[i].numbers);
		free(t->v[i].previous);
	}
	for (size_t i = 0; i < t->n_ignored; i++)
		free(t->ignored[i]);
	free(t->ignored);
	free(t->v);
	*t = (struct tenants){ 0 };
}
