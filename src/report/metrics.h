/*
 * A run for node_exporter's textfile collector: Prometheus text format, one file per tenant.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include "report/source.h"

/* ERR_CANNOT_CREATE, ERR_IO, ERR_STORE. */
MUST_CHECK enum errc report_metrics(
	const struct report_source *s, const char *path, struct err *err);

#endif
