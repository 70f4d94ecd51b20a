/*
 * Runs as the store remembers them: for the commands that look back and contact nobody.
 */
#ifndef CLI_APP_SAVED_RUN_H
#define CLI_APP_SAVED_RUN_H

#include "base/diag.h"
#include "cli/app/write_rows.h"
#include "cli/args/options.h"
#include "model/settings.h"
#include "report/when.h"

struct saved_run {
	struct diags diags;
	struct settings *settings;
	struct store *store;
	struct lock *lock;
	char *aside; /* where a damaged ledger is kept; NULL: there was none */
	struct run_record run;
	bool has_run;
	struct run_input input;
};

/* Caller closes, also after a failure. */
MUST_CHECK enum errc saved_run_open(struct saved_run *s, const struct cli *cli, struct err *err);
/* The same for a command that writes to the ledger: alone, or also beside the run that has the
 * lock (what it writes has to be one transaction then). */
MUST_CHECK enum errc saved_run_open_to_write(
	struct saved_run *s, const struct cli *cli, bool beside, struct err *err);
/* The same, alone, also where the state was moved away or is damaged: to take it back. What is
 * damaged is put aside. */
MUST_CHECK enum errc saved_run_open_retired(
	struct saved_run *s, const struct cli *cli, struct err *err);
/* Opens the store again, with what was put in its place. */
MUST_CHECK enum errc saved_run_reopen(struct saved_run *s, struct err *err);
void saved_run_close(struct saved_run *s);
/* Before the lock is taken: whoever reads what this command says may stand still, and no other
 * command waits for him. It is said when the command ends, or asks. */
void saved_run_hold_output(void);
/* A whole command: what `work` opened is closed, its failure told. The exit status. */
typedef enum errc saved_run_work(struct saved_run *s, const struct cli *cli, struct err *err);
int saved_run_command(const struct cli *cli, saved_run_work *work);
/* The same, with the state opened for reading before. */
int saved_run_reader(const struct cli *cli, saved_run_work *work);
/* The time now; where DEPMEND_CLOCK says a virtual one, that of what the state saw last. */
MUST_CHECK enum errc saved_run_now(const struct saved_run *s, int64_t *ret_ms, struct err *err);
/* How the standard output tells times. */
struct when saved_run_when(const struct saved_run *s);
/* Loads the run of that name (or a beginning of it) and its input. */
MUST_CHECK enum errc saved_run_load(struct saved_run *s, const char *name, struct err *err);
/* Its rows into a result CSV (path NULL: only counted). */
MUST_CHECK enum errc saved_run_rows(
	struct saved_run *s, const char *path, bool raw_csv, struct summary *ret, struct err *err);
/* How many of its rows had which outcome, without reasons where it is over for good: as its last
 * process counted them, which takes no longer with more rows. */
MUST_CHECK enum errc saved_run_outcomes(struct saved_run *s, struct summary *ret, struct err *err);
/* The same rows as JSON on the standard output. */
MUST_CHECK enum errc saved_run_rows_tell(struct saved_run *s, struct err *err);

/* The command that continues the run; nothing when it is over. */
enum { SAVED_RUN_NEXT_BYTES = 1024 * 1024 };
void saved_run_next(const struct saved_run *s, const struct summary *counts, struct buf *out);
/* The run and what became of its rows, as JSON on the standard output. */
void saved_run_tell(const struct saved_run *s, const struct summary *counts);

#endif
