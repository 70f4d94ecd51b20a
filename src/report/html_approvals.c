/* Who said yes to what, from the audit trail. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "io/json.h"
#include "report/html_parts.h"
#include "report/run_facts.h"

enum { WHO_MAX_BYTES = 4096 };

struct plan_approvals {
	struct html_page *page;
	struct html *html;
	char *digests[3]; /* input, rules, settings: of the first event */
	char last[SHA256_HEX];
	uint64_t n;
};

static void put_list(struct html_page *p, const struct json *list)
{
	const struct json *v = json_first(list);

	page_raw(p, "<td>");
	if (!v)
		page_raw(p, "\xe2\x80\x93");
	for (; v; v = json_next(v))
		page_in(p, "<code>", json_text(v), "</code><br>");
}

/* People who signed the plan, under what whoever ran it said. */
static void put_signatures(struct html_page *p, const struct json *list)
{
	int64_t at_ms;

	for (const struct json *v = json_first(list); v; v = json_next(v)) {
		page_in(p, "signed by ", json_text(json_get(v, "name")), "");
		if (time_parse(json_text(json_get(v, "signed")), &at_ms)) {
			page_raw(p, ", ");
			page_time(p, at_ms);
		}
		page_raw(p, "<br>");
	}
}

static void put_who(struct html_page *p, const struct json *j)
{
	struct str sudo = json_text(json_get(j, "sudo_user"));
	struct str unit = json_text(json_get(j, "invocation"));
	struct buf who;

	buf_init(&who, WHO_MAX_BYTES);
	run_facts_who(j, &who);
	page_in(p, "<td>", buf_view(&who), "");
	page_in(p, " on ", json_text(json_get(j, "host")), "");
	buf_release(&who);
	if (sudo.n)
		page_in(p, ", through sudo from ", sudo, "");
	if (unit.n)
		page_in(p, "<br><small>systemd invocation <code>", unit, "</code></small>");
}

static void keep_digests(struct plan_approvals *a, const struct json *j)
{
	static const char *const names[3] = { "input_sha256", "rules_sha256", "settings_sha256" };

	for (int i = 0; i < 3; i++)
		if (!a->digests[i])
			a->digests[i] = mem_dupz(json_text(json_get(j, names[i])));
}

static void put_end(struct html_page *p, const struct event_record *e)
{
	page_raw(p, "<tr><td>");
	page_time(p, e->at_ms);
	page_raw(p, e->text.n ? "<td>stopped<td colspan=\"4\">" : "<td>ended<td colspan=\"4\">");
	page_text(p, e->text);
	page_raw(p, "</tr>\n");
}

static enum errc put_event(void *self, const struct event_record *e, struct err *err)
{
	struct plan_approvals *a = self;
	struct html_page *p = a->page;
	bool first = str_eq(e->kind, STR("run"));
	struct json *j;
	enum errc rc;

	a->n++;
	(void)snprintf(a->last, sizeof(a->last), "%.*s", STR_FMT(e->hash));
	if (str_eq(e->kind, STR("end")))
		put_end(p, e);
	if (!first && !str_eq(e->kind, STR("continue")))
		return ERR_OK;
	rc = json_parse(&j, e->text, err);
	if (rc)
		return rc;
	page_raw(p, "<tr><td>");
	page_time(p, e->at_ms);
	page_printf(p, "<td>%s", first ? "confirmed and begun" : "continued");
	put_who(p, j);
	put_list(p, json_get(j, "confirmed"));
	put_signatures(p, json_get(j, "approvals"));
	put_list(p, json_get(j, "allowed"));
	page_in(p, "<td>", json_text(json_get(j, "version")), "</tr>\n");
	if (first)
		keep_digests(a, j);
	json_free(j);
	return ERR_OK;
}

static void put_digest(struct html_page *p, const char *name, const char *hex)
{
	page_printf(p, "<div><dt>%s</dt><dd><code>", name);
	page_text(p, str_from(hex));
	page_raw(p, "</code></dd></div>\n");
}

static void put_digests(struct plan_approvals *a)
{
	static const char *const names[3] = { "Input (SHA-256)", "Rules", "Settings" };
	struct html_page *p = a->page;

	page_raw(p, "<dl class=\"facts digests\">\n");
	put_digest(p, "Fingerprint of the plan", a->html->source->run->fingerprint);
	for (int i = 0; i < 3; i++)
		put_digest(p, names[i], a->digests[i]);
	put_digest(p, "Newest event of this run", a->last);
	page_raw(p, "</dl>\n");
}

static void put_chain(struct plan_approvals *a)
{
	struct html_page *p = a->page;
	struct err err;
	int64_t n, from;

	if (store_events_verify(a->html->source->store, &n, &from, &err)) {
		page_in(p, "<p class=\"bad\"><strong>", str_from(err.msg), "</strong></p>\n");
		return;
	}
	page_raw(p, "<p>The audit trail was whole when this page was written: ");
	page_number(p, (uint64_t)n);
	page_raw(p, " events, each with the hash of the one before, ");
	page_number(p, a->n);
	page_printf(p,
		" of them of this run. <code>depmend report %s --verify</code> checks it "
		"again.</p>\n",
		a->html->source->run->name);
}

enum errc html_approvals(struct html *h, struct err *err)
{
	struct plan_approvals a = { .page = &h->page, .html = h };
	enum errc rc;

	page_raw(&h->page, "<section id=\"approvals\">\n<h2>Approvals</h2>\n");
	page_table(
		&h->page, "", STR("Approvals"), "When|What|Who|Said yes by|Guards lifted|depmend");
	rc = store_events(h->source->store, h->source->run->id, put_event, &a, err);
	page_table_end(&h->page);
	if (!rc) {
		put_digests(&a);
		put_chain(&a);
	}
	page_raw(&h->page, "</section>\n");
	for (int i = 0; i < 3; i++)
		free(a.digests[i]);
	return rc;
}
