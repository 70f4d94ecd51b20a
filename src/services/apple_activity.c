/*
 * Activities: the only way Apple changes anything for us (services/README.md Apple A.6).
 */
#include <stdlib.h>

#include "base/mem.h"
#include "services/apple_wire.h"
#include "services/wire.h"

enum { PATH_MAX_BYTES = 1024 };

#define ACTIVITY_FIELDS "status,subStatus,createdDateTime,completedDateTime,downloadUrl"

/* What each step is called, and what it has to come with. Without its CURRENT server an unassign is
 * answered 409 ENTITY_ERROR.RELATIONSHIP.REQUIRED. */
struct activity_type {
	const char *name;
	enum step_kind kind;
	bool update_deadline; /* instead of setting one; only for STEP_MIGRATE */
	bool server, deadline;
};

static const struct activity_type types[] = {
	{ "UNASSIGN_DEVICES", STEP_UNASSIGN, false, true, false },
	{ "ASSIGN_DEVICES", STEP_REASSIGN, false, true, false },
	{ "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", STEP_MIGRATE, false, true, true },
	{ "UPDATE_MDM_MIGRATION_DEADLINE", STEP_MIGRATE, true, false, true },
	{ "CANCEL_MDM_MIGRATION", STEP_CANCEL_MIGRATION, false, false, false },
	{ "RELEASE_DEVICES", STEP_RELEASE, false, false, false },
};

static const struct activity_type *find_type(const struct apple_change *change)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].kind == change->kind &&
			(change->kind != STEP_MIGRATE ||
				types[i].update_deadline == change->update_deadline))
			return &types[i];
	return NULL;
}

static enum errc check_change(const struct apple_service *s, const struct activity_type *type,
	const struct apple_change *change, struct err *err)
{
	if (!type)
		return err_set(err, ERR_INTERNAL, "%s is no activity of Apple",
			step_info(change->kind)->word);
	if (change->n_serials == 0)
		return err_set(err, ERR_INTERNAL, "%s without devices", type->name);
	if (type->server && change->server_id.n == 0)
		return err_set(err, ERR_INTERNAL, "%s without a server", type->name);
	if (type->deadline && change->deadline_ms == TIME_NONE)
		return err_set(err, ERR_INTERNAL, "%s without a deadline", type->name);
	if (change->kind == STEP_RELEASE && s->school)
		return err_set(err, ERR_REFUSED, "Apple School has no RELEASE_DEVICES");
	return ERR_OK;
}

static void write_linkage(struct json_out *o, const char *key, const char *type, struct str id)
{
	json_obj(o, key);
	json_put_z(o, "type", type);
	json_put_str(o, "id", id);
	json_obj_end(o);
}

static void write_relationships(
	struct json_out *o, const struct activity_type *type, const struct apple_change *change)
{
	json_obj(o, "relationships");
	if (type->server) {
		json_obj(o, "mdmServer");
		write_linkage(o, "data", "mdmServers", change->server_id);
		json_obj_end(o);
	}
	json_obj(o, "devices");
	json_arr(o, "data");
	for (size_t i = 0; i < change->n_serials; i++)
		write_linkage(o, NULL, "orgDevices", change->serials[i]);
	json_arr_end(o);
	json_obj_end(o);
	json_obj_end(o);
}

static void write_change(
	struct buf *out, const struct activity_type *type, const struct apple_change *change)
{
	char text[TIME_TEXT];
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_obj(&o, "data");
	json_put_z(&o, "type", "orgDeviceActivities");
	json_obj(&o, "attributes");
	json_put_z(&o, "activityType", type->name);
	if (type->deadline) {
		json_obj(&o, "activityTypeMetadata");
		json_put_z(&o, "mdmMigrationDeadlineDateTime",
			time_rfc3339(change->deadline_ms, text));
		json_obj_end(&o);
	}
	json_obj_end(&o);
	write_relationships(&o, type, change);
	json_obj_end(&o);
	json_obj_end(&o);
}

enum errc apple_activity_request(const struct apple_service *s, const struct apple_change *change,
	struct http_request *ret, struct err *err)
{
	const struct activity_type *type = find_type(change);
	struct http_request q;
	enum errc rc = check_change(s, type, change, err);

