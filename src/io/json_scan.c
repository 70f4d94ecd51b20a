#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "io/json_check.h"

/* What may stand beside the listed array: paging, links, counts. */
enum { MAX_REST_BYTES = 1024 * 1024, MAX_PAGE_BYTES = 8 * 1024 };

/* An element of more than that has no end. */
enum { MAX_LEFT_OUT_BYTES = 16 * 1024 * 1024 };

struct json_scan {
	struct json_check check;
	const char *member; /* "": the root is the array */
	uint64_t max_elements, n_elements;
	json_each_fn *each;
	json_known_fn *known; /* NULL: all are read */
	void *self;
	unsigned list_depth; /* inside the array */
	bool found, in_list; /* the array came; it is open */
	size_t name_at;      /* where the present name of a root's member starts in `rest` */
	bool is_member;      /* it is the one to look for */
	bool page;           /* no JSON: a page for people, whose begin is in `rest` */
	struct buf rest, element;
	struct buf text;   /* of the element, which is spoilt when it is read; with `known` alone */
	struct buf held;   /* not looked at yet: the begin of an element that may be known */
	size_t wanted;     /* bytes of it, before it is looked at */
	bool all_read;     /* nothing is asked of `known` now */
	struct arena tree; /* of the present element */
	size_t left_out;   /* bytes of it */
	struct err failed; /* code ERR_OK: not yet */
};

struct json_scan *json_scan_new(const char *member, size_t max_element_bytes, uint64_t max_elements,
	json_each_fn *each, void *self)
{
	struct json_scan *s = mem_zalloc(sizeof(*s));

	json_check_init(&s->check);
	s->member = member;
	s->max_elements = max_elements;
	s->each = each;
	s->self = self;
	s->list_depth = *member ? 2 : 1;
	buf_init(&s->rest, MAX_REST_BYTES);
	buf_init(&s->element, max_element_bytes);
	buf_init(&s->text, max_element_bytes);
	buf_init(&s->held, max_element_bytes);
	arena_init(&s->tree);
	return s;
}

void json_scan_free(struct json_scan *s)
{
	if (!s)
		return;
	buf_release(&s->rest);
	buf_release(&s->element);
	buf_release(&s->text);
	buf_release(&s->held);
	arena_release(&s->tree);
	free(s);
}

/* Of an element that is too large the rest is left out. */
static enum errc keep(struct json_scan *s, struct str bytes)
{
	struct buf *to = s->in_list ? &s->element : &s->rest;

	if (!to->full)
		buf_str(to, bytes);
	if (!to->full)
		return ERR_OK;
	s->left_out += bytes.n;
	if (s->in_list && s->left_out <= MAX_LEFT_OUT_BYTES)
		return ERR_OK;
	return err_set(&s->failed, ERR_PROTOCOL,
		"unusable JSON at byte %" PRIu64 ": %s is larger than %zu bytes", s->check.at,
		s->in_list ? "one element" : "what is beside the list",
		s->in_list ? (size_t)MAX_LEFT_OUT_BYTES : to->max);
}

/* Why the element cannot be read: ERR_OK: it can. */
static enum errc flaw_of(struct json_scan *s)
{
	if (s->element.full)
		return err_set(&s->failed, ERR_PROTOCOL,
			"unusable JSON before byte %" PRIu64
			": one element is larger than %zu bytes",
			s->check.at, s->element.max);
	return !s->check.flaw ? ERR_OK
			      : err_set(&s->failed, ERR_PROTOCOL,
					"unusable JSON before byte %" PRIu64 ": %s", s->check.at,
					s->check.flaw);
}

static enum errc count_element(struct json_scan *s)
{
	if (++s->n_elements > s->max_elements)
		return err_set(&s->failed, ERR_PROTOCOL,
			"unusable JSON: more than %" PRIu64 " elements", s->max_elements);
	return ERR_OK;
}

static enum errc element_over(struct json_scan *s)
{
	const struct json *v = NULL;
	struct json *copied = NULL; /* what cannot be read in its place */
	enum errc e = count_element(s);

