/*
 * When credentials end, as far as anything on this machine tells: `expires:` of the settings, the
 * server token's own date, the certificate's. No service is asked and no program is started.
 */
#ifndef REPORT_CREDENTIAL_ENDS_H
#define REPORT_CREDENTIAL_ENDS_H

#include "model/settings.h"

enum {
	ENDS_MAX = SETTINGS_MAX_TOKENS + SETTINGS_MAX_ENROLLMENT + 1,
	ENDS_SOON_DAYS = 30,
	ENDS_NAME_BYTES = 160
};

struct credential_end {
	const char *kind, *remedy;  /* "server token of the UEM" */
	const char *unknown;        /* why, or what to do, when the end is not known */
	char name[ENDS_NAME_BYTES]; /* of the server or group; empty: there is one only */
	int64_t at_ms;              /* TIME_NONE: not known */
};

struct credential_ends {
	struct credential_end v[ENDS_MAX];
	size_t n;
};

void credential_ends_find(struct credential_ends *ret, const struct settings *s);
/* Whole days; negative: it has ended. */
int64_t credential_end_days(const struct credential_end *e, int64_t now_ms);
/* 30, 14 or 3: the last of those days that has come; 0: none yet, or not known. */
int credential_end_stage(const struct credential_end *e, int64_t now_ms);
/* "server token of the UEM (WS1 EMEA) ends 2027-03-01, in 12 days". */
void credential_end_words(const struct credential_end *e, int64_t now_ms, struct buf *out);

#endif
