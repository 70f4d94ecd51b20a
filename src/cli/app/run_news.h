/*
 * `notify: {webhook: ...}`: what the end of a run is for whoever watches it.
 */
#ifndef CLI_APP_RUN_NEWS_H
#define CLI_APP_RUN_NEWS_H

#include "cli/app/context.h"
#include "report/summary.h"

/* Sends the message when the end is one of those that the settings name. run NULL: none began.
 * Nothing that goes wrong here changes anything else. */
void run_news_send(const struct context *p, const struct run_record *run, int status,
	const struct summary *counts);

#endif
