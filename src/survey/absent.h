/*
 * Devices that a list does not show any more: some are asked for by name, since a list that was cut
 * looks like one that has become shorter unless it tells its total.
 */
#ifndef SURVEY_ABSENT_H
#define SURVEY_ABSENT_H

#include "survey/survey.h"

/* At the usual rates: three minutes of reads at Apple; less than one at the UEM. */
enum { ABSENT_MAX = 60 };

struct absent {
	struct arena texts;
	struct str some[ABSENT_MAX]; /* spread evenly over all of them */
	uint32_t n_some;
	uint64_t n, stride;
};

void absent_init(struct absent *a);
void absent_release(struct absent *a);
/* Copies the serial. */
void absent_add(struct absent *a, struct str serial);

/* Asks Apple for those that were kept. Whom it does not know is added to s->not_at_apple; as soon
 * as it knows one, its list counts as cut. */
MUST_CHECK enum errc absent_ask_apple(struct absent *a, struct survey *s, struct err *err);
/* The same of the rows of the lifecycle page: s->not_in_uem. */
MUST_CHECK enum errc absent_ask_uem(struct absent *a, struct survey *s, struct err *err);

#endif
