/* Totals, causes, and the same by what rows have in common. */
#include <stdlib.h>

#include "report/html_parts.h"

enum { SHOWN_LINES = 12, BAR_UNITS = 1000, LEAST_UNITS = 4 };

static struct str name_of(const struct html *h, const struct tally_line *line, const char *none)
{
	struct str s = map_key(&h->tally.names, line->name);

	if (str_eq(s, STR("\x1f")))
		return STR("all others");
	return s.n ? s : str_from(none);
}

/* --- bars --- */

/* One row of blocks, as wide as `total` is of `widest`; read aloud as its text. */
static void put_bar(struct html *h, const uint64_t rows[OUTCOME_MAX_], uint64_t total,
	uint64_t widest, const char *class)
{
	struct html_page *p = &h->page;
	double x = 0;

	page_printf(p,
		"<svg class=\"%s\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" "
		"role=\"img\" aria-label=\"",
		class, BAR_UNITS);
	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (rows[tally_order()[i]])
			page_printf(p, "%llu %s. ", (unsigned long long)rows[tally_order()[i]],
				outcome_info(tally_order()[i])->word);
	page_raw(p, "\">");
	for (int i = 0; i < OUTCOME_MAX_ && total; i++) {
		enum outcome o = tally_order()[i];
		double w = (double)rows[o] * BAR_UNITS / (double)widest;

		if (!rows[o])
			continue;
		w = w < LEAST_UNITS ? LEAST_UNITS : w; /* one failure among a million is seen */
		page_printf(p,
			"<rect class=\"o-%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"10\">"
			"<title>%llu %s</title></rect>",
			outcome_info(o)->word, x, w, (unsigned long long)rows[o],
			outcome_info(o)->word);
		x += w;
	}
	page_raw(p, "</svg>");
}

/* --- totals --- */

static void put_tile(struct html_page *p, const char *class, const char *name, uint64_t n)
{
	page_printf(p, "<div class=\"tile %s\"><dt>%s</dt><dd>", class, name);
	page_number(p, n);
	page_raw(p, "</dd></div>\n");
}

static void put_tiles(struct html *h, const uint64_t rows[OUTCOME_MAX_])
{
	uint64_t total = summary_rows(&h->tally.totals), not_done = 0;
	struct html_page *p = &h->page;

	for (int o = 0; o < OUTCOME_MAX_; o++)
		if (!tally_is_done((enum outcome)o))
			not_done += rows[o];
	page_raw(p, "<dl class=\"tiles\">\n");
	put_tile(p, "", "Rows", total);
	put_tile(p, "good", "Done and verified", rows[OUTCOME_DONE]);
	put_tile(p, "", "Left as they were", total - not_done - rows[OUTCOME_DONE]);
	put_tile(p, not_done ? "bad" : "", "Not done", not_done);
	page_raw(p, "</dl>\n");
}

static void put_share(struct html_page *p, uint64_t part, uint64_t total)
{
	double percent = (double)part * 100 / (double)total;

	page_printf(p, percent < 0.1 ? "&lt; 0.1 %%" : "%.1f %%", percent);
}

void html_totals(struct html *h)
{
	uint64_t rows[OUTCOME_MAX_], total = summary_rows(&h->tally.totals);
	struct html_page *p = &h->page;

	for (int o = 0; o < OUTCOME_MAX_; o++)
		rows[o] = h->tally.totals.rows[o];
	page_raw(p, "<section id=\"totals\">\n<h2>Summary</h2>\n");
	put_tiles(h, rows);
	put_bar(h, rows, total, total, "bar all");
	page_raw(p, "\n");
	page_table(p, "", STR("Rows by outcome"), "Outcome|#Rows|#Share|Meaning");
	for (int i = 0; i < OUTCOME_MAX_; i++) {
		enum outcome o = tally_order()[i];

		if (!rows[o])
			continue;
		page_printf(p,
			"<tr><td><span class=\"key o-%s\"></span>%s"
			"<td class=\"n\" data-outcome=\"%s\" data-n=\"%llu\">",
			outcome_info(o)->word, outcome_info(o)->word, outcome_info(o)->word,
			(unsigned long long)rows[o]);
		page_number(p, rows[o]);
		page_raw(p, "<td class=\"n\">");
		put_share(p, rows[o], total);
		page_printf(p, "<td>%s</tr>\n", outcome_info(o)->meaning);
	}
	page_table_end(p);
	page_raw(p, "</section>\n");
}

