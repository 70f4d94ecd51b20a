/*
 * A run in memory: two servers that feed nobody's group but their own, devices with a program each,
 * a clock that stands still; nothing is sent and nothing stored.
 */
#ifndef UNIT_RUN_KIT_H
#define UNIT_RUN_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/time.h"
#include "run/job.h"

enum { SERVER_A, SERVER_B, KIT_START_MS = 1795000000 };

struct run_kit {
	struct settings settings;
	struct clock *clock;
	struct transport *transport;
	struct fleet fleet;
	struct facts facts;
	struct job job;
};

static inline void kit_server(struct run_kit *k, const char *name, uint32_t groups)
{
	struct fleet *f = &k->fleet;

	MEM_GROW(f->servers, f->n_servers, f->cap_servers);
	f->servers[f->n_servers++] = (struct server){
		.id = fleet_intern(f, str_from(name)),
		.name = fleet_intern(f, str_from(name)),
		.groups = groups,
		.device_count = -1,
	};
}

static inline void kit_open(struct run_kit *k)
{
	struct transport_options opt = { .settings = &k->settings, .max_wait_ms = INT64_MAX };
	struct err err;

	*k = (struct run_kit){ .settings = { .has_uem = true, .batch_apple = 1000 } };
	k->settings.apple.client_id = "BUSINESSAPI.x";
	k->settings.rates[RATE_APPLE_READ] = (struct rate){ 20, 60000 };
	k->settings.rates[RATE_APPLE_WRITE] = (struct rate){ 10, 3600000 };
	k->settings.rates[RATE_UEM] = (struct rate){ 300, 60000 };
	k->settings.poll.apple_ms = k->settings.poll.uem_ms = 10000;
	k->settings.timeouts.activity_ms = k->settings.timeouts.sync_ms = 3600000;
	k->settings.timeouts.settle_ms = 60000;
	k->clock = opt.clock = clock_virtual(KIT_START_MS);
	assert_int_equal(transport_open(&k->transport, &opt, &err), ERR_OK);
	fleet_init(&k->fleet);
	kit_server(k, "A", 1);
	kit_server(k, "B", 2);
	k->fleet.n_groups = 2;
	k->fleet.has_servers = k->fleet.has_profiles = true;
	k->fleet.listed_size = k->fleet.org_size = -1;
	k->facts = (struct facts){ .fleet = &k->fleet,
		.transport = k->transport,
		.settings = &k->settings,
		.least = UINT64_MAX };
	k->job = (struct job){ .transport = k->transport,
		.facts = &k->facts,
		.fleet = &k->fleet,
		.settings = &k->settings,
		.waited_ms = TIME_NONE,
		.changed_ms = TIME_NONE,
		.begun_ms = KIT_START_MS };
	map_init(&k->job.protected_since, 0);
	map_init(&k->job.texts, 0);
	arena_init(&k->job.arena);
}

/* A program for the devices that follow. */
static inline void kit_program(struct run_kit *k, const struct step *steps, uint32_t n)
{
	struct job *j = &k->job;
	struct step *kept = arena_alloc(&j->arena, n * sizeof(*kept));
	const struct program source = { .v = kept, .n = n };
	struct err err;

	memcpy(kept, steps, n * sizeof(*kept));
	j->programs = mem_realloc(j->programs, j->n_programs + 1, sizeof(*j->programs));
	assert_int_equal(work_compile(&k->fleet, &source, true, &j->arena,
				 &j->programs[j->n_programs], &err),
		ERR_OK);
	j->n_programs++;
}

/* On server A, listed by group 0; results "" is all of it still to do. */
static inline struct job_device *kit_device(struct run_kit *k, const char *results)
{
	struct job *j = &k->job;
	uint32_t n_steps = j->programs[j->n_programs - 1].n;
	char serial[16];
	struct job_device d = {
		.program = j->n_programs - 1,
		.start = SERVER_A,
		.home = SERVER_A,
		.listed = 1,
		.record_state = RECORD_ENROLLED,
		.results = arena_alloc(&j->arena, WORK_MAX_STEPS + 1),
		.returned = SERVER_NONE,
		.finished_ms = TIME_NONE,
		.vow = MAP_NONE,
		.return_ms = TIME_NONE,
		.sync_ms = TIME_NONE,
		.intent_ms = TIME_NONE,
		.looked_ms = TIME_NONE,
		.good_until_ms = TIME_NONE,
		.outcome = OUTCOME_PENDING,
	};

	(void)snprintf(serial, sizeof(serial), "C02XK%07u", j->n);
	d.slot = fleet_add(&k->fleet, str_from(serial));
	memset(d.results, RESULT_TODO, n_steps);
	d.results[n_steps] = '\0';
	memcpy(d.results, results, strlen(results));
	MEM_GROW(j->devices, j->n, j->cap);
	j->devices[j->n] = d;
	return &j->devices[j->n++];
}

static inline void kit_close(struct run_kit *k)
{
	job_release(&k->job);
	fleet_release(&k->fleet);
	transport_close(k->transport);
	clock_free(k->clock);
}

static struct run_kit k; /* of the program's tests */

static inline int open_kit(void **state)
{
	(void)state;
	kit_open(&k);
	return 0;
}

static inline int close_kit(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

/* A test with an open kit. */
#define ON_KIT(test) cmocka_unit_test_setup_teardown(test, open_kit, close_kit)

#define STEPS(...)                            \
	(const struct step[]){ __VA_ARGS__ }, \
		sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step)
/* One step: its kind, and what it names; STR_NONE: nothing. */
#define STEP_OF(id, ...)                                                        \
	{                                                                       \
		.kind = STEP_##id, .arg = __VA_ARGS__, .deadline_ms = TIME_NONE \
	}

#endif
