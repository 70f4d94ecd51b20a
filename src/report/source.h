/*
 * What the reports of a run are made from. All of it is borrowed by whoever takes it.
 */
#ifndef REPORT_SOURCE_H
#define REPORT_SOURCE_H

#include "plan/run_rows.h"

struct report_source {
	struct store *store;
	const struct settings *settings;
	const struct run_record *run;
	const struct run_input *input;
	struct run_results *rows;
	int64_t now_ms;
};

#endif
