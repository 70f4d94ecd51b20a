#include "services/uem_bulk.h"

#include <inttypes.h>
#include <stdio.h>

#include "services/uem_wire.h"
#include "services/wire.h"

/* The service itself reckons with up to 150 s for these (services/README.md UEM D). */
enum { BULK_TIMEOUT_MS = 180 * 1000 };

/* {"BulkValues":{"Value":[...]}}: begin, then the values, then end. by: what the values are. */
static void bulk_begin(const struct uem_service *s, enum http_class cls, const char *path,
	struct str by, struct json_out *o, struct http_request *ret)
{
	const struct url_pair pairs[] = { { "searchby", by } };
	const struct uem_call call = {
		.cls = cls,
		.method = "POST",
		.path = path,
		.pairs = pairs,
		.n_pairs = 1,
		.version = 1,
	};

	uem_call(s, &call, ret);
	ret->timeout_ms = BULK_TIMEOUT_MS;
	json_out_init(o, &ret->body);
	json_obj(o, NULL);
	json_obj(o, "BulkValues");
	json_arr(o, "Value");
}

static void bulk_end(struct json_out *o)
{
	json_arr_end(o);
	json_obj_end(o);
	json_obj_end(o);
}

void uem_devices_request(const struct uem_service *s, const struct str *serials, size_t n_serials,
	struct http_request *ret)
{
	struct json_out o;

	bulk_begin(s, HTTP_READ, "/mdm/devices", STR("Serialnumber"), &o, ret);
	for (size_t i = 0; i < n_serials; i++)
		json_put_str(&o, NULL, serials[i]);
	bulk_end(&o);
}

void uem_devices_page_request(const struct uem_service *s, unsigned page, struct http_request *ret)
{
	char text[2][UEM_NUMBER_TEXT];
	struct url_pair pairs[2];
	const struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/mdm/devices/search",
		.pairs = pairs,
		.n_pairs = uem_page_pairs(pairs, 0, "page", "pagesize", page, text),
		.version = 1,
	};

	uem_call(s, &call, ret);
}

void uem_bulk_limits_request(const struct uem_service *s, struct http_request *ret)
{
	const struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/mdm/devices/bulksettings",
		.version = 1,
	};

	uem_call(s, &call, ret);
}

enum errc uem_bulk_limits_decode(
	const struct json *root, struct uem_bulk_limits *ret, struct err *err)
{
	if (!json_is_object(root))
		return err_set(err, ERR_PROTOCOL, "UEM's bulk settings are no object");
	*ret = (struct uem_bulk_limits){
		.delete_device = wire_int(wire_member(root, "DeleteDevice"), -1),
	};
	return ERR_OK;
}

static struct str number_text(int64_t n, char out[UEM_NUMBER_TEXT])
{
	(void)snprintf(out, UEM_NUMBER_TEXT, "%" PRId64, n);
	return str_from(out);
}

void uem_delete_request(const struct uem_service *s, int64_t id, struct http_request *ret)
{
	char text[UEM_NUMBER_TEXT];
	const struct str ids[] = { number_text(id, text) };
	const struct uem_call call = {
		.cls = HTTP_CHANGE,
		.method = "DELETE",
		.path = "/mdm/devices/*",
		.ids = ids,
		.version = 1,
	};

	uem_call(s, &call, ret);
}

void uem_delete_many_request(
	const struct uem_service *s, const int64_t *ids, size_t n_ids, struct http_request *ret)
{
	struct json_out o;

	bulk_begin(s, HTTP_CHANGE, "/mdm/devices/bulk", STR("DeviceId"), &o, ret);
	for (size_t i = 0; i < n_ids; i++) {
		char text[UEM_NUMBER_TEXT];

		json_put_str(&o, NULL, number_text(ids[i], text));
	}
	bulk_end(&o);
}

static bool is_fault(const struct json *v)
{
	return wire_member(v, "ItemValue") || wire_member(v, "ErrorCode");
}

/* Faults, Faults.Faults and Faults.Fault, each a list or a single fault, were all seen or
 * documented (services/README.md UEM C.3, H.17). */
static const struct json *find_faults(const struct json *root)
{
	const struct json *v = wire_member(root, "Faults");

	for (int depth = 0; depth < 2 && json_is_object(v) && !is_fault(v); depth++) {
		const struct json *inner = wire_member(v, "Faults");

		v = inner ? inner : wire_member(v, "Fault");
	}
	return v;
}

static void tell_fault(
	const struct json *v, void (*each)(void *self, const struct uem_fault *fault), void *self)
{
	const struct json *item = wire_member(v, "ItemValue");
	const struct uem_fault fault = {
		.item = json_text(item),
		.item_number = wire_int(item, -1),
		.code = wire_int(wire_member(v, "ErrorCode"), 0),
		.message = json_text(wire_member(v, "Message")),
	};

	each(self, &fault);
}

static void read_bulk(const struct json *root,
	void (*each)(void *self, const struct uem_fault *fault), void *self)
{
	const struct json *faults = find_faults(root);

	if (json_is_object(faults) && is_fault(faults))
		tell_fault(faults, each, self);
	for (const struct json *v = json_is_array(faults) ? json_first(faults) : NULL; v;
		v = json_next(v))
		if (json_is_object(v))
			tell_fault(v, each, self);
}

static bool is_bulk(const struct json *root)
{
	return wire_member(root, "AcceptedItems") || wire_member(root, "FailedItems") ||
	       wire_member(root, "Faults");
}

/* 403 is the cap of one call or the hold of the wipe threshold (H.18); only words tell. */
static enum errc refused(const struct http_reply *reply, struct err *err)
{
	static const char *const held[] = { "threshold", "approv", "on hold" };
	struct uem_error e;
	enum errc rc = uem_change_error(reply, &e, err);

	if (rc != ERR_HELD)
		return rc;
	for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++)
		if (str_contains_nocase(str_from(e.message), str_from(held[i])))
			return rc;
	return err_set(err, ERR_LIMIT, "UEM answered 403: too many devices in one call%s%s",
		e.message[0] ? ": " : "", e.message);
}

enum errc uem_bulk_reply(const struct http_reply *reply,
	void (*each)(void *self, const struct uem_fault *fault), void *self, struct err *err)
{
	struct json *root = NULL;
	bool answered = wire_ok(reply) || (reply->fate == HTTP_ANSWERED && reply->status == 400);
	enum errc rc = ERR_OK;

	if (answered && json_parse(&root, buf_view(&reply->body), NULL))
		root = NULL;
	if (is_bulk(root))
		read_bulk(root, each, self);
	else
		rc = refused(reply, err);
	if (!rc && !is_bulk(root))
		rc = err_set(err, ERR_UNKNOWN, "UEM said yes, but not to which devices");
	json_free(root);
	return rc;
}

void uem_command_request(
	const struct uem_service *s, int64_t id, enum uem_command command, struct http_request *ret)
{
	static const char *const words[] = {
		[UEM_ENTERPRISE_WIPE] = "EnterpriseWipe",
		[UEM_DEVICE_WIPE] = "DeviceWipe",
	};
	char text[UEM_NUMBER_TEXT];
	const struct str ids[] = { number_text(id, text) };
	const struct url_pair pairs[] = { { "command", str_from(words[command]) } };
	const struct uem_call call = {
		.cls = HTTP_CHANGE,
		.method = "POST",
		.path = "/mdm/devices/*/commands",
		.ids = ids,
		.pairs = pairs,
		.n_pairs = 1,
		.version = 1,
	};

	uem_call(s, &call, ret);
}
