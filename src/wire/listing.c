#include "wire/listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "wire/transport_parts.h"

enum {
	ELEMENT_MAX_BYTES = 256 * 1024,
	LISTING_MAX_PAGES = 20000,
	EMPTY_MAX = 3, /* pages in a row after which no further one is expected */
	ROUND = 10,    /* sizes to which services clamp a page are multiples of it */
};

static void next_page(struct listing *l);

/* --- entries --- */

/* Null, nothing, 0 and a UUID of zeros are what programs write where an id was never set: entries
 * that share one are not the same. */
static bool is_no_id(const struct json *v)
{
	struct str text = json_text(v);
	int64_t number;
	size_t n = 0;

	while (n < text.n && strchr("0-{} ", text.p[n]))
		n++;
	return json_is_null(v) || (json_is_string(v) && n == text.n) ||
	       (json_int(v, &number) && number == 0);
}

/* By what the service tells entries apart; NULL: by all that it says. */
static const struct json *identity(const struct json *element)
{
	static const char *const names[] = { "uuid", "Uuid", "id", "Id", "UUID", "ID" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!is_no_id(json_get(element, names[i])))
			return json_get(element, names[i]);
	return NULL;
}

/* Of a value with all that is in it; the parser bounds the depth. */
static uint64_t digest_of(const struct json *v, uint64_t digest) // NOLINT(misc-no-recursion)
{
	int64_t number = json_bool(v, false) ? 1 : json_is_null(v) ? 2 : 3;

	digest = seen_digest(digest, json_name(v));
	if (json_is_string(v))
		return seen_digest(digest, json_text(v));
	if (json_is_object(v) || json_is_array(v)) {
		for (const struct json *c = json_first(v); c; c = json_next(c))
			digest = digest_of(c, digest);
		return seen_digest(digest, STR("]"));
	}
	(void)json_int(v, &number);
	return seen_digest(digest, (struct str){ (const char *)&number, sizeof(number) });
}

static void note_digest(struct listing *l, uint64_t digest)
{
	MEM_GROW(l->page_digests, l->n_page, l->cap_page);
	l->page_digests[l->n_page++] = digest;
}

static void note_entry(struct listing *l, const struct json *element)
{
	const struct json *id = identity(element);
	uint64_t digest = digest_of(id ? id : element, 0);

	note_digest(l, digest);
	if (l->recall)
		recall_keep(l->recall, json_scan_text(l->scan), digest);
}

static size_t take_known(void *self, struct str ahead)
{
	struct listing *l = self;
	struct recalled known;
	size_t n = recall_match(l->recall, ahead, &known);

	if (n == 0 || n >= ahead.n)
		return n;
	note_digest(l, known.digest);
	l->again(l->self, known.note);
	return n;
}

/* One odd entry spoils neither its page nor what the others say. */
static enum errc take_element(void *self, const struct json *element, struct err *err)
{
	struct listing *l = self;
	enum errc rc = element ? l->each(l->self, element, err) : ERR_PROTOCOL;

	if (rc && l->recall)
		recall_note(l->recall, NULL, 0);
	if (element)
		note_entry(l, element);
	if (rc != ERR_PROTOCOL)
		return rc;
	log_often(LOG_WARN, "an entry of a list cannot be read: %s", err->msg);
	l->n_page_odd++;
	l->err = *err;
	return ERR_OK;
}

static struct json_scan *new_scan(void *self)
{
	struct listing *l = self;

	l->n_page = l->n_page_odd = 0;
	if (l->begin)
		l->begin(l->self);
	l->scan = json_scan_new(
		l->kind->member, ELEMENT_MAX_BYTES, l->kind->max_elements, take_element, l);
	if (l->recall)
		json_scan_known(l->scan, take_known);
	return l->scan;
}

/* --- pages --- */

static enum errc reply_error(struct listing *l, const struct http_reply *reply, struct err *err)
{
	struct uem_error detail = { 0 };
	enum errc rc = l->kind->service == TO_APPLE ? apple_page_error(reply, err)
						    : uem_page_error(reply, err);

	if (!rc)
		rc = l->kind->service == TO_APPLE ? apple_reply_error(reply, NULL, err)
						  : uem_reply_error(reply, &detail, err);

	l->uem_code = detail.code;
	return rc;
}

static void note_total(struct listing *l, int64_t total)
{
	if (l->kind->paging != PAGING_UNTOLD && total > l->total)
		l->total = total;
}

/* Takes the next cursor; a cursor that comes again would page for ever, or ends a list that is
 * whole. */
