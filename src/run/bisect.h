/*
 * Whose fault a refusal is: a refused request is searched for the device that Apple means.
 */
#ifndef RUN_BISECT_H
#define RUN_BISECT_H

#include "run/request.h"

/* For whoever made Apple refuse a request. */
struct bisect {
	char detail[400];   /* of the newest refusal */
	uint32_t n_refused; /* devices in it */
};

/* Whether it has to wait until others of its search were sent. */
bool bisect_waits(const struct job *j, const struct job_device *d);
/* Whether it may share a request with nobody. */
bool bisect_alone(const struct job_device *d);
/* The request was refused because of one of its devices / was taken. */
void bisect_refused(struct open_request *r, const char *detail);
void bisect_taken(struct open_request *r);

#endif
