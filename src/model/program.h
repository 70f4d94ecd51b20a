/*
 * A row's steps as text and back: JSON for the store, words for people.
 */
#ifndef MODEL_PROGRAM_H
#define MODEL_PROGRAM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/step.h"

/* [{"do":"unassign"},{"do":"reassign","arg":"WS1 EMEA"}]; equal programs give equal bytes. */
void program_encode(const struct program *p, struct buf *out);
/* Texts live in the arena. ERR_STORE when the text is not such a program. */
MUST_CHECK enum errc program_decode(
	struct str json, struct arena *a, struct program *ret, struct err *err);

/* "unassign", "reassign(WS1 EMEA)": one step as the result CSV names it. */
void step_words(const struct step *s, struct buf *out);

#endif
