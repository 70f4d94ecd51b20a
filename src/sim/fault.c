#include "sim/fault.h"

#include "sim/apple/apple.h"
#include "sim/core/trigger.h"
#include "sim/dep/dep.h"
#include "sim/uem/uem.h"

/* --- rates --- */

/* An error as the service tells it; its sign-in speaks OAuth instead. */
static void refuse(struct call *c, enum party party, int status, const char *code)
{
	uint64_t number = 0;

	reply_reset(c->rep);
	if (party == PARTY_APPLE && c->route && c->route->open) {
		c->rep->status = status;
		c->rep->type = "application/json";
		buf_printf(&c->rep->body, "{\"error\":\"%s\"}", code);
	} else if (party == PARTY_APPLE) {
		sim_apple_error(c, status, code, NULL, "The scenario refuses this");
	} else if (party == PARTY_UEM) {
		(void)str_to_u64(str_from(code), &number);
		sim_uem_error(c, status, (int)number, "The scenario refuses this");
	} else {
		sim_dep_error(c, status, code);
	}
}

static void too_many(
	struct call *c, enum party party, const struct rate_rule *rule, int64_t free_at)
{
	static const char *const codes[] = { [PARTY_APPLE] = "TOO_MANY_REQUESTS",
		[PARTY_UEM] = "429",
		[PARTY_DEP] = "TOO_MANY_REQUESTS" };
	int64_t wait_s = (free_at - c->sim->now + 999) / 1000;
	char date[HTTP_DATE_TEXT];

	refuse(c, party, 429, codes[party]);
	if (rule->retry_form == RETRY_DATE) {
		http_date(c->sim->now + wait_s * 1000, date);
		reply_header(c->rep, "Retry-After", "%s", date);
	} else if (rule->retry_form == RETRY_SECONDS) {
		reply_header(c->rep, "Retry-After", "%lld", (long long)(wait_s > 0 ? wait_s : 1));
	}
}

bool rate_refuses(struct call *c, enum party party)
{
	const struct scenario *sc = c->sim->scenario;
	struct sim_sql *q = &c->sim->sql;

	for (size_t i = 0; i < sc->n_rates; i++) {
		const struct rate_rule *rule = &sc->rates[i];
		int64_t class = (int64_t)i, since = c->sim->now - rule->window_ms, first;

		if (!filter_fits(&rule->filter, c, party))
			continue;
		sql_run(q, sql_z("DELETE FROM hit WHERE class=? AND at<=?"), sql_i(class),
			sql_i(since));
		if (sql_int(q, sql_z("SELECT count(*) FROM hit WHERE class=?"), sql_i(class)) >=
			rule->limit) {
			first = sql_int(
				q, sql_z("SELECT min(at) FROM hit WHERE class=?"), sql_i(class));
			too_many(c, party, rule, first + rule->window_ms);
			return true;
		}
		sql_run(q, sql_z("INSERT INTO hit(class, at) VALUES(?,?)"), sql_i(class),
			sql_i(c->sim->now));
	}
	return false;
}

/* --- faults --- */

const struct fault_rule *fault_pick(struct call *c, enum party party)
{
	const struct scenario *sc = c->sim->scenario;
	const struct fault_rule *found = NULL;

	for (size_t i = 0; i < sc->n_faults; i++)
		if (trigger_strikes(c, party, &sc->faults[i].on, "fault", i) && !found)
			found = &sc->faults[i];
	return found;
}

const char *fault_word(const struct fault_rule *f)
{
	static const char *const words[] = { "reset", "close", "truncate", "hang", "reply",
		"delay" };

	return words[f->kind];
}

const char *fault_applied_word(const struct fault_rule *f)
{
	static const char *const words[] = { "yes", "no", "late" };

	return words[f->applied];
}

/* What stands where JSON should: pages of other hosts and of boxes on the way (services/README.md
 * UEM J). */
static const char *const pages[] = {
	[BODY_SIGN_IN] = "<!DOCTYPE html>\r\n<html><head><title>Sign in - Workspace ONE UEM</title>"
			 "</head>\r\n<body><form action=\"/AirWatch/Login\" method=\"post\">"
			 "<input name=\"UserName\"><input name=\"Password\" type=\"password\">"
			 "</form></body></html>\r\n",
	[BODY_MAINTENANCE] = "<!DOCTYPE html>\r\n<html><head><title>Scheduled maintenance</title>"
			     "</head>\r\n<body><h1>We will be back soon</h1></body></html>\r\n",
	[BODY_FIREWALL] = "<html><head><title>Request Rejected</title></head><body>The requested "
			  "URL was rejected. Please consult with your administrator.<br><br>"
			  "Your support ID is: 9127653812734</body></html>",
};

static void answer(struct call *c, const struct fault_rule *f)
{
	static const uint32_t usual[] = {
		[BODY_SIGN_IN] = 200, [BODY_MAINTENANCE] = 503, [BODY_FIREWALL] = 403
	};
	uint32_t status = f->status;

	if (!status)
		status = f->body >= BODY_SIGN_IN ? usual[f->body] : 500;
	reply_reset(c->rep);
	c->rep->status = (int)status;
	if (f->body >= BODY_SIGN_IN) {
		c->rep->type = "text/html; charset=utf-8";
		buf_z(&c->rep->body, pages[f->body]);
	} else if (f->body == BODY_HTML) {
		c->rep->type = "text/html";
		buf_printf(&c->rep->body,
			"<html><head><title>%u</title></head><body>%u</body></html>", status,
			status);
	} else if (f->body == BODY_LIST) {
		c->rep->type = "application/json";
		buf_printf(&c->rep->body,
			"{\"ProfileList\":[],\"OrganizationGroups\":[],\"tokens\":[],\"Devices\":[]"
			","
			"\"Users\":[],\"Application\":[],\"errorCode\":%u,\"message\":\"Failed.\"}",
			status);
	} else if (f->body == BODY_JSON) {
		c->rep->type = "application/json";
		buf_printf(&c->rep->body,
			"{\"errors\":[{\"status\":\"%u\",\"code\":\"UNEXPECTED_ERROR\","
			"\"title\":\"An unexpected error occurred.\","
			"\"detail\":\"Try again later.\"}]}",
			status);
	}
}

void fault_reply(struct call *c, enum party party, const struct fault_rule *f)
{
	enum { HANG_MS = 10 * 60 * 1000 };
	static const enum loss losses[] = { LOSS_RESET, LOSS_CLOSE, LOSS_TRUNCATE, LOSS_HANG };

	if (f->kind == FAULT_REPLY && f->code)
		refuse(c, party, f->status ? (int)f->status : 500, f->code);
	else if (f->kind == FAULT_REPLY)
		answer(c, f);
	else if (f->kind != FAULT_DELAY)
		c->rep->loss = losses[f->kind];
	if (f->kind == FAULT_TRUNCATE && c->rep->body.n == 0 && !c->rep->more)
		buf_z(&c->rep->body, "{\"data\":{\"type\":\"orgDeviceActivities\",\"id\":\"");
	if (f->retry_after)
		reply_header(c->rep, "Retry-After", "%s", f->retry_after);
	if (f->location)
		reply_header(c->rep, "Location", "%s", f->location);
	c->rep->delay_ms = f->kind == FAULT_HANG && !f->delay_ms ? HANG_MS : f->delay_ms;
}
