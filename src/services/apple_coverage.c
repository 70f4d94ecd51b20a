/*
 * AppleCare coverage of one device: the warranty, and every plan that was bought for it
 * (services/README.md Apple A.10).
 *
 * Devices are given up by what is said here, so a word that is not known, a date that cannot be
 * read and a plan that has not begun are no expired coverage.
 */
#include "services/apple_wire.h"
#include "services/wire.h"

#define COVERAGE_FIELDS \
	"status,description,startDateTime,endDateTime,isCanceled,contractCancelDateTime"

void apple_coverage_request(
	const struct apple_service *s, struct str serial, struct http_request *ret)
{
	struct url_pair pairs[1] = { { "fields[appleCareCoverage]", STR(COVERAGE_FIELDS) } };

	apple_get_one(s, "orgDevices", serial, "/appleCareCoverage", pairs, 1, ret);
}

/* One contract. */
enum life { LIFE_RUNS, LIFE_OVER, LIFE_UNCLEAR };
struct contract {
	struct str status, kind;
	int64_t start_ms, end_ms; /* end: when it was cancelled, of one that was */
	int canceled;
	bool contradicts; /* itself: cancelled on a day and not cancelled; of another type */
};

static struct contract read_contract(const struct json *element)
{
	const struct json *at = json_get(element, "attributes");
	struct str type = wire_text(json_get(element, "type"));
	struct contract c = {
		.status = wire_text(json_get(at, "status")),
		.kind = wire_text(json_get(at, "description")),
		.start_ms = wire_time_zoned(json_get(at, "startDateTime")),
		.end_ms = wire_time_zoned(json_get(at, "contractCancelDateTime")),
		.canceled = wire_flag(json_get(at, "isCanceled")),
	};

	c.contradicts = (c.canceled != 1 && c.end_ms != TIME_NONE) ||
			(type.n && !str_eq(type, STR("appleCareCoverage")));
	if (c.canceled != 1)
		c.end_ms = wire_time_zoned(json_get(at, "endDateTime"));
	return c;
}

/* An earlier end is what somebody wrote for none: no device of an organization is that old. */
#define FIRST_END_MS INT64_C(1167609600000) /* 2007 */

static bool is_odd(const struct contract *c)
{
	return c->contradicts || c->end_ms == TIME_UNKNOWN || c->start_ms == TIME_UNKNOWN ||
	       c->canceled == FLAG_ODD ||
	       (c->end_ms != TIME_NONE && (c->end_ms < FIRST_END_MS || c->start_ms > c->end_ms));
}

static enum life life_of(const struct contract *c, int64_t now_ms)
{
	bool begun = c->start_ms == TIME_NONE || c->start_ms <= now_ms;
	bool inactive = str_eq_nocase(c->status, STR("INACTIVE"));

	/* A word that is not known may mean that it goes on after its end. */
	if (is_odd(c) || !(inactive || str_eq_nocase(c->status, STR("ACTIVE"))))
		return LIFE_UNCLEAR;
	if (c->end_ms != TIME_NONE && c->end_ms <= now_ms)
		return LIFE_OVER;
	if (!inactive)
		return begun && (c->canceled != 1 || c->end_ms != TIME_NONE) ? LIFE_RUNS
									     : LIFE_UNCLEAR;
	/* INACTIVE alone is no end: only of what was cancelled it is one, at a time unknown. */
	return begun && c->canceled == 1 && c->end_ms == TIME_NONE ? LIFE_OVER : LIFE_UNCLEAR;
}

/* What runs without an end ends last; what is over at a time unknown may have ended last. */
static bool ends_later(int64_t a_ms, int64_t b_ms)
{
	if (a_ms == TIME_NONE || b_ms == TIME_NONE)
		return b_ms != TIME_NONE;
	return b_ms != TIME_UNKNOWN && (a_ms == TIME_UNKNOWN || a_ms > b_ms);
}

static void take_contract(
	struct apple_coverage *v, const struct contract *c, enum apple_coverage_state state)
{
	int64_t end_ms = c->end_ms;

	if (state == COVERAGE_EXPIRED && end_ms == TIME_NONE)
		end_ms = TIME_UNKNOWN;
	if (state > v->state || (state == v->state && ends_later(end_ms, v->end_ms)))
		*v = (struct apple_coverage){ state, end_ms, c->kind };
}

enum errc apple_coverage_decode(
	const struct json *root, int64_t now_ms, struct apple_coverage *ret, struct err *err)
{
	const struct json *data = json_get(root, "data");
	struct apple_coverage v = { .state = COVERAGE_NONE, .end_ms = TIME_NONE };
	struct apple_page page;
	bool unclear = false;
	enum errc rc = ERR_OK;
	int64_t n = 0;

	if (!json_is_array(data))
		return err_set(err, ERR_PROTOCOL, "Apple's answer about coverage has no list");
	for (const struct json *one = json_first(data); one; one = json_next(one)) {
		struct contract c = read_contract(one);
		enum life life = life_of(&c, now_ms);

		n++;
		unclear |= life == LIFE_UNCLEAR;
		if (life != LIFE_UNCLEAR)
			take_contract(
				&v, &c, life == LIFE_RUNS ? COVERAGE_ACTIVE : COVERAGE_EXPIRED);
	}
	apple_page_init(&page);
	rc = apple_page_read(root, &page, err);
	if (!rc && (page.cursor.n || page.total > n))
		rc = err_set(err, ERR_PROTOCOL, "Apple tells its coverage in several pages");
	apple_page_release(&page);
	if (!rc && unclear && v.state != COVERAGE_ACTIVE)
		rc = err_set(err, ERR_PROTOCOL,
			"what Apple says of its coverage does not tell whether it is covered");
	if (rc)
		return rc;
	if (unclear) /* covered now; by what it does not tell, perhaps longer */
		v.end_ms = TIME_UNKNOWN;
	*ret = v;
	return ERR_OK;
}
