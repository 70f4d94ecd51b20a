#include "report/page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "base/time.h"

enum { FLUSH_BYTES = 64 * 1024, SLACK_BYTES = 64 * 1024 };

enum errc page_open(struct html_page *p, const char *path, struct err *err)
{
	*p = (struct html_page){ 0 };
	buf_init(&p->out, FLUSH_BYTES + SLACK_BYTES);
	return outfile_open(&p->file, path, 0644, err);
}

static void flush(struct html_page *p)
{
	outfile_write(p->file, buf_view(&p->out));
	buf_reset(&p->out);
}

static void flush_when_full(struct html_page *p)
{
	if (p->out.n >= FLUSH_BYTES)
		flush(p);
}

enum errc page_commit(struct html_page *p, struct err *err)
{
	flush(p);
	return outfile_commit(p->file, NULL, err);
}

void page_close(struct html_page *p)
{
	outfile_free(p->file);
	buf_release(&p->out);
}

void page_markup(struct html_page *p, struct str markup)
{
	while (markup.n) {
		struct str piece = str_sub(
			markup, 0, markup.n < SLACK_BYTES ? markup.n : SLACK_BYTES);

		buf_str(&p->out, piece);
		flush_when_full(p);
		markup = str_sub(markup, piece.n, markup.n - piece.n);
	}
}

void page_raw(struct html_page *p, const char *markup)
{
	page_markup(p, str_from(markup));
}

void page_printf(struct html_page *p, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	page_raw(p, text);
}

void page_table(struct html_page *p, const char *attributes, struct str label, const char *headings)
{
	struct str rest = str_from(headings);

	page_raw(p, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
	page_text(p, label);
	page_printf(p, "\"><table%s>\n<thead><tr>", attributes);
	while (rest.n) {
		struct str heading = str_cut(&rest, '|');
		bool numbers = heading.n && heading.p[0] == '#';

		page_raw(p, numbers ? "<th class=\"n\" scope=\"col\">" : "<th scope=\"col\">");
		page_markup(p, str_sub(heading, numbers, heading.n - numbers));
	}
	page_raw(p, "</tr></thead>\n<tbody>\n");
}

void page_table_end(struct html_page *p)
{
	page_raw(p, "</tbody>\n</table></div>\n");
}

static void put_escaped(struct buf *b, char c)
{
	switch (c) {
	case '&':
		buf_z(b, "&amp;");
		break;
	case '<':
		buf_z(b, "&lt;");
		break;
	case '>':
		buf_z(b, "&gt;");
		break;
	case '"':
		buf_z(b, "&quot;");
		break;
	case '\'':
		buf_z(b, "&#39;");
		break;
	default:
		buf_char(b, c);
	}
}

void page_escape(struct buf *out, struct str text)
{
	size_t n = str_head(text, PAGE_CELL_BYTES).n;

	for (size_t i = 0, step; i < n; i += step) {
		bool hidden;

		step = text_step(str_sub(text, i, n - i), &hidden);
		if (hidden && text.p[i] != '\t' && text.p[i] != '\n')
			buf_z(out, "\xef\xbf\xbd");
		else if (step == 1)
			put_escaped(out, text.p[i]);
		else
			buf_add(out, text.p + i, step);
	}
	if (n < text.n)
		buf_z(out, "\xe2\x80\xa6");
}

void page_text(struct html_page *p, struct str text)
{
	page_escape(&p->out, text);
	flush_when_full(p);
}

void page_in(struct html_page *p, const char *before, struct str text, const char *after)
{
	page_raw(p, before);
	page_text(p, text);
	page_raw(p, after);
}

void page_fact(struct html_page *p, const char *name, struct str text)
{
	page_printf(p, "<div><dt>%s</dt><dd><code>", name);
	page_in(p, "", text, "</code></dd></div>\n");
}

void page_number(struct html_page *p, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_char(&p->out, ',');
		buf_char(&p->out, digits[i]);
	}
}

void page_time(struct html_page *p, int64_t at_ms)
{
	char t[TIME_TEXT];

	if (at_ms == TIME_NONE) {
		page_raw(p, "\xe2\x80\x93");
		return;
	}
	(void)time_rfc3339_s(at_ms, t);
	page_printf(p, "<time datetime=\"%s\">%.10s %.8s UTC</time>", t, t, t + 11);
}
