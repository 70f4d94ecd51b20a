/* The runs of this client, or one of them: done, waiting, in flight, failed, next command. */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "cli/carry.h"
#include "cli/stored.h"
#include "report/table.h"

static const char *const state_words[] = {
	[RUN_ACTIVE] = "to be continued",
	[RUN_FINISHED] = "finished",
	[RUN_SUPERSEDED] = "superseded",
};

static enum errc list_run(void *self, const struct run_record *run, struct err *err)
{
	struct table *t = self;
	char when[TIME_TEXT];

	(void)err;
	table_cell(t, str_from(run->name));
	table_cell(t, str_from(time_rfc3339_s(run->created_ms, when)));
	table_cell(t, str_from(state_words[run->state]));
	table_cell(t, (struct str){ run->fingerprint, 12 });
	return ERR_OK;
}

static enum errc list_runs(struct stored *s, struct err *err)
{
	static const char *const heads[] = { "RUN", "CREATED", "STATE", "PLAN" };
	struct table *t = table_new("llll");
	enum errc rc;

	for (size_t i = 0; i < 4; i++)
		table_cell(t, str_from(heads[i]));
	rc = store_runs(s->store, list_run, t, err);
	if (!rc)
		table_print(t, stdout);
	table_free(t);
	return rc;
}

static void print_counts(const struct summary *counts)
{
	struct table *t = table_new("rl");

	for (int o = 0; o < OUTCOME_MAX_; o++) {
		if (!counts->rows[o])
			continue;
		table_number(t, counts->rows[o]);
		table_cell(t, str_from(outcome_info((enum outcome)o)->word));
	}
	table_print(t, stdout);
	table_free(t);
}

static enum errc show_run(struct stored *s, const char *name, struct err *err)
{
	struct summary counts;
	char when[TIME_TEXT], next[1024];
	enum errc rc = stored_run(s, name, err);

	if (!rc)
		rc = stored_rows(s, NULL, false, &counts, err);
	if (rc)
		return rc;
	(void)printf("run      %s (%s)\ninput    %s\ncreated  %s\nplan     %.12s\n", s->run.name,
		state_words[s->run.state], s->input.path, time_rfc3339_s(s->run.created_ms, when),
		s->run.fingerprint);
	if (s->run.finished_ms != TIME_NONE)
		(void)printf("finished %s\n", time_rfc3339_s(s->run.finished_ms, when));
	print_counts(&counts);
	carry_again(s->input.path, s->input.undoes[0] ? s->input.undoes : NULL, next, sizeof(next));
	if (s->run.state == RUN_ACTIVE)
		(void)printf("next     %s\n", next);
	return ERR_OK;
}

int cmd_runs(const struct cli *cli)
{
	struct stored s;
	struct err err;
	enum errc rc = stored_open(&s, cli, &err);

	if (!rc)
		rc = cli->n_args ? show_run(&s, cli->args[0], &err) : list_runs(&s, &err);
	stored_close(&s);
	return rc ? cli_fail(cli, &err) : 0;
}
