#include "facts/organization.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"

enum { KEPT_MAX_BYTES = 1024 * 1024 };
#define LAST "last."
#define LIFT "; when that is right, say --allow organization=yes"

static char *path_of(const struct settings *s)
{
	char *path;

	if (asprintf(&path, "%s/" LAST "%s", s->state, s->tenant) < 0)
		abort();
	return path;
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
	client = str_cut(&rest, '\n');
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
		if (asprintf(&path, "%s/%s", s->state, entry->d_name) < 0)
			abort();
		look_at_last(s, path, has, self, ret);
		free(path);
	}
	if (folder)
		(void)closedir(folder);
}

static enum errc check_others(const struct settings *s, const struct fleet *f, struct err *err)
{
	struct buf other;
	enum errc rc = ERR_OK;

	buf_init(&other, KEPT_MAX_BYTES);
	organization_other_account(s, fleet_has, (void *)(uintptr_t)f, &other);
	if (other.n)
		rc = err_set(err, ERR_GUARD,
			"an earlier run went by the client id %s, for the same servers, and the "
			"settings name %s: " ORGANIZATION_JOIN,
			buf_cstr(&other), s->apple.client_id, buf_cstr(&other));
	buf_release(&other);
	return rc;
}

enum errc organization_join(const struct settings *s, const char *other, struct err *err)
{
	struct buf kept = { 0 };
	struct outfile *out;
	char *path;
	enum errc rc;

	if (asprintf(&path, "%s/" SETTINGS_JOINED, s->state) < 0)
		abort();
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

/* A line each: the client id, then the servers' ids, each with its name behind a tab. */
static enum errc compare(const struct settings *s, const struct fleet *f, struct str kept,
	bool lifted, struct err *err)
{
	struct str client = str_cut(&kept, '\n');

	if (!settings_is_own(s, client))
		return lifted ? ERR_OK
			      : err_set(err, ERR_GUARD,
					"the last run of tenant %s went by the client id %.*s, for "
					"other servers, and the settings name %s: is it another "
					"organization?" LIFT,
					s->tenant, STR_FMT(client), s->apple.client_id);
	while (kept.n && !lifted) {
		struct str name = str_cut(&kept, '\n'), id = str_cut(&name, '\t');

		if (fleet_server_by_id(f, id) == SERVER_NONE)
			return err_set(err, ERR_GUARD,
				"the last run of tenant %s knew a server %.*s, which Apple no "
				"longer lists: is it another organization?" LIFT,
				s->tenant, STR_FMT(id));
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

enum errc organization_keep(const struct settings *s, const struct fleet *f, struct err *err)
{
	char *path = path_of(s);
	struct outfile *out;
	enum errc rc = outfile_open(&out, path, 0600, err);

	free(path);
	if (rc)
		return rc;
	outfile_write(out, str_from(s->apple.client_id));
	outfile_write(out, STR("\n"));
	for (uint32_t i = 0; i < f->n_servers; i++) {
		outfile_write(out, fleet_server_id(f, i));
		outfile_write(out, STR("\t"));
		outfile_write(out, fleet_server_name(f, i));
		outfile_write(out, STR("\n"));
	}
	rc = outfile_commit(out, NULL, err);
	outfile_free(out);
	return rc;
}

void organization_server_name(const struct settings *s, struct str id, struct buf *out)
{
	char *path = path_of(s);
	struct buf kept;
	struct err err;

	if (id.n && file_is_regular(path) && !file_read(path, KEPT_MAX_BYTES, &kept, &err)) {
		struct str rest = buf_view(&kept);

		while (rest.n) {
			struct str name = str_cut(&rest, '\n');

			if (str_eq(str_cut(&name, '\t'), id)) {
				buf_str(out, name);
				break;
			}
		}
		buf_release(&kept);
	}
	free(path);
}
