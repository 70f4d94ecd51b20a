/* What a run remembers of a device: words for people, bytes for the store, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/snapshot.h"

static void know(struct snapshot *s, enum snapshot_part part, const char *text)
{
	s->v[part].state = VALUE_KNOWN;
	s->v[part].text = str_from(text);
}

static struct snapshot sample(void)
{
	struct snapshot s = { 0 };

	know(&s, SNAPSHOT_SERVER, "X;profile=Y");
	know(&s, SNAPSHOT_LISTED, "yes");
	s.v[SNAPSHOT_PROFILE].state = VALUE_ABSENT;
	s.v[SNAPSHOT_RECORD].state = VALUE_UNKNOWN;
	s.v[SNAPSHOT_RELEASED].state = VALUE_ABSENT;
	return s;
}

static void words_are(const struct snapshot *s, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	snapshot_words(s, &b);
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
}

static void test_words(void **state)
{
	struct snapshot s = sample();

	(void)state;
	words_are(&s, "server=X;profile=Y;listed=yes;profile=none;record=unknown");
	assert_true(str_eq(snapshot_word(&s, SNAPSHOT_PROFILE), STR("none")));
	assert_int_equal(snapshot_word(&s, SNAPSHOT_RELEASED).n, 0);
	assert_int_equal(snapshot_text(&s, SNAPSHOT_RECORD).n, 0);
}

/* A name may be anything, also what the words say of something else. */
static void test_there_and_back(void **state)
{
	static const char *const names[] = { "X;profile=Y", "none", "unknown", "{\"server\":null}",
		"a \"quoted\" name", ";", "=" };
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct snapshot s = sample(), back;
		struct buf b;

		know(&s, SNAPSHOT_SERVER, names[i]);
		buf_init(&b, 4096);
		snapshot_encode(&s, &b);
		snapshot_decode(buf_view(&b), &a, &back);
		for (int k = 0; k < SNAPSHOT_MAX_; k++)
			assert_int_equal(back.v[k].state, s.v[k].state);
		assert_true(snapshot_is(&back, SNAPSHOT_SERVER, str_from(names[i])));
		assert_true(snapshot_is(&back, SNAPSHOT_PROFILE, STR_NONE));
		assert_false(snapshot_is(&back, SNAPSHOT_SERVER, STR_NONE));
		buf_release(&b);
	}
	arena_release(&a);
}

/* --- the words that earlier versions stored --- */

static void expect(const char *description, enum snapshot_part part, const char *value)
{
	struct snapshot s;
	struct arena a;
	struct str got;

	arena_init(&a);
	snapshot_decode(str_from(description), &a, &s);
	got = snapshot_word(&s, part);
	if (!str_eq(got, str_from(value)))
		fail_msg("part %d of '%s' is '%.*s', not '%s'", (int)part, description,
			STR_FMT(got), value);
	arena_release(&a);
}

static void finds_each_part(void **state)
{
	const char *d = "status=ASSIGNED;server=WS1 EMEA;listed=yes;profile=Corporate iPads";

	(void)state;
	expect(d, SNAPSHOT_STATUS, "ASSIGNED");
	expect(d, SNAPSHOT_SERVER, "WS1 EMEA");
	expect(d, SNAPSHOT_LISTED, "yes");
	expect(d, SNAPSHOT_PROFILE, "Corporate iPads");
	expect("server=none", SNAPSHOT_SERVER, "none");
}

static void absent_parts_are_empty(void **state)
{
	(void)state;
	expect("", SNAPSHOT_SERVER, "");
	expect("status=ASSIGNED;listed=yes", SNAPSHOT_SERVER, "");
	expect("status=ASSIGNED;listed=yes", SNAPSHOT_PROFILE, "");
	expect("status=ASSIGNED;server=", SNAPSHOT_SERVER, "");
	expect("status=ASSIGNED;old server=A", SNAPSHOT_SERVER, "");
}

static void names_may_hold_separators(void **state)
{
	const char *d = "status=ASSIGNED;server=A;B=C;listed=yes;profile=P;Q";

	(void)state;
	expect(d, SNAPSHOT_SERVER, "A;B=C");
	expect(d, SNAPSHOT_LISTED, "yes");
	expect(d, SNAPSHOT_PROFILE, "P;Q");
}

/* Nothing, and what is damaged, says nothing. */
static void test_rubbish(void **state)
{
	static const char *const texts[] = { "", "{", "{\"server\":", "[1]", "x" };
	struct snapshot s;
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		snapshot_decode(str_from(texts[i]), &a, &s);
		for (int k = 0; k < SNAPSHOT_MAX_; k++)
			assert_int_equal(s.v[k].state, VALUE_UNREAD);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(finds_each_part),
		cmocka_unit_test(absent_parts_are_empty),
		cmocka_unit_test(names_may_hold_separators),
		cmocka_unit_test(test_rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
