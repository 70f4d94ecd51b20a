/*
 * JSON from outside: an adapter over cJSON that closes its traps. Text is checked for size,
 * UTF-8, NUL (raw or \u0000), depth 64 and 256 keys per object before cJSON sees it; look-ups are
 * case-sensitive, duplicate keys are refused, integers above 2^53 are not numbers.
 */
#ifndef IO_JSON_H
#define IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { JSON_MAX_DEPTH = 64, JSON_MAX_KEYS = 256, JSON_MAX_BYTES = 8 * 1024 * 1024 };

/* One value; opaque, so that only json.c knows cJSON. */
struct json;

/* ERR_PROTOCOL with the byte offset. A leading UTF-8 BOM is skipped. Caller frees with json_free(),
 * roots only. */
MUST_CHECK enum errc json_parse(struct json **ret, struct str text, struct err *err);
void json_free(struct json *root);

/* All take NULL for a value that is not there, so that look-ups chain. */
const struct json *json_get(const struct json *object, const char *key);
/* "data.attributes.status": each part one key. */
const struct json *json_path(const struct json *root, const char *dotted);
bool json_is_null(const struct json *v); /* also when v is NULL */
bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_string(const struct json *v);
bool json_is_number(const struct json *v);
/* Text, borrowed until json_free(); STR_NONE (p == NULL) when v is no text. */
struct str json_text(const struct json *v);
bool json_bool(const struct json *v, bool otherwise);
/* Whole numbers within 2^53, also when written as text ("42"); false for anything else. */
bool json_int(const struct json *v, int64_t *ret);
/* The same of any number from 0 on, rounded up; what is larger is 2^53. */
bool json_int_up(const struct json *v, int64_t *ret);
/* Items of an array or members of an object: for (c = json_first(v); c; c = json_next(c)). */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *item);
/* The member's name; borrowed. */
struct str json_name(const struct json *item);
size_t json_count(const struct json *v); /* O(n) */

/* --- writing: values separated as needed, strings escaped; sticky `full` of the buffer --- */
struct json_out {
	struct buf *b;
	bool comma;
};
void json_out_init(struct json_out *o, struct buf *b);
void json_obj(struct json_out *o, const char *key); /* key NULL inside arrays and at the root */
void json_obj_end(struct json_out *o);
void json_arr(struct json_out *o, const char *key);
void json_arr_end(struct json_out *o);
void json_put_str(struct json_out *o, const char *key, struct str v);
void json_put_z(struct json_out *o, const char *key, const char *v); /* NULL writes null */
void json_put_int(struct json_out *o, const char *key, int64_t v);
void json_put_bool(struct json_out *o, const char *key, bool v);
void json_put_null(struct json_out *o, const char *key);
/* Bytes that already are JSON. */
void json_put_raw(struct json_out *o, const char *key, struct str v);

/* --- large listings: the elements of one array, while the body arrives --- */
/*
 * Finds the array that is the root ("") or the root's member of that name ("data", "devices") and
 * hands each element to `each` as soon as it is complete; everything else of the body is
 * kept (bounded by 1 MiB) and parsed at the end. Memory: one element.
 */
struct json_scan;
/* element NULL: one that json_parse() would not take, while the text around it goes on; *err says
 * why, and returning its code ends the scan. */
typedef enum errc json_each_fn(void *self, const struct json *element, struct err *err);

/* max_element_bytes and max_elements bound what a server can make us hold or count.
 * Caller frees with json_scan_free(). */
struct json_scan *json_scan_new(const char *member, size_t max_element_bytes, uint64_t max_elements,
	json_each_fn *each, void *self);
/* Any failure is final: later calls return it again. */
MUST_CHECK enum errc json_scan_feed(struct json_scan *s, struct str bytes, struct err *err);
/* The body is over; not before this says ERR_OK do the elements make a whole listing. *ret_rest:
 * the root with that array emptied, NULL when the root is the array; caller frees with json_free().
 * ERR_PROTOCOL when the body is cut short or has no such array. */
MUST_CHECK enum errc json_scan_end(struct json_scan *s, struct json **ret_rest, struct err *err);
/* The begin of a body that is no JSON but a page for people (its first byte is <), at most 8 KiB:
 * json_scan_feed() takes such a body, json_scan_end() refuses it. Empty otherwise; borrowed. */
struct str json_scan_page(const struct json_scan *s);
/* Asked before each element, with what is there of the body from its first byte on: how many of
 * those bytes are an element with a comma or the bracket behind it, in the very bytes of one that
 * `each` was given before. That one is passed over, as `known` has dealt with it. 0: there is none.
 * What is not less than all that is there: so long is the one that it may be, and `known` is asked
 * again when it and a byte more have come. */
typedef size_t json_known_fn(void *self, struct str ahead);
void json_scan_known(struct json_scan *s, json_known_fn *known);
/* Within `each`, after json_scan_known(): the bytes of the element. Borrowed until it returns. */
struct str json_scan_text(const struct json_scan *s);
void json_scan_free(struct json_scan *s);

#endif
