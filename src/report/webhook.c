#include "report/webhook.h"

#include <inttypes.h>

#include "base/text.h"
#include "io/json.h"
#include "report/status.h"

enum { TEXT_MAX_BYTES = 24 * 1024, CAUSES = 12, SERIALS = 200 };

uint32_t webhook_events(const struct webhook_news *n)
{
	uint32_t events = 0;

	if (n->status == 4)
		events |= 1u << WEBHOOK_GUARD;
	else if (n->status != 0 && n->status != 2)
		events |= 1u << WEBHOOK_FAILURE;
	if (n->off_server)
		events |= 1u << WEBHOOK_OFF_SERVER;
	if (n->items && n->items->n_items)
		events |= 1u << WEBHOOK_NEW_OPEN_ITEMS;
	if (n->expiry && *n->expiry)
		events |= 1u << WEBHOOK_EXPIRY;
	return events;
}

static const char *meaning(int status)
{
	const char *text = status_meaning(status);

	return text ? text : "";
}

/* --- for people --- */

static void put_counts(const struct webhook_news *n, struct buf *out)
{
	const char *comma = "";

	buf_printf(out, "%zu %s", summary_rows(n->counts),
		summary_rows(n->counts) == 1 ? "row" : "rows");
	for (int o = 0; o < OUTCOME_MAX_; o++) {
		if (!n->counts->rows[o])
			continue;
		buf_printf(out, "%s %zu %s", *comma ? comma : ":", n->counts->rows[o],
			outcome_info((enum outcome)o)->word);
		comma = ",";
	}
	buf_char(out, '\n');
}

static void put_causes(const struct webhook_news *n, struct buf *out)
{
	uint32_t shown = 0;

	for (int r = REASON_NONE + 1; r < REASON_MAX_; r++)
		if (n->counts->reasons[r] && shown++ < CAUSES)
			buf_printf(out, "%zu x %s: %s\n", n->counts->reasons[r],
				reason_info((enum reason)r)->code,
				reason_info((enum reason)r)->sentence);
	if (shown > CAUSES)
		buf_printf(out, "and %u more causes\n", shown - CAUSES);
}

static void put_serials(const struct open_items *items, struct buf *out)
{
	uint32_t shown = 0;

	for (uint32_t i = 0; i < items->n; i++) {
		buf_printf(out, "%s:", reason_info(items->v[i].reason)->code);
		for (uint32_t k = 0; k < items->v[i].n && shown < SERIALS; k++, shown++) {
			buf_char(out, ' ');
			buf_str(out, items->v[i].serials[k]);
		}
		buf_char(out, '\n');
	}
}

static void put_text(const struct webhook_news *n, struct buf *out)
{
	buf_printf(out, "depmend %s: %s (status %d)\n", n->tenant, meaning(n->status), n->status);
	put_counts(n, out);
	if (n->off_server)
		buf_printf(out, "%u %s off their server: run apply again\n", n->off_server,
			n->off_server == 1 ? "device is" : "devices are");
	put_causes(n, out);
	if (n->items && n->items->n_items)
		buf_printf(out, "%" PRIu64 " open items are new since the run before\n",
			n->items->n_items);
	if (n->expiry)
		buf_z(out, n->expiry);
	if (n->serials_of)
		put_serials(n->serials_of, out);
	if (n->run)
		buf_printf(out, "next: depmend runs %s\n", n->run);
}

/* --- for programs --- */

static void put_json_serials(const struct open_items *items, struct json_out *o)
{
	uint32_t shown = 0;

	json_arr(o, "serials");
	for (uint32_t i = 0; i < items->n; i++)
		for (uint32_t k = 0; k < items->v[i].n && shown < SERIALS; k++, shown++)
			json_put_str(o, NULL, items->v[i].serials[k]);
	json_arr_end(o);
}

static void put_json(const struct webhook_news *n, struct json_out *o)
{
	uint32_t events = webhook_events(n);

	json_put_z(o, "type", "depmend");
	json_put_z(o, "tenant", n->tenant);
	json_put_z(o, "run", n->run);
	json_put_int(o, "status", n->status);
	json_put_z(o, "meaning", meaning(n->status));
	json_arr(o, "events");
	for (int e = 0; e < WEBHOOK_EVENTS; e++)
		if (events & 1u << e)
			json_put_z(o, NULL, webhook_event_word((enum webhook_event)e));
	json_arr_end(o);
	json_obj(o, "outcomes");
	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (n->counts->rows[i])
			json_put_int(o, outcome_info((enum outcome)i)->word,
				(int64_t)n->counts->rows[i]);
	json_obj_end(o);
	json_obj(o, "causes");
	for (int r = REASON_NONE + 1; r < REASON_MAX_; r++)
		if (n->counts->reasons[r])
			json_put_int(o, reason_info((enum reason)r)->code,
				(int64_t)n->counts->reasons[r]);
	json_obj_end(o);
	json_put_int(o, "off_server", n->off_server);
	if (n->items)
		json_put_int(o, "new_open_items", (int64_t)n->items->n_items);
	json_put_z(o, "expiry", n->expiry && *n->expiry ? n->expiry : NULL);
	if (n->serials_of)
		put_json_serials(n->serials_of, o);
}

/* An Adaptive Card, as the workflows of Teams take it. */
static void put_card(struct str text, struct json_out *o)
{
	json_put_z(o, "type", "message");
	json_arr(o, "attachments");
	json_obj(o, NULL);
	json_put_z(o, "contentType", "application/vnd.microsoft.card.adaptive");
	json_obj(o, "content");
	json_put_z(o, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
	json_put_z(o, "type", "AdaptiveCard");
	json_put_z(o, "version", "1.4");
	json_arr(o, "body");
	while (text.n) {
		json_obj(o, NULL);
		json_put_z(o, "type", "TextBlock");
		json_put_str(o, "text", str_cut(&text, '\n'));
		json_put_bool(o, "wrap", true);
		json_put_z(o, "spacing", "None");
		json_obj_end(o);
	}
	json_arr_end(o);
	json_obj_end(o);
	json_obj_end(o);
	json_arr_end(o);
}

/* Slack takes <!channel> and <https://...|text> for orders. */
static void put_message(struct str text, struct json_out *o)
{
	struct buf plain;

	buf_init(&plain, 5 * TEXT_MAX_BYTES);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '&')
			buf_z(&plain, "&amp;");
		else if (text.p[i] == '<')
			buf_z(&plain, "&lt;");
		else if (text.p[i] == '>')
			buf_z(&plain, "&gt;");
		else
			buf_char(&plain, text.p[i]);
	json_put_str(o, "text", buf_view(&plain));
	buf_release(&plain);
}

void webhook_body(const struct webhook_news *n, const struct webhook_settings *s, struct buf *out)
{
	struct json_out o;
	struct buf text;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	buf_init(&text, TEXT_MAX_BYTES);
	put_text(n, &text);
	text_clean_lines(text.p, text.n);
	if (s->format == WEBHOOK_JSON)
		put_json(n, &o);
	else if (s->format == WEBHOOK_TEAMS)
		put_card(buf_view(&text), &o);
	else
		put_message(buf_view(&text), &o);
	json_obj_end(&o);
	buf_release(&text);
}
