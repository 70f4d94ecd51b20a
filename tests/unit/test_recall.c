/* wire/recall, io/json_scan: what is not read again means what it would mean if it were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/json.h"
#include "wire/recall.h"
#include "wire/seen.h"

enum { ENTRIES_MAX = 60, ENTRY_BYTES = 3000, PAGE_BYTES = 256 * 1024, ROUNDS = 4000 };

static uint64_t seed = 1;

static uint32_t dice(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* --- one entry, by hand --- */

static struct recall *second_reading(struct recall **r)
{
	recall_begin(recall_at(r), 1);
	recall_begin(*r, 1);
	return *r;
}

static void keep(struct recall *r, const char *entry, uint64_t digest)
{
	recall_note(r, &digest, sizeof(digest));
	recall_keep(r, str_from(entry), digest);
}

static size_t match(struct recall *r, const char *ahead)
{
	struct recalled found;
	size_t n = recall_match(r, str_from(ahead), &found);
	uint64_t note;

	if (n && n < strlen(ahead)) {
		memcpy(&note, found.note, sizeof(note));
		assert_int_equal(note, found.digest);
	}
	return n;
}

static void an_entry_is_told_by_all_its_bytes(void **state)
{
	struct recall *kept = NULL, *r = second_reading(&kept);
	char other[64];

	(void)state;
	keep(r, "{\"id\":\"ABCDEFGH\"}", 1);
	keep(r, "{\"id\":\"ABCDEFGI\"}", 2); /* in words that differ from the first's */
	for (size_t i = 0; i < strlen("{\"id\":\"ABCDEFGH\"}"); i++) {
		recall_begin(r, 1);
		(void)snprintf(other, sizeof(other), "{\"id\":\"ABCDEFGH\"},");
		other[i] ^= 1;
		assert_int_equal(match(r, other), 0);
		assert_int_equal(match(r, "{\"id\":\"ABCDEFGH\"},"), 17);
		(void)snprintf(other, sizeof(other), "{\"id\":\"ABCDEFGI\"}]");
		other[i] ^= 1;
		assert_int_equal(match(r, other), 0);
		assert_int_equal(match(r, "{\"id\":\"ABCDEFGI\"}]"), 17);
		assert_int_equal(match(r, "{\"id\":\"ABCDEFGI\"}]"), 0);
	}
	recall_free(kept);
}

static void an_entry_ends_where_it_ended(void **state)
{
	struct recall *kept = NULL, *r = second_reading(&kept);

	(void)state;
	keep(r, "12345678", 1);
	recall_begin(r, 1);
	assert_int_equal(match(r, "123456789,"), 0);
	assert_int_equal(match(r, "12345678 ,"), 0);
	assert_int_equal(match(r, "12345678}"), 0);
	/* Whether it ends there is not to be seen. */
	assert_int_equal(match(r, "12345678"), 8);
	assert_int_equal(match(r, "1234"), 8);
	assert_int_equal(match(r, "12345678,"), 8);
	recall_free(kept);
}

static void what_is_of_another_world_is_forgotten(void **state)
{
	struct recall *kept = NULL, *r = second_reading(&kept);

	(void)state;
	keep(r, "[\"ABCDEFGH\"]", 1);
	recall_begin(r, 1);
	assert_int_equal(match(r, "[\"ABCDEFGH\"],"), 12);
	recall_begin(r, 2);
	assert_int_equal(match(r, "[\"ABCDEFGH\"],"), 0);
	assert_int_equal(recall_size(r), 0);
	recall_free(kept);
}

static void a_note_is_of_one_entry(void **state)
{
	struct recall *kept = NULL, *r = second_reading(&kept);
	char long_note[RECALL_NOTE_MAX + 1] = "";

	(void)state;
	keep(r, "[\"ABCDEFGH\"]", 1);
	recall_keep(r, STR("[\"ABCDEFGI\"]"), 2);
	recall_note(r, "x", 1);
	recall_note(r, NULL, 0); /* taken back */
	recall_keep(r, STR("[\"ABCDEFGJ\"]"), 3);
	recall_note(r, long_note, sizeof(long_note));
	recall_keep(r, STR("[\"ABCDEFGK\"]"), 4);
	recall_note(r, "x", 1);
	recall_keep(r, STR("short"), 5);
	assert_int_equal(recall_size(r), 1);
	recall_free(kept);
}

static void a_list_that_is_read_once_is_not_kept(void **state)
{
	struct recall *kept = NULL;

	(void)state;
	recall_begin(recall_at(&kept), 1);
	keep(kept, "[\"ABCDEFGH\"]", 1);
	assert_int_equal(recall_size(kept), 0);
	recall_free(kept);
}

/* --- lists that change, in pieces --- */

struct list {
	char *v[ENTRIES_MAX];
	size_t n;
};

static char *new_entry(void)
{
	static const char *const states[] = { "ASSIGNED", "UNASSIGNED", "\\u0041", "", "\xc3\xa4" };
	uint32_t id = dice(60);

	switch (dice(12)) {
	case 0:
		return mem_printf("%u", dice(1000000000));
	case 1:
		return mem_printf(" {\"id\" : \"C02%07u\", \"s\":[1,{\"a\":null}]}\n", id);
	case 2:
		return mem_printf("{\"id\":%u,\"s\":\"%0*u\"}", id, (int)dice(2500), 7);
	default:
		return mem_printf("{\"id\":\"C02%07u\",\"attributes\":{\"serial\":\"C02%07u\","
				  "\"status\":\"%s\",\"n\":%u}}",
			id, id, states[dice(5)], dice(3));
	}
}

static void drop(struct list *l, size_t i)
{
	free(l->v[i]);
	l->v[i] = l->v[--l->n];
}

