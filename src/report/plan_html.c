#include "report/plan_html.h"

#include <stdlib.h>

#include "apply/apply.h"
#include "base/mem.h"
#include "base/version.h"
#include "facts/fleet.h"
#include "report/html_parts.h"
#include "rules/about.h"

enum { MOST_ROWS = 2000, TEXT_MAX_BYTES = 128 * 1024 };

struct writer {
	const struct plan_page *page;
	struct html_page p;
	struct buf steps, before; /* of the row at hand */
};

/* --- small parts --- */

static void put_tile(struct html_page *p, const char *class, const char *name, uint64_t n)
{
	page_printf(p, "<div class=\"tile%s\"><dt>%s</dt><dd>", n ? class : "", name);
	page_number(p, n);
	page_raw(p, "</dd></div>\n");
}

static void put_command(struct html_page *p, const char *command)
{
	page_in(p, "<p><code>", str_from(command), "</code></p>\n");
}

/* --- sections --- */

static void put_rules(struct html_page *p, const struct ruleset *rules)
{
	struct rules_parameter parameter;
	struct buf b;

	if (!rules)
		return;
	buf_init(&b, TEXT_MAX_BYTES);
	for (size_t i = 0; rules_file(rules, i); i++)
		page_fact(p, "Rules", str_from(rules_file(rules, i)));
	for (size_t i = 0; rules_parameter(rules, i, &parameter); i++) {
		buf_reset(&b);
		buf_printf(&b, "%.*s=%.*s", STR_FMT(parameter.name), STR_FMT(parameter.value));
		page_fact(p, "Parameter", buf_view(&b));
	}
	buf_release(&b);
}

static void put_title(struct writer *w)
{
	struct html_page *p = &w->p;

	page_raw(p, "<p class=\"state warn\">A plan: nothing was changed</p>\n"
		    "<dl class=\"facts\">\n");
	page_fact(p, "Fingerprint", str_from(w->page->plan->fingerprint));
	page_fact(p, "Input", str_from(w->page->input));
	put_rules(p, w->page->plan->rules);
	page_raw(p, "<div><dt>Judged as of</dt><dd>");
	page_time(p, w->page->plan->opt->now_ms);
	page_raw(p, "</dd></div>\n</dl>\n</header>\n<main>\n");
}

static void put_steps(struct html_page *p, const struct plan_effects *e)
{
	page_table(p, "", STR("Devices per step"), "Step|#Devices|Can it be undone?");
	for (int i = 0; i < STEP_MAX_; i++) {
		const struct step_info *step = step_info((enum step_kind)i);

		if (!e->steps[i])
			continue;
		page_printf(p, "<tr><th scope=\"row\"><code>%s</code><td class=\"n\">", step->word);
		page_number(p, e->steps[i]);
		page_raw(p, step->irreversible ? "<td class=\"bad\">no</tr>\n" : "<td>yes</tr>\n");
	}
	page_table_end(p);
}

static void put_effects(struct writer *w)
{
	const struct plan_effects *e = w->page->effects;
	struct html_page *p = &w->p;
	uint64_t finals = 0;

	for (int i = 0; i < STEP_MAX_; i++)
		if (step_info((enum step_kind)i)->irreversible)
			finals += e->steps[i];
	page_raw(p, "<section>\n<h2>What it does</h2>\n<dl class=\"tiles\">\n");
	put_tile(p, "", "Devices changed", e->devices);
	put_tile(p, "", "Off their server, and back", e->restored);
	put_tile(p, " bad", "Removed from their server, not restored", e->removed);
	put_tile(p, " bad", "Steps that cannot be undone", finals);
	put_tile(p, " warn", "Left without a sync", e->unsynced);
	page_raw(p, "</dl>\n");
	put_steps(p, e);
	page_raw(p, "</section>\n");
}

static void put_time(struct writer *w)
{
	const struct schedule *s = w->page->schedule;
	struct html_page *p = &w->p;
	struct buf b;

	buf_init(&b, TEXT_MAX_BYTES);
	page_raw(p, "<section>\n<h2>How long it takes</h2>\n<p>It ends between ");
	page_time(p, s->earliest_ms);
	page_raw(p, " and ");
	page_time(p, s->latest_ms);
	page_raw(p, " if it is started at the time of the plan. What takes longest: ");
	plan_effects_reason(w->page->plan, w->page->effects, s, &b);
	page_text(p, buf_view(&b));
	page_raw(p, ".</p>\n");
	if (w->page->effects->restored) {
		buf_reset(&b);
		plan_effects_off(s, &b);
		page_in(p, "<p>Devices off their server, which cannot enroll meanwhile: ",
			buf_view(&b), ".</p>\n");
	}
	if (s->n_waves > 1) {
		buf_reset(&b);
		plan_effects_waves(s, &b);
		page_in(p, "<p>Waves: ", buf_view(&b), ".</p>\n");
	}
	if (s->other_in_flight) {
		buf_reset(&b);
		plan_effects_in_flight(w->page->plan, s, &b);
		page_in(p, "<p>", buf_view(&b), "</p>\n");
	}
	page_raw(p, "</section>\n");
	buf_release(&b);
}

static void put_lines(struct html_page *p, const char *title, const char *lines)
{
	struct str rest = str_from(lines);

	if (!rest.n)
		return;
	page_printf(p, "<section>\n<h2>%s</h2>\n<ul>\n", title);
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		bool stops = line.n && line.p[0] == '!';

		page_raw(p, stops ? "<li class=\"bad\"><strong>Stops it: </strong>" : "<li>");
		page_text(p, stops ? str_sub(line, 1, line.n - 1) : line);
		page_raw(p, "</li>\n");
	}
	page_raw(p, "</ul>\n</section>\n");
}

