#include "facts/organization.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "facts/rival.h"
#include "io/file.h"

enum { KEPT_MAX_BYTES = 1024 * 1024, MISSING_MOST = 200 };
#define LAST "last."
#define LIFT "; when that is right, say --allow organization=yes"

static char *path_of(const struct settings *s)
{
	return mem_printf("%s/" LAST "%s", s->state, s->tenant);
}

/* The first line of what is kept: the client id of the last run and, behind a tab, the one that
 * its state is called by. What earlier versions kept has no tab. */
struct account {
	struct str client, state; /* state: empty when it is not known */
};

static struct account cut_account(struct str *kept)
{
	struct str state = str_cut(kept, '\n'), client = str_cut(&state, '\t');

	return (struct account){ client, state };
}

/* Whether Apple still lists a server of those lines. */
static bool knows_one(organization_has *has, void *self, struct str kept)
{
	while (kept.n) {
		struct str name = str_cut(&kept, '\n');

		if (has(self, str_cut(&name, '\t')))
			return true;
	}
	return false;
}

static bool fleet_has(void *self, struct str server_id)
{
	return fleet_server_by_id(self, server_id) != SERVER_NONE;
}

/* --- accounts beside this one --- */

static void look_at_last(const struct settings *s, const char *path, organization_has *has,
	void *self, struct buf *ret)
{
	struct buf kept;
	struct str rest, client;
	struct err err;

	if (ret->n || !file_is_regular(path) || file_read(path, KEPT_MAX_BYTES, &kept, &err))
		return;
	rest = buf_view(&kept);
	client = cut_account(&rest).client;
	if (client.n && !settings_is_own(s, client) && knows_one(has, self, rest))
		buf_str(ret, client);
	buf_release(&kept);
}

void organization_other_account(
	const struct settings *s, organization_has *has, void *self, struct buf *ret)
{
	DIR *folder = opendir(s->state);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char *path;

		if (strncmp(entry->d_name, LAST, strlen(LAST)) != 0)
			continue;
		path = mem_printf("%s/%s", s->state, entry->d_name);
		look_at_last(s, path, has, self, ret);
		free(path);
	}
	if (folder)
		(void)closedir(folder);
}

/* Behind what the settings name already: the state is called by the first of them that has one. */
static void organization_previous(const struct settings *s, const char *other, struct buf *out)
{
	for (size_t i = 0; i < s->apple.n_previous; i++)
		buf_printf(out, "%s, ", s->apple.previous[i]);
	buf_z(out, other);
}

static enum errc check_others(const struct settings *s, const struct fleet *f, struct err *err)
{
	struct buf other, all;
	enum errc rc = ERR_OK;

	buf_init(&other, KEPT_MAX_BYTES);
	buf_init(&all, KEPT_MAX_BYTES);
	organization_other_account(s, fleet_has, (void *)(uintptr_t)f, &other);
	organization_previous(s, buf_cstr(&other), &all);
	if (other.n)
		rc = err_set(err, ERR_GUARD,
			"an earlier run went by the client id %s, for the same servers, and the "
			"settings name %s: " ORGANIZATION_JOIN,
			buf_cstr(&other), s->apple.client_id, buf_cstr(&all));
	buf_release(&all);
	buf_release(&other);
	return rc;
}

enum errc organization_join(const struct settings *s, const char *other, struct err *err)
{
	struct buf kept = { 0 };
	struct outfile *out;
	enum errc rc;
	char *path = mem_printf("%s/" SETTINGS_JOINED, s->state);

	rc = file_is_regular(path) ? file_read(path, KEPT_MAX_BYTES, &kept, err) : ERR_OK;
	if (!rc)
		rc = outfile_open(&out, path, 0600, err);
	if (!rc) {
		outfile_write(out, buf_view(&kept));
		outfile_write(out, str_from(s->apple.client_id));
		outfile_write(out, STR(" "));
		outfile_write(out, str_from(other));
		outfile_write(out, STR("\n"));
		rc = outfile_commit(out, NULL, err);
		outfile_free(out);
	}
	buf_release(&kept);
	free(path);
	return rc;
}

/* --- the last run of the tenant --- */

/* A server's line: its id and its name, behind tabs. One that begins with a tab is of a server that
 * a later run did not find any more. */
struct kept_server {
	struct str line, id, name;
	bool gone;
};

static struct kept_server cut_server(struct str *kept)
{
	struct str line = str_cut(kept, '\n'), name = line, id = str_cut(&name, '\t');
	bool gone = id.n == 0;

	if (gone)
		id = str_cut(&name, '\t');
	return (struct kept_server){ line, id, name, gone };
}

/* Whether the list of servers says that it is no more: one that is not whole does not, unless it
 * has nothing that the last run knew. */
static bool is_missing(const struct fleet *f, const struct kept_server *server, struct str all)
{
	return !server->gone && fleet_server_by_id(f, server->id) == SERVER_NONE &&
	       (!f->servers_partial || !knows_one(fleet_has, (void *)(uintptr_t)f, all));
}

static enum errc compare(const struct settings *s, const struct fleet *f, struct str kept,
	bool lifted, struct err *err)
{
	struct str client = cut_account(&kept).client, all = kept;

	if (!settings_is_own(s, client))
		return lifted ? ERR_OK
			      : err_set(err, ERR_GUARD,
					"the last run of tenant %s went by the client id %.*s, for "
					"other servers, and the settings name %s: is it another "
					"organization?" LIFT,
					s->tenant, STR_FMT(client), s->apple.client_id);
	while (kept.n && !lifted) {
		struct kept_server server = cut_server(&kept);

		if (is_missing(f, &server, all))
			return err_set(err, ERR_GUARD,
				"the last run of tenant %s knew a server '%.*s', id %.*s, which "
				"Apple no longer lists: is it another organization?" LIFT,
				s->tenant, STR_FMT(server.name), STR_FMT(server.id));
	}
	return ERR_OK;
}

