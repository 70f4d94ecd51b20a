/*
 * How a plan's facts were read: by listings or device by device, and what the other way would have
 * cost.
 */
#ifndef REPORT_WAYS_H
#define REPORT_WAYS_H

#include <stdio.h>

#include "facts/facts.h"
#include "io/json.h"

/* How many requests; detail: also a line for each service that was asked, with what was read how.
 */
void ways_print(const struct facts *f, bool detail, FILE *out);
/* "facts": one object for each reading. */
void ways_put(const struct facts *f, struct json_out *o);

#endif