	if (rc)
		return rc;
	http_request_init(&q, HTTP_CHANGE, "POST");
	http_request_url(&q, s->base, STR("/v1/orgDeviceActivities"), NULL, 0);
	wire_header(&q, "Accept", "application/json");
	wire_header(&q, "Content-Type", "application/json");
	write_change(&q.body, type, change);
	rc = buf_check(&q.body, "the activity", err);
	if (rc) {
		http_request_release(&q);
		return rc;
	}
	*ret = q;
	return ERR_OK;
}

void apple_activity_get(const struct apple_service *s, struct str id, struct http_request *ret)
{
	const struct url_pair pair = { "fields[orgDeviceActivities]", STR(ACTIVITY_FIELDS) };
	struct buf path;

	buf_init(&path, PATH_MAX_BYTES);
	buf_z(&path, "/v1/orgDeviceActivities/");
	url_segment(&path, id);
	apple_get(s, buf_view(&path), &pair, 1, ret);
	buf_release(&path);
}

/* What is not at its end is polled on, unknown words included. A completed one in new words is at
 * its end, but only the devices can tell how. */
static enum apple_activity_state activity_state(struct str status, struct str sub_status)
{
	bool completed = str_eq_nocase(status, STR("COMPLETED"));

	if (completed && str_eq_nocase(sub_status, STR("COMPLETED_WITH_SUCCESS")))
		return ACTIVITY_SUCCESS;
	if (completed && str_eq_nocase(sub_status, STR("COMPLETED_WITH_ERROR")))
		return ACTIVITY_WITH_ERROR;
	if (completed && str_eq_nocase(sub_status, STR("COMPLETED_WITH_FAILURE")))
		return ACTIVITY_FAILURE;
	if (completed && (sub_status.n == 0 || str_starts_nocase(sub_status, STR("COMPLETED"))))
		return ACTIVITY_UNCLEAR;
	if (str_eq_nocase(status, STR("STOPPED")) || str_eq_nocase(status, STR("FAILED")))
		return ACTIVITY_UNCLEAR;
	return ACTIVITY_RUNNING;
}

void apple_activity_release(struct apple_activity *a)
{
	free(a->download_url);
	a->download_url = NULL;
}

static int64_t time_taken(const struct json *at)
{
	int64_t from = wire_time_zoned(json_get(at, "createdDateTime"));
	int64_t to = wire_time_zoned(json_get(at, "completedDateTime"));
	bool told = from != TIME_NONE && from != TIME_UNKNOWN && to != TIME_NONE &&
		    to != TIME_UNKNOWN && to >= from;

	return told ? to - from : TIME_NONE;
}

static enum errc read_activity(const struct json *root, struct apple_activity *ret, struct err *err)
{
	const struct json *data = json_get(root, "data"), *at = json_get(data, "attributes");
	struct str id = json_text(json_get(data, "id"));
	struct str status = str_trim(json_text(json_get(at, "status")));
	struct str sub_status = str_trim(json_text(json_get(at, "subStatus")));
	struct str url = json_text(json_get(at, "downloadUrl"));

	if (id.n == 0 || id.n >= sizeof(ret->id))
		return err_set(err, ERR_PROTOCOL, "Apple's activity has no usable id");
	wire_copy(ret->id, sizeof(ret->id), id);
	wire_copy(ret->status, sizeof(ret->status), status);
	wire_copy(ret->sub_status, sizeof(ret->sub_status), sub_status);
	ret->state = activity_state(status, sub_status);
	ret->took_ms = ret->state == ACTIVITY_RUNNING ? TIME_NONE : time_taken(at);
	ret->download_url = url.n ? mem_dupz(url) : NULL;
	return ERR_OK;
}

enum errc apple_activity_reply(
	const struct http_reply *reply, struct apple_activity *ret, struct err *err)
{
	struct json *root = NULL;
	struct err why;
	enum errc rc = apple_reply_error(reply, NULL, err);

	if (rc)
		return rc;
	rc = json_parse(&root, buf_view(&reply->body), &why);
	if (!rc)
		rc = read_activity(root, ret, &why);
	json_free(root);
	if (rc && reply->status != 200)
		return err_set(err, ERR_UNKNOWN, "Apple created an activity, but: %s", why.msg);
	return rc ? err_set(err, rc, "%s", why.msg) : ERR_OK;
}
