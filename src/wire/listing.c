#include "wire/listing.h"

enum {
	ELEMENT_MAX_BYTES = 256 * 1024,
	LISTING_MAX_PAGES = 20000,
};

static void next_page(struct listing *l);

static enum errc count_element(void *self, const struct json *element, struct err *err)
{
	struct listing *l = self;

	l->n_page++;
	return l->each(l->self, element, err);
}

static struct json_scan *new_scan(void *self)
{
	struct listing *l = self;

	l->n_page = 0;
	if (l->begin)
		l->begin(l->self);
	return json_scan_new(l->member, ELEMENT_MAX_BYTES, l->max_elements, count_element, l);
}

static enum errc reply_error(struct listing *l, const struct http_reply *reply, struct err *err)
{
	struct uem_error detail = { 0 };
	enum errc rc = l->service == TO_APPLE ? apple_reply_error(reply, NULL, err)
					      : uem_reply_error(reply, &detail, err);

	l->uem_code = detail.code;
	return rc;
}

/* Takes the next cursor; a cursor that comes again would page for ever. */
static enum errc read_cursor(struct listing *l, const struct json *rest, struct err *err)
{
	struct apple_page page;
	enum errc rc;

	apple_page_init(&page);
	rc = apple_page_read(rest, &page, err);
	if (!rc && l->n_pages == 1)
		l->total = page.total;
	if (!rc && page.cursor.n && str_eq(buf_view(&page.cursor), buf_view(&l->cursor)))
		rc = err_set(err, ERR_PROTOCOL, "the listing goes round in circles");
	buf_reset(&l->cursor);
	if (!rc)
		buf_str(&l->cursor, buf_view(&page.cursor));
	apple_page_release(&page);
	return rc;
}

/* *ret_more: another page follows. */
static enum errc end_page(struct listing *l, const struct http_reply *reply,
	const struct json *rest, bool *ret_more, struct err *err)
{
	enum errc rc = ERR_OK;

	*ret_more = false;
	l->n_pages++;
	if (reply->status == 204) {
		/* The UEM's word for an empty list. Of Apple it would prove absence by nothing. */
		if (l->service == TO_APPLE)
			rc = err_set(err, ERR_PROTOCOL, "Apple answered 204 instead of a list");
		return rc;
	}
	l->n += l->n_page;
	if (l->n > l->max_elements || l->n_pages > LISTING_MAX_PAGES)
		return err_set(err, ERR_PROTOCOL, "the listing does not end");
	if (l->paging == PAGING_CURSOR) {
		rc = read_cursor(l, rest, err);
		*ret_more = !rc && l->cursor.n > 0;
	} else if (l->paging == PAGING_NUMBER) {
		if (l->n_pages == 1)
			(void)json_int(json_get(rest, "total"), &l->total);
		*ret_more = l->n_page >= UEM_PAGE_SIZE;
	}
	if (!rc && *ret_more && l->n_page == 0)
		rc = err_set(err, ERR_PROTOCOL, "the listing has an empty page in its middle");
	return rc;
}

static enum errc take_page(struct listing *l, const struct http_reply *reply,
	const struct json *rest, bool *ret_more, struct err *err)
{
	enum errc rc;

	if (reply->status != 200 && reply->status != 204)
		return reply_error(l, reply, err);
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

	if (!code && l->service == TO_APPLE && apple_fields_refused(reply) &&
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
		l->complete = true;
	} else if (!(l->n_pages == 1 && l->enough && l->enough(l->self, l))) {
		next_page(l);
	}
	return ERR_OK; /* the other listings of this barrier go on */
}

static void next_page(struct listing *l)
{
	struct transport_call call = {
		.service = l->service,
		.scan = new_scan,
		.done = page_done,
		.self = l,
	};

	l->request(l->self, buf_view(&l->cursor), l->n_pages, &call.request);
	transport_submit(l->t, &call);
}

void listing_start(struct listing *l, struct transport *t)
{
	l->t = t;
	l->total = -1;
	buf_init(&l->cursor, 4096);
	buf_str(&l->cursor, l->from);
	next_page(l);
}

void listing_release(struct listing *l)
{
	buf_release(&l->cursor);
}