/* --- causes --- */

/* `commands` as such; an --option is not broken. */
static void put_remedy(struct html_page *p, const char *text)
{
	bool command = false, option = false;

	for (; *text; text++) {
		if (!option && strncmp(text, "--", 2) == 0) {
			page_raw(p, "<span class=\"whole\">");
			option = true;
		} else if (option && *text == ' ') {
			page_raw(p, "</span>");
			option = false;
		}
		if (*text == '`') {
			page_raw(p, command ? "</code>" : "<code>");
			command = !command;
		} else {
			page_text(p, (struct str){ text, 1 });
		}
	}
	page_raw(p, option ? "</span>" : "");
}

static enum errc put_cause(struct html *h, enum reason r, struct err *err)
{
	const struct reason_info *info = reason_info(r);
	const struct tally_cause *cause = &h->tally.causes[r];
	uint64_t n = h->tally.totals.reasons[r];
	struct html_page *p = &h->page;

	page_raw(p, "<tr><td class=\"n\">");
	page_number(p, n);
	page_printf(
		p, "<td><strong>%s</strong><br><code>%s</code><td>", info->sentence, info->code);
	put_remedy(p, *info->remedy ? info->remedy : "what is said for each row");
	page_raw(p, "<td>");
	for (uint32_t i = 0; i < cause->n; i++) {
		struct run_row row;
		enum errc rc = run_results_row(h->source->rows, cause->row[i], &row, err);

		if (rc)
			return rc;
		page_raw(p, i ? "<br><code>" : "<code>");
		if (row.serial.n)
			page_text(p, row.serial);
		else
			page_printf(p, "line %u", row.line);
		page_raw(p, "</code>");
		if (row.detail.n)
			page_in(p, " <small>", str_head(row.detail, 160), "</small>");
	}
	if (n > cause->n)
		page_printf(
			p, "<br><small>and %llu more</small>", (unsigned long long)(n - cause->n));
	page_raw(p, "</tr>\n");
	return ERR_OK;
}

struct cause_order {
	size_t rows;
	enum reason reason;
};

static int by_rows(const void *a, const void *b)
{
	const struct cause_order *x = a, *y = b;

	if (x->rows != y->rows)
		return x->rows > y->rows ? -1 : 1;
	return x->reason < y->reason ? -1 : 1;
}

enum errc html_causes(struct html *h, struct err *err)
{
	struct cause_order v[REASON_MAX_];
	struct html_page *p = &h->page;
	enum errc rc = ERR_OK;
	size_t n = 0;

	for (int r = 0; r < REASON_MAX_; r++)
		if (h->tally.totals.reasons[r])
			v[n++] = (struct cause_order){ h->tally.totals.reasons[r], (enum reason)r };
	page_raw(p, "<section id=\"causes\">\n<h2>Open items</h2>\n");
	if (!n) {
		page_raw(
			p, "<p>Nothing: every row is settled as its rule wants.</p>\n</section>\n");
		return ERR_OK;
	}
	qsort(v, n, sizeof(*v), by_rows);
	page_table(p, "", STR("Open items"), "#Rows|Cause|What to do|For example");
	for (size_t i = 0; i < n && !rc; i++)
		rc = put_cause(h, v[i].reason, err);
	page_table_end(p);
	page_raw(p, "</section>\n");
	return rc;
}

/* --- groups --- */

/* Lines beyond what a chart can show become one. */
static struct tally_line fold(const struct tally_group *g, uint32_t from)
{
	struct tally_line sum = { 0 };

	for (uint32_t i = from; i < g->n; i++) {
		sum.total += g->v[i].total;
		sum.not_done += g->v[i].not_done;
		for (int o = 0; o < OUTCOME_MAX_; o++)
			sum.rows[o] += g->v[i].rows[o];
	}
	return sum;
}

static void put_line(
	struct html *h, const struct tally_line *line, struct str name, uint64_t widest)
{
	struct html_page *p = &h->page;

