/*
 * Which `dates:` a rules file needs for the dates that a list has: for the remedy of a column whose
 * cells are no date that is understood.
 */
#ifndef RULES_DATE_FORMS_H
#define RULES_DATE_FORMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

struct date_forms;

/* Caller frees with date_forms_free(). */
struct date_forms *date_forms_new(void);
void date_forms_free(struct date_forms *f);
/* A cell that is no date so far; counted once for each set of forms that fit it. */
void date_forms_add(struct date_forms *f, struct str cell);
/* `dates: ["%d.%m.%Y", ...]`, the fewest forms that read every cell that some form reads; nothing
 * when none does. *ret_doubt: days and months could be the other way round, too. */
void date_forms_suggest(const struct date_forms *f, struct buf *out, bool *ret_doubt);

#endif
