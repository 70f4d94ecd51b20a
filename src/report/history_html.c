#include "report/history_html.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/version.h"
#include "model/outcome.h"
#include "model/snapshot.h"
#include "model/step.h"
#include "report/history_words.h"
#include "report/html_parts.h"

enum { WORDS_MAX_BYTES = 256 * 1024 };

struct history_html {
	struct html_page p;
	struct buf words;
	const struct settings *s;
};

enum errc history_html_open(
	struct history_html **ret, const char *path, const struct settings *s, struct err *err)
{
	struct history_html *h = mem_zalloc(sizeof(*h));
	enum errc rc = page_open(&h->p, path, err);

	h->s = s;
	buf_init(&h->words, WORDS_MAX_BYTES);
	if (rc) {
		history_html_close(h);
		return rc;
	}
	html_head(&h->p, s->tenant, "history", "of devices", false);
	page_raw(&h->p, "<p class=\"state\">History of devices</p>\n</header>\n<main>\n");
	*ret = h;
	return ERR_OK;
}

/* --- an entry --- */

static void put_part(struct html_page *p, const char *label, struct str text)
{
	if (!text.n)
		return;
	page_printf(p, "%s: ", label);
	page_text(p, text);
	page_raw(p, "<br>");
}

static void put_state(struct history_html *h, const char *label, struct str stored)
{
	buf_reset(&h->words);
	snapshot_show(stored, &h->words);
	put_part(&h->p, label, buf_view(&h->words));
}

static void put_row(struct history_html *h, const struct history_entry *e)
{
	struct html_page *p = &h->p;

	page_text(p, str_from(outcome_info((enum outcome)e->outcome)->word));
	page_raw(p, "<td>");
	put_part(p, "rule", e->rule);
	if (e->reason)
		put_part(p, "reason", str_from(reason_info((enum reason)e->reason)->code));
	put_part(p, "because", e->detail);
	put_state(h, "before", e->before);
	put_state(h, "after", e->after);
	put_part(p, "proof", e->evidence);
}

static void put_sent(struct history_html *h, const struct history_entry *e)
{
	struct html_page *p = &h->p;

	page_text(p, str_from(step_info((enum step_kind)e->step)->word));
	page_raw(p, "<td>");
	put_part(p, "request", str_from(history_answer(e->state)));
	buf_reset(&h->words);
	history_target(e, h->s, &h->words);
	put_part(p, "target", buf_view(&h->words));
	put_part(p, "activity", e->activity);
}

static void put_entry(struct history_html *h, const struct history_entry *e)
{
	struct html_page *p = &h->p;

	page_raw(p, "<tr><td>");
	page_time(p, e->at_ms);
	page_in(p, "<td><code>", e->run, "</code><td class=\"word\">");
	if (e->kind == HISTORY_SENT) {
		put_sent(h, e);
	} else if (e->kind == HISTORY_EVENT) {
		buf_reset(&h->words);
		history_person(e, &h->words);
		page_in(p, "person<td>", buf_view(&h->words), "");
	} else {
		put_row(h, e);
	}
	page_raw(p, "</tr>\n");
}

static void put_open(struct html_page *p, struct str open)
{
	page_raw(p, "<p><strong>Open now</strong></p>\n<ul>\n");
	while (open.n)
		page_in(p, "<li>", str_trim(str_cut(&open, '\n')), "\n");
	page_raw(p, "</ul>\n");
}

void history_html_device(
	struct history_html *h, struct str serial, const struct history *history, struct str open)
{
	struct html_page *p = &h->p;

	page_in(p, "<section>\n<h2><code>", serial, "</code></h2>\n");
	if (open.n)
		put_open(p, open);
	if (!history->n) {
		page_raw(p, "<p>No run of this organization has had it in its list.</p>\n");
	} else {
		page_table(p, "", serial, "When|Run|What|Details");
		for (size_t i = 0; i < history->n; i++)
			put_entry(h, &history->v[i]);
		page_table_end(p);
	}
	page_raw(p, "</section>\n");
}

enum errc history_html_commit(struct history_html *h, struct err *err)
{
	page_raw(&h->p,
		"</main>\n<footer>\n<p>Written by depmend " DEPMEND_VERSION
		" from its state; no service was asked.</p>\n</footer>\n</body>\n</html>\n");
	return page_commit(&h->p, err);
}

void history_html_close(struct history_html *h)
{
	if (!h)
		return;
	page_close(&h->p);
	buf_release(&h->words);
	free(h);
}
