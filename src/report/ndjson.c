#include "report/ndjson.h"

#include "base/time.h"
#include "report/status.h"
#include "store/count.h"

enum { LINE_MAX_BYTES = 4 * 1024 * 1024 };

void ndjson_begin(struct ndjson *j, const char *type)
{
	buf_init(&j->b, LINE_MAX_BYTES);
	json_out_init(&j->o, &j->b);
	json_obj(&j->o, NULL);
	json_put_z(&j->o, "type", type);
}

void ndjson_end(struct ndjson *j, FILE *out)
{
	json_obj_end(&j->o);
	buf_char(&j->b, '\n');
	(void)fwrite(j->b.p, 1, j->b.n, out);
	buf_release(&j->b);
}

void ndjson_time(struct ndjson *j, const char *key, int64_t at_ms)
{
	char text[TIME_TEXT];

	json_put_z(&j->o, key, at_ms == TIME_NONE ? NULL : time_rfc3339(at_ms, text));
}

void ndjson_text(struct ndjson *j, const char *key, struct str text)
{
	if (text.n)
		json_put_str(&j->o, key, text);
	else
		json_put_null(&j->o, key);
}

void ndjson_outcomes(struct ndjson *j, const struct summary *s)
{
	json_obj(&j->o, "outcomes");
	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (s->rows[i])
			json_put_int(
				&j->o, outcome_info((enum outcome)i)->word, (int64_t)s->rows[i]);
	json_obj_end(&j->o);
}

const char *run_state_word(enum run_state state, bool active)
{
	static const char *const words[] = {
		[RUN_ACTIVE] = "stopped",
		[RUN_FINISHED] = "finished",
		[RUN_SUPERSEDED] = "superseded",
	};

	return state == RUN_ACTIVE && active ? "running" : words[state];
}

void ndjson_run(struct ndjson *j, const struct run_record *run, bool active)
{
	json_put_z(&j->o, "run", run->name);
	json_put_z(&j->o, "state", run_state_word(run->state, active));
	json_put_z(&j->o, "fingerprint", run->fingerprint);
	ndjson_time(j, "created", run->created_ms);
	ndjson_time(j, "finished", run->finished_ms);
	if (run->exit_status >= 0)
		json_put_int(&j->o, "status", run->exit_status);
}

static enum errc put_run_count(void *self, const struct run_count *c, struct err *err)
{
	struct ndjson *j = self;

	(void)err;
	json_obj(&j->o, NULL);
	ndjson_text(j, "rule", c->rule);
	json_put_z(&j->o, "outcome", outcome_info((enum outcome)c->outcome)->word);
	json_put_int(&j->o, "rows", c->n);
	json_obj_end(&j->o);
	return ERR_OK;
}

enum errc ndjson_counts(struct ndjson *j, struct store *s, int64_t run, struct err *err)
{
	enum errc rc;

	json_arr(&j->o, "counts");
	rc = store_counts(s, run, put_run_count, j, err);
	json_arr_end(&j->o);
	return rc;
}

void ndjson_ended(struct ndjson *j, const struct summary_end *end)
{
	json_put_z(&j->o, "result", end->result);
	json_put_int(&j->o, "changes", (int64_t)end->n_changes);
	json_put_int(&j->o, "syncs", (int64_t)end->n_triggers);
	json_put_int(&j->o, "reads", (int64_t)end->n_reads);
	json_put_int(&j->o, "took_ms", end->took_ms);
	json_put_int(&j->o, "status", end->status);
	json_put_z(&j->o, "meaning", status_meaning(end->status));
	json_put_z(&j->o, "next", end->next);
}

void ndjson_row(const struct run_row *row, FILE *out)
{
	const struct reason_info *why = reason_info(row->reason);
	struct ndjson j;

	ndjson_begin(&j, "row");
	json_put_int(&j.o, "line", row->line);
	ndjson_text(&j, "serial", row->serial);
	json_put_z(&j.o, "outcome", outcome_info(row->outcome)->word);
	ndjson_text(&j, "rule", row->rule);
	ndjson_text(&j, "steps", row->steps);
	ndjson_text(&j, "reason", str_from(why->code));
	ndjson_text(&j, "sentence", str_from(why->sentence));
	ndjson_text(&j, "detail", row->detail);
	ndjson_text(&j, "remedy", str_from(why->remedy));
	ndjson_text(&j, "advice", row->advice);
	ndjson_text(&j, "before", row->before);
	ndjson_text(&j, "after", row->after);
	ndjson_text(&j, "evidence", row->evidence);
	json_put_int(&j.o, "attempts", row->attempts);
	ndjson_time(&j, "finished", row->finished_ms);
	ndjson_end(&j, out);
}
