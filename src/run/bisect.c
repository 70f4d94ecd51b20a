/*
 * Whose fault a refusal is, when Apple does not say. One activity at a time narrows it down:
 *
 *	FIRST   half of those among whom a culprit is; sent
 *	SECOND  the other half. When FIRST is taken the culprit is here, and FIRST is done; when it
 *	        is refused the culprit is there, and these join
 *	REST    about whom nothing is known; sent together, once a culprit is found
 *	LONE    the last of its half. Its refusal is sure when as many as were last refused with it
 *	        have been taken without it: so it was not their number. Else it is sent alone, last
 *
 * So k culprits among n cost k * (ceil(log2 n) + 1) more activities than none, or fewer; with more
 * than two of them, at few places, one more.
 */
#include "run/bisect.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "run/job.h"

/* job_device.batch is search * ROLES + role; 0: of no search. */
enum role { FIRST, SECOND, REST, LONE, ROLES };

static bool has_role(const struct job_device *d, uint32_t search, enum role role)
{
	return job_goes_on(d) && d->batch == search * ROLES + role;
}

bool bisect_waits(const struct job *j, const struct job_device *d)
{
	uint32_t search = d->batch / ROLES, role = d->batch % ROLES;

	for (uint32_t i = 0; search && i < j->n; i++)
		for (uint32_t before = 0; before < role; before++)
			if (has_role(&j->devices[i], search, before))
				return true;
	return false;
}

bool bisect_alone(const struct job_device *d)
{
	return d->batch && d->batch % ROLES == LONE;
}

static void halve(struct job *j, uint32_t search, const uint32_t *devices, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		j->devices[devices[i]].batch = search * ROLES + (i < n / 2 ? FIRST : SECOND);
}

/* Indexes of those with a role; caller frees. */
static uint32_t *members(const struct job *j, uint32_t search, enum role role, uint32_t *ret_n)
{
	uint32_t *v = mem_alloc((j->n + 1) * sizeof(*v));

	*ret_n = 0;
	for (uint32_t i = 0; i < j->n; i++)
		if (has_role(&j->devices[i], search, role))
			v[(*ret_n)++] = i;
	return v;
}

void bisect_refused(struct open_request *r, const char *detail)
{
	struct job *j = r->job;
	uint32_t batch = j->devices[r->devices[0]].batch, search = batch / ROLES, n;
	uint32_t *second;
	struct bisect *s;

	if (!search) {
		MEM_GROW(j->searches, j->n_searches, j->cap_searches);
		j->searches[j->n_searches] = (struct bisect){ 0 };
		search = ++j->n_searches;
	}
	s = &j->searches[search - 1];
	s->n_refused = r->n;
	(void)snprintf(s->detail, sizeof(s->detail), "%s", detail);
	second = members(j, search, SECOND, &n);
	for (uint32_t i = 0; i < n; i++)
		j->devices[second[i]].batch = search * ROLES + REST;
	free(second);
	if (r->n > 1)
		halve(j, search, r->devices, r->n);
	else
		job_fail(j, &j->devices[r->devices[0]], OUTCOME_FAILED, REASON_APPLE_REFUSED,
			detail);
}

/* n: taken without them. */
static void convict(struct job *j, uint32_t search, uint32_t n)
{
	uint32_t n_lone, *lone = members(j, search, LONE, &n_lone);

	for (uint32_t i = 0; i < n_lone; i++) {
		struct job_device *d = &j->devices[lone[i]];

		if (d->n_refused <= n)
			job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_REFUSED, d->detail);
	}
	free(lone);
}

/* Among whom the culprit has to be, once all of the first half was taken: limits.in_flight may have
 * cut it in parts. */
static void narrow(struct job *j, uint32_t search)
{
	struct bisect *s = &j->searches[search - 1];
	uint32_t n, *second = members(j, search, SECOND, &n);

	if (n > 0 && bisect_waits(j, &j->devices[second[0]]))
		n = 0;
	if (n > 1) {
		halve(j, search, second, n);
	} else if (n == 1) {
		struct job_device *d = &j->devices[second[0]];

		d->batch = search * ROLES + LONE;
		d->detail = arena_dup(&j->arena, str_from(s->detail)).p;
		d->n_refused = s->n_refused;
	}
	free(second);
}

void bisect_taken(struct open_request *r)
{
	struct job *j = r->job;
	uint32_t batch = j->devices[r->devices[0]].batch, search = batch / ROLES;

	for (uint32_t i = 0; i < r->n; i++) {
		struct job_device *d = &j->devices[r->devices[i]];

		if (bisect_alone(d))
			d->detail = NULL;
		d->batch = 0;
	}
	if (search)
		convict(j, search, r->n);
	if (search && batch % ROLES == FIRST)
		narrow(j, search);
}
