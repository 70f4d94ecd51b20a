/*
 * Pings of a health check (`notify: {url: ...}`): /start when a run begins, /<exit status> when it
 * ends, with nothing but counts. What becomes of them changes nothing else: they are sent by a
 * child, which is killed when its time is over.
 */
#ifndef CLI_APP_NOTIFY_H
#define CLI_APP_NOTIFY_H

#include "model/settings.h"
#include "report/summary.h"

/* All together: how long a run can be kept waiting. */
enum { NOTIFY_START_MS = 5000, NOTIFY_END_MS = 5000, NOTIFY_WEBHOOK_MS = 5000 };

/* Nothing is sent when the settings name no URL. counts NULL: no body. Failures are warned of. */
void notify_ping(const struct settings *s, const char *path, const struct summary *counts,
	int64_t patience_ms);

/* The webhook's message, sent in the same way. */
void notify_webhook(const struct settings *s, struct str body);

/* Whether a request to it can be made, with that path behind its own; it is opened for that. */
MUST_CHECK enum errc notify_check(const struct secret *url, const char *path, struct err *err);

void notify_start(const struct settings *s);
void notify_end(const struct settings *s, int status, const struct summary *counts);

#endif
