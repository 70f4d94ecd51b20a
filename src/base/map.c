#include "base/map.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/mem.h"

void map_init(struct map *m, size_t expected)
{
	uint32_t size = 64;

	*m = (struct map){ 0 };
	while (size < expected * 2 && size < (1u << 31))
		size *= 2;
	m->mask = size - 1;
	m->table = mem_zalloc((size_t)size * sizeof(*m->table));
	/* A secret seed keeps chosen keys from piling up in one place. Order never depends on it.
	 */
	if (getrandom(&m->seed, sizeof(m->seed), GRND_NONBLOCK) != (ssize_t)sizeof(m->seed))
		m->seed = 0x9e3779b97f4a7c15u;
}

void map_release(struct map *m)
{
	free(m->bytes);
	free(m->ends);
	free(m->table);
	*m = (struct map){ 0 };
}

static uint64_t hash(const struct map *m, struct str s)
{
	uint64_t h = m->seed ^ (s.n * 0x9fb21c651e98df25u);

	for (size_t i = 0; i < s.n; i += 8) {
		uint64_t w = 0;

		memcpy(&w, s.p + i, s.n - i < 8 ? s.n - i : 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	return h ^ (h >> 29);
}

struct str map_key(const struct map *m, uint32_t slot)
{
	uint32_t from = slot ? m->ends[slot - 1] : 0;

	return (struct str){ m->bytes + from, m->ends[slot] - from };
}

/* The place of the key in the table, or of the free entry where it belongs. */
static uint32_t probe(const struct map *m, struct str key)
{
	uint32_t i = (uint32_t)hash(m, key) & m->mask;

	while (m->table[i] && !str_eq(map_key(m, m->table[i] - 1), key))
		i = (i + 1) & m->mask;
	return i;
}

uint32_t map_find(const struct map *m, struct str key)
{
	uint32_t at = m->table ? m->table[probe(m, key)] : 0;

	return at ? at - 1 : MAP_NONE;
}

static void grow(struct map *m)
{
	free(m->table);
	m->mask = m->mask * 2 + 1;
	m->table = mem_zalloc(((size_t)m->mask + 1) * sizeof(*m->table));
	for (uint32_t i = 0; i < m->n; i++)
		m->table[probe(m, map_key(m, i))] = i + 1;
}

uint32_t map_add(struct map *m, struct str key, bool *ret_new)
{
	uint32_t at = probe(m, key);

	if (ret_new)
		*ret_new = m->table[at] == 0;
	if (m->table[at])
		return m->table[at] - 1;
	if (m->n_bytes + key.n > UINT32_MAX || m->n >= (1u << 31))
		abort();
	while (m->n_bytes + key.n > m->cap_bytes) {
		m->cap_bytes = m->cap_bytes ? m->cap_bytes * 2 : 1024;
		m->bytes = mem_realloc(m->bytes, m->cap_bytes, 1);
	}
	if (key.n)
		memcpy(m->bytes + m->n_bytes, key.p, key.n);
	m->n_bytes += key.n;
	MEM_GROW(m->ends, m->n, m->cap);
	m->ends[m->n] = (uint32_t)m->n_bytes;
	m->table[at] = ++m->n;
	if (m->n > m->mask / 2)
		grow(m);
	return m->n - 1;
}
