/* run/job: what becomes of a device as its steps pass and fail; run/bisect: who is found guilty,
 * and in how many activities. */
#include "run_kit.h"

#include "run/bisect.h"
#include "run/request.h"
#include "services/apple.h"

/* --- one device --- */

/* What happens to the next step: its letter; f, u: it fails for good, or nobody knows; t: what
 * follows is left out but for the way back; r: the same because the run ends. */
static void happens(struct job_device *d, char what)
{
	switch (what) {
	case 'f':
		job_fail(&k.job, d, OUTCOME_FAILED, REASON_APPLE_REFUSED, NULL);
		break;
	case 'u':
		job_fail(&k.job, d, OUTCOME_UNVERIFIED, REASON_APPLE_NOT_PROVED, NULL);
		break;
	case 't':
		(void)job_turn_back(&k.job, d, OUTCOME_DRIFTED, REASON_STATE_DRIFTED);
		break;
	case 'r':
		(void)job_turn_back(&k.job, d, OUTCOME_PENDING, REASON_RUN_STOPPED);
		break;
	default:
		job_pass(&k.job, d, what);
	}
}

struct life {
	const char *what, *results;
	enum outcome outcome;
	enum reason reason;
	bool settled;
};

/* Counting those that changed comes to the same as counting all. */
static void assert_counted(struct job *j)
{
	uint32_t settled = 0, failed = 0, off = 0;

	job_count(j);
	job_written(j);
	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *d = &j->devices[i];

		settled += job_is_settled(d);
		failed += job_is_settled(d) && outcome_info(d->outcome)->exit_status != 0;
		if (job_is_to_return(j, d))
			assert_true(off < j->n_off && j->off[off++] == i);
	}
	assert_int_equal(j->n_settled, settled);
	assert_int_equal(j->n_failed, failed);
	assert_int_equal(j->n_off, off);
}

static void live(const struct life *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct job_device *d = kit_device(&k, "");

		for (const char *p = v[i].what; *p; p++) {
			happens(d, *p);
			assert_counted(&k.job);
		}
		if (strcmp(d->results, v[i].results) || d->outcome != v[i].outcome ||
			d->reason != v[i].reason || job_is_settled(d) != v[i].settled)
			fail_msg("%s: %s %s %s%s", v[i].what, d->results,
				outcome_info(d->outcome)->word, reason_info(d->reason)->code,
				job_is_settled(d) ? "" : " goes on");
		assert_int_equal(job_is_settled(d), d->finished_ms != TIME_NONE);
	}
}
#define LIVE(v) live(v, sizeof(v) / sizeof(*(v)))

static void a_move_ends(void **state)
{
	static const struct life lives[] = {
		{ "+++", "+++", OUTCOME_DONE, REASON_STATE_DONE, true },
		{ "===", "===", OUTCOME_UNCHANGED, REASON_STATE_HOLDS, true },
		{ "=+=", "=+=", OUTCOME_DONE, REASON_STATE_DONE, true },
		{ "", "...", OUTCOME_PENDING, REASON_NONE, false },
		{ "+", "+..", OUTCOME_PENDING, REASON_NONE, false },
		{ "f", "!--", OUTCOME_FAILED, REASON_APPLE_REFUSED, true },
		/* It may be off its server: nothing is left out before that is known. */
		{ "u", "...", OUTCOME_IN_FLIGHT, REASON_APPLE_NOT_PROVED, false },
		/* It is off its server: the put-back stays to be done. */
		{ "+f", "+..", OUTCOME_IN_FLIGHT, REASON_RUN_IN_FLIGHT, false },
		{ "+u", "+..", OUTCOME_IN_FLIGHT, REASON_RUN_IN_FLIGHT, false },
		{ "++f", "++!", OUTCOME_FAILED, REASON_APPLE_REFUSED, true },
		{ "++u", "++?", OUTCOME_UNVERIFIED, REASON_APPLE_NOT_PROVED, true },
		{ "+r+", "++-", OUTCOME_RESTORED, REASON_RUN_PUT_BACK, true },
	};

	(void)state;
	kit_program(&k, STEPS(STEP_OF(UNASSIGN, STR_NONE), STEP_OF(REASSIGN, STR("B")),
				STEP_OF(SYNC, STR_NONE)));
	LIVE(lives);
}

