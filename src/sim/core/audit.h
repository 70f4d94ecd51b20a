/*
 * The audit: one NDJSON line per request and per effect.
 *
 * Lines gather while a request is handled. What belongs to a change of state is committed with it
 * (table audit_tail, with its place in the file) before it is written, so that after SIGKILL the
 * next start completes the file: no line of an applied effect is lost, none appears twice.
 */
#ifndef SIM_CORE_AUDIT_H
#define SIM_CORE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/json.h"
#include "sim/core/sql.h"

enum { AUDIT_MAX_BYTES = 512 * 1024 * 1024 }; /* of one request: a release of everything */

struct audit {
	int fd; /* -1: no file */
	bool durable;
	int64_t end; /* bytes written so far */
	struct buf lines;
};

/* path NULL: lines are dropped. Completes what an interrupted run left unwritten; anew: begins with
 * an empty file. */
MUST_CHECK enum errc audit_open(struct audit *a, struct sim_sql *q, const char *path, bool durable,
	bool anew, struct err *err);
void audit_close(struct audit *a);

/* Begins {"t":..,"kind":..; audit_end() closes the line. */
void audit_begin(struct audit *a, struct json_out *o, int64_t t_ms, const char *kind);
void audit_end(struct audit *a, struct json_out *o);

/* Before the commit: the lines become part of it. */
void audit_stage(struct audit *a, struct sim_sql *q);
/* After the commit: the lines reach the file. */
MUST_CHECK enum errc audit_flush(struct audit *a, struct err *err);

#endif
