#include "report/summary.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/plural.h"
#include "base/time.h"
#include "report/status.h"

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

void summary_count(struct summary *s, enum outcome o, enum reason r, size_t n)
{
	s->rows[o] += n;
	if (outcome_info(o)->exit_status || o == OUTCOME_PENDING)
		s->reasons[r] += n;
}

/* What stopped the whole run is the same for all of its rows. */
static bool says_why(enum reason r)
{
	return r == REASON_RUN_GUARDED || r == REASON_RUN_LOCKED || r == REASON_RUN_NOT_BEGUN;
}

/* A rule's advice is the detail of a row that is left to a person. */
struct str summary_advice_of(enum reason r, struct str detail, struct str advice)
{
	return r == REASON_RULE_ADVISE ? detail : advice;
}

void summary_why(struct summary *s, enum reason r, struct str detail)
{
	struct str text;

	if (!says_why(r) || s->why[0])
		return;
	text = str_head(detail, SUMMARY_WHY_BYTES - 1);
	if (text.n)
		memcpy(s->why, text.p, text.n); /* zeroed behind it */
}

int summary_advise(struct summary *s, struct str advice)
{
	struct str text = str_head(advice, SUMMARY_ADVICE_BYTES - 1);

	for (int i = 0; text.n && i < SUMMARY_ADVICE; i++) {
		if (s->advice[i].n == 0)
			memcpy(s->advice[i].text, text.p, text.n); /* zeroed behind it */
		if (str_eq(str_from(s->advice[i].text), text)) {
			s->advice[i].n++;
			return i;
		}
	}
	return -1;
}

size_t summary_rows(const struct summary *s)
{
	size_t n = 0;

	for (int i = 0; i < OUTCOME_MAX_; i++)
		n += s->rows[i];
	return n;
}

int summary_status(const struct summary *s)
{
	int status = 0;

	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (s->rows[i])
			status = status_first(status, outcome_info((enum outcome)i)->exit_status);
	return status;
}

static const char *outcome_color(enum outcome o)
{
	switch (outcome_info(o)->exit_status) {
	case 0:
		return o == OUTCOME_DONE ? GREEN : "";
	case 3:
		return RED;
	default:
		return YELLOW;
	}
}

/* 200 rows: 131 done, 60 unchanged, 9 failed */
static void print_counts(const struct summary *s, bool color, FILE *out)
{
	size_t n = summary_rows(s);
	const char *before = ": ";

	(void)fprintf(out, "%zu %s", n, n == 1 ? "row" : "rows");
	for (int i = 0; i < OUTCOME_MAX_; i++) {
		const char *on = color ? outcome_color((enum outcome)i) : "";

		if (!s->rows[i])
			continue;
		(void)fprintf(out, "%s%s%zu %s%s", before, on, s->rows[i],
			outcome_info((enum outcome)i)->word, *on ? PLAIN : "");
		before = ", ";
	}
	(void)fputc('\n', out);
}

static void print_reasons(const struct summary *s, const char *unread, FILE *out)
{
	for (int i = 1; i < REASON_MAX_; i++) {
		const struct reason_info *r = reason_info((enum reason)i);
		const char *remedy = unread && i == REASON_RULE_UNKNOWN ? unread : r->remedy;

		if (!s->reasons[i])
			continue;
		text_line(out, "  %zu x %s: %s%s%s", s->reasons[i], r->code, r->sentence,
			says_why((enum reason)i) && s->why[0] ? ": " : "",
			says_why((enum reason)i) ? s->why : "");
		if (*remedy && !(i == REASON_RUN_GUARDED && s->why[0]))
			(void)fprintf(out, "      -> %s\n", remedy);
	}
}

static void print_advice(const struct summary *s, FILE *out)
{
	for (int i = 0; i < SUMMARY_ADVICE && s->advice[i].n; i++)
		text_line(out, "  %zu x the rule says: %s", s->advice[i].n, s->advice[i].text);
}

void summary_open(const struct summary *s, const char *unread, FILE *out)
{
	print_reasons(s, unread, out);
	print_advice(s, out);
}

static void print_line(const char *name, const char *value, FILE *out)
{
	if (value)
		text_line(out, "%-8s %s", name, value);
}

static void print_requests(const struct summary_end *e, FILE *out)
{
	char words[TIME_TEXT];

	if (e->n_changes + e->n_triggers + e->n_reads == 0)
		return;
	(void)fprintf(out,
		"%-8s %" PRIu64 " change%s, %" PRIu64 " sync%s, %" PRIu64 " read%s in %s\n", "sent",
		e->n_changes, plural(e->n_changes), e->n_triggers, plural(e->n_triggers),
		e->n_reads, plural(e->n_reads), duration_words(e->took_ms, words));
}

void summary_short(const struct summary *s, int status, FILE *out)
{
	if (!status || summary_status(s) != status)
		return;
	(void)fprintf(out, "status %d: ", status);
	print_counts(s, false, out);
}

void summary_print(const struct summary *s, const struct summary_end *e, FILE *out)
{
	const char *meaning = status_meaning(e->status);

	print_counts(s, e->color, out);
	summary_open(s, NULL, out);
	print_line("run", e->run, out);
	print_requests(e, out);
	print_line("result", e->result, out);
	print_line("kept", e->kept, out);
	if (e->status >= 0)
		(void)fprintf(
			out, "%-8s %d: %s\n", "status", e->status, meaning ? meaning : "unknown");
	print_line("next", e->next, out);
}
