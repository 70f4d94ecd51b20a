/* Of many devices few change at a time, and few are of one wave: those alone are gone through. */
#include "run/job.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/outcome.h"

bool job_is_to_return(const struct job *j, const struct job_device *d)
{
	uint32_t at;

	return !job_is_settled(d) && work_put_back_due(job_program(j, d), d->results, &at);
}

static int by_index(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort(uint32_t *v, uint32_t n)
{
	if (n)
		qsort(v, n, sizeof(*v), by_index);
}

static void count(struct job *j, uint32_t device)
{
	struct job_device *d = &j->devices[device];

	j->n_settled -= d->counted_settled;
	j->n_failed -= d->counted_failed;
	d->counted_settled = job_is_settled(d);
	d->counted_failed = d->counted_settled && outcome_info(d->outcome)->exit_status != 0;
	j->n_settled += d->counted_settled;
	j->n_failed += d->counted_failed;
	if (!job_is_to_return(j, d))
		return;
	MEM_GROW(j->off, j->n_off, j->cap_off);
	j->off[j->n_off++] = device;
}

void job_count(struct job *j)
{
	uint32_t n_off = j->n_off;

	sort(j->dirty, j->n_dirty);
	j->n_off = 0;
	for (uint32_t i = 0; i < n_off; i++)
		if (!j->devices[j->off[i]].dirty)
			j->off[j->n_off++] = j->off[i];
	for (uint32_t i = 0; i < j->n_dirty; i++)
		count(j, j->dirty[i]);
	sort(j->off, j->n_off);
}

void job_written(struct job *j)
{
	for (uint32_t i = 0; i < j->n_dirty; i++) {
		struct job_device *d = &j->devices[j->dirty[i]];

		d->dirty = d->rerouted = false;
	}
	j->n_dirty = 0;
}

void job_count_all(struct job *j)
{
	j->n_off = 0;
	for (uint32_t i = 0; i < j->n; i++)
		count(j, i);
}

void job_show(struct job *j)
{
	if (!j->progress)
		return;
	job_count(j);
	j->progress(j->progress_self, j);
}

void job_cut_waves(struct job *j)
{
	j->by_wave = mem_alloc((j->n + 1) * sizeof(*j->by_wave));
	j->wave_begins = mem_zalloc((j->n_waves + 1) * sizeof(*j->wave_begins));
	for (uint32_t i = 0; i < j->n; i++)
		j->wave_begins[j->devices[i].wave]++;
	for (uint32_t w = 1; w < j->n_waves; w++)
		j->wave_begins[w] += j->wave_begins[w - 1];
	/* From behind, so that each ends as the place of the first. */
	for (uint32_t i = j->n; i-- > 0;)
		j->by_wave[--j->wave_begins[j->devices[i].wave]] = i;
	j->wave_begins[j->n_waves] = j->n;
}

struct job_wave job_wave(const struct job *j, uint32_t wave)
{
	bool all = wave == UINT32_MAX;
	uint32_t from = all ? 0 : j->wave_begins[wave], to = all ? j->n : j->wave_begins[wave + 1];

	return (struct job_wave){ &j->by_wave[from], to - from };
}

uint32_t job_find(const struct job *j,
	bool (*fits)(const struct job *j, const struct job_device *d), uint32_t wave, uint32_t *v,
	uint32_t most)
{
	struct job_wave w = job_wave(j, wave);
	uint32_t n = 0;

	for (uint32_t i = 0; i < w.n && n < most; i++)
		if (fits(j, &j->devices[w.v[i]]))
			v[n++] = w.v[i];
	return n;
}
