/*
 * Where a device stands in a run, and all that changes it. What is known of it besides (custody,
 * what its log says, whether a request of another run may still act on it) are facts, not states.
 */
#ifndef MODEL_STANDING_H
#define MODEL_STANDING_H

#include <stdbool.h>

enum device_standing {
	STANDING_READY,     /* its next step may be taken */
	STANDING_BUSY,      /* an open request names it */
	STANDING_LEFT,      /* nothing more to do about it: the next apply tries again */
	STANDING_LEFT_BUSY, /* the same, while its request stays open */
	STANDING_SETTLED,   /* its row has its outcome */
	STANDINGS
};

enum standing_event {
	ON_NAMED,    /* a request of the run names it */
	ON_FREED,    /* its request is over, or did not leave */
	ON_GIVEN_UP, /* this process does nothing more about it */
	ON_SETTLED,  /* a verdict that stays */
	ON_REOPENED, /* a verdict that does not: it is under way, or back to be done */
	STANDING_EVENTS
};

enum device_standing standing_after(enum device_standing now, enum standing_event event);
/* An open request of the run names it. */
bool standing_is_busy(enum device_standing now);
/* Ready, or will be when its request is over: this process still moves it on. */
bool standing_goes_on(enum device_standing now);

#endif
