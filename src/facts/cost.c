#include "facts/cost.h"

#include "services/apple.h"
#include "services/uem.h"

static uint64_t pages_by(int64_t n, uint64_t page)
{
	return n <= 0 ? 1 : ((uint64_t)n + page - 1) / page;
}

static uint64_t pages_of(int64_t n)
{
	return pages_by(n, APPLE_PAGE_LIMIT);
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

/* As long as its list; before that is read, as long as the servers that feed it. */
static int64_t group_size(const struct fleet *f, uint32_t group)
{
	int64_t n = 0;

	if (f->groups[group].last_size >= 0)
		return f->groups[group].last_size;
	for (uint32_t i = 0; i < f->n_servers; i++)
		if (fleet_groups_of(f, i) >> group & 1u && f->servers[i].device_count > 0)
			n += f->servers[i].device_count;
	return n;
}

struct cost cost_tokens(const struct fleet *f, uint32_t groups, uint64_t n)
{
	uint64_t n_pages = 0;

	for (uint32_t g = 0; g < f->n_groups; g++)
		if (groups >> g & 1u)
			n_pages += pages_by(group_size(f, g), UEM_PAGE_SIZE);
	return cheaper(n, (uint32_t)__builtin_popcount(groups), n_pages);
}