static void put_command_section(struct writer *w)
{
	const struct plan_page *g = w->page;
	struct html_page *p = &w->p;

	page_raw(p, "<section>\n<h2>How it is carried out</h2>\n");
	if (*g->approval)
		page_in(p, "<p>", str_from(g->approval), "</p>\n");
	page_raw(p, "<p>This command carries out exactly this plan, and nothing when a device "
		    "has changed since:</p>\n");
	put_command(p, g->next);
	if (*g->allow) {
		page_raw(p, "<p class=\"bad\">It is stopped by the guards above. Who decides that "
			    "they may be exceeded adds:</p>\n");
		put_command(p, g->allow);
	}
	page_raw(p, "</section>\n");
}

/* --- groups --- */

struct groups {
	struct map keys; /* rule, server, steps, separated by NUL */
	uint32_t *rows;  /* by slot of keys */
	size_t cap;
};

static struct str server_of(const struct plan *p, uint32_t n)
{
	const struct fleet *f = p->opt->facts->fleet;
	const struct input_row row = input_row(p->input, n);
	uint32_t slot = plan_slot(p, &row), server;

	if (slot == MAP_NONE || !fleet_server_of(f, slot, &server))
		return STR_NONE;
	return fleet_server_name(f, server);
}

static void count_groups(struct writer *w, struct groups *g)
{
	const struct plan *p = w->page->plan;
	struct run_row row;
	struct buf key;

	buf_init(&key, TEXT_MAX_BYTES);
	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		uint32_t slot;
		bool new;

		if (input_kind(p->input, i)->outcome != OUTCOME_PLANNED)
			continue;
		plan_row(p, i, &w->steps, &w->before, &row);
		buf_reset(&key);
		buf_printf(&key, "%.*s", STR_FMT(row.rule));
		buf_char(&key, '\0');
		buf_str(&key, server_of(p, i));
		buf_char(&key, '\0');
		buf_str(&key, row.planned);
		slot = map_add(&g->keys, buf_view(&key), &new);
		MEM_GROW(g->rows, slot, g->cap);
		g->rows[slot] = new ? 1 : g->rows[slot] + 1;
	}
	buf_release(&key);
}

static void put_groups(struct writer *w)
{
	struct html_page *p = &w->p;
	struct groups g = { .rows = NULL };

	map_init(&g.keys, 0);
	count_groups(w, &g);
	page_raw(p, "<section>\n<h2>Which devices</h2>\n");
	page_table(p, "", STR("Which devices"), "Rule|Server|#Devices|Steps");
	for (uint32_t i = 0; i < g.keys.n; i++) {
		struct str rest = map_key(&g.keys, i), rule = str_cut(&rest, '\0');
		struct str server = str_cut(&rest, '\0');

		page_in(p, "<tr><th scope=\"row\">", rule, "");
		page_in(p, "<td>", server.n ? server : STR("none"), "<td class=\"n\">");
		page_number(p, g.rows[i]);
		page_in(p, "<td>", rest, "</tr>\n");
	}
	page_table_end(p);
	page_raw(p, "</section>\n");
	map_release(&g.keys);
	free(g.rows);
}

/* --- each device --- */

static void put_rows(struct writer *w)
{
	const struct plan *plan = w->page->plan;
	struct html_page *p = &w->p;
	struct run_row row;
	uint32_t shown = 0;

	page_raw(p, "<section>\n<h2>Device by device</h2>\n");
	page_table(p, "", STR("Device by device"), "Serial|Rule|Steps|State now");
	for (uint32_t i = 0; i < plan->input->n_rows && shown < MOST_ROWS; i++) {
		if (input_kind(plan->input, i)->outcome != OUTCOME_PLANNED)
			continue;
		plan_row(plan, i, &w->steps, &w->before, &row);
		page_in(p, "<tr><th scope=\"row\"><code>", row.serial, "");
		page_in(p, "</code><td>", row.rule, "");
		page_in(p, "<td>", row.planned, "");
		page_in(p, "<td>", row.before, "</tr>\n");
		shown++;
	}
	page_table_end(p);
	if (plan->n_planned > shown)
		page_printf(p, "<p>And %u more: the CSV of the plan has every device.</p>\n",
			plan->n_planned - shown);
	page_raw(p, "</section>\n");
}

static void put_page(struct writer *w)
{
	struct html_page *p = &w->p;

	html_head(p, w->page->tenant, "plan", w->page->plan->fingerprint, false);
	put_title(w);
	put_effects(w);
	put_groups(w);
	put_time(w);
	put_lines(p, "What earlier runs left", w->page->open);
	put_lines(p, "Guards", w->page->guards);
	put_command_section(w);
	put_rows(w);
	page_raw(p, "</main>\n<footer>\n<p>Written by depmend " DEPMEND_VERSION
		    " from what Apple and the UEM answered.</p>\n</footer>\n</body>\n</html>\n");
}

enum errc plan_html(const struct plan_page *page, const char *path, struct err *err)
{
	struct writer w = { .page = page };
	enum errc rc = page_open(&w.p, path, err);

	buf_init(&w.steps, TEXT_MAX_BYTES);
	buf_init(&w.before, TEXT_MAX_BYTES);
	if (!rc) {
		put_page(&w);
		rc = page_commit(&w.p, err);
	}
	page_close(&w.p);
	buf_release(&w.steps);
	buf_release(&w.before);
	return rc;
}
