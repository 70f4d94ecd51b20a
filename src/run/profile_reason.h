/*
 * Why a profile does not show.
 */
#ifndef RUN_PROFILE_REASON_H
#define RUN_PROFILE_REASON_H

#include "run/job.h"

/* Rows whose profile does not show say in which state it is, since when, and when to try again. */
MUST_CHECK enum errc profile_reasons(struct job *j, struct err *err);

#endif
