/*
 * What Apple says when it says no (services/README.md Apple A.8).
 */
#include "services/apple.h"
#include "services/wire.h"

#define DEVICES_POINTER "/data/relationships/devices/data/"

/* With several errors the first whose own status is the reply's speaks for it. */
static const struct json *main_error(const struct json *errors, int status)
{
	for (const struct json *e = json_first(errors); e; e = json_next(e))
		if (wire_int(json_get(e, "status"), -1) == status)
			return e;
	return json_first(errors);
}

/* {"pointer": P}, {"pointer": {"pointer": P}} and {"jsonPointer": {"pointer": P}} were all seen. */
static struct str source_text(const struct json *source, const char *name, const char *wrapper)
{
	const struct json *v = json_get(source, name);

	if (!v)
		v = json_get(source, wrapper);
	return json_text(json_is_object(v) ? json_get(v, name) : v);
}

static void read_error(const struct json *e, struct apple_error *ret)
{
	const struct json *source = json_get(e, "source");

	wire_copy(ret->code, sizeof(ret->code), json_text(json_get(e, "code")));
	wire_copy(ret->detail, sizeof(ret->detail), json_text(json_get(e, "detail")));
	if (!ret->detail[0])
		wire_copy(ret->detail, sizeof(ret->detail), json_text(json_get(e, "title")));
	wire_copy(ret->id, sizeof(ret->id), json_text(json_get(e, "id")));
	wire_copy(
		ret->pointer, sizeof(ret->pointer), source_text(source, "pointer", "jsonPointer"));
	wire_copy(ret->parameter, sizeof(ret->parameter),
		source_text(source, "parameter", "queryParameter"));
}

/* Leaves *ret empty for pages, empty bodies and anything else that is not Apple's JSON. */
static void parse_error(const struct http_reply *reply, struct apple_error *ret)
{
	struct json *root = NULL;

	*ret = (struct apple_error){ .code = "" };
	if (reply->fate != HTTP_ANSWERED || json_parse(&root, buf_view(&reply->body), NULL))
		return;
	read_error(main_error(json_get(root, "errors"), reply->status), ret);
	json_free(root);
}

enum errc apple_reply_error(
	const struct http_reply *reply, struct apple_error *ret_detail, struct err *err)
{
	struct apple_error e;

	if (wire_ok(reply))
		return ERR_OK;
	parse_error(reply, &e);
	if (ret_detail)
		*ret_detail = e;
	if (reply->fate != HTTP_ANSWERED)
		return err_set(err, ERR_NET, "Apple: %s", reply->why);
	return err_set(err, wire_status(reply), "Apple answered %d%s%s%s%s%s%s%s", reply->status,
		e.code[0] ? " " : "", e.code, e.detail[0] ? ": " : "", e.detail,
		e.id[0] ? " (id " : "", e.id, e.id[0] ? ")" : "");
}

size_t apple_error_culprit(const struct apple_error *e)
{
	struct str rest = str_from(e->pointer);
	uint64_t index;

	if (!str_starts_nocase(rest, STR(DEVICES_POINTER)))
		return SIZE_MAX;
	rest = str_sub(rest, sizeof(DEVICES_POINTER) - 1, rest.n - (sizeof(DEVICES_POINTER) - 1));
	if (!str_to_u64(str_cut(&rest, '/'), &index))
		return SIZE_MAX;
	return (size_t)index;
}

bool apple_fields_refused(const struct http_reply *reply)
{
	struct apple_error e;

	parse_error(reply, &e);
	return reply->status == 400 &&
	       str_starts_nocase(str_from(e.code), STR("PARAMETER_ERROR")) &&
	       str_starts_nocase(str_from(e.parameter), STR("fields"));
}
