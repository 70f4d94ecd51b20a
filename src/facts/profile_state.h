/*
 * States of a device's enrollment profile in which people wait: it failed, Apple throttles it, its
 * assignment is in progress (Apple's words of the profile status, as the UEM shows them).
 */
#ifndef FACTS_PROFILE_STATE_H
#define FACTS_PROFILE_STATE_H

#include "facts/facts.h"

enum profile_state {
	PROFILE_STATE_FAILED,
	PROFILE_STATE_THROTTLED,
	PROFILE_STATE_IN_PROGRESS,
	PROFILE_STATE_NONE,  /* any other */
	PROFILE_STATE_NAMED, /* any other, and the UEM named a time to wait for */
};

/* Sets uem.profile_since and uem.profile_retry by the status that was just read; a state that was
 * not seen before began now. retry_after_ms: what the service says itself; -1 and 0: nothing. */
void profile_state_take(struct facts *f, uint32_t slot, struct str words, int64_t retry_after_ms);

/* Until when a profile given to the device comes too early: Apple throttles it, or a service named
 * the time itself. By what was read, else by what any command saw last. TIME_NONE: it does not. */
int64_t profile_state_wait(const struct facts *f, uint32_t slot);

/* PROFILE_STATE_NONE, and nothing else set, when it was not read or is none of these. */
enum profile_state profile_state_get(
	const struct fleet *f, uint32_t slot, int64_t *ret_since_ms, int64_t *ret_retry_ms);
enum { PROFILE_STATE_TEXT = 160, PROFILE_STATUS_TEXT = 64 };
/* "profile status 5", as the UEM has it; false: it is not known. */
bool profile_state_odd(const struct fleet *f, uint32_t slot, char ret[PROFILE_STATUS_TEXT]);
/* "profile Failed since ..., next try now"; false: it is in none of these. */
bool profile_state_tell(
	const struct fleet *f, uint32_t slot, int64_t now_ms, char ret[PROFILE_STATE_TEXT]);

#endif
