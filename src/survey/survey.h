/*
 * What both services say about the whole organization, as CSV. Reads the fleet after
 * facts_everything(); changes nothing.
 */
#ifndef SURVEY_SURVEY_H
#define SURVEY_SURVEY_H

#include "engine/fleet.h"
#include "engine/input.h"
#include "io/file.h"

struct survey_options {
	struct outfile *out; /* borrowed; the caller commits */
	bool raw_csv;        /* cells that a spreadsheet would run stay as they are */
};

/* Slots of all devices, by serial. Caller frees with free(). */
uint32_t *survey_sorted(const struct fleet *f);
/* The text of a fact as it stands in a CSV: empty unless it is known. Replaces *out. */
void survey_fact(const struct fleet *f, uint32_t slot, enum fact fact, struct buf *out);

/* One row per device. The headers are canonical columns, and those of a simulator's fleet. */
void survey_export(const struct fleet *f, const struct survey_options *opt);

/* One row per disagreement between the CSV, Apple and the UEM. Every serial of the input has to be
 * in the fleet: survey_expect() before the listings are read. */
void survey_expect(struct fleet *f, const struct input *in);
MUST_CHECK enum errc survey_compare(const struct fleet *f, const struct input *in,
	const struct survey_options *opt, uint64_t *ret_n, struct err *err);

#endif
