/* The state as one file, and back: beside a run that is active, for another machine, after a loss.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/plural.h"
#include "cli/app/confirm.h"
#include "cli/app/saved_run.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "facts/session.h"
#include "io/file.h"
#include "report/ndjson.h"
#include "store/archive.h"
#include "trust/trust.h"

/* Elsewhere "-" is a stream, and a state is none. */
static enum errc check_name(const char *path, struct err *err)
{
	if (strcmp(path, "-") == 0)
		return err_set(err, ERR_USAGE,
			"a backup is a file, no stream: name one (./- where it is called so)");
	return ERR_OK;
}

static enum errc check_place(const struct saved_run *s, const char *path, struct err *err)
{
	if (file_is_below(path, s->settings->state))
		return err_set(err, ERR_USAGE,
			"%s lies in the state folder %s: a backup belongs on another disk", path,
			s->settings->state);
	return ERR_OK;
}

/* --- backup --- */

static void tell_backup(const struct cli *cli, const struct archive_info *info, const char *path)
{
	struct ndjson j;

	if (cli_count(cli, OPTION_JSON)) {
		ndjson_begin(&j, "backup");
		json_put_z(&j.o, "file", path);
		json_put_z(&j.o, "organization", info->organization);
		json_put_int(&j.o, "events", info->n_events);
		json_put_bool(&j.o, "moved", info->moved);
		ndjson_end(&j, stdout);
	} else if (!cli_count(cli, OPTION_QUIET)) {
		text_line(stderr, "%s: the state with %lld event%s of its audit trail%s", path,
			(long long)info->n_events, plural((uint64_t)info->n_events),
			info->moved ? "; nothing is written to the old folder any more. On the "
				      "other machine: depmend restore FILE"
				    : "");
	}
}

static enum errc backup(struct saved_run *s, const struct cli *cli, struct err *err)
{
	bool move = cli_count(cli, OPTION_MOVE) > 0;
	const char *path = cli->args[0];
	struct archive_info info;
	int64_t now;
	enum errc rc = check_name(path, err);

	if (!rc)
		rc = move ? saved_run_open_to_write(s, cli, false, err)
			  : saved_run_open(s, cli, err);
	if (!rc)
		rc = check_place(s, path, err);
	if (!rc)
		rc = saved_run_now(s, &now, err);
	if (!rc)
		rc = archive_write(s->store, path, move, now, &info, err);
	if (!rc && move)
		rc = archive_retire(s->store, path, now, err);
	if (!rc)
		tell_backup(cli, &info, path);
	return rc;
}

int cmd_backup(const struct cli *cli)
{
	return saved_run_command(cli, backup);
}

/* --- restore --- */

enum { NEXT_MAX_BYTES = 64 * 1024 };

static enum errc check_owner(const struct saved_run *s, const struct archive_info *info,
	const char *path, struct err *err)
{
	const char *own = strrchr(store_folder(s->store), '/') + 1;

	if (strcmp(own, info->organization) == 0)
		return ERR_OK;
	return err_set(err, ERR_SETTINGS,
		"%s is the state of another API account (%s) than that of %s (%s)", path,
		info->organization, s->settings->file, own);
}

/* What would be lost is confirmed by its number. */
static enum errc check_newer(const struct saved_run *s, const struct cli *cli, const char *path,
	const struct archive_info *info, struct err *err)
{
	enum archive_order order;
	int64_t lost;
	struct when when = saved_run_when(s);
	struct cli_page page;
	char made[WHEN_TEXT];
	enum errc rc = archive_compare(s->store, path, info, &order, &lost, err);

	if (rc || order == ARCHIVE_SAME || order == ARCHIVE_NEWER)
		return rc;
	text_line(cli_page_begin(&page, stderr),
		order == ARCHIVE_OLDER ? "the state here is newer than the backup of %s: %lld "
					 "event%s came after it"
				       : "the state here is another one than the backup of %s: the "
					 "backup lacks %lld event%s "
					 "of it",
		when_words(&when, info->made_ms, made), (long long)lost, plural((uint64_t)lost));
	cli_page_end(&page);
	rc = confirm_number(cli, "restore", (uint64_t)lost, err);
	return rc == ERR_USAGE
		       ? err_set(err, ERR_GUARD,
				 "a newer state is not replaced; nothing was changed. To lose "
				 "%lld event%s: --confirm restore=%lld",
				 (long long)lost, plural((uint64_t)lost), (long long)lost)
		       : rc;
}

static void tell_restore(const struct saved_run *s, const struct cli *cli,
	const struct archive_info *info, const char *kept)
{
	struct when when = saved_run_when(s);
	struct cli_page page;
	struct buf next;
	char made[WHEN_TEXT];
	struct ndjson j;
	FILE *out;

	if (cli_count(cli, OPTION_JSON)) {
		ndjson_begin(&j, "restore");
		ndjson_time(&j, "made", info->made_ms);
		json_put_int(&j.o, "events", info->n_events);
		json_put_z(&j.o, "kept", s->aside ? s->aside : kept);
		ndjson_end(&j, stdout);
	} else if (!cli_count(cli, OPTION_QUIET)) {
		out = cli_page_begin(&page, stderr);
		text_line(out, "the state is that of %s, with %lld event%s of its audit trail",
			when_words(&when, info->made_ms, made), (long long)info->n_events,
			plural((uint64_t)info->n_events));
		text_part(out, "kept    ", str_from(s->aside ? s->aside : kept));
		buf_init(&next, NEXT_MAX_BYTES);
		cli_suggest(cli, COMMAND_STATUS, NULL, &next);
		text_part(out, "next    ", buf_view(&next));
		buf_release(&next);
		cli_page_end(&page);
	}
}

static enum errc restore(struct saved_run *s, const struct cli *cli, struct err *err)
{
	const char *path = cli->args[0];
	struct archive_info info;
	char *kept = NULL;
	int64_t now, n, from;
	enum errc rc = check_name(path, err);

	if (!rc)
		rc = trust_file(TRUSTED_BACKUP, path, err);
	if (!rc)
		rc = archive_look(path, &info, err);
	if (!rc)
		rc = saved_run_open_retired(s, cli, err);
	if (!rc)
		rc = check_place(s, path, err);
	if (!rc)
		rc = check_owner(s, &info, path, err);
	if (!rc)
		rc = check_newer(s, cli, path, &info, err);
	if (!rc)
		rc = saved_run_now(s, &now, err);
	if (!rc)
		rc = archive_restore(s->store, path, now, &kept, err);
	/* Brings an older one up to date. */
	if (!rc)
		rc = saved_run_reopen(s, err);
	if (!rc)
		rc = store_events_verify(s->store, &n, &from, err);
	if (!rc)
		tell_restore(s, cli, &info, kept);
	free(kept);
	return rc;
}

int cmd_restore(const struct cli *cli)
{
	return saved_run_command(cli, restore);
}
