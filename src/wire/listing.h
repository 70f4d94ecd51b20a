/*
 * One listing of a service, page after page, each element handed on as it arrives.
 */
#ifndef WIRE_LISTING_H
#define WIRE_LISTING_H

#include "wire/transport.h"

enum paging {
	PAGING_CURSOR, /* Apple: meta.paging.nextCursor */
	PAGING_NUMBER, /* UEM: page=0, 1, ... until a short page or 204 */
	PAGING_NONE,   /* one body holds everything */
};

struct listing {
	/* Set by the caller before listing_start(); borrowed until it is complete. */
	enum transport_service service;
	enum paging paging;
	const char *member; /* of the root that holds the elements; "" when the root is the array */
	uint64_t max_elements;
	void (*request)(void *self, struct str cursor, unsigned page, struct http_request *ret);
	json_each_fn *each; /* may see the elements of a page again when the page is retried */
	/* Asked after the first page when set; true ends the listing there, without `complete`. */
	bool (*enough)(void *self, const struct listing *l);
	/* All three may be left out. Before the elements of a page, which may come again; after a
	 * page, with the cursor of the next (empty: it was the last); where to begin instead of at
	 * the first page (borrowed until the first page is there). */
	void (*begin)(void *self);
	enum errc (*page)(void *self, struct str next, struct err *err);
	struct str from;
	void *self;

	/* Results. */
	bool complete; /* every page came with status 200 (or 204) */
	uint64_t n;    /* elements of all pages */
	unsigned n_pages;
	int64_t total;  /* as the first page told; -1: not told */
	enum errc code; /* ERR_OK, or why it is not complete */
	struct err err;
	int64_t uem_code; /* errorCode of the UEM's refusal; 0: none */

	/* Private. */
	struct transport *t;
	uint64_t n_page;
	struct buf cursor;
};

/* Submits the first page; the others follow while transport_drain() runs. */
void listing_start(struct listing *l, struct transport *t);
void listing_release(struct listing *l);

#endif
