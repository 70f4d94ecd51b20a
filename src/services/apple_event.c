/*
 * Audit events: somebody else's account of what happened (services/README.md Apple E). Business
 * only.
 *
 * No event found is no evidence: nobody published how late they come and how long they stay.
 */
#include "services/apple_wire.h"
#include "services/wire.h"

/* All that an event about a device can carry; its own data lie under the key that
 * eventDataPropertyKey names. */
#define EVENT_FIELDS                                                                     \
	"eventDateTime,type,category,actorType,actorId,actorName,subjectType,subjectId," \
	"subjectName,outcome,eventDataPropertyKey,eventDataDeviceAddedToOrg,"            \
	"eventDataDeviceRemovedFromOrg,eventDataDeviceAssignedToServer,"                 \
	"eventDataDeviceUnassignedFromServer,eventDataDeviceIsErased"

void apple_events_request(const struct apple_service *s, int64_t from_ms, int64_t to_ms,
	struct str cursor, struct http_request *ret)
{
	char from[TIME_TEXT], to[TIME_TEXT];
	struct url_pair pairs[5] = {
		{ "filter[startTimestamp]", str_from(time_rfc3339(from_ms, from)) },
		{ "filter[endTimestamp]", str_from(time_rfc3339(to_ms, to)) },
		{ "fields[auditEvents]", STR(EVENT_FIELDS) },
	};

	apple_get(s, STR("/v1/auditEvents"), pairs, apple_page_pairs(pairs, 3, cursor), ret);
}

/* The first text anywhere below `root` that is_asked() knows. The parser bounds the depth. */
static struct str find_asked(
	const struct json *root, bool (*is_asked)(void *self, struct str text), void *self)
{
	const struct json *above[JSON_MAX_DEPTH];
	const struct json *v = json_first(root);
	size_t depth = 0;

	while (v || depth) {
		const struct json *inner = v ? json_first(v) : NULL;

		if (!v) {
			v = json_next(above[--depth]);
		} else if (json_text(v).n && is_asked(self, json_text(v))) {
			return json_text(v);
		} else if (inner && depth < JSON_MAX_DEPTH) {
			above[depth++] = v;
			v = inner;
		} else {
			v = json_next(v);
		}
	}
	return STR_NONE;
}

enum errc apple_event_decode(const struct json *element,
	bool (*is_asked)(void *self, struct str text), void *self, struct apple_event *ret,
	struct str *ret_serial, struct err *err)
{
	const struct json *at = json_get(element, "attributes");
	struct str outcome = json_text(json_get(at, "outcome"));
	struct apple_event v = {
		.id = json_text(json_get(element, "id")),
		.type = json_text(json_get(at, "type")),
		.actor = json_text(json_get(at, "actorName")),
		.actor_type = json_text(json_get(at, "actorType")),
		.at_ms = wire_time_zoned(json_get(at, "eventDateTime")),
	};

	(void)err;
	if (v.at_ms == TIME_UNKNOWN)
		v.at_ms = TIME_NONE;
	if (v.actor.n == 0)
		v.actor = json_text(json_get(at, "actorId"));
	/* What was refused changed nothing: it is no witness. */
	*ret_serial = outcome.n && !str_eq_nocase(outcome, STR("SUCCESS"))
			      ? STR_NONE
			      : find_asked(at, is_asked, self);
	*ret = v;
	return ERR_OK;
}

static const struct {
	enum step_kind kind;
	const char *type;
} types[] = {
	{ STEP_UNASSIGN, "DEVICE_UNASSIGNED_FROM_SERVER" },
	{ STEP_REASSIGN, "DEVICE_ASSIGNED_TO_SERVER" },
	{ STEP_MIGRATE, "DEVICE_ASSIGNED_TO_SERVER" },
	{ STEP_RELEASE, "DEVICE_REMOVED_FROM_ORG" },
};

bool apple_event_tells_of(const struct apple_event *e, enum step_kind kind)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].kind == kind && str_eq(e->type, str_from(types[i].type)))
			return true;
	return false;
}
