/* undo/inverse: what a run did to a device, and the steps that lead back. */
#include "run_kit.h"

#include "base/buf.h"
#include "model/program.h"
#include "undo/inverse.h"

static struct deeds deeds_of(const struct step *v, size_t n, const char *results, uint32_t open)
{
	const struct program source = { .v = v, .n = (uint32_t)n };
	struct deeds d = { 0 };
	struct buf program;
	struct err err;

	buf_init(&program, 4096);
	buf_init(&d.lost, 1024);
	program_encode(&source, &program);
	assert_int_equal(
		deeds_read(buf_view(&program), str_from(results), open, &k.job.arena, &d, &err),
		ERR_OK);
	buf_release(&program);
	return d;
}

static struct snapshot state_of(const char *server, const char *listed, const char *profile)
{
	const char *const words[] = { server, listed, profile };
	const enum snapshot_part parts[] = { SNAPSHOT_SERVER, SNAPSHOT_LISTED, SNAPSHOT_PROFILE };
	struct snapshot s = { 0 };

	for (int i = 0; i < SNAPSHOT_MAX_; i++)
		s.v[i].state = VALUE_UNREAD;
	for (int i = 0; i < 3; i++) {
		s.v[parts[i]].state = *words[i] ? VALUE_KNOWN : VALUE_ABSENT;
		s.v[parts[i]].text = str_from(words[i]);
	}
	return s;
}

static void leads_back_by(const struct deeds *d, const struct undone *u, const char *want)
{
	struct inverse inv = { .n = 0 };
	struct buf b;

	inverse_of(&k.fleet, &k.settings, d, u, &inv);
	buf_init(&b, 1000);
	for (uint32_t i = 0; i < inv.n; i++) {
		buf_z(&b, i ? " " : "");
		step_words(&inv.v[i], &b);
	}
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
}

/* Only what was sent counts, proved or not; what is over without it does not. */
static void what_was_done(void **state)
{
	static const struct step move[] = { STEP_OF(UNASSIGN, { "", 0 }), STEP_OF(SYNC, { "", 0 }),
		STEP_OF(REASSIGN, { "B", 1 }), STEP_OF(ASSIGN_PROFILE, { "P", 1 }),
		STEP_OF(WIPE, { "", 0 }), STEP_OF(RELEASE, { "", 0 }) };
	static const struct {
		const char *results, *lost;
		uint32_t open;
		bool moved, profiled, released, is_open;
	} cases[] = {
		{ "......", "", 0, false, false, false, false },
		{ "===...", "", 0, false, false, false, false },
		{ "!-----", "", 0, false, false, false, false },
		{ "?-----", "", 0, true, false, false, false },
		{ "+++...", "", 0, true, false, false, false },
		{ "===+..", "", 0, false, true, false, false },
		{ "====+.", "wipe", 0, false, false, false, false },
		{ "====?+", "wipe, release", 0, false, false, true, false },
		{ "====..", "wipe", 1u << STEP_WIPE, false, false, false, true },
		{ "+++", "", 0, true, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct deeds d = deeds_of(
			move, sizeof(move) / sizeof(*move), cases[i].results, cases[i].open);

		assert_int_equal(d.moved, cases[i].moved);
		assert_int_equal(d.profiled, cases[i].profiled);
		assert_int_equal(d.released, cases[i].released);
		assert_int_equal(d.open, cases[i].is_open);
		assert_true(d.synced);
		assert_string_equal(buf_cstr(&d.lost), cases[i].lost);
		buf_release(&d.lost);
	}
}

static void the_way_back(void **state)
{
	static const struct {
		bool moved, migrated, profiled, synced;
		uint32_t start;
		const char *before[3], *after[3], *want;
	} cases[] = {
		{ true, false, false, true, SERVER_A, { "A", "yes", "P" }, { "B", "no", "" },
			"reassign(A) sync assign_profile(P)" },
		{ true, false, false, false, SERVER_A, { "A", "yes", "P" }, { "B", "no", "" },
			"reassign(A)" },
		/* A record that comes anew comes without a profile: none is taken. */
		{ true, false, false, true, SERVER_A, { "A", "yes", "" }, { "B", "no", "" },
			"reassign(A) sync" },
		{ true, false, false, true, SERVER_NONE, { "", "no", "" }, { "B", "yes", "Q" },
			"unassign sync" },
		/* It is back already: only what the UEM was told is led back. */
		{ true, false, true, true, SERVER_A, { "A", "yes", "" }, { "A", "yes", "Q" },
			"remove_profile" },
		{ false, false, true, false, SERVER_A, { "A", "yes", "P" }, { "A", "yes", "Q" },
			"assign_profile(P)" },
		{ false, false, true, false, SERVER_A, { "A", "no", "P" }, { "A", "no", "" }, "" },
		{ true, true, false, false, SERVER_A, { "A", "yes", "P" }, { "B", "yes", "P" },
			"cancel_migration reassign(A)" },
		{ false, false, false, true, SERVER_A, { "A", "yes", "P" }, { "A", "yes", "P" },
			"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const *b = cases[i].before, *const *a = cases[i].after;
		const struct deeds d = { .moved = cases[i].moved,
			.migrated = cases[i].migrated,
			.profiled = cases[i].profiled,
			.synced = cases[i].synced };
		const struct undone u = { .start = cases[i].start,
			.before = state_of(b[0], b[1], b[2]),
			.after = state_of(a[0], a[1], a[2]) };

		leads_back_by(&d, &u, cases[i].want);
	}
}

/* Without a UEM nothing is asked of it; `sync:` of the settings stands in for the sync. */
static void without_a_uem(void **state)
{
	const struct deeds d = { .moved = true, .synced = true, .profiled = true };
	const struct undone u = { .start = SERVER_A,
		.before = state_of("A", "yes", "P"),
		.after = state_of("B", "no", "") };

	(void)state;
	k.settings.has_uem = false;
	k.settings.sync.wait_ms = -1;
	leads_back_by(&d, &u, "reassign(A)");
	k.settings.sync.wait_ms = 60000;
	leads_back_by(&d, &u, "reassign(A) sync");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_KIT(what_was_done),
		ON_KIT(the_way_back),
		ON_KIT(without_a_uem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
