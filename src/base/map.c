#include "base/map.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h> /* getentropy() where that has it not */

#include "base/mem.h"

void map_release(struct map *m)
{
	free(m->bytes);
	free(m->ends);
	free(m->table);
	*m = (struct map){ 0 };
}

static uint64_t mix(uint64_t h, const char *p, size_t n)
{
	uint64_t w = 0;

	memcpy(&w, p, n);
	h = (h ^ w) * 0x9e3779b97f4a7c15u;
	return h ^ (h >> 32);
}

/* Eight bytes at a time; the last eight may be bytes that were seen before. */
static uint64_t hash(const struct map *m, struct str s)
{
	uint64_t h = m->seed ^ (s.n * 0x9fb21c651e98df25u);

	for (size_t i = 8; i < s.n; i += 8)
		h = mix(h, s.p + i - 8, 8);
	if (s.n >= 8)
		h = mix(h, s.p + s.n - 8, 8);
	else if (s.n)
		h = mix(h, s.p, s.n);
	/* Products carry upwards alone, and keys that were counted up differ in their last bytes.
	 */
	h *= 0xd6e8feb86659fd93u;
	return h ^ (h >> 32);
}

/* The place of the key in the table, or of the free entry where it belongs. Keys are looked at only
 * when the bits of the hash agree that an entry has besides its slot. */
static uint32_t probe(const struct map *m, struct str key, uint64_t h)
{
	uint32_t i = (uint32_t)h & m->mask, tag = (uint32_t)(h >> 32) & ~m->mask;

	while (m->table[i] && ((m->table[i] & ~m->mask) != tag ||
				      !str_eq(map_key(m, (m->table[i] & m->mask) - 1), key)))
		i = (i + 1) & m->mask;
	return i;
}

static uint32_t entry(const struct map *m, uint32_t slot, uint64_t h)
{
	return ((uint32_t)(h >> 32) & ~m->mask) | (slot + 1);
}

uint32_t map_find(const struct map *m, struct str key)
{
	uint32_t at = m->table ? m->table[probe(m, key, hash(m, key))] : 0;

	return at ? (at & m->mask) - 1 : MAP_NONE;
}

/* All keys are known to differ. */
static void rehash(struct map *m, uint32_t mask)
{
	free(m->table);
	m->mask = mask;
	m->table = mem_zalloc_table(((size_t)m->mask + 1) * sizeof(*m->table));
	for (uint32_t i = 0; i < m->n; i++) {
		uint64_t h = hash(m, map_key(m, i));
		uint32_t at = (uint32_t)h & m->mask;

		while (m->table[at])
			at = (at + 1) & m->mask;
		m->table[at] = entry(m, i, h);
	}
}

/* At most three quarters of the places are taken. */
static uint32_t room(uint32_t mask)
{
	return mask / 4 * 3;
}

static uint32_t mask_for(size_t expected)
{
	uint32_t mask = 63;

	while (room(mask) < expected && mask < INT32_MAX)
		mask = mask * 2 + 1;
	return mask;
}

void map_init(struct map *m, size_t expected)
{
	*m = (struct map){ 0 };
	rehash(m, mask_for(expected));
	/* A secret seed keeps chosen keys from piling up in one place. Order never depends on it.
	 */
	if (getentropy(&m->seed, sizeof(m->seed)) != 0)
		m->seed = 0x9e3779b97f4a7c15u;
}

void map_init_short(struct map *m)
{
	map_init(m, 0);
	m->stride = 1;
}

void map_reserve(struct map *m, size_t expected)
{
	uint32_t mask = mask_for(expected);
	size_t n_bytes = m->n ? (m->n_bytes / m->n + 1) * expected : 0;

	if (mask > m->mask)
		rehash(m, mask);
	if (n_bytes > m->cap_bytes) {
		m->cap_bytes = n_bytes;
		m->bytes = mem_reserve(m->bytes, n_bytes, 1);
	}
	if (!m->stride && expected > m->cap) {
		m->cap = (uint32_t)expected;
		m->ends = mem_reserve(m->ends, expected, sizeof(*m->ends));
	}
}

/* --- where the keys are --- */

enum { LONGEST_STRIDE = 16 };

static void room_for(struct map *m, size_t n_bytes)
{
	while (n_bytes > m->cap_bytes) {
		m->cap_bytes = m->cap_bytes ? m->cap_bytes * 2 : 1024;
		m->bytes = mem_realloc(m->bytes, m->cap_bytes, 1);
	}
}

static void put_strided(struct map *m, uint32_t slot, struct str key)
{
	char *to = m->bytes + slot * m->stride;

	if (key.n)
		memmove(to, key.p, key.n);
	to[m->stride - 1] = (char)key.n;
}

/* The last key first: none is written over one that is still to move. */
static void widen(struct map *m, size_t stride)
{
	struct map old = *m;

	room_for(m, m->n * stride);
	old.bytes = m->bytes;
	m->stride = stride;
	for (uint32_t i = m->n; i-- > 0;)
		put_strided(m, i, map_key(&old, i));
	m->n_bytes = m->n * stride;
}

static void leave_stride(struct map *m)
{
	m->cap = m->n;
	m->ends = mem_realloc(NULL, m->cap, sizeof(*m->ends));
	m->n_bytes = 0;
	for (uint32_t i = 0; i < m->n; i++) {
		struct str key = map_key(m, i);

		if (key.n)
			memmove(m->bytes + m->n_bytes, key.p, key.n);
		m->n_bytes += key.n;
		m->ends[i] = (uint32_t)m->n_bytes;
	}
	m->stride = 0;
}

static void append(struct map *m, struct str key)
{
	if (m->stride && key.n >= LONGEST_STRIDE)
		leave_stride(m);
	else if (m->stride && key.n >= m->stride)
		widen(m, key.n + 1);
	if (m->n_bytes + key.n >= UINT32_MAX || m->n >= (1u << 31))
		abort();
	if (m->stride) {
		room_for(m, m->n_bytes + m->stride);
		put_strided(m, m->n++, key);
		m->n_bytes += m->stride;
		return;
	}
	room_for(m, m->n_bytes + key.n);
	if (key.n)
		memcpy(m->bytes + m->n_bytes, key.p, key.n);
	m->n_bytes += key.n;
	MEM_GROW(m->ends, m->n, m->cap);
	m->ends[m->n++] = (uint32_t)m->n_bytes;
}

uint64_t map_expect(const struct map *m, struct str key)
{
	uint64_t h = hash(m, key);

	__builtin_prefetch(&m->table[(uint32_t)h & m->mask]);
	return h;
}

uint32_t map_add(struct map *m, struct str key, bool *ret_new)
{
	return map_add_expected(m, key, hash(m, key), ret_new);
}

uint32_t map_add_expected(struct map *m, struct str key, uint64_t expected, bool *ret_new)
{
	uint32_t at = probe(m, key, expected);

	if (ret_new)
		*ret_new = m->table[at] == 0;
	if (m->table[at])
		return (m->table[at] & m->mask) - 1;
	m->table[at] = entry(m, m->n, expected);
	append(m, key);
	if (m->n > room(m->mask))
		rehash(m, m->mask * 2 + 1);
	return m->n - 1;
}
