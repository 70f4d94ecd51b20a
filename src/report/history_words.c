#include "report/history_words.h"

#include "facts/organization.h"
#include "io/json.h"
#include "report/run_facts.h"

const char *history_answer(enum request_state state)
{
	static const char *const words[] = {
		[REQUEST_INTENT] = "sent, or about to be; no answer is known",
		[REQUEST_ACCEPTED] = "accepted",
		[REQUEST_REFUSED] = "refused",
		[REQUEST_UNKNOWN] = "sent; no complete answer came",
		[REQUEST_SETTLED] = "ended",
	};

	return words[state];
}

void history_target(const struct history_entry *e, const struct settings *s, struct buf *out)
{
	size_t before = buf_view(out).n;

	(void)organization_server_name(s, e->target, out);
	if (buf_view(out).n == before)
		buf_str(out, e->target);
	else
		buf_printf(out, ", id %.*s", STR_FMT(e->target));
}

static void put_part(struct buf *out, const char *before, struct str text)
{
	if (!text.n)
		return;
	buf_z(out, before);
	buf_str(out, text);
}

static void put_list(struct buf *out, const char *before, const struct json *list)
{
	for (const struct json *v = json_first(list); v; v = json_next(v), before = ", ")
		put_part(out, before, json_text(v));
}

static void put_run(const struct json *j, bool begun, struct buf *out)
{
	buf_z(out, begun ? "confirmed by " : "continued by ");
	run_facts_who(j, out);
	put_part(out, " on ", json_text(json_get(j, "host")));
	put_part(out, ", through sudo from ", json_text(json_get(j, "sudo_user")));
	put_list(out, ": ", json_get(j, "confirmed"));
	put_list(out, "; allowed ", json_get(j, "allowed"));
	for (const struct json *v = json_first(json_get(j, "approvals")); v; v = json_next(v)) {
		put_part(out, "; signed by ", json_text(json_get(v, "name")));
		put_part(out, ", ", json_text(json_get(v, "signed")));
	}
}

void history_person(const struct history_entry *e, struct buf *out)
{
	bool begun = str_eq(e->event, STR("run"));
	struct json *j;
	struct err err;

	if ((!begun && !str_eq(e->event, STR("continue"))) || json_parse(&j, e->detail, &err)) {
		buf_printf(out, "%.*s: %.*s", STR_FMT(e->event), STR_FMT(e->detail));
		return;
	}
	put_run(j, begun, out);
	json_free(j);
}
