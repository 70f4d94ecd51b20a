/* Requests that are counted, and the time that the rates let them take. */
#include "forecast/walk.h"

int64_t walk_later(int64_t at, int64_t wait)
{
	int64_t ret;

	return __builtin_add_overflow(at, wait, &ret) ? INT64_MAX : ret;
}

void walk_send(struct walk *w, enum rate_class rate, uint64_t n)
{
	while (n-- && w->now < INT64_MAX) {
		w->now = rate_when(&w->log[rate], w->now, 1);
		rate_note(&w->log[rate], w->now);
	}
}

void walk_read_apple(struct walk *w, struct cost c)
{
	w->out->apple_listings += c.n_listings;
	w->out->apple_reads += c.n_requests;
	walk_send(w, RATE_APPLE_READ, c.n_requests);
}

void walk_read_uem(struct walk *w, uint64_t n, bool listings)
{
	w->out->uem_listings += listings ? n : 0;
	w->out->uem_reads += n;
	walk_send(w, RATE_UEM, n);
}

/* The details are asked for either way. */
void walk_read_tokens(struct walk *w, uint64_t n_devices)
{
	struct cost c = cost_tokens(w->f, facts_groups(w->f), n_devices);

	walk_read_uem(w, c.n_requests + n_devices, false);
	w->out->uem_listings += c.n_listings;
}
