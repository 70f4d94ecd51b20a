/*
 * One listing of a service, page after page, each element handed on as it arrives.
 *
 * What a list shows is known as soon as it is read; what it does not show is known to be missing
 * only when the list is whole: every page came, it ended by the service's own mark or with as many
 * distinct entries as it said there are, and every entry could be told apart. Pages are asked for
 * with the largest size, and nothing is concluded from how many entries one has: tenants clamp the
 * size, ignore the number, leave pages short or empty.
 */
#ifndef WIRE_LISTING_H
#define WIRE_LISTING_H

#include "wire/recall.h"
#include "wire/seen.h"
#include "wire/transport.h"

enum list {
	LIST_DEVICES, /* Apple's */
	LIST_SERVERS,
	LIST_SERVER_DEVICES, /* of: a server's id */
	LIST_EVENTS,         /* since_ms; up to now */
	LIST_GROUPS,         /* of: a Group ID, of which the UEM matches parts */
	LIST_GROUP_CHILDREN, /* of: a group's number; itself among them */
	LIST_GROUP_DEVICES,  /* of: a group's UUID; the devices its server gave it */
	LIST_PROFILES,       /* of: a group's UUID */
	LIST_TOKENS,         /* of: a group's UUID */
	LIST_RECORDS,        /* the UEM's */
	LIST_USERS,          /* of: a name, of which the UEM matches parts */
	LIST_PURCHASED_APPS, /* of: a group's UUID */
	LIST_PUBLIC_APPS,
};

enum paging {
	PAGING_CURSOR, /* Apple: meta.paging.nextCursor */
	PAGING_NUMBER, /* UEM: page=0, 1, ... until 204, an empty page or the total */
	PAGING_UNTOLD, /* the same, but what the UEM calls a total counts the page */
	PAGING_NONE,   /* one body holds everything */
};

struct listing_kind {
	enum transport_service service;
	enum paging paging;
	const char *member; /* of the root that holds the elements; "" when the root is the array */
	uint64_t max_elements;
};

struct listing {
	/* Set by the caller before listing_start(). */
	enum list list;
	struct str of; /* copied */
	int64_t since_ms;
	/* May see the elements of a page again when the page is retried; never NULL. ERR_PROTOCOL:
	 * an entry that cannot be told from another; it is counted and the list goes on. */
	json_each_fn *each;
	/* Asked after the first page when set; true ends the listing there, without `ended`. */
	bool (*enough)(void *self, const struct listing *l);
	/* All three may be left out. Before the elements of a page, which may come again; after a
	 * page, with the cursor of the next (empty: it was the last); where to begin instead of at
	 * the first page (borrowed until the first page is there). */
	void (*begin)(void *self);
	enum errc (*page)(void *self, struct str next, struct err *err);
	struct str from;
	/* May be left out: what earlier readings of the list found, borrowed. An entry for which
	 * `each` said recall_note() does not come to it once more with the same bytes, but its note
	 * to `again`. */
	struct recall *recall;
	void (*again)(void *self, const void *note);
	void *self;
	int64_t until_ms; /* a page that cannot be asked for by then ends it with ERR_BUSY; 0: any
			     time */

	/* Results. */
	bool ended;    /* every page came, up to the end of the list */
	bool complete; /* and it is whole: what it does not show is not there */
	uint64_t n;    /* distinct entries */
	uint64_t n_odd;
	unsigned n_pages;
	int64_t total;    /* the largest that was told; -1: none */
	enum errc code;   /* ERR_OK, or why it did not end */
	struct err err;   /* the same as a sentence; of one that ended why it is not whole */
	int64_t uem_code; /* errorCode of the UEM's refusal; 0: none */

	const struct listing_kind *kind;

	/* Private. */
	struct transport *t;
	bool resumed;           /* began at `from`: totals are of more than comes */
	bool unmarked;          /* nothing on the newest page could name a next one */
	struct json_scan *scan; /* of the page that is being read */
	struct buf cursor, name;
	struct seen seen;
	uint64_t *page_digests;
	size_t n_page, cap_page, n_page_odd, n_first;
	unsigned n_empty; /* pages in a row */
};

/* Submits the first page; the others follow while transport_drain() runs. */
void listing_start(struct listing *l, struct transport *t);
void listing_release(struct listing *l);
/* Both, with the drain between them. The list's own failure stands in l->code alone; of
 * listing_read() it is returned as well. */
MUST_CHECK enum errc listing_run(struct listing *l, struct transport *t, struct err *err);
/* listing_run() of a list that may be missing where the service does not give it; that there was no
 * time to ask for it, or that a signal came, is returned. */
MUST_CHECK enum errc listing_run_in_time(struct listing *l, struct transport *t, struct err *err);
MUST_CHECK enum errc listing_read(struct listing *l, struct transport *t, struct err *err);

/* For listing.c: how lists are asked for; `page` counts from 0. */
const struct listing_kind *listing_kind(enum list list);
void listing_ask(
	const struct listing *l, struct str cursor, unsigned page, struct http_request *ret);

#endif
