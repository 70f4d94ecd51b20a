#include "engine/cost.h"

#include "services/apple.h"

static uint64_t pages_of(int64_t n)
{
	return n <= 0 ? 1 : ((uint64_t)n + APPLE_PAGE_LIMIT - 1) / APPLE_PAGE_LIMIT;
}

/* The cheaper one; on a draw the listing, which also shows what nobody asked for. */
static struct cost cheaper(uint64_t n, uint32_t n_listings, uint64_t pages)
{
	return n < pages ? (struct cost){ false, 0, n, pages }
			 : (struct cost){ true, n_listings, pages, n };
}

struct cost cost_devices(const struct fleet *f, uint64_t n)
{
	int64_t size = f->listed_size < 0 ? 0 : f->listed_size;

	for (uint32_t i = 0; f->listed_size < 0 && i < f->n_servers; i++)
		if (f->servers[i].device_count > 0)
			size += f->servers[i].device_count;
	return cheaper(n, 1, pages_of(size));
}

struct cost cost_servers(const struct fleet *f, uint64_t n)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < f->n_servers; i++)
		pages += pages_of(f->servers[i].device_count);
	return cheaper(n, f->n_servers, pages);
}

struct cost cost_on_server(const struct fleet *f, uint32_t server, uint64_t n)
{
	return cheaper(n, 1, pages_of(f->servers[server].device_count));
}
