/*
 * Enrollment tokens: the rows of the console's lifecycle page (services/README.md UEM C.5).
 */
#include "services/uem_wire.h"
#include "services/wire.h"

/* Whatever is longer is as good as for ever. */
#define RETRY_MAX_S (INT64_C(100) * 366 * 24 * 3600)

void uem_tokens_request(const struct uem_service *s, struct str group_uuid, struct str serial,
	unsigned page, struct http_request *ret)
{
	char numbers[2][UEM_NUMBER_TEXT];
	struct url_pair pairs[3];
	struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/mdm/groups/*/enrollment-tokens",
		.ids = &group_uuid,
		.pairs = pairs,
		.version = 1,
	};

	if (serial.n)
		pairs[call.n_pairs++] = (struct url_pair){ "serial_number", serial };
	call.n_pairs = uem_page_pairs(pairs, call.n_pairs, "page", "page_size", page, numbers);
	uem_call(s, &call, ret);
}

enum errc uem_token_decode(const struct json *element, struct uem_token *ret, struct err *err)
{
	if (!json_is_object(element))
		return err_set(err, ERR_PROTOCOL, "UEM's token list holds something else");
	*ret = (struct uem_token){
		.uuid = wire_text(wire_member(element, "uuid")),
		.serial = wire_text(wire_member(element, "serial_number")),
	};
	return ERR_OK;
}

void uem_token_detail_request(const struct uem_service *s, struct str group_uuid,
	struct str token_uuid, struct http_request *ret)
{
	const struct str ids[] = { group_uuid, token_uuid };
	const struct uem_call call = {
		.cls = HTTP_READ,
		.method = "GET",
		.path = "/mdm/groups/*/enrollment-tokens/*",
		.ids = ids,
		.version = 1,
	};

	uem_call(s, &call, ret);
}

enum errc uem_token_detail_decode(
	const struct json *root, struct uem_token_detail *ret, struct err *err)
{
	int64_t seconds = -1;
	struct uem_token_detail v = {
		.serial = wire_text(wire_member(root, "serial_number")),
	};

	if (!json_is_object(root))
		return err_set(err, ERR_PROTOCOL, "UEM's token detail is no object");
	if (!wire_member(root, "serial_number") && !wire_member(root, "profile_status"))
		return err_set(err, ERR_PROTOCOL, "UEM's token detail is about something else");
	if (json_int_up(wire_member(root, "retry_after_seconds"), &seconds))
		seconds = seconds < RETRY_MAX_S ? seconds : RETRY_MAX_S;
	v.retry_after_ms = seconds < 0 ? -1 : seconds * 1000;
	v.profile_status = wire_enum(wire_member(root, "profile_status"), &v.profile_status_number);
	*ret = v;
	return ERR_OK;
}
