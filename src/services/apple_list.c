/*
 * Listings and look-ups: servers, devices, linkages (services/README.md Apple A.3, A.4, A.5).
 *
 * Every request names its fields: a default subset leaves newer attributes out, and unnamed ones
 * cost megabytes in an organization of 100,000 devices.
 */
#include "model/serial.h"
#include "services/apple_wire.h"
#include "services/wire.h"

enum { PATH_MAX_BYTES = 4096, CURSOR_MAX_BYTES = 8192 };

#define SERVER_FIELDS \
	"serverName,serverType,status,deviceCount,enableMdmDisownFlag,lastConnectedDateTime"
/* What Apple's pages list for fields[orgDevices] ... */
#define DEVICE_FIELDS                                                                          \
	"serialNumber,addedToOrgDateTime,releasedFromOrgDateTime,updatedDateTime,deviceModel," \
	"productFamily,productType,deviceCapacity,partNumber,orderNumber,orderDateTime,color," \
	"status,imei,meid,eid,wifiMacAddress,bluetoothMacAddress,ethernetMacAddress,"          \
	"purchaseSourceId,purchaseSourceType"
/* ... those of them that tell a device's state ... */
#define STATE_FIELDS \
	"serialNumber,addedToOrgDateTime,releasedFromOrgDateTime,updatedDateTime,status"
/* ... and the attributes of Business 2.3 and School 1.6, which those lists do not repeat. */
#define MIGRATION_FIELDS ",isMdmMigrationCapable,mdmMigrationStatus,mdmMigrationDeadlineDateTime"

void apple_get(const struct apple_service *s, struct str path, const struct url_pair *pairs,
	size_t n_pairs, struct http_request *ret)
{
	http_request_init(ret, HTTP_READ, "GET");
	http_request_url(ret, s->base, path, pairs, n_pairs);
	wire_header(ret, "Accept", "application/json");
}

size_t apple_page_pairs(struct url_pair *pairs, size_t n_pairs, struct str cursor)
{
	_Static_assert(APPLE_PAGE_LIMIT == 1000, "written out below");

	pairs[n_pairs++] = (struct url_pair){ "limit", STR("1000") };
	if (cursor.n)
		pairs[n_pairs++] = (struct url_pair){ "cursor", cursor };
	return n_pairs;
}

void apple_get_one(const struct apple_service *s, const char *collection, struct str id,
	const char *tail, const struct url_pair *pairs, size_t n_pairs, struct http_request *ret)
{
	struct buf path;

	buf_init(&path, PATH_MAX_BYTES);
	buf_printf(&path, "/v1/%s/", collection);
	url_segment(&path, id);
	buf_z(&path, tail);
	apple_get(s, buf_view(&path), pairs, n_pairs, ret);
	buf_release(&path);
}

/* --- pages --- */

void apple_page_init(struct apple_page *p)
{
	*p = (struct apple_page){ .total = -1 };
	buf_init(&p->cursor, CURSOR_MAX_BYTES);
}

void apple_page_release(struct apple_page *p)
{
	buf_release(&p->cursor);
}

static int hex_digit(char c)
{
	c = ascii_lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void add_decoded(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		bool escaped = text.p[i] == '%' && text.n - i > 2;
		int hi = escaped ? hex_digit(text.p[i + 1]) : -1;
		int lo = escaped ? hex_digit(text.p[i + 2]) : -1;

		if (hi >= 0 && lo >= 0) {
			buf_char(out, (char)(hi * 16 + lo));
			i += 2;
		} else {
			buf_char(out, text.p[i]);
		}
	}
}

/* The value of the query parameter `cursor`; the rest of the address is nobody's business, since
 * its host can be wrong and must never get the bearer (services/README.md Apple A.3, F.20). */
static struct str link_cursor(struct str link)
{
	struct str query = link;

	(void)str_cut(&query, '?');
	query = str_cut(&query, '#');
	while (query.n) {
		struct str value = str_cut(&query, '&');
		struct str name = str_cut(&value, '=');

		if (str_eq(name, STR("cursor")))
			return value;
	}
	return STR_NONE;
}

static bool is_text_or_null(const struct json *v)
{
	return json_is_null(v) || json_is_string(v);
}

/* A next page is named, and not in a text. */
static bool is_odd_next(const struct json *token, const struct json *next, const struct json *href)
{
	return !is_text_or_null(token) || !is_text_or_null(href) || (next && !href);
}

