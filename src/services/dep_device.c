/*
 * The account, and devices that leave the organization (services/README.md Apple B.3).
 */
#include "services/dep_wire.h"

void dep_account_request(const char *url, struct http_request *ret)
{
	dep_call(HTTP_READ, "GET", url, "/account", ret);
}

enum errc dep_account_decode(const struct json *root, struct dep_account *ret, struct err *err)
{
	if (!json_is_object(root))
		return err_set(err, ERR_PROTOCOL, "Apple's DEP account is no object");
	*ret = (struct dep_account){ .server_name = json_text(json_get(root, "server_name")) };
	return ERR_OK;
}

enum errc dep_disown_request(const char *url, const struct str *serials, size_t n_serials,
	struct http_request *ret, struct err *err)
{
	struct json_out o;

	if (n_serials == 0 || n_serials > DEP_MAX_DEVICES)
		return err_set(
			err, ERR_INTERNAL, "too many devices in one DEP request: %zu", n_serials);
	dep_call(HTTP_CHANGE, "POST", url, "/devices/disown", ret);
	json_out_init(&o, &ret->body);
	json_obj(&o, NULL);
	json_arr(&o, "devices");
	for (size_t i = 0; i < n_serials; i++)
		json_put_str(&o, NULL, serials[i]);
	json_arr_end(&o);
	json_obj_end(&o);
	return ERR_OK;
}

static enum dep_disowned disowned(struct str word)
{
	if (str_eq(word, STR("SUCCESS")))
		return DEP_DISOWNED;
	if (str_eq(word, STR("NOT_ACCESSIBLE")))
		return DEP_NOT_ACCESSIBLE;
	return str_eq(word, STR("FAILED")) ? DEP_FAILED : DEP_UNCLEAR;
}

enum errc dep_disown_reply(const struct http_reply *reply,
	void (*each)(void *self, struct str serial, enum dep_disowned how), void *self,
	struct err *err)
{
	struct json *root = NULL;
	struct err why = { .msg = "no devices in the answer" };
	const struct json *devices;
	enum errc rc = dep_reply_error(reply, err);

	if (rc)
		return rc;
	rc = json_parse(&root, buf_view(&reply->body), &why);
	devices = json_get(root, "devices");
	if (rc || !json_is_object(devices)) {
		json_free(root);
		return err_set(err, ERR_UNKNOWN, "Apple's DEP service said yes, but: %s", why.msg);
	}
	for (const struct json *d = json_first(devices); d; d = json_next(d))
		each(self, json_name(d), disowned(json_text(d)));
	json_free(root);
	return ERR_OK;
}
