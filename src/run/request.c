/*
 * A change under way: which devices it names, as long as nobody else may touch them.
 */
#include "run/request.h"

#include <stdlib.h>

#include "base/mem.h"
#include "run/job.h"

struct open_request *job_open(struct job *j, enum step_kind kind, uint32_t server)
{
	struct open_request *r = mem_zalloc(sizeof(*r));

	r->kind = kind;
	r->server = server;
	r->about = MAP_NONE;
	r->not_after_ms = INT64_MAX;
	r->sent_ms = r->ended_ms = r->until_ms = r->missed_ms = TIME_NONE;
	r->job = j;
	MEM_GROW(j->open, j->n_open, j->cap_open);
	j->open[j->n_open++] = r;
	return r;
}

struct open_request *job_open_for(struct job *j, enum step_kind kind, uint32_t server,
	const uint32_t *devices, uint32_t n,
	void (*take)(struct open_request *r, const struct http_reply *reply))
{
	struct open_request *r = job_open(j, kind, server);

	r->take = take;
	r->devices = mem_alloc(n * sizeof(*r->devices));
	r->n = n;
	for (uint32_t i = 0; i < n; i++) {
		r->devices[i] = devices[i];
		job_move(&j->devices[devices[i]], ON_NAMED);
	}
	return r;
}

void job_close(struct job *j, struct open_request *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		job_move(&j->devices[r->devices[i]], ON_FREED);
	for (uint32_t i = 0; i < j->n_open; i++)
		if (j->open[i] == r) {
			j->open[i] = j->open[--j->n_open];
			break;
		}
	free(r->devices);
	free(r);
}

struct str request_target(const struct open_request *r)
{
	if (r->about != MAP_NONE)
		return fleet_text(r->job->fleet, r->about);
	return fleet_server_id(r->job->fleet, r->server);
}

void job_refuse_one(
	struct open_request *r, struct job_device *d, enum reason reason, const char *detail)
{
	job_fail(r->job, d, OUTCOME_FAILED, reason, detail);
	job_tell(r->job, OPEN_CLOSED_ONE, r->id, d);
	if (step_info(r->kind)->irreversible)
		job_tell(r->job, DEED_NOT_DONE, r->id, d);
}
