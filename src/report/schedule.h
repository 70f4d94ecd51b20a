/*
 * What carrying a plan out will take, as its reader sees it.
 */
#ifndef REPORT_SCHEDULE_H
#define REPORT_SCHEDULE_H

#include <stdio.h>

#include "forecast/schedule.h"

void schedule_print(const struct schedule *s, FILE *out);

#endif
