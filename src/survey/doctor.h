/*
 * What stands between this tenant and devices that enroll: a table of checks, each of which asks
 * the services something and says what it found, how that shows, and what mends it. Changes
 * nothing but what doctor_fix_prompts() and doctor_fix_client_id() are for.
 */
#ifndef SURVEY_DOCTOR_H
#define SURVEY_DOCTOR_H

#include "survey/survey.h"

/* X(id, word) */
#define FOUND_LIST(X)               \
	X(OK, "ok")                 \
	X(TROUBLE, "finding")       \
	X(NOTE, "note")             \
	X(UNCHECKED, "not checked") \
	X(MENDED, "mended")

enum found {
#define X(id, word) FOUND_##id,
	FOUND_LIST(X)
#undef X
		FOUND_MAX_
};
const char *found_word(enum found f);

struct finding {
	const char *check; /* stable name */
	enum found found;
	struct str subject, proof, remedy; /* owned by the doctor */
};

struct doctor;

/* The session is open, not connected. older_ms: a device is late after that time. Caller frees with
 * doctor_free(). */
struct doctor *doctor_new(struct session *session, int64_t older_ms);
void doctor_free(struct doctor *d);
/* Every check of the table. Fails only with what ends a run; findings so far stay. */
MUST_CHECK enum errc doctor_run(struct doctor *d, struct err *err);
/* In the order of the table; borrowed until the next call. */
const struct finding *doctor_findings(const struct doctor *d, uint32_t *ret_n);
uint32_t doctor_count(const struct doctor *d, const char *check, enum found found);
/* Turns the custom prompt off in every profile that `custom-prompt` found, one after the other,
 * each intent in the audit trail before it is sent, and reads it back: then it is `mended`. */
MUST_CHECK enum errc doctor_fix_prompts(struct doctor *d, struct err *err);
/* Joins the API account with the one that `client-id` found, whose state then goes on from the next
 * command. ERR_GUARD: this one has left something open, which would be forgotten. */
MUST_CHECK enum errc doctor_fix_client_id(struct doctor *d, struct err *err);

#endif
