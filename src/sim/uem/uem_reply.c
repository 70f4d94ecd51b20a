#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sim/core/pages.h"
#include "sim/uem/uem.h"

static const char json_type[] = "application/json; charset=utf-8";

void sim_uem_error(struct call *c, int status, int code, const char *fmt, ...)
{
	char message[512], number[24], id[UUID_TEXT];
	struct json_out o;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)c->sim->n_requests);
	uuid_of("activity", str_from(number), id);
	buf_reset(&c->rep->body);
	c->rep->status = knob(c->sim, KNOB_UEM_ERROR_IN_OK) && status == 404 ? 200 : status;
	sim_uem_object(c, &o);
	json_put_int(&o, "errorCode", code);
	json_put_z(&o, "message", message);
	json_put_z(&o, "activityId", id);
	json_obj_end(&o);
}

void sim_uem_html(struct call *c, int status, const char *title)
{
	buf_reset(&c->rep->body);
	c->rep->status = status;
	c->rep->type = "text/html";
	buf_printf(&c->rep->body,
		"<!DOCTYPE html>\r\n<html><head><title>%s</title></head>\r\n"
		"<body><h1>%d - %s</h1></body></html>\r\n",
		title, status, title);
}

void sim_uem_no_route(struct call *c, bool path_known)
{
	if (path_known)
		sim_uem_html(c, 405, "The HTTP verb used to access this page is not allowed.");
	else
		sim_uem_html(c, 404, "The resource cannot be found.");
}

void sim_uem_no_content(struct call *c)
{
	buf_reset(&c->rep->body);
	c->rep->status = 204;
	c->rep->type = NULL;
}

void sim_uem_accepted(struct call *c, const char *location)
{
	buf_reset(&c->rep->body);
	c->rep->status = 202;
	c->rep->type = NULL;
	if (location)
		reply_header(c->rep, "Location", "api/%s", location);
}

void sim_uem_object(struct call *c, struct json_out *o)
{
	c->rep->type = json_type;
	json_out_init(o, &c->rep->body);
	json_obj(o, NULL);
}

void sim_uem_put_enum(
	struct call *c, struct json_out *o, const char *key, int64_t number, const char *name)
{
	if (knob(c->sim, KNOB_UEM_ENUM))
		json_put_z(o, key, name);
	else
		json_put_int(o, key, number);
}

bool sim_uem_is_uuid(struct str text)
{
	if (text.n != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text.p[i] != '-' : !strchr("0123456789abcdefABCDEF", text.p[i]))
			return false;
	}
	return true;
}

bool sim_uem_group(struct call *c, struct str uuid, int no_group, struct og *ret)
{
	struct db_stmt *st;

	if (!sim_uem_is_uuid(uuid)) {
		sim_uem_error(c, 400, 5056, "Invalid organization group UUID");
		return false;
	}
	st = sql_query(
		&c->sim->sql, sql_z("SELECT id, account FROM og WHERE uuid=lower(?)"), sql_s(uuid));
	if (!sql_next(&c->sim->sql, st)) {
		sim_uem_error(c, 404, no_group, "No organization group has this UUID");
		return false;
	}
	*ret = (struct og){ db_col_int(st, 0), db_col_int(st, 1) != 0 };
	db_reset(st);
	return true;
}

static int64_t number_or(struct str text, int64_t otherwise)
{
	uint64_t v;

	return text.p && str_to_u64(text, &v) && v < INT32_MAX ? (int64_t)v : otherwise;
}

enum { SIZE_MOST = 500 };

struct uem_page sim_uem_page_read(
	struct call *c, const char *page_name, const char *size_name, int64_t otherwise)
{
	struct uem_page p = { .number = number_or(pairs_get_nocase(&c->query, page_name), 0),
		.size = number_or(pairs_get_nocase(&c->query, size_name), otherwise) };

	if (p.size < 1)
		p.size = otherwise;
	if (p.size > SIZE_MOST)
		p.size = SIZE_MOST;
	p.size = page_size(c->sim, p.size);
	p.take = p.size;
	p.skip = p.number * p.size;
	if (pages_are_odd(c->sim)) {
		struct page_cut cut = page_cut(c->sim, p.number, p.size);

		p.take = cut.take;
		p.skip = cut.skip;
	}
	return p;
}

bool sim_uem_list_begin(struct call *c, struct json_out *o, const struct uem_page *page,
	int64_t total, const char *key)
{
	if (page->skip >= total) {
		sim_uem_no_content(c);
		return false;
	}
	sim_uem_object(c, o);
	json_arr(o, key);
	return true;
}

void sim_uem_list_end(
	struct call *c, struct json_out *o, const struct uem_page *page, int64_t total)
{
	json_arr_end(o);
	json_put_int(o, "Page", page->number);
	json_put_int(o, "PageSize", page->size);
	sim_uem_put_total(c, o, "Total", total);
	json_obj_end(o);
}

void sim_uem_list_end_linked(struct call *c, struct json_out *o, int64_t total)
{
	json_arr_end(o);
	json_obj(o, "AdditionalInfo");
	json_arr(o, "Links");
	json_arr_end(o);
	json_obj_end(o);
	sim_uem_put_total(c, o, "TotalResults", total);
	json_obj_end(o);
}

void sim_uem_put_total(struct call *c, struct json_out *o, const char *key, int64_t total)
{
	if (page_total(c->sim, &total))
		json_put_int(o, key, total);
}

int64_t sim_uem_profile_find(struct sim *s, struct str id, int64_t *ret_og)
{
	char hex[HEX32_TEXT], *z = mem_dupz(id);
	struct db_stmt *st;
	int64_t found;

	uuid_to_hex(z, hex);
	free(z);
	st = sql_query(&s->sql,
		sql_z("SELECT id, og FROM profile WHERE apple_id=?1 OR "
		      "upper(replace(uuid,'-',''))=?1"),
		sql_z(hex));
	if (id.n > UUID_TEXT - 1 || !sql_next(&s->sql, st))
		return SQL_NULL;
	found = db_col_int(st, 0);
	if (ret_og)
		*ret_og = db_col_int(st, 1);
	db_reset(st);
	return found;
}

void sim_uem_row_uuid(const char *kind, int64_t row, char out[UUID_TEXT])
{
	char number[24], tail[16];

	(void)snprintf(number, sizeof(number), "%lld", (long long)row);
	(void)snprintf(tail, sizeof(tail), "%012llx", (unsigned long long)row);
	uuid_of(kind, str_from(number), out);
	memcpy(out + UUID_TEXT - 13, tail, 12);
}

int64_t sim_uem_row_of(const char *kind, struct str uuid)
{
	char expected[UUID_TEXT];
	uint64_t row = 0;

	if (!sim_uem_is_uuid(uuid))
		return SQL_NULL;
	for (size_t i = UUID_TEXT - 13; i < UUID_TEXT - 1; i++) {
		char c = ascii_lower(uuid.p[i]);

		row = row << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	sim_uem_row_uuid(kind, (int64_t)row, expected);
	return str_eq_nocase(uuid, str_from(expected)) ? (int64_t)row : SQL_NULL;
}

int64_t sim_uem_enrollment_number(struct str word)
{
	static const char *const words[] = { "Unknown", "Discovered", "Registered",
		"EnrollmentInProgress", "Enrolled", "EnterpriseWipePending", "DeviceWipePending",
		"Retired", "Unenrolled", "WipeInitiated" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(word, str_from(words[i])))
			return (int64_t)i;
	return 0;
}
