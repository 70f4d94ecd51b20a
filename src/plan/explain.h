/*
 * One device under every rule, with every fact read.
 */
#ifndef PLAN_EXPLAIN_H
#define PLAN_EXPLAIN_H

#include "facts/facts.h"
#include "plan/input.h"
#include "rules/rules.h"

struct explained {
	uint32_t line; /* of the row in the user's file */
	struct verdict verdict;
};

/* The first row of that serial. ERR_INPUT: the serial is not in the file, or is none. */
MUST_CHECK enum errc explain_serial(const struct input *in, struct ruleset *rules,
	struct facts *facts, int64_t now_ms, const char *serial,
	void (*each)(void *self, const struct explain_line *line), void *self,
	struct explained *ret, struct err *err);

#endif