static enum errc read_cursor(struct listing *l, const struct json *rest, struct err *err)
{
	struct apple_page page;
	enum errc rc;

	apple_page_init(&page);
	rc = apple_page_read(rest, &page, err);
	note_total(l, page.total);
	l->unmarked = !page.marked;
	if (!rc && page.odd && (int64_t)l->n != l->total)
		rc = err_set(err, ERR_PROTOCOL,
			"page %u of the list names the next in a way that cannot be read",
			l->n_pages);
	if (!rc && page.cursor.n && str_eq(buf_view(&page.cursor), buf_view(&l->cursor))) {
		buf_reset(&page.cursor);
		if ((int64_t)l->n != l->total)
			rc = err_set(err, ERR_PROTOCOL,
				"page %u of the list names itself as the next", l->n_pages);
	}
	buf_reset(&l->cursor);
	if (!rc)
		buf_str(&l->cursor, buf_view(&page.cursor));
	apple_page_release(&page);
	return rc;
}

static void read_total(struct listing *l, const struct json *rest)
{
	static const char *const names[] = { "total", "Total", "TotalResults" };
	int64_t total;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_int(json_get(rest, names[i]), &total))
			note_total(l, total);
}

/* All entries of the page; whether any of them is new. */
static bool add_page(struct listing *l)
{
	size_t before = l->seen.n;

	for (size_t i = 0; i < l->n_page; i++)
		(void)seen_add(&l->seen, l->page_digests[i]);
	l->n = l->seen.n;
	l->n_odd += l->n_page_odd;
	return l->seen.n > before;
}

/* Whether the page may have been cut to a size, so that more may follow although the total is
 * reached: some services call a total what they counted on the page. */
static bool maybe_full(const struct listing *l)
{
	return l->n_pages > 1 ? l->n_page >= l->n_first : l->n_page % ROUND == 0;
}

static bool empty_page(const struct listing *l)
{
	return l->n_page + l->n_page_odd == 0;
}

/* Whether another numbered page is asked for. 204 ends a list, and so do two empty pages, unless
 * there are more entries than came. */
static bool goes_on(const struct listing *l, const struct http_reply *reply)
{
	bool more_told = l->total > (int64_t)l->n;

	if (!empty_page(l))
		return (int64_t)l->n != l->total || maybe_full(l);
	if (more_told)
		return l->n_empty < EMPTY_MAX;
	return reply->status != 204 && l->n_pages > 1 && l->n_empty < 2;
}

/* What no list may do, whichever way it pages. */
static enum errc check_page(const struct listing *l, bool fresh, struct err *err)
{
	if (l->n > l->kind->max_elements || l->n_pages > LISTING_MAX_PAGES)
		return err_set(err, ERR_PROTOCOL, "the list does not end");
	if (l->n_page_odd && !l->n_page && l->n_pages > 1)
		return err_set(err, ERR_PROTOCOL, "no entry of page %u of the list can be read",
			l->n_pages);
	if (!fresh && l->n_pages > 1 && !empty_page(l))
		return err_set(err, ERR_PROTOCOL,
			"page %u of the list repeats entries of the pages before it", l->n_pages);
	if (l->n_empty > EMPTY_MAX)
		return err_set(err, ERR_PROTOCOL, "the list goes on with empty pages");
	return ERR_OK;
}

/* Counts the page; whether it brought anything new. */
static bool count_page(struct listing *l)
{
	bool fresh = add_page(l);

	l->n_pages++;
	l->n_empty = empty_page(l) ? l->n_empty + 1 : 0;
	if (l->n_pages == 1)
		l->n_first = l->n_page;
	return fresh;
}

/* *ret_more: another page follows. */
static enum errc end_page(struct listing *l, const struct http_reply *reply,
	const struct json *rest, bool *ret_more, struct err *err)
{
	bool whole = l->n_pages && (int64_t)l->n == l->total, fresh = count_page(l);
	enum errc rc;

	*ret_more = false;
	/* Asked for only because the page before might have been cut, or named another one. */
	if (l->kind->paging != PAGING_NONE && whole && !fresh && !l->n_page_odd)
		return ERR_OK;
	rc = check_page(l, fresh, err);
	if (rc || l->kind->paging == PAGING_NONE)
		return rc;
	if (l->kind->paging == PAGING_CURSOR) {
		rc = read_cursor(l, rest, err);
		*ret_more = !rc && l->cursor.n > 0;
	} else {
		read_total(l, rest);
		*ret_more = goes_on(l, reply);
	}
	return rc;
}

