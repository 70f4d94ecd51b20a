/*
 * What the UEM says when it says no, which can be inside a yes (services/README.md UEM D, H.18,
 * H.24, H.25).
 */
#include <inttypes.h>
#include <stdio.h>

#include "services/uem_wire.h"
#include "services/wire.h"

enum { CODE_NO_PERMISSION = 1011, CODE_BAD_TENANT = 1013 };

/* `message` is typed as any object: a text, or something that holds one. */
static struct str message_text(const struct json *v)
{
	for (int depth = 0; depth < JSON_MAX_DEPTH && v; depth++) {
		if (json_is_string(v))
			return json_text(v);
		v = json_first(v);
	}
	return STR_NONE;
}

/* -1: one that is no number, of an error all the same. */
static int64_t read_code(const struct json *v)
{
	return json_is_null(v) || (json_is_string(v) && str_trim(json_text(v)).n == 0)
		       ? 0
		       : wire_int(v, -1);
}

static void read_error(const struct json *root, struct uem_error *ret)
{
	*ret = (struct uem_error){ .code = read_code(wire_member(root, "errorCode")) };
	wire_copy(ret->message, sizeof(ret->message), message_text(wire_member(root, "message")));
	wire_copy(ret->activity, sizeof(ret->activity), json_text(wire_member(root, "activityId")));
}

static enum errc refusal(const struct http_reply *reply, int64_t code)
{
	if (reply->fate != HTTP_ANSWERED || reply->status != 403)
		return wire_status(reply);
	return code == CODE_NO_PERMISSION || code == CODE_BAD_TENANT ? ERR_AUTH : ERR_HELD;
}

static enum errc tell(
	const struct http_reply *reply, const struct uem_error *e, enum errc rc, struct err *err)
{
	char code[32] = "";

	if (reply->fate != HTTP_ANSWERED)
		return err_set(err, rc, "UEM: %s", reply->why);
	if (e->code > 0)
		(void)snprintf(code, sizeof(code), "/%" PRId64, e->code);
	return err_set(err, rc, "UEM answered %d%s%s%s%s%s%s", reply->status, code,
		e->message[0] ? ": " : "", e->message, e->activity[0] ? " (activity " : "",
		e->activity, e->activity[0] ? ")" : "");
}

enum errc uem_page_error(const struct http_reply *reply, struct err *err)
{
	enum errc rc = wire_page_error(reply, "UEM", "uem.url",
		"the API server (https://as1234.awmdm.com, where the console is cn1234)", err);

	return rc ? rc : wire_missing_error(reply, "errorCode", "UEM", "uem.url", err);
}

enum errc uem_rest_error(const struct http_reply *reply, const struct json *rest,
	struct uem_error *ret_detail, struct err *err)
{
	struct uem_error e;
	enum errc rc;

	read_error(rest, &e);
	if (ret_detail)
		*ret_detail = e;
	if (!wire_ok(reply)) {
		rc = uem_page_error(reply, err);
		if (rc)
			return rc;
	}
	if (!wire_ok(reply))
		return tell(reply, &e, refusal(reply, e.code), err);
	if (e.code == 0)
		return ERR_OK;
	return tell(reply, &e, e.code == 404 ? ERR_NOT_FOUND : ERR_REFUSED, err);
}

enum errc uem_reply_error(
	const struct http_reply *reply, struct uem_error *ret_detail, struct err *err)
{
	struct json *root = NULL;
	enum errc rc;

	if (reply->fate != HTTP_ANSWERED || reply->body.n == 0 ||
		json_parse(&root, buf_view(&reply->body), NULL))
		root = NULL;
	rc = uem_rest_error(reply, root, ret_detail, err);
	json_free(root);
	return rc;
}

enum errc uem_change_error(
	const struct http_reply *reply, struct uem_error *ret_detail, struct err *err)
{
	enum errc rc = uem_reply_error(reply, ret_detail, err);

	if (rc == ERR_PROTOCOL && reply->status >= 400 && reply->status <= 499)
		rc = err->code = ERR_REFUSED;
	return rc;
}

enum errc uem_body(const struct http_reply *reply, struct json **ret, struct err *err)
{
	struct json *root = NULL;
	enum errc rc;

	rc = wire_ok(reply) ? uem_page_error(reply, err) : uem_reply_error(reply, NULL, err);
	if (rc)
		return rc;
	if (reply->body.n) {
		rc = json_parse(&root, buf_view(&reply->body), err);
		if (rc)
			return err_wrap(err, "UEM: ");
	}
	rc = uem_rest_error(reply, root, NULL, err);
	if (rc) {
		json_free(root);
		return rc;
	}
	*ret = root;
	return ERR_OK;
}
