#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "base/version.h"
#include "cli/tenants/numbers.h"
#include "cli/tenants/rollup_page.h"
#include "report/page.h"
#include "report/status.h"

enum { SECOND_MS = 1000, MEANING_BYTES = 64 };

/* What needs a person stands first. */
struct line {
	const struct tenant *tenant;
	struct tenant_numbers numbers;
};

static bool has_no_run(const struct line *l)
{
	return l->tenant->because && !l->tenant->status;
}

static bool has_trouble(const struct line *l)
{
	if (has_no_run(l))
		return false;
	return l->tenant->status != 0 || l->numbers.status != 0 || l->numbers.open > 0 ||
	       l->numbers.off > 0;
}

static struct line *read_all(const struct tenants *t)
{
	struct line *v = mem_alloc((t->n + 1) * sizeof(*v));

	for (size_t i = 0; i < t->n; i++) {
		struct buf b;

		numbers_load(&t->v[i], &b);
		v[i] = (struct line){ &t->v[i], numbers_read(buf_view(&b)) };
		buf_release(&b);
	}
	return v;
}

/* --- totals --- */

static void put_tile(struct html_page *p, const char *class, const char *name, uint64_t n)
{
	page_printf(p, "<div class=\"tile%s\"><dt>%s</dt><dd>", n ? class : "", name);
	page_number(p, n);
	page_raw(p, "</dd></div>\n");
}

static uint64_t known(int64_t n)
{
	return n > 0 ? (uint64_t)n : 0;
}

static void put_totals(struct html_page *p, const struct line *v, size_t n)
{
	uint64_t trouble = 0, unknown = 0, rows = 0, done = 0, open = 0, off = 0;

	for (size_t i = 0; i < n; i++) {
		trouble += has_trouble(&v[i]);
		unknown += v[i].numbers.rows < 0 && !has_no_run(&v[i]);
		rows += known(v[i].numbers.rows);
		done += known(v[i].numbers.done);
		open += known(v[i].numbers.open);
		off += known(v[i].numbers.off);
	}
	page_raw(p, "<section>\n<h2>Totals</h2>\n<dl class=\"tiles\">\n");
	put_tile(p, "", "Tenants", n);
	put_tile(p, " warn", "Tenants with something to look at", trouble);
	put_tile(p, " bad", "Tenants without numbers", unknown);
	put_tile(p, "", "Rows of the runs", rows);
	put_tile(p, "", "Rows done", done);
	put_tile(p, " warn", "Rows open", open);
	put_tile(p, " bad", "Off their server, or still changing", off);
	page_raw(p, "</dl>\n</section>\n");
}

/* --- one line a tenant --- */

static void put_count(struct html_page *p, int64_t n, const char *class)
{
	page_printf(p, "<td class=\"n%s\">", n > 0 ? class : "");
	if (n < 0)
		page_raw(p, "–");
	else
		page_number(p, (uint64_t)n);
}

static void put_status(struct html_page *p, const struct line *l)
{
	const struct tenant *t = l->tenant;
	int64_t status = t->status ? t->status : l->numbers.status;
	char text[MEANING_BYTES];

	if (has_no_run(l)) {
		page_raw(p, "<td class=\"n\">–<td>");
		page_text(p, str_from(t->because));
		return;
	}
	if (status < 0) {
		page_raw(p, "<td class=\"n warn\">–<td>not finished: run the same command again");
		return;
	}
	page_printf(p, "<td class=\"n%s\">%d<td>", status ? " warn" : "", (int)status);
	if (t->status)
		page_text(p, str_from(tenant_meaning(t, text)));
	else
		page_text(p, str_from(status_meaning((int)status) ? status_meaning((int)status)
								  : "not known"));
}

static void put_line(struct html_page *p, const struct line *l)
{
	const struct tenant_numbers *n = &l->numbers;

	page_raw(p, "<tr><th scope=\"row\">");
	page_text(p, str_from(l->tenant->name));
	page_raw(p, "</th>");
	put_status(p, l);
	page_raw(p, "<td>");
	page_time(p, n->last_s < 0 ? TIME_NONE : n->last_s * SECOND_MS);
	put_count(p, n->rows, "");
	put_count(p, n->done, "");
	put_count(p, n->open, " warn");
	put_count(p, n->off, " bad");
	page_raw(p, "</tr>\n");
}

static void put_lines(struct html_page *p, const struct line *v, size_t n)
{
	page_raw(p, "<section>\n<h2>Tenants</h2>\n");
	page_table(p, "", STR("Tenants"),
		"Tenant|#Status|Meaning|Run of|#Rows|#Done|#Open|#Off or changing");
	for (int calm = 0; calm < 2; calm++)
		for (size_t i = 0; i < n; i++)
			if (has_trouble(&v[i]) != calm)
				put_line(p, &v[i]);
	page_table_end(p);
	page_raw(p, "</section>\n");
}

enum errc rollup_page(const struct tenants *t, const char *path, struct err *err)
{
	struct html_page p;
	struct line *v = read_all(t);
	enum errc rc = page_open(&p, path, err);

	if (!rc) {
		html_head(&p, "All tenants", "report of", "each tenant's last run", false);
		page_raw(&p, "</header>\n<main>\n");
		put_totals(&p, v, t->n);
		put_lines(&p, v, t->n);
		page_raw(&p, "</main>\n<footer>\n<p>Written by depmend " DEPMEND_VERSION
			     " from the states of the tenants; no service was asked.</p>\n"
			     "</footer>\n</body>\n</html>\n");
		rc = page_commit(&p, err);
	}
	page_close(&p);
	free(v);
	return rc;
}
