#include "report/html.h"

#include "base/version.h"
#include "io/crypto.h"
#include "report/html_parts.h"
#include "report/run_facts.h"
#include "report/status.h"

/* Files of their own, so that editors and linters know what they are. */
#ifdef __APPLE__
#define EMBED_IN "__TEXT,__const"
#define EMBED_HIDDEN ".private_extern "
#define EMBED_BEGIN ".section "
#define EMBED_END ".text"
#define EMBED_NAME(name) "_" #name
#else
#define EMBED_IN ".rodata"
#define EMBED_HIDDEN ".hidden "
#define EMBED_BEGIN ".pushsection "
#define EMBED_END ".popsection"
#define EMBED_NAME(name) #name
#endif
#define EMBED(name, file)                                                                       \
	__asm__(EMBED_BEGIN EMBED_IN "\n.globl " EMBED_NAME(name) "\n" EMBED_HIDDEN EMBED_NAME( \
		name) "\n" EMBED_NAME(name) ":\n.incbin \"src/report/" file                     \
					    "\"\n.byte 0\n" EMBED_END "\n");                    \
	extern const char name[]

EMBED(page_css, "page.css");
EMBED(page_js, "page.js");

static void put_hash(struct html_page *p, const char *text)
{
	unsigned char digest[SHA256_BYTES];

	sha256(str_from(text), digest);
	page_raw(p, "'sha256-");
	base64(&p->out, (struct str){ (const char *)digest, sizeof(digest) });
	page_raw(p, "'");
}

void html_head(
	struct html_page *p, const char *tenant, const char *what, const char *name, bool script)
{
	page_raw(p, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src ");
	put_hash(p, page_css);
	if (script) {
		page_raw(p, "; script-src ");
		put_hash(p, page_js);
	}
	page_in(p,
		"; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
		str_from(tenant), "");
	page_printf(p, ": %s %s</title>\n<style>", what, name);
	page_raw(p, page_css);
	page_in(p, "</style>\n</head>\n<body>\n<header>\n<p class=\"brand\">depmend</p>\n<h1>",
		str_from(tenant), "</h1>\n");
}

/* What the last process said when it ended. */
static void put_state(struct html *h)
{
	const struct run_record *run = h->source->run;
	const char *meaning = status_meaning(run->exit_status);
	bool good = run->exit_status == 0;
	struct html_page *p = &h->page;

	if (run->state == RUN_SUPERSEDED)
		page_raw(p, "<p class=\"state warn\">Superseded: another run took over what it had "
			    "not touched</p>\n");
	else if (run->state == RUN_ACTIVE)
		page_raw(p, "<p class=\"state warn\">Not finished: run the same command again to "
			    "continue</p>\n");
	else if (meaning)
		page_printf(p, "<p class=\"state %s\">Finished with exit status %d: %s</p>\n",
			good ? "good" : "warn", run->exit_status, meaning);
	else
		page_raw(p, "<p class=\"state\">Finished</p>\n");
}

static void put_lines(struct html_page *p, const char *name, const struct buf *lines)
{
	struct str rest = buf_view(lines);

	while (rest.n)
		page_fact(p, name, str_cut(&rest, '\n'));
}

/* By which rules, and who began it where. */
static enum errc put_facts(struct html *h, struct err *err)
{
	struct html_page *p = &h->page;
	struct run_facts f;
	enum errc rc = run_facts_load(&f, h->source->store, h->source->run->id, err);

	if (!rc) {
		put_lines(p, "Rules", &f.rules);
		put_lines(p, "Parameter", &f.parameters);
		put_lines(p, "Begun by", &f.user);
		put_lines(p, "Host", &f.host);
	}
	run_facts_release(&f);
	return rc;
}

static enum errc put_title(struct html *h, struct err *err)
{
	enum errc rc;
	const struct run_record *run = h->source->run;
	struct html_page *p = &h->page;

	put_state(h);
	page_raw(p, "<dl class=\"facts\">\n");
	page_fact(p, "Run", str_from(run->name));
	page_fact(p, "Input", str_from(h->source->input->path));
	page_raw(p, "<div><dt>Confirmed</dt><dd>");
	page_time(p, run->created_ms);
	page_raw(p, "</dd></div>\n<div><dt>Ended</dt><dd>");
	page_time(p, run->finished_ms);
	page_raw(p, "</dd></div>\n");
	page_fact(p, "Plan", str_head(str_from(run->fingerprint), 12));
	if (h->source->input->undoes[0])
		page_fact(p, "Undoes", str_from(h->source->input->undoes));
	rc = put_facts(h, err);
	page_raw(p, "</dl>\n</header>\n<main>\n");
	return rc;
}

static void put_end(struct html *h)
{
	struct html_page *p = &h->page;

	page_raw(p, "</main>\n<footer>\n<p>Written ");
	page_time(p, h->source->now_ms);
	page_printf(p,
		" by depmend %s from its own records; no service was asked. The whole result, row "
		"by row: <code>depmend report %s --csv FILE</code></p>\n</footer>\n<script>",
		DEPMEND_VERSION, h->source->run->name);
	page_raw(p, page_js);
	page_raw(p, "</script>\n</body>\n</html>\n");
}

static enum errc put_page(struct html *h, struct err *err)
{
	enum errc rc;

	html_head(&h->page, h->source->settings->tenant, "run", h->source->run->name, true);
	rc = put_title(h, err);
	html_totals(h);
	if (!rc)
		rc = html_causes(h, err);
	html_groups(h);
	html_changes(h);
	if (!rc)
		rc = html_requests(h, err);
	if (!rc)
		rc = html_approvals(h, err);
	if (!rc)
		rc = html_rows(h, err);
	put_end(h);
	return rc ? rc : page_commit(&h->page, err);
}

enum errc report_html(const struct report_source *s, const char *path, struct err *err)
{
	struct html h = { .source = s };
	enum errc rc = page_open(&h.page, path, err);

	if (!rc)
		rc = tally_run(&h.tally, s, err);
	if (!rc)
		rc = put_page(&h, err);
	tally_release(&h.tally);
	page_close(&h.page);
	return rc;
}
