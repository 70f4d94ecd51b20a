#include "rehearse/rehearse.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/program.h"
#include "os/stop.h"
#include "plan/audit.h"
#include "plan/guard.h"
#include "plan/limits.h"

enum { TEXT_MAX_BYTES = 1024 * 1024 };

enum errc rehearsal_open(struct rehearsal *r, struct err *err)
{
	enum errc rc = stop_open(err);

	*r = (struct rehearsal){ .started_ms = TIME_NONE };
	buf_init(&r->guards, TEXT_MAX_BYTES);
	return rc ? rc : world_open(&r->world, err);
}

/* --- the way to a run --- */

static enum errc start_world(struct rehearsal *r, struct err *err)
{
	const struct rehearsal_options *opt = r->opt;
	const struct fleet_source source = {
		.input = opt->input,
		.rules = opt->rules,
		.settings = *opt->settings,
		.inventory = opt->inventory,
		.assumed = opt->assumed,
	};
	enum errc rc = rehearse_fleet_write(&r->fleet, &source, r->world.fleet, err);

	if (!rc)
		rc = world_start(&r->world, &r->fleet, opt->scenarios, opt->seed, err);
	if (!rc)
		rc = world_settings(&r->world, opt->settings, &r->fleet, opt->diags, err);
	if (!rc)
		limits_allow_in_flight(*opt->settings, opt->allowed);
	return rc;
}

static enum errc connect(struct rehearsal *r, struct err *err)
{
	const struct rehearsal_options *opt = r->opt;
	const struct session_options session = {
		.exclusive = "rehearse",
		.max_wait_ms = opt->max_wait_ms,
		.rehearsal = true,
		.network = STORE_ANYWHERE,
		.from_ms = opt->from_ms,
		.pulse = opt->pulse,
		.pulse_self = opt->progress_self,
	};
	enum errc rc = run_identity(
		opt->input, opt->rules, (*opt->settings)->apple.account, r->identity, err);

	if (!rc)
		rc = session_open(&r->session, *opt->settings, &session, err);
	if (!rc)
		rc = session_connect(&r->session, err);
	if (!rc)
		r->started_ms = transport_now(r->session.transport);
	return rc;
}

static enum errc make_plan(struct rehearsal *r, struct err *err)
{
	r->plan_options = (struct plan_options){
		.settings = *r->opt->settings,
		.facts = &r->session.facts,
		.simulated = true,
		.protected_serials = r->opt->protected_serials,
		.now_ms = r->opt->now_ms != TIME_NONE ? r->opt->now_ms
						      : clock_now(r->session.clock),
		.limit = r->opt->limit,
	};
	r->has_plan = true;
	return plan_build(&r->plan, r->opt->input, r->opt->rules, &r->plan_options, err);
}

static void note_guard(void *self, const struct guard_finding *f)
{
	struct rehearsal *r = self;

	if (f->says)
		buf_printf(&r->guards, "%s\n", f->says);
}

/* How large the organization is, only an inventory knows. */
static enum errc ask_guards(struct rehearsal *r, struct err *err)
{
	const struct rules_policy *policy = rules_policy(r->opt->rules);
	const char **allowed;
	size_t n = 0;
	enum errc rc;

	if (r->fleet.has_inventory)
		return guard_each(&r->plan, policy, r->opt->allowed, note_guard, r, err);
	while (r->opt->allowed[n])
		n++;
	allowed = mem_realloc(NULL, n + 2, sizeof(*allowed));
	for (size_t i = 0; i < n; i++)
		allowed[i] = r->opt->allowed[i];
	allowed[n] = "percent=100";
	allowed[n + 1] = NULL;
	rc = guard_each(&r->plan, policy, allowed, note_guard, r, err);
	free(allowed);
	return rc;
}

static enum errc freeze(struct rehearsal *r, struct err *err)
{
	struct buf audit;
	struct freeze f = {
		.input_path = r->opt->input_path,
		.identity = r->identity,
		.policy = rules_policy(r->opt->rules),
	};
	enum errc rc;

	buf_init(&audit, TEXT_MAX_BYTES);
	audit_describe(&r->plan, *r->opt->settings, NULL, &audit);
	f.audit = buf_view(&audit);
	rc = run_freeze(&r->plan, r->session.store, &f, r->started_ms, &r->run, err);
	r->has_run = !rc;
	buf_release(&audit);
	return rc;
}

/* --- the worst case --- */

static bool begins_off(const struct work_program *program, struct str results)
{
	for (uint32_t i = 0; i < program->n && i < results.n; i++)
		if (results.p[i] == RESULT_TODO)
			return step_info(program->v[i].kind)->takes_off;
	return false;
}

static enum errc note_device(void *self, const struct device_record *d, struct err *err)
{
	struct rehearsal *r = self;
	struct work_program work;
	struct program program;
	struct arena arena;
	enum errc rc;

	arena_init(&arena);
	rc = program_decode(d->program, &arena, &program, err);
	if (!rc) {
		work_outline(&program, &arena, &work);
		while (r->n_waves <= d->wave) {
			MEM_GROW(r->waves, r->n_waves, r->cap_waves);
			r->waves[r->n_waves++] = (struct worst_case){ 0 };
		}
		r->waves[d->wave].devices++;
		r->waves[d->wave].off += begins_off(&work, d->results);
	}
	arena_release(&arena);
	return rc;
}

/* --- the run --- */

static enum errc work(struct rehearsal *r, struct err *err)
{
	bool for_good = rules_decide_for_good(r->opt->rules);
	const struct surroundings s = {
		.store = r->session.store,
		.transport = r->session.transport,
		.facts = &r->session.facts,
		.settings = *r->opt->settings,
		.halt_failed_percent = r->opt->past_halt
					       ? 100
					       : rules_policy(r->opt->rules)->halt_failed_percent,
		.again = for_good ? &r->again : NULL,
		.planned_ms = r->started_ms,
		.progress = r->opt->progress,
		.progress_self = r->opt->progress_self,
	};

	r->again = (struct again){ r->opt->rules, r->opt->input, &r->session.facts };
	return run_work(&s, r->run.id, err);
}

enum errc rehearsal_run(struct rehearsal *r, const struct rehearsal_options *opt, struct err *err)
{
	enum errc rc;

	r->opt = opt;
	rc = start_world(r, err);
	if (!rc)
		rc = connect(r, err);
	if (!rc)
		rc = make_plan(r, err);
	if (!rc)
		rc = ask_guards(r, err);
	if (!rc)
		rc = freeze(r, err);
	if (!rc)
		rc = store_devices(r->session.store, r->run.id, note_device, r, err);
	return rc ? rc : work(r, err);
}

enum errc rehearsal_end(struct rehearsal *r, const char *audit, struct err *err)
{
	enum errc rc = ERR_OK;

	if (r->started_ms != TIME_NONE) {
		r->sent = transport_counts(r->session.transport);
		r->took_ms = transport_now(r->session.transport) - r->started_ms;
	}
	world_stop(&r->world);
	if (audit)
		rc = world_keep_audit(&r->world, audit, err);
	return rc ? rc : world_extra_effects(&r->world, &r->extra, err);
}

void rehearsal_release(struct rehearsal *r)
{
	if (r->has_plan)
		plan_release(&r->plan);
	session_close(&r->session);
	rehearse_fleet_release(&r->fleet);
	world_close(&r->world);
	buf_release(&r->guards);
	free(r->waves);
}