static void change(struct list *l)
{
	size_t i = l->n ? dice((uint32_t)l->n) : 0, k = l->n ? dice((uint32_t)l->n) : 0;
	char *held;

	if (l->n < ENTRIES_MAX && (l->n < 20 || dice(4) == 0)) {
		l->v[l->n] = l->n && dice(4) == 0 ? mem_strdup(l->v[i]) : new_entry();
		l->n++;
		return;
	}
	switch (dice(4)) {
	case 0:
		drop(l, i);
		break;
	case 1: /* in another order */
		held = l->v[i];
		l->v[i] = l->v[k];
		l->v[k] = held;
		break;
	case 2:
		free(l->v[i]);
		l->v[i] = new_entry();
		break;
	default: /* as it is */
		break;
	}
}

static void clear(struct list *l)
{
	while (l->n)
		drop(l, 0);
}

/* What comes of one reading, and how. */
struct reading {
	struct recall *recall; /* NULL: everything is read */
	struct json_scan *scan;
	struct buf told;
	unsigned n_known;
};

static uint64_t digest_of(const struct json *v)
{
	const struct json *id = json_get(v, "id");

	return seen_digest(0, json_text(id).n ? json_text(id) : json_text(v));
}

static enum errc take(void *self, const struct json *v, struct err *err)
{
	struct reading *r = self;
	char note[RECALL_NOTE_MAX];
	struct str status = json_text(json_path(v, "attributes.status"));
	int64_t number = -1;
	int n;

	if (!v) {
		buf_printf(&r->told, "?%s\n", err->msg);
		return ERR_OK;
	}
	(void)json_int(json_path(v, "attributes.n"), &number);
	(void)json_int(v, &number);
	n = snprintf(note, sizeof(note), "%.*s %.*s %lld\n",
		STR_FMT(str_head(json_text(json_get(v, "id")), 40)), STR_FMT(status),
		(long long)number);
	assert_in_range(n, 1, sizeof(note) - 1);
	buf_add(&r->told, note, (size_t)n);
	/* Some are told each time. */
	if (r->recall && status.n != 1)
		recall_note(r->recall, note, (size_t)n + 1);
	if (r->recall)
		recall_keep(r->recall, json_scan_text(r->scan), digest_of(v));
	return ERR_OK;
}

static size_t take_known(void *self, struct str ahead)
{
	struct reading *r = self;
	struct recalled known;
	size_t n = recall_match(r->recall, ahead, &known);

	if (n && n < ahead.n) {
		buf_z(&r->told, known.note);
		r->n_known++;
	}
	return n;
}

static void write_page(const struct list *l, struct buf *page)
{
	static const char odd[] = "\"{}[],:0aZ \\\x01\xff";

	buf_reset(page);
	buf_z(page, "{\"a\":[{}],\"data\":[");
	for (size_t i = 0; i < l->n; i++)
		buf_printf(page, "%s%s", i ? "," : "", l->v[i]);
	buf_z(page, "],\"meta\":{\"data\":[1],\"n\" :2}}");
	if (dice(4) == 0)
		page->p[dice((uint32_t)page->n)] = odd[dice(sizeof(odd) - 1)];
	if (dice(20) == 0)
		page->n = dice((uint32_t)page->n);
}

static void read_page(struct reading *r, struct str page, bool in_pieces)
{
	struct json *rest = NULL;
	struct err err = { .code = ERR_OK };
	enum errc rc = ERR_OK;

	r->scan = json_scan_new("data", ENTRY_BYTES, ENTRIES_MAX - 5, take, r);
	if (r->recall)
		json_scan_known(r->scan, take_known);
	while (page.n && !rc) {
		size_t n = in_pieces ? 1 + dice(200) : page.n;

		n = n < page.n ? n : page.n;
		rc = json_scan_feed(r->scan, str_sub(page, 0, n), &err);
		page = str_sub(page, n, page.n - n);
	}
	rc = json_scan_end(r->scan, &rest, &err);
	buf_printf(&r->told, "= %d %s %zu\n", (int)rc, rc ? err.msg : "", json_count(rest));
	json_free(rest);
	json_scan_free(r->scan);
}

static void what_is_known_is_told_as_if_it_were_read(void **state)
{
	struct list l = { .n = 0 };
	struct reading r = { .recall = NULL }, plain = { .recall = NULL };
	struct recall *kept = NULL;
	struct buf page;

	(void)state;
	buf_init(&page, PAGE_BYTES);
	buf_init(&r.told, PAGE_BYTES);
	buf_init(&plain.told, PAGE_BYTES);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (uint32_t n = dice(4); n; n--)
			change(&l);
		if (dice(200) == 0)
			clear(&l);
		write_page(&l, &page);
		r.recall = recall_at(&kept);
		recall_begin(kept, round / 500);
		buf_reset(&r.told);
		buf_reset(&plain.told);
		read_page(&r, buf_view(&page), dice(4) > 0);
		read_page(&plain, buf_view(&page), false);
		if (!str_eq(buf_view(&r.told), buf_view(&plain.told)))
			fail_msg("round %u: %s\n%s\n%s", round, buf_cstr(&page), buf_cstr(&r.told),
				buf_cstr(&plain.told));
	}
	assert_true(r.n_known > ROUNDS * 5);
	clear(&l);
	recall_free(kept);
	buf_release(&page);
	buf_release(&r.told);
	buf_release(&plain.told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_told_by_all_its_bytes),
		cmocka_unit_test(an_entry_ends_where_it_ended),
		cmocka_unit_test(what_is_of_another_world_is_forgotten),
		cmocka_unit_test(a_note_is_of_one_entry),
		cmocka_unit_test(a_list_that_is_read_once_is_not_kept),
		cmocka_unit_test(what_is_known_is_told_as_if_it_were_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
