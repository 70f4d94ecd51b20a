#include "facts/organization.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/file.h"

enum { KEPT_MAX_BYTES = 1024 * 1024 };
#define LIFT "; when that is right, say --allow organization=yes"

static char *path_of(const struct settings *s)
{
	char *path;

	if (asprintf(&path, "%s/last.%s", s->state, s->tenant) < 0)
		abort();
	return path;
}

/* A line each: the client id, then the servers' ids, each with its name behind a tab. */
static enum errc compare(
	const struct settings *s, const struct fleet *f, struct str kept, struct err *err)
{
	struct str client = str_cut(&kept, '\n');

	if (!str_eq(client, str_from(s->apple.client_id)))
		return err_set(err, ERR_GUARD,
			"the last run of tenant %s went by the client id %.*s, the settings name "
			"%s" LIFT,
			s->tenant, STR_FMT(client), s->apple.client_id);
	while (kept.n) {
		struct str name = str_cut(&kept, '\n'), id = str_cut(&name, '\t');

		if (fleet_server_by_id(f, id) == SERVER_NONE)
			return err_set(err, ERR_GUARD,
				"the last run of tenant %s knew a server %.*s, which Apple no "
				"longer lists: is it another organization?" LIFT,
				s->tenant, STR_FMT(id));
	}
	return ERR_OK;
}

enum errc organization_check(const struct settings *s, const struct fleet *f, struct err *err)
{
	char *path = path_of(s);
	struct buf kept;
	enum errc rc = ERR_OK;

	/* A pipe would keep us waiting. */
	if (file_exists(path) && !file_is_regular(path)) {
		rc = err_set(err, ERR_CANNOT_CREATE,
			"%s is no regular file, and what the last run saw is kept there: remove it",
			path);
	} else if (file_exists(path)) {
		rc = file_read(path, KEPT_MAX_BYTES, &kept, err);
		if (!rc) {
			rc = compare(s, f, buf_view(&kept), err);
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