/* What fails between the way off and the way back leads back, and is told in the end. */
static void a_detour_leads_back(void **state)
{
	static const struct life lives[] = {
		{ "++++", "++++", OUTCOME_DONE, REASON_STATE_DONE, true },
		{ "+f", "+!.-", OUTCOME_FAILED, REASON_APPLE_REFUSED, false },
		{ "+f+", "+!+-", OUTCOME_FAILED, REASON_APPLE_REFUSED, true },
		{ "+u+", "+?+-", OUTCOME_UNVERIFIED, REASON_APPLE_NOT_PROVED, true },
		{ "+t+", "+-+-", OUTCOME_DRIFTED, REASON_STATE_DRIFTED, true },
		{ "+t=", "+-=-", OUTCOME_DRIFTED, REASON_STATE_DRIFTED, true },
		{ "+r+", "+-+-", OUTCOME_RESTORED, REASON_RUN_PUT_BACK, true },
		{ "=t", "=...", OUTCOME_PENDING, REASON_NONE, false },
		{ "f", "!---", OUTCOME_FAILED, REASON_APPLE_REFUSED, true },
	};

	(void)state;
	kit_program(&k, STEPS(STEP_OF(UNASSIGN, STR_NONE), STEP_OF(SYNC, STR_NONE),
				STEP_OF(REASSIGN, STR_NONE), STEP_OF(REMOVE_PROFILE, STR_NONE)));
	LIVE(lives);
}

static void a_person_has_the_last_word(void **state)
{
	static const struct life advised[] = {
		{ "+", "+", OUTCOME_MANUAL, REASON_RULE_ADVISE, true },
		{ "=", "=", OUTCOME_MANUAL, REASON_RULE_ADVISE, true },
		{ "f", "!", OUTCOME_FAILED, REASON_APPLE_REFUSED, true },
	};
	static const struct life noted[] = {
		{ "+", "+", OUTCOME_DONE, REASON_STATE_DONE, true },
		{ "=", "=", OUTCOME_UNCHANGED, REASON_STATE_HOLDS, true },
	};

	(void)state;
	kit_program(&k, STEPS(STEP_OF(REASSIGN, STR("B")), STEP_OF(ADVISE, STR("call the user"))));
	LIVE(advised);
	assert_string_equal(k.job.devices[0].detail, "call the user");
	kit_program(&k, STEPS(STEP_OF(REASSIGN, STR("B")), STEP_OF(NOTE, STR("was lent"))));
	LIVE(noted);
	assert_string_equal(k.job.devices[3].detail, "was lent");
}

/* Custody ends with the proved way back, or with an end in which two looks saw it on a server. */
static void custody_ends_when_it_is_back(void **state)
{
	struct job_device *d;

	(void)state;
	kit_program(&k, STEPS(STEP_OF(UNASSIGN, STR_NONE), STEP_OF(REASSIGN, STR("B")),
				STEP_OF(SYNC, STR_NONE)));
	d = kit_device(&k, "");
	d->custody = true;
	happens(d, '+');
	assert_true(job_is_off(&k.job, d) && job_is_put_back(&k.job, d));
	happens(d, '+');
	assert_true(d->custody); /* one look alone may have been a stale one */
	d = kit_device(&k, "+");
	d->custody = d->sure = true;
	happens(d, '+');
	assert_false(d->custody);
	assert_int_equal(k.job.n_ops, 1);
	assert_int_equal(k.job.ops[0].what, CUSTODY_OVER);
	assert_int_equal(k.job.ops[0].device, 1);
	assert_false(job_is_off(&k.job, d));
}

/* --- who made Apple refuse --- */

enum { MOST = 70 };

/* The devices of the next activity: those of one number who wait for nobody. */
static uint32_t next_batch(const struct job *j, uint32_t *ret)
{
	uint32_t n = 0, batch = 0;

	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *d = &j->devices[i];

		if (job_is_settled(d) || bisect_waits(j, d) || (n && d->batch != batch))
			continue;
		batch = d->batch;
		ret[n++] = i;
		if (bisect_alone(d))
			break;
	}
	return n;
}

