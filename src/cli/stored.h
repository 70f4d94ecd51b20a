/*
 * Runs as the store remembers them: for the commands that look back and contact nobody.
 */
#ifndef CLI_STORED_H
#define CLI_STORED_H

#include "base/diag.h"
#include "cli/cli.h"
#include "cli/write_rows.h"
#include "model/settings.h"

struct stored {
	struct diags diags;
	struct settings *settings;
	struct store *store;
	struct run_record run;
	bool has_run;
	struct run_input input;
};

/* Caller closes, also after a failure. */
MUST_CHECK enum errc stored_open(struct stored *s, const struct cli *cli, struct err *err);
void stored_close(struct stored *s);
/* Loads the run of that name (or a beginning of it) and its input. */
MUST_CHECK enum errc stored_run(struct stored *s, const char *name, struct err *err);
/* Its rows into a result CSV (path NULL: only counted). */
MUST_CHECK enum errc stored_rows(
	struct stored *s, const char *path, bool raw_csv, struct summary *ret, struct err *err);
/* The same rows as JSON on the standard output. */
MUST_CHECK enum errc stored_rows_tell(struct stored *s, struct err *err);

/* The command that continues the run; nothing when it is over. */
enum { STORED_NEXT_BYTES = 1024 * 1024 };
void stored_next(const struct stored *s, const struct summary *counts, struct buf *out);
/* The run and what became of its rows, as JSON on the standard output. */
void stored_tell(const struct stored *s, const struct summary *counts);

#endif
