/*
 * What Apple says when it says no (services/README.md Apple A.8).
 */
#include <stdlib.h>

#include "base/mem.h"
#include "model/serial.h"
#include "services/apple_wire.h"
#include "services/wire.h"

#define DEVICES "relationships/devices/"

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

enum errc apple_page_error(const struct http_reply *reply, struct err *err)
{
	enum errc rc = wire_page_error(reply, "Apple", "apple.url", "Apple's API", err);

	return rc ? rc : wire_missing_error(reply, "errors", "Apple", "apple.url", err);
}

enum errc apple_reply_error(
	const struct http_reply *reply, struct apple_error *ret_detail, struct err *err)
{
	struct apple_error e = { .code = "" };
	enum errc rc;

	if (!wire_ok(reply))
		parse_error(reply, &e);
	if (ret_detail)
		*ret_detail = e;
	if (wire_ok(reply))
		return ERR_OK;
	rc = apple_page_error(reply, err);
	if (rc)
		return rc;
	if (reply->fate != HTTP_ANSWERED)
		return err_set(err, ERR_NET, "Apple: %s", reply->why);
	return err_set(err, wire_status(reply), "Apple answered %d%s%s%s%s%s%s%s", reply->status,
		e.code[0] ? " " : "", e.code, e.detail[0] ? ": " : "", e.detail,
		e.id[0] ? " (id " : "", e.id, e.id[0] ? ")" : "");
}

enum errc apple_rest_error(const struct json *rest, struct err *err)
{
	const struct json *errors = json_get(rest, "errors");
	struct apple_error e;

	if (!json_is_array(errors) || !json_first(errors))
		return ERR_OK;
	read_error(json_first(errors), &e);
	return err_set(err, ERR_PROTOCOL, "Apple's list comes with an error%s%s%s%s",
		e.code[0] ? " " : "", e.code, e.detail[0] ? ": " : "", e.detail);
}

/* /data/relationships/devices/data/17, with or without the second data, with a part of the linkage
 * behind it. */
size_t apple_error_culprit(const struct apple_error *e)
{
	const char *at = strstr(e->pointer, DEVICES);
	struct str rest = str_from(at ? at + sizeof(DEVICES) - 1 : "");
	uint64_t index;

	if (str_starts_nocase(rest, STR("data/")))
		rest = str_sub(rest, 5, rest.n - 5);
	return str_to_u64(str_cut(&rest, '/'), &index) ? (size_t)index : SIZE_MAX;
}

/* --- all that a refusal names --- */

struct named {
	const struct str *serials;
	size_t n;
	bool *seen, *now; /* by index: told before; of the error being read */
};

static size_t index_of(const struct named *d, struct str word)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_eq_nocase(d->serials[i], word))
			return i;
	return SIZE_MAX;
}

static bool is_word(char c)
{
	c = ascii_lower(c);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* Marks every word of the text that is one of the serials. */
static void note_named(const struct named *d, struct str text)
{
	for (size_t from = 0, end; from < text.n; from = end + 1) {
		struct str word;
		size_t index;

		for (end = from; end < text.n && is_word(text.p[end]); end++)
			;
		word = str_sub(text, from, end - from);
		index = word.n >= SERIAL_MIN ? index_of(d, word) : SIZE_MAX;
		if (index != SIZE_MAX)
			d->now[index] = true;
	}
}

/* In any text of the error: its pointer, parameter, title, detail, or what stands beside them. The
 * parser bounds the depth. */
static void note_texts(const struct named *d, const struct json *v) // NOLINT(misc-no-recursion)
{
	note_named(d, json_text(v));
	for (const struct json *c = json_first(v); c; c = json_next(c))
		note_texts(d, c);
}

/* Of whom one error tells, into d->now. A serial number is a name; a pointer counts from 0 or from
 * 1, which nobody can see. SIZE_MAX: no pointer that could be meant. */
static void note_blamed(const struct named *d, const struct json *v, size_t pointed)
{
	size_t n = 0;

	memset(d->now, 0, d->n * sizeof(*d->now));
	note_texts(d, v);
	for (size_t i = 0; i < d->n; i++)
		n += d->now[i];
	if (pointed >= d->n || (n > 0 && n < d->n))
		return;
	memset(d->now, 0, d->n * sizeof(*d->now));
	d->now[pointed] = true;
}

/* A pointer behind the last device shows that pointers count otherwise. */
static bool points_behind(const struct json *errors, size_t n)
{
	for (const struct json *v = json_first(errors); v; v = json_next(v)) {
		struct apple_error e = { .code = "" };
		size_t index;

		read_error(v, &e);
		index = apple_error_culprit(&e);
		if (index != SIZE_MAX && index >= n)
			return true;
	}
	return false;
}

size_t apple_refused_devices(const struct http_reply *reply, const struct str *serials,
	size_t n_serials, bool *pointers,
	void (*each)(void *self, size_t index, const struct apple_error *e), void *self)
{
	struct named d = { serials, n_serials, mem_zalloc(n_serials + 1),
		mem_zalloc(n_serials + 1) };
	struct json *root = NULL;
	const struct json *errors;
	size_t n = 0;

	if (reply->fate != HTTP_ANSWERED || json_parse(&root, buf_view(&reply->body), NULL))
		root = NULL;
	errors = json_get(root, "errors");
	*pointers = *pointers && !points_behind(errors, n_serials);
	for (const struct json *v = json_first(errors); v; v = json_next(v)) {
		struct apple_error e = { .code = "" };

		read_error(v, &e);
		note_blamed(&d, v, *pointers ? apple_error_culprit(&e) : SIZE_MAX);
		for (size_t i = 0; i < n_serials; i++) {
			if (!d.now[i] || d.seen[i])
				continue;
			d.seen[i] = true;
			each(self, i, &e);
			n++;
		}
	}
	json_free(root);
	free(d.seen);
	free(d.now);
	return n;
}

bool apple_fields_refused(const struct http_reply *reply)
{
	struct apple_error e;

	parse_error(reply, &e);
	return reply->status == 400 &&
	       str_starts_nocase(str_from(e.code), STR("PARAMETER_ERROR")) &&
	       str_starts_nocase(str_from(e.parameter), STR("fields"));
}
