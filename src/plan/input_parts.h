/*
 * Private to plan/input*.c.
 */
#ifndef PLAN_INPUT_PARTS_H
#define PLAN_INPUT_PARTS_H

#include "plan/input.h"

extern const struct input_row input_new_row;

/* Its number among input.kinds; it may have been there. */
uint32_t input_kind_of(struct input *in, const struct input_row *row);
/* Of the row that is added next. */
void input_note_line(struct input *in, uint32_t line);
/* Of the first row that lacks it. */
void input_note_slot(struct input *in, uint32_t slot);

#endif