/* A list that ended: is it whole? */
static void conclude(struct listing *l)
{
	l->ended = true;
	if (l->n_odd)
		(void)err_wrap(
			&l->err, "%" PRIu64 " entries of the list cannot be read: ", l->n_odd);
	else if (l->total > (int64_t)l->n && !l->resumed)
		(void)err_set(&l->err, ERR_PROTOCOL,
			"the list ended after %" PRIu64 " of %" PRId64 " entries", l->n, l->total);
	else if (l->unmarked && l->total < 0)
		(void)err_set(&l->err, ERR_PROTOCOL,
			"the last page of the list does not say that it is the last");
	else
		l->complete = true;
}

/* 204 is the UEM's word for an empty list. Of Apple it would prove absence by nothing, and so would
 * any other success that brings no list: 202 of a server that has yet to make it, 203 of a proxy.
 */
static bool is_list(const struct listing *l, const struct http_reply *reply)
{
	return !reply->body.n &&
	       (reply->status == 200 || (reply->status == 204 && l->kind->service != TO_APPLE));
}

static enum errc no_list(struct listing *l, const struct http_reply *reply, struct err *err)
{
	enum errc rc = reply_error(l, reply, err);

	return rc ? rc
		  : err_set(err, ERR_PROTOCOL, "%s answered %d instead of a list",
			    transport_who(l->kind->service), reply->status);
}

static enum errc take_page(struct listing *l, const struct http_reply *reply,
	const struct json *rest, bool *ret_more, struct err *err)
{
	struct uem_error told = { 0 };
	enum errc rc;

	if (!is_list(l, reply))
		return no_list(l, reply, err);
	/* Beside an errorCode a list is no list, least of all an empty one. */
	rc = l->kind->service == TO_UEM ? uem_rest_error(reply, rest, &told, err) : ERR_OK;
	l->uem_code = told.code;
	if (rc)
		return rc;
	rc = end_page(l, reply, rest, ret_more, err);
	if (!rc && l->page)
		rc = l->page(l->self, buf_view(&l->cursor), err);
	return rc;
}

static enum errc page_done(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct listing *l = self;
	bool more = false;

	if (!code && l->kind->service == TO_APPLE && apple_fields_refused(reply) &&
		!transport_apple(l->t)->documented_fields) {
		transport_use_documented_fields(l->t);
		next_page(l);
		return ERR_OK;
	}
	if (!code)
		code = take_page(l, reply, rest, &more, err);
	if (code) {
		l->code = code;
		l->err = *err;
	} else if (!more) {
		conclude(l);
	} else if (!(l->n_pages == 1 && l->enough && l->enough(l->self, l))) {
		next_page(l);
	}
	return ERR_OK; /* the other listings of this barrier go on */
}

static void next_page(struct listing *l)
{
	struct transport_call call = {
		.service = l->kind->service,
		.scan = new_scan,
		.done = page_done,
		.self = l,
		.good_until_ms = l->until_ms,
	};

	listing_ask(l, buf_view(&l->cursor), l->n_pages, &call.request);
	transport_submit(l->t, &call);
}

void listing_start(struct listing *l, struct transport *t)
{
	l->t = t;
	l->kind = listing_kind(l->list);
	l->total = -1;
	l->resumed = l->from.n > 0;
	buf_init(&l->cursor, 4096);
	buf_str(&l->cursor, l->from);
	buf_init(&l->name, l->of.n + 1);
	buf_str(&l->name, l->of);
	if (l->recall)
		seen_expect(&l->seen, recall_size(l->recall));
	next_page(l);
}

void listing_release(struct listing *l)
{
	buf_release(&l->cursor);
	buf_release(&l->name);
	seen_release(&l->seen);
	free(l->page_digests);
	l->page_digests = NULL;
}

enum errc listing_run(struct listing *l, struct transport *t, struct err *err)
{
	enum errc rc;

	listing_start(l, t);
	rc = transport_drain(t, err);
	listing_release(l);
	return rc;
}

enum errc listing_run_in_time(struct listing *l, struct transport *t, struct err *err)
{
	enum errc rc = listing_run(l, t, err);

	if (!rc && (l->code == ERR_TEMPFAIL || l->code == ERR_STOPPED || l->code == ERR_BUSY)) {
		*err = l->err;
		rc = l->code;
	}
	return rc;
}

enum errc listing_read(struct listing *l, struct transport *t, struct err *err)
{
	enum errc rc = listing_run(l, t, err);

	if (!rc && l->code) {
		*err = l->err;
		rc = l->code;
	}
	return rc;
}
