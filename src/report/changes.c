#include "report/changes.h"

#include <inttypes.h>
#include <string.h>

#include "base/fold.h"
#include "base/time.h"
#include "base/version.h"
#include "report/html_parts.h"
#include "report/table.h"

enum { FIRST_SERIALS = 3, PAGE_ROWS = 250, ROW_BYTES = 8 * PAGE_CELL_BYTES };

void changes_init(struct changes *c)
{
	*c = (struct changes){ .n = 0 };
	for (int i = 0; i < CHANGE_MAX_; i++) {
		buf_init(&c->kinds[i].first, ROW_BYTES);
		buf_init(&c->kinds[i].rows, (size_t)PAGE_ROWS * ROW_BYTES);
	}
}

void changes_release(struct changes *c)
{
	for (int i = 0; i < CHANGE_MAX_; i++) {
		buf_release(&c->kinds[i].first);
		buf_release(&c->kinds[i].rows);
	}
}

static struct str cell(
	const char *const *headers, const struct str *cells, size_t n, const char *header)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(headers[i], header) == 0)
			return cells[i];
	return STR_NONE;
}

static struct changes_kind *kind_of(struct changes *c, struct str sentence)
{
	int i = 0;

	while (i + 1 < CHANGE_MAX_ &&
		!str_eq(sentence, str_from(change_info((enum change)i)->sentence)))
		i++;
	return &c->kinds[i];
}

/* What it was and is: the same text stands once. */
static void put_pair(struct buf *out, struct str before, struct str now)
{
	buf_z(out, "<td>");
	if (!str_eq_nocase(before, now)) {
		page_escape(out, before.n ? before : STR("none"));
		buf_z(out, " → ");
	}
	page_escape(out, now.n ? now : STR("none"));
}

void changes_take(
	struct changes *c, const char *const *headers, const struct str *cells, size_t n_cells)
{
	static const char *const pairs[][2] = { { "server_before", "server" },
		{ "profile_before", "profile" }, { "enrollment_before", "enrollment" } };
	struct changes_kind *k = kind_of(c, cell(headers, cells, n_cells, "explanation"));
	struct str serial = cell(headers, cells, n_cells, "serial");

	c->n++;
	k->n++;
	if (k->n <= FIRST_SERIALS) {
		buf_z(&k->first, k->first.n ? ", " : "");
		buf_str(&k->first, serial);
	}
	if (k->n > PAGE_ROWS)
		return;
	buf_z(&k->rows, "<tr><th scope=\"row\"><code>");
	page_escape(&k->rows, serial);
	buf_z(&k->rows, "</code>");
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		put_pair(&k->rows, cell(headers, cells, n_cells, pairs[i][0]),
			cell(headers, cells, n_cells, pairs[i][1]));
	buf_z(&k->rows, "</tr>\n");
}

void changes_print(const struct changes *c, FILE *out)
{
	struct text_table *t = table_new("lrl");

	table_cell(t, STR("CHANGE"));
	table_cell(t, STR("DEVICES"));
	table_cell(t, STR("FIRST"));
	for (int i = 0; i < CHANGE_MAX_; i++) {
		const struct changes_kind *k = &c->kinds[i];

		if (!k->n)
			continue;
		table_cell(t, str_from(change_info((enum change)i)->word));
		table_number(t, k->n);
		table_cell(t, buf_view(&k->first));
	}
	if (c->n)
		table_print_within(t, fold_columns(out), out);
	table_free(t);
}

void changes_words(const struct changes *c, struct buf *out)
{
	const char *before = "";

	/* Kinds that share a word follow each other. */
	for (int i = 0, k = 0; i < CHANGE_MAX_; i = k) {
		const char *word = change_info((enum change)i)->word;
		uint64_t n = 0;

		for (; k < CHANGE_MAX_ && strcmp(change_info((enum change)k)->word, word) == 0; k++)
			n += c->kinds[k].n;
		if (n) {
			buf_printf(out, "%s%" PRIu64 " %s", before, n, word);
			before = ", ";
		}
	}
}

/* --- the page --- */

static void put_title(struct html_page *p, const struct changes_page *page)
{
	char day[TIME_TEXT];

	(void)time_rfc3339_s(page->now_ms, day);
	html_head(p, page->tenant, "changes until", day, false);
	page_printf(p, "<p class=\"state %s\">%s</p>\n<dl class=\"facts\">\n",
		page->whole ? "good" : "warn",
		page->whole ? "What changed since an earlier export"
			    : "What changed since an earlier export; a listing of Apple was not "
			      "whole");
	page_in(p, "<div><dt>Earlier export</dt><dd><code>", str_from(page->since),
		"</code></dd></div>\n<div><dt>Compared with the services at</dt><dd>");
	page_time(p, page->now_ms);
	page_raw(p, "</dd></div>\n</dl>\n</header>\n<main>\n");
}

static void put_counts(struct html_page *p, const struct changes *c)
{
	page_raw(p, "<section>\n<h2>How many</h2>\n<dl class=\"tiles\">\n");
	for (int i = 0; i < CHANGE_MAX_; i++) {
		const struct changes_kind *k = &c->kinds[i];

		if (!k->n)
			continue;
		page_printf(p, "<div class=\"tile\"><dt>%s</dt><dd>",
			change_info((enum change)i)->word);
		page_number(p, k->n);
		page_raw(p, "</dd></div>\n");
	}
	page_raw(p, "</dl>\n");
	if (!c->n)
		page_raw(p, "<p>Nothing has changed.</p>\n");
	page_raw(p, "</section>\n");
}

static void put_kind(
	struct html_page *p, const struct changes_kind *k, const struct change_info *info)
{
	if (!k->n)
		return;
	page_printf(p, "<section>\n<h2>%c%s</h2>\n<p>%c%s.</p>\n", ascii_upper(info->word[0]),
		info->word + 1, ascii_upper(info->sentence[0]), info->sentence + 1);
	page_table(p, "", str_from(info->word), "Serial|Server|Profile|Enrollment");
	page_markup(p, buf_view(&k->rows));
	page_table_end(p);
	if (k->n > PAGE_ROWS)
		page_printf(p,
			"<p>And %" PRIu64 " more: the CSV (--out FILE) has every device.</p>\n",
			k->n - PAGE_ROWS);
	page_raw(p, "</section>\n");
}

enum errc changes_html(
	const struct changes *c, const struct changes_page *page, const char *path, struct err *err)
{
	struct html_page p;
	enum errc rc = page_open(&p, path, err);

	if (!rc) {
		put_title(&p, page);
		put_counts(&p, c);
		for (int i = 0; i < CHANGE_MAX_; i++)
			put_kind(&p, &c->kinds[i], change_info((enum change)i));
		page_raw(&p, "</main>\n<footer>\n<p>Written by depmend " DEPMEND_VERSION
			     " from what Apple and the UEM answered.</p>\n</footer>\n</body>\n"
			     "</html>\n");
		rc = page_commit(&p, err);
	}
	page_close(&p);
	return rc;
}