	if (e)
		return e;
	e = flaw_of(s);
	buf_reset(&s->text);
	if (s->known)
		buf_str(&s->text, buf_view(&s->element));
	if (!e && json_is_plain(buf_view(&s->element))) {
		e = json_build_in_place(&v, &s->tree, &s->element, &s->failed);
	} else if (!e) {
		e = json_build(
			&copied, buf_view(&s->element), s->check.at - s->element.n - 1, &s->failed);
		v = copied;
	}
	s->failed.code = s->each(s->self, e ? NULL : v, &s->failed);
	s->check.flaw = NULL;
	json_free(copied);
	arena_reset(&s->tree);
	buf_reset(&s->element);
	s->left_out = 0;
	return s->failed.code;
}

/* A comma or the bracket behind an element: not before it does one know that a number is over. */
static bool is_separator(const struct json_scan *s, char byte)
{
	enum json_state state = s->check.state;

	return (byte == ',' || byte == ']') && s->check.depth == s->list_depth &&
	       (state == JSON_NEXT || state == JSON_ITEM_OR_END || json_in_number(state));
}

static enum errc after_separator(struct json_scan *s, struct str byte)
{
	if (*byte.p == ',')
		return ERR_OK;
	s->in_list = s->check.lenient = false;
	return keep(s, byte);
}

static enum errc take_separator(struct json_scan *s, struct str byte)
{
	bool empty = s->check.state == JSON_ITEM_OR_END;
	enum errc e;

	if (!json_check_byte(&s->check, *byte.p))
		return json_check_error(&s->check, &s->failed);
	e = empty ? ERR_OK : element_over(s);
	return e ? e : after_separator(s, byte);
}

/* --- elements that are known --- */

static bool at_element(const struct json_scan *s)
{
	enum json_state state = s->check.state;

	return s->known && !s->all_read && s->in_list &&
	       (state == JSON_VALUE || state == JSON_ITEM_OR_END) &&
	       s->check.depth == s->list_depth && s->element.n == 0;
}

/* Of n bytes, with the separator behind them. */
static enum errc pass_over(struct json_scan *s, size_t n, struct str separator)
{
	enum errc e = count_element(s);

	if (e)
		return e;
	json_check_pass(&s->check, n);
	if (!json_check_byte(&s->check, *separator.p))
		return json_check_error(&s->check, &s->failed);
	return after_separator(s, separator);
}

/* How many bytes were taken. */
static size_t take_known(struct json_scan *s, struct str bytes)
{
	size_t n = 0;

	while (!s->failed.code && n < bytes.n && at_element(s)) {
		struct str ahead = str_sub(bytes, n, bytes.n - n);
		size_t more = s->known(s->self, ahead);

		if (more == 0 || more >= s->held.max)
			break;
		if (more >= ahead.n) {
			buf_str(&s->held, ahead);
			s->wanted = more + 1;
			return bytes.n;
		}
		s->failed.code = pass_over(s, more, str_sub(ahead, more, 1));
		n += more + 1;
	}
	return n;
}

void json_scan_known(struct json_scan *s, json_known_fn *known)
{
	s->known = known;
}

struct str json_scan_text(const struct json_scan *s)
{
	return buf_view(&s->text);
}

/* --- bytes --- */

/* Inside the list: the bytes up to the next separator, or that separator; how many were taken. */
static size_t take_in_list(struct json_scan *s, struct str bytes)
{
	size_t n = take_known(s, bytes);

	if (n)
		return n;
	if (is_separator(s, *bytes.p)) {
		s->failed.code = take_separator(s, str_sub(bytes, 0, 1));
		return 1;
	}
	while (n < bytes.n) {
		n += json_check_run(&s->check, str_sub(bytes, n, bytes.n - n));
		if (n == bytes.n || is_separator(s, bytes.p[n]))
			break;
		if (!json_check_byte(&s->check, bytes.p[n])) {
			s->failed.code = json_check_error(&s->check, &s->failed);
			return n;
		}
		n++;
	}
	s->failed.code = keep(s, str_sub(bytes, 0, n));
	return n;
}

/* Which member of the root is being read: `rest` holds its name as it was written. */
static void watch_names(struct json_scan *s, enum json_state before)
{
	if (s->check.depth != 1 || !s->check.is_name)
		return;
	if (before == JSON_NAME || before == JSON_NAME_OR_END)
		s->name_at = s->rest.n;
	if (before == JSON_IN_STRING && s->check.state == JSON_COLON)
		s->is_member = str_eq(str_from(s->member),
			str_sub(buf_view(&s->rest), s->name_at, s->rest.n - s->name_at - 1));
}

