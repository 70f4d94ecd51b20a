/*
 * What the head comment of a rules file tells people, and the parameters that it takes.
 */
#ifndef RULES_ABOUT_H
#define RULES_ABOUT_H

#include "base/arena.h"
#include "rules/rules.h"

/* Empty: the comment does not say. Lines are joined. */
struct rules_about {
	struct str symptom; /* the first paragraph */
	struct str when;    /* "When to use it" */
	struct str changes; /* "What it changes" */
	struct str cannot;  /* "What it cannot" */
};
/* From the text of a file; texts are owned by the arena. */
void rules_about(struct str file, struct arena *arena, struct rules_about *ret);

struct rules_parameter {
	struct str name, preset, help;
	struct str value; /* as --set gave it, else the default */
};
/* The i-th parameter of the set; false: there are no more. Borrowed from the set. */
bool rules_parameter(const struct ruleset *set, size_t i, struct rules_parameter *ret);

#endif