	page_in(p, "<tr><th scope=\"row\">", name, "<td>");
	put_bar(h, line->rows, line->total, widest, "bar");
	page_raw(p, "<td class=\"n\">");
	page_number(p, line->total);
	page_raw(p, "<td class=\"n\">");
	page_number(p, line->rows[OUTCOME_DONE]);
	page_printf(p, "<td class=\"n%s\">", line->not_done ? " bad" : "");
	page_number(p, line->not_done);
	page_raw(p, "</tr>\n");
}

static void put_group(struct html *h, enum tally_kind kind, const char *title, const char *none)
{
	const struct tally_group *g = &h->tally.by[kind];
	uint32_t shown = g->n > SHOWN_LINES ? SHOWN_LINES - 1 : g->n;
	struct tally_line rest = fold(g, shown);
	uint64_t widest = rest.total;
	struct html_page *p = &h->page;
	char name[40], headings[120];

	for (uint32_t i = 0; i < shown; i++)
		widest = g->v[i].total > widest ? g->v[i].total : widest;
	(void)snprintf(name, sizeof(name), "By %s", title);
	(void)snprintf(headings, sizeof(headings),
		"%s|<span class=\"quiet\">Outcome</span>|#Rows|#Done|#Not done", name);
	page_table(p, " class=\"chart\"", str_from(name), headings);
	for (uint32_t i = 0; i < shown; i++)
		put_line(h, &g->v[i], name_of(h, &g->v[i], none), widest);
	if (rest.total) {
		/* Those beyond the bound were not told apart. */
		(void)snprintf(name, sizeof(name), g->n > TALLY_NAMES ? "all others" : "%u others",
			g->n - shown);
		put_line(h, &rest, str_from(name), widest);
	}
	page_table_end(p);
}

void html_groups(struct html *h)
{
	page_raw(&h->page, "<section id=\"groups\">\n<h2>Where</h2>\n");
	put_group(h, TALLY_RULE, "rule", "(no rule)");
	put_group(h, TALLY_SERVER, "server", "(none, or not read)");
	put_group(h, TALLY_MODEL, "model", "(not in the CSV)");
	page_raw(&h->page, "</section>\n");
}

/* --- before and after --- */

static void put_change(struct html *h, const struct tally_line *line, const char *what)
{
	struct str after = map_key(&h->tally.names, line->name), before;
	struct html_page *p = &h->page;

	before = str_cut(&after, TALLY_ARROW);
	page_printf(p, "<tr><td>%s<td>", what);
	page_text(p, before.n ? before : STR("\xe2\x80\x93"));
	page_raw(p, "<td>");
	if (str_eq(after, STR("?")))
		page_raw(p, "<em>not read again</em>");
	else
		page_text(p, after.n ? after : STR("\xe2\x80\x93"));
	page_raw(p, "<td class=\"n\">");
	page_number(p, line->total);
	page_raw(p, "</tr>\n");
}

void html_changes(struct html *h)
{
	static const struct {
		enum tally_kind kind;
		const char *what;
	} parts[] = {
		{ TALLY_STATUS, "Status at Apple" },
		{ TALLY_ON, "Server" },
		{ TALLY_LISTED, "Listed in the UEM" },
		{ TALLY_PROFILE, "Enrollment profile" },
	};
	struct html_page *p = &h->page;

	page_raw(p, "<section id=\"changes\">\n<h2>Before and after</h2>\n");
	if (!h->tally.by[TALLY_STATUS].n) {
		page_raw(p, "<p>No device was acted on.</p>\n</section>\n");
		return;
	}
	page_raw(p, "<p>The state that was "
		    "read before the first change and after the last one, of the devices that "
		    "were acted on.</p>\n");
	page_table(p, "", STR("Before and after"), "What|Before|After|#Devices");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct tally_group *g = &h->tally.by[parts[i].kind];
		uint32_t shown = g->n > SHOWN_LINES ? SHOWN_LINES - 1 : g->n;

		for (uint32_t k = 0; k < shown; k++)
			put_change(h, &g->v[k], parts[i].what);
		if (shown < g->n)
			page_printf(p,
				"<tr><td>%s<td colspan=\"2\"><em>%u other pairs</em><td "
				"class=\"n\">"
				"%llu</tr>\n",
				parts[i].what, g->n - shown,
				(unsigned long long)fold(g, shown).total);
	}
	page_table_end(p);
	page_raw(p, "</section>\n");
}
