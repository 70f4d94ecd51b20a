/* The first rows, those that are not done before the others, and what had to be left out. */
#include "report/html_parts.h"

/* How many rows of each outcome the table shows. */
static uint32_t choose(const struct tally *t, uint32_t ret[OUTCOME_MAX_])
{
	uint32_t left = TALLY_ROWS;

	for (int i = 0; i < OUTCOME_MAX_; i++) {
		enum outcome o = tally_order()[i];

		ret[o] = t->n_kept[o] < left ? t->n_kept[o] : left;
		left -= ret[o];
	}
	return TALLY_ROWS - left;
}

static void put_extent(struct html *h, uint32_t shown, const uint32_t n[OUTCOME_MAX_])
{
	uint64_t total = summary_rows(&h->tally.totals);
	struct html_page *p = &h->page;
	const char *before = " Left out: ";

	page_raw(p, "<p id=\"extent\">");
	if (shown == total) {
		page_raw(p, "All ");
		page_number(p, total);
		page_raw(p, " rows, those that are not done first.</p>\n");
		return;
	}
	page_number(p, shown);
	page_raw(p, " of ");
	page_number(p, total);
	page_raw(p, " rows, those that are not done first.");
	for (int i = 0; i < OUTCOME_MAX_; i++) {
		enum outcome o = tally_order()[i];

		if (h->tally.totals.rows[o] == n[o])
			continue;
		page_raw(p, before);
		page_number(p, h->tally.totals.rows[o] - n[o]);
		page_printf(p, " %s", outcome_info(o)->word);
		before = ", ";
	}
	page_printf(p,
		". All of them: <code>depmend report %s --csv FILE</code> or "
		"<code>--xlsx FILE</code>.</p>\n",
		h->source->run->name);
}

/* Shown by the script, which is what makes them work. */
static void put_controls(struct html *h, const uint32_t n[OUTCOME_MAX_])
{
	struct html_page *p = &h->page;

	page_raw(p, "<div id=\"controls\" hidden>\n<label>Find <input id=\"find\" type=\"search\" "
		    "placeholder=\"serial, rule, reason\"></label>\n<label>Outcome <select "
		    "id=\"outcome\"><option value=\"\">all</option>");
	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (n[tally_order()[i]])
			page_printf(p, "<option>%s</option>", outcome_info(tally_order()[i])->word);
	page_raw(p, "</select></label>\n<output id=\"shown\"></output>\n</div>\n");
}

/* Parts that a semicolon ends: a line may break there. */
static void put_parts(struct html_page *p, struct str parts)
{
	page_raw(p, "<td class=\"parts\">");
	while (parts.n) {
		page_text(p, str_cut(&parts, ';'));
		page_raw(p, parts.n ? ";<wbr>" : "");
	}
}

static void put_reason(struct html_page *p, const struct run_row *row)
{
	const struct reason_info *info = reason_info(row->reason);

	page_raw(p, "<td>");
	if (row->reason == REASON_NONE)
		return;
	page_printf(p, "<code>%s</code> %s", info->code, info->sentence);
	if (row->detail.n) {
		page_raw(p, row->reason == REASON_ROW_DUPLICATE ? " " : ": ");
		page_text(p, row->detail);
	}
	if (row->advice.n)
		page_in(p, "; the rule says: ", row->advice, "");
}

static enum errc put_row(struct html *h, const struct tally_row *which, struct err *err)
{
	struct html_page *p = &h->page;
	struct run_row row;
	enum errc rc = run_results_row(h->source->rows, which->n, &row, err);

	if (rc)
		return rc;
	page_printf(p, "<tr><td class=\"n\">%u<td class=\"serial\">", which->n + 1);
	page_text(p, row.serial);
	page_in(p, "<td>", map_key(&h->tally.names, which->model), "");
	page_printf(p, "<td><span class=\"key o-%s\"></span>%s", outcome_info(row.outcome)->word,
		outcome_info(row.outcome)->word);
	page_in(p, "<td>", row.rule, "");
	put_parts(p, row.steps);
	put_reason(p, &row);
	put_parts(p, row.before);
	put_parts(p, row.after);
	page_raw(p, "<td>");
	page_time(p, row.finished_ms);
	page_raw(p, "</tr>\n");
	return ERR_OK;
}

enum errc html_rows(struct html *h, struct err *err)
{
	uint32_t n[OUTCOME_MAX_], shown = choose(&h->tally, n);
	struct html_page *p = &h->page;
	enum errc rc = ERR_OK;

	page_raw(p, "<section id=\"rows\">\n<h2>Row by row</h2>\n");
	put_extent(h, shown, n);
	put_controls(h, n);
	page_table(p, " id=\"table\"", STR("Row by row"),
		"Row|Serial|Model|Outcome|Rule|Steps|Reason|Before|After|Finished");
	for (int i = 0; i < OUTCOME_MAX_; i++) {
		enum outcome o = tally_order()[i];

		for (uint32_t k = 0; k < n[o] && !rc; k++)
			rc = put_row(h, &h->tally.kept[o][k], err);
	}
	page_table_end(p);
	page_raw(p, "</section>\n");
	return rc;
}