enum errc apple_page_read(const struct json *rest, struct apple_page *ret, struct err *err)
{
	const struct json *paging = json_path(rest, "meta.paging");
	const struct json *token = wire_member(paging, "nextCursor");
	const struct json *next = wire_member(json_get(rest, "links"), "next");
	const struct json *href = json_is_object(next) ? json_get(next, "href") : next;
	/* Blanks alone are no cursor. */
	struct str cursor = str_trim(json_text(token)).n ? json_text(token) : STR_NONE;
	struct str link = str_trim(json_text(href));
	enum errc rc = apple_rest_error(rest, err);

	if (rc)
		return rc;
	if (cursor.n > CURSOR_MAX_BYTES || link.n > CURSOR_MAX_BYTES)
		return err_set(err, ERR_PROTOCOL, "Apple's cursor has more than %d bytes",
			CURSOR_MAX_BYTES);
	if (cursor.n == 0 && link.n && link_cursor(link).n == 0)
		return err_set(
			err, ERR_PROTOCOL, "Apple's next page has no cursor: %.*s", STR_FMT(link));
	buf_reset(&ret->cursor);
	if (cursor.n)
		buf_str(&ret->cursor, cursor);
	else
		add_decoded(&ret->cursor, link_cursor(link));
	ret->odd = !cursor.n && !link.n && is_odd_next(token, next, href);
	ret->total = wire_int(wire_member(paging, "total"), -1);
	ret->marked = json_is_object(paging) || json_is_object(json_get(rest, "links"));
	return ERR_OK;
}

/* --- servers --- */

void apple_servers_request(
	const struct apple_service *s, struct str cursor, struct http_request *ret)
{
	struct url_pair pairs[3] = { { "fields[mdmServers]", STR(SERVER_FIELDS) } };

	apple_get(s, STR("/v1/mdmServers"), pairs, apple_page_pairs(pairs, 1, cursor), ret);
}

/* Every resource has an id; what has none cannot be named again. */
static enum errc read_id(
	const struct json *element, const char *what, struct str *ret, struct err *err)
{
	struct str id = json_text(json_get(element, "id"));

	if (id.n == 0)
		return err_set(err, ERR_PROTOCOL, "Apple listed a %s without id", what);
	*ret = id;
	return ERR_OK;
}

enum errc apple_server_decode(const struct json *element, struct apple_server *ret, struct err *err)
{
	const struct json *at = json_get(element, "attributes");
	struct apple_server v = {
		.name = wire_text(json_get(at, "serverName")),
		.device_count = wire_int(json_get(at, "deviceCount"), -1),
		.last_connected_ms = wire_happened(
			wire_time_zoned(json_get(at, "lastConnectedDateTime"))),
		.disown = wire_flag(json_get(at, "enableMdmDisownFlag")),
	};
	enum errc rc = read_id(element, "server", &v.id, err);

	if (!rc)
		*ret = v;
	return rc;
}

/* --- devices --- */

static struct str device_fields(const struct apple_service *s)
{
	if (s->state_fields)
		return s->documented_fields ? STR(STATE_FIELDS)
					    : STR(STATE_FIELDS MIGRATION_FIELDS);
	return s->documented_fields ? STR(DEVICE_FIELDS) : STR(DEVICE_FIELDS MIGRATION_FIELDS);
}

void apple_devices_request(
	const struct apple_service *s, struct str cursor, struct http_request *ret)
{
	struct url_pair pairs[3] = { { "fields[orgDevices]", device_fields(s) } };

	apple_get(s, STR("/v1/orgDevices"), pairs, apple_page_pairs(pairs, 1, cursor), ret);
}

void apple_device_request(
	const struct apple_service *s, struct str serial, struct http_request *ret)
{
	struct url_pair pairs[1] = { { "fields[orgDevices]", device_fields(s) } };

	apple_get_one(s, "orgDevices", serial, "", pairs, 1, ret);
}

/* What the record is about. The id is the serial number; a record in which the two differ, or in
 * which neither is one, is about no device that could be named. */
static enum errc read_serial(
	const struct json *id, const struct json *number, struct str *ret, struct err *err)
{
	struct serial by_id, by_number;
	bool has_id = serial_read(json_text(id), &by_id) == REASON_NONE;
	bool has_number = serial_read(json_text(number), &by_number) == REASON_NONE;

	if (has_id && has_number && !str_eq(serial_view(&by_id), serial_view(&by_number)))
		return err_set(err, ERR_PROTOCOL, "Apple listed %s with the serial number %s",
			by_id.text, by_number.text);
	if (!has_id && !has_number)
		return err_set(err, ERR_PROTOCOL, "Apple listed a device without a serial number");
	*ret = has_number ? json_text(number) : json_text(id);
	return ERR_OK;
}