static uint32_t search(struct job *j, const bool *guilty)
{
	uint32_t devices[MOST], n, n_sent = 0;

	while ((n = next_batch(j, devices))) {
		struct open_request *r = job_open(j, STEP_REASSIGN, SERVER_B);
		bool refused = false;

		r->n = n;
		r->devices = mem_alloc(n * sizeof(*r->devices));
		memcpy(r->devices, devices, n * sizeof(*devices));
		for (uint32_t i = 0; i < n; i++)
			refused |= guilty[devices[i]];
		if (refused) {
			bisect_refused(r, "no");
		} else {
			bisect_taken(r);
			for (uint32_t i = 0; i < n; i++)
				job_pass(j, &j->devices[devices[i]], RESULT_DONE);
		}
		job_close(j, r);
		assert_true(++n_sent < 20 * MOST);
	}
	return n_sent;
}

static uint32_t log2_up(uint32_t n)
{
	uint32_t bits = 0;

	while (1u << bits < n)
		bits++;
	return bits;
}

/* Five of the same code in a row stop the run, also of a code as long as the codec passes on; one
 * that is another, or a change that is taken, begins anew. */
static void refusals_of_the_account_stop(void **state)
{
	char code[sizeof((struct apple_error){ 0 }.code)], other[sizeof(code)];
	struct err err = { .code = ERR_REFUSED };

	(void)state;
	memset(code, 'A', sizeof(code) - 1);
	code[sizeof(code) - 1] = '\0';
	memcpy(other, code, sizeof(code));
	other[sizeof(code) - 2] = 'B';
	kit_open(&k);
	for (int i = 0; i < 4; i++)
		job_account_refused(&k.job, SERVICE_APPLE, code, &err);
	job_account_refused(&k.job, SERVICE_APPLE, other, &err);
	assert_int_equal(k.job.stop, ERR_OK);
	for (int i = 0; i < 4; i++)
		job_account_refused(&k.job, SERVICE_APPLE, code, &err);
	job_account_refused(&k.job, SERVICE_UEM, code, &err);
	assert_int_equal(k.job.stop, ERR_OK);
	job_account_refused(&k.job, SERVICE_APPLE, code, &err);
	assert_int_equal(k.job.stop, ERR_GUARD);
	kit_close(&k);
}

/* The guilty fail, the others do not, in as many activities as run/bisect.c says at most. */
static void the_guilty_alone_fail(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (uint32_t n = 1; n <= MOST; n += n < 12 ? 1 : 7)
		for (uint32_t n_guilty = 0; n_guilty <= 3 && n_guilty <= n; n_guilty++) {
			bool guilty[MOST] = { false };
			uint32_t most = 1 + n_guilty * (log2_up(n) + 1) + (n_guilty > 2);

			for (uint32_t found = 0; found < n_guilty;) {
				uint32_t i = (seed = seed * 1103515245 + 12345) / 65536 % n;

				found += !guilty[i];
				guilty[i] = true;
			}
			kit_open(&k);
			kit_program(&k, STEPS(STEP_OF(REASSIGN, STR("B"))));
			for (uint32_t i = 0; i < n; i++)
				(void)kit_device(&k, "");
			assert_in_range(search(&k.job, guilty), 1, most);
			for (uint32_t i = 0; i < n; i++) {
				assert_int_equal(k.job.devices[i].outcome,
					guilty[i] ? OUTCOME_FAILED : OUTCOME_DONE);
				assert_int_equal(k.job.devices[i].reason,
					guilty[i] ? REASON_APPLE_REFUSED : REASON_STATE_DONE);
			}
			kit_close(&k);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_KIT(a_move_ends),
		ON_KIT(a_detour_leads_back),
		ON_KIT(a_person_has_the_last_word),
		ON_KIT(custody_ends_when_it_is_back),
		cmocka_unit_test(refusals_of_the_account_stop),
		cmocka_unit_test(the_guilty_alone_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