static void watch_list(struct json_scan *s, char byte)
{
	if (byte == '[' && s->check.state == JSON_ITEM_OR_END && !s->found &&
		s->check.depth == s->list_depth && (s->list_depth == 1 || s->is_member))
		s->found = s->in_list = s->check.lenient = true;
}

static bool starts_page(const struct json_scan *s, char byte)
{
	return byte == '<' && s->check.depth == 0 &&
	       (s->check.state == JSON_START || s->check.state == JSON_VALUE);
}

static void keep_page(struct json_scan *s, struct str bytes)
{
	size_t room = s->rest.n < MAX_PAGE_BYTES ? MAX_PAGE_BYTES - s->rest.n : 0;

	buf_str(&s->rest, str_sub(bytes, 0, bytes.n < room ? bytes.n : room));
}

struct str json_scan_page(const struct json_scan *s)
{
	return s->page ? buf_view(&s->rest) : STR_NONE;
}

/* Outside of the list. */
static enum errc take_byte(struct json_scan *s, struct str byte)
{
	enum json_state before = s->check.state;
	enum errc e;

	if (starts_page(s, *byte.p)) {
		s->page = true;
		keep_page(s, byte);
		return ERR_OK;
	}
	if (!json_check_byte(&s->check, *byte.p))
		return json_check_error(&s->check, &s->failed);
	e = keep(s, byte);
	if (e == ERR_OK) {
		watch_names(s, before);
		watch_list(s, *byte.p);
	}
	return e;
}

static size_t take_beside(struct json_scan *s, struct str bytes)
{
	size_t n = json_check_run(&s->check, bytes);

	if (n)
		s->failed.code = keep(s, str_sub(bytes, 0, n));
	else
		s->failed.code = take_byte(s, str_sub(bytes, 0, 1));
	return n ? n : 1;
}

static enum errc told(const struct json_scan *s, struct err *err)
{
	if (err && s->failed.code != ERR_OK)
		*err = s->failed;
	return s->failed.code;
}

static void feed(struct json_scan *s, struct str bytes)
{
	if (s->page)
		keep_page(s, bytes);
	while (bytes.n && s->failed.code == ERR_OK && !s->page) {
		size_t n = s->in_list ? take_in_list(s, bytes) : take_beside(s, bytes);

		bytes = str_sub(bytes, n, bytes.n - n);
		if (s->page)
			keep_page(s, bytes);
	}
}

/* What is held is no element that is known, or not all of it. */
static void read_held(struct json_scan *s)
{
	s->all_read = true;
	feed(s, buf_view(&s->held));
	s->all_read = false;
	buf_reset(&s->held);
}

/* How many bytes went to what is held. */
static size_t hold_more(struct json_scan *s, struct str bytes)
{
	size_t n = s->wanted - s->held.n < bytes.n ? s->wanted - s->held.n : bytes.n, known;

	buf_str(&s->held, str_sub(bytes, 0, n));
	if (s->held.n < s->wanted)
		return n;
	known = s->known(s->self, buf_view(&s->held));
	if (known == 0 || known >= s->held.n) {
		read_held(s);
		return n;
	}
	s->failed.code = pass_over(s, known, str_sub(buf_view(&s->held), known, 1));
	buf_reset(&s->held);
	return n;
}

enum errc json_scan_feed(struct json_scan *s, struct str bytes, struct err *err)
{
	size_t n = s->held.n && s->failed.code == ERR_OK ? hold_more(s, bytes) : 0;

	feed(s, str_sub(bytes, n, bytes.n - n));
	return told(s, err);
}

static enum errc finish(struct json_scan *s, struct json **ret_rest)
{
	if (s->page)
		return err_set(&s->failed, ERR_PROTOCOL, "unusable JSON: a page for people");
	if (!json_check_end(&s->check))
		return json_check_error(&s->check, &s->failed);
	/* Taken for an empty list it would say that nothing exists. */
	if (!s->found)
		return err_set(&s->failed, ERR_PROTOCOL, "unusable JSON: no list %s%s",
			*s->member ? "named " : "at the root", s->member);
	if (!*s->member) {
		*ret_rest = NULL;
		return ERR_OK;
	}
	return json_build(ret_rest, buf_view(&s->rest), 0, &s->failed);
}

enum errc json_scan_end(struct json_scan *s, struct json **ret_rest, struct err *err)
{
	if (s->failed.code == ERR_OK && s->held.n)
		read_held(s);
	if (s->failed.code == ERR_OK)
		s->failed.code = finish(s, ret_rest);
	return told(s, err);
}