enum errc organization_check(
	const struct settings *s, const struct fleet *f, bool lifted, struct err *err)
{
	char *path = path_of(s);
	struct buf kept;
	enum errc rc = check_others(s, f, err);

	/* A pipe would keep us waiting. */
	if (rc) {
		free(path);
		return rc;
	}
	if (file_exists(path) && !file_is_regular(path)) {
		rc = err_set(err, ERR_CANNOT_CREATE,
			"%s is no regular file, and what the last run saw is kept there: remove it",
			path);
	} else if (file_exists(path)) {
		rc = file_read(path, KEPT_MAX_BYTES, &kept, err);
		if (!rc) {
			rc = compare(s, f, buf_view(&kept), lifted, err);
			buf_release(&kept);
		}
	}
	free(path);
	return rc;
}

/* Those of before that the list lacks: names are all that is left of them. */
static void keep_missing(const struct settings *s, const struct fleet *f, struct outfile *out)
{
	char *path = path_of(s);
	struct str rest;
	struct buf kept;
	struct err err;
	uint32_t n = 0;

	if (file_is_regular(path) && !file_read(path, KEPT_MAX_BYTES, &kept, &err)) {
		rest = buf_view(&kept);
		(void)cut_account(&rest);
		while (rest.n && n < MISSING_MOST) {
			struct kept_server server = cut_server(&rest);

			if (!server.id.n || fleet_server_by_id(f, server.id) != SERVER_NONE)
				continue;
			if (!server.gone && !f->servers_partial)
				outfile_write(out, STR("\t"));
			outfile_write(out, server.line);
			outfile_write(out, STR("\n"));
			n++;
		}
		buf_release(&kept);
	}
	free(path);
}

enum errc organization_keep(const struct settings *s, const struct fleet *f, struct err *err)
{
	char *path = path_of(s);
	struct outfile *out;
	enum errc rc = outfile_open(&out, path, 0600, err);

	free(path);
	if (rc)
		return rc;
	outfile_write(out, str_from(s->apple.client_id));
	outfile_write(out, STR("\t"));
	outfile_write(out, str_from(s->apple.account));
	outfile_write(out, STR("\n"));
	for (uint32_t i = 0; i < f->n_servers; i++) {
		outfile_write(out, fleet_server_id(f, i));
		outfile_write(out, STR("\t"));
		outfile_write(out, fleet_server_name(f, i));
		outfile_write(out, STR("\n"));
	}
	keep_missing(s, f, out);
	rc = outfile_commit(out, NULL, err);
	outfile_free(out);
	return rc ? rc : rival_keep(s, err);
}

/* Of the last run, in texts of *kept, which the caller releases. False: there was none. */
static bool read_last(const struct settings *s, struct buf *kept, struct account *ret)
{
	char *path = path_of(s);
	struct err err;
	bool is = s->state && file_is_regular(path) && !file_read(path, KEPT_MAX_BYTES, kept, &err);
	struct str rest;

	free(path);
	if (is) {
		rest = buf_view(kept);
		*ret = cut_account(&rest);
	}
	return is;
}

void organization_settle(struct settings *s)
{
	struct account last;
	struct buf kept;

	if (!read_last(s, &kept, &last))
		return;
	if (last.state.n && settings_is_own(s, last.client))
		s->apple.account = arena_dup(&s->arena, last.state).p;
	buf_release(&kept);
}

/* Where the last run's client id is none that the settings name: what there is to say. */
static bool is_new_account(const struct settings *s, const struct account *last, struct err *ret)
{
	struct buf all, client;
	bool is_new = last->client.n && !settings_is_own(s, last->client);

	buf_init(&client, KEPT_MAX_BYTES);
	buf_init(&all, KEPT_MAX_BYTES);
	if (is_new) {
		buf_str(&client, last->client);
		organization_previous(s, buf_cstr(&client), &all);
		(void)err_set(ret, ERR_GUARD,
			"this is the state of the last run of tenant %s, which went by the client "
			"id %s, and the settings name %s; perhaps " ORGANIZATION_JOIN,
			s->tenant, buf_cstr(&client), s->apple.client_id, buf_cstr(&all));
	}
	buf_release(&all);
	buf_release(&client);
	return is_new;
}

void organization_adopt(struct settings *s)
{
	struct account last;
	struct buf kept;
	struct err err;

	if (!read_last(s, &kept, &last))
		return;
	if (is_new_account(s, &last, &err)) {
		log_warn("%s", err.msg);
		s->apple.account = arena_dup(&s->arena, last.state.n ? last.state : last.client).p;
	}
	buf_release(&kept);
}

enum errc organization_joined(const struct settings *s, struct err *err)
{
	struct account last;
	struct buf kept;
	bool is_new;

	if (!read_last(s, &kept, &last))
		return ERR_OK;
	is_new = is_new_account(s, &last, err);
	buf_release(&kept);
	return is_new ? ERR_GUARD : ERR_OK;
}

bool organization_server_name(const struct settings *s, struct str id, struct buf *out)
{
	char *path = path_of(s);
	struct buf kept;
	struct err err;
	bool is = false;

	if (id.n && file_is_regular(path) && !file_read(path, KEPT_MAX_BYTES, &kept, &err)) {
		struct str rest = buf_view(&kept);

		while (rest.n) {
			struct kept_server server = cut_server(&rest);

			if (str_eq(server.id, id)) {
				buf_str(out, server.name);
				is = !server.gone;
				break;
			}
		}
		buf_release(&kept);
	}
	free(path);
	return is;
}