enum errc apple_device_decode(const struct json *element, struct apple_device *ret, struct err *err)
{
	const struct json *at = json_get(element, "attributes");
	struct apple_device v = {
		.status = wire_text(json_get(at, "status")),
		.model = wire_text(json_get(at, "deviceModel")),
		.family = wire_text(json_get(at, "productFamily")),
		.type = wire_text(json_get(at, "productType")),
		.order_number = wire_text(json_get(at, "orderNumber")),
		.source = wire_text(json_get(at, "purchaseSourceType")),
		.source_id = wire_text(json_get(at, "purchaseSourceId")),
		.migration_status = wire_text(json_get(at, "mdmMigrationStatus")),
		.color = wire_text(json_get(at, "color")),
		.capacity = wire_text(json_get(at, "deviceCapacity")),
		.part_number = wire_text(json_get(at, "partNumber")),
		.eid = wire_text(json_get(at, "eid")),
		.imei = json_get(at, "imei"),
		.meid = json_get(at, "meid"),
		.wifi_mac = json_get(at, "wifiMacAddress"),
		.bluetooth_mac = json_get(at, "bluetoothMacAddress"),
		.ethernet_mac = json_get(at, "ethernetMacAddress"),
		.migration_capable = wire_flag(json_get(at, "isMdmMigrationCapable")),
		.added_ms = wire_happened(wire_time_zoned(json_get(at, "addedToOrgDateTime"))),
		.released_ms = wire_happened(
			wire_time_zoned(json_get(at, "releasedFromOrgDateTime"))),
		.updated_ms = wire_happened(wire_time_zoned(json_get(at, "updatedDateTime"))),
		.ordered_ms = wire_happened(wire_time_zoned(json_get(at, "orderDateTime"))),
		.migration_deadline_ms = wire_time_zoned(
			json_get(at, "mdmMigrationDeadlineDateTime")),
	};
	enum errc rc = read_serial(
		json_get(element, "id"), json_get(at, "serialNumber"), &v.serial, err);

	if (!rc)
		*ret = v;
	return rc;
}

enum errc apple_device_error(const struct http_reply *reply, struct err *err)
{
	struct apple_error e;
	enum errc rc = apple_reply_error(reply, &e, err);

	if (rc != ERR_NOT_FOUND || reply->body.n == 0 ||
		str_contains_nocase(str_from(e.code), STR("NOT_FOUND")))
		return rc;
	return err->code = ERR_REFUSED;
}

void apple_texts(const struct json *value, struct buf *out)
{
	size_t before = out->n;

	if (!json_is_array(value)) {
		buf_str(out, json_text(value));
		return;
	}
	for (const struct json *item = json_first(value); item; item = json_next(item)) {
		if (json_text(item).n && out->n > before)
			buf_char(out, ',');
		buf_str(out, json_text(item));
	}
}

/* --- who is where --- */

void apple_server_devices_request(const struct apple_service *s, struct str server_id,
	struct str cursor, struct http_request *ret)
{
	struct url_pair pairs[2];

	apple_get_one(s, "mdmServers", server_id, "/relationships/devices", pairs,
		apple_page_pairs(pairs, 0, cursor), ret);
}

enum errc apple_linkage_decode(const struct json *element, struct str *ret_id, struct err *err)
{
	return read_serial(json_get(element, "id"), NULL, ret_id, err);
}

void apple_assigned_server_request(
	const struct apple_service *s, struct str serial, struct http_request *ret)
{
	apple_get_one(s, "orgDevices", serial, "/relationships/assignedServer", NULL, 0, ret);
}

enum errc apple_assigned_server_reply(
	const struct http_reply *reply, struct buf *ret_id, struct err *err)
{
	struct json *root = NULL;
	const struct json *data;
	struct str id;
	enum errc rc;

	rc = apple_reply_error(reply, NULL, err);
	if (rc == ERR_NOT_FOUND) {
		buf_reset(ret_id);
		return ERR_OK;
	}
	if (!rc)
		rc = json_parse(&root, buf_view(&reply->body), err);
	if (rc)
		return rc;
	data = json_get(root, "data");
	id = wire_text(json_get(data, "id"));
	if (!data || (!json_is_null(data) && !json_is_object(data)) || str_is_odd(id)) {
		rc = err_set(err, ERR_PROTOCOL, "Apple's linkage has no data");
	} else {
		buf_reset(ret_id);
		buf_str(ret_id, id);
	}
	json_free(root);
	return rc;
}
