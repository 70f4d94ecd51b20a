#include "facts/organization.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/file.h"
#include "store/ledger.h"

enum { KEPT_MAX_BYTES = 1024 * 1024 };
#define LIFT "; when that is right, say --allow organization=yes"

static char *path_of(const struct settings *s)
{
	char *path;

	if (asprintf(&path, "%s/last.%s", s->state, s->tenant) < 0)
		abort();
	return path;
}

/* Whether Apple still lists a server of those lines. */
static bool knows_one(const struct fleet *f, struct str kept)
{
	while (kept.n) {
		struct str name = str_cut(&kept, '\n');

		if (fleet_server_by_id(f, str_cut(&name, '\t')) != SERVER_NONE)
			return true;
	}
	return false;
}

/* Whether the state of that account knows devices off their server, or changes that may still be
 * carried out. */
static bool left_open(const struct settings *s, struct str client)
{
	char *client_id = mem_dupz(client);
	const struct store_options opt = {
		.state_dir = s->state, .client_id = client_id, .network = STORE_AS_IT_IS
	};
	struct ledger_custodies off = { 0 };
	struct ledger_intents intents = { 0 };
	struct store *store = NULL;
	struct err err;
	bool open = false;

	if (!store_open(&store, &opt, &err)) {
		open = ledger_custodies(store, STR_NONE, &off, &err) || off.n ||
		       ledger_intents(store, STR_NONE, &intents, &err) || intents.n;
		ledger_custodies_release(&off);
		ledger_intents_release(&intents);
		store_close(store);
	}
	free(client_id);
	return open;
}

/* The same servers under another account: what that left open would be forgotten. */
static enum errc compare_account(const struct settings *s, const struct fleet *f, struct str client,
	struct str servers, bool lifted, struct err *err)
{
	if (!knows_one(f, servers) || !left_open(s, client))
		return lifted ? ERR_OK
			      : err_set(err, ERR_GUARD,
					"the last run of tenant %s went by the client id %.*s, the "
					"settings name "
					"%s: if it is the new account of the same organization, "
					"write "
					"previous_client_ids: [%.*s] under apple:" LIFT,
					s->tenant, STR_FMT(client), s->apple.client_id,
					STR_FMT(client));
	return err_set(err, ERR_GUARD,
		"the last run of tenant %s went by the client id %.*s, for the same servers, and "
		"left something open: write previous_client_ids: [%.*s] under apple: in the "
		"settings, so that it is known",
		s->tenant, STR_FMT(client), STR_FMT(client));
}

/* A line each: the client id, then the servers' ids, each with its name behind a tab. */
static enum errc compare(const struct settings *s, const struct fleet *f, struct str kept,
	bool lifted, struct err *err)
{
	struct str client = str_cut(&kept, '\n');

	if (!settings_is_own(s, client))
		return compare_account(s, f, client, kept, lifted, err);
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
	enum errc rc = ERR_OK;

	/* A pipe would keep us waiting. */
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
