/*
 * Private to store/: number and hash of the newest entry of the audit trail, in a file beside the
 * folder of the organization, FOLDER.counter: "NUMBER HASH TIME FILE", filled with blanks, so that
 * it never gets shorter. A ledger that was put back does not bring it along, and where it comes
 * along, FILE is not the file that the ledger is in now (store/gap.h).
 */
#ifndef STORE_COUNTER_H
#define STORE_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { COUNTER_BYTES = 160 };

struct counter {
	int64_t n, at_ms;
	struct str hash; /* of the text it was read from */
	struct str file; /* as kernel_which_file(); the same; empty: not known */
};

/* False: it is not there, or not whole, and tells nothing. */
bool counter_read(const char *folder, char text[COUNTER_BYTES + 1], struct counter *ret);
/* After a durable commit. One that could not be written, or was lost with the power, is an older
 * one, which says nothing wrong. */
void counter_write(const char *folder, const struct counter *c);
/* The next word of a text: a number, or "-" for TIME_NONE. */
bool counter_number(struct str *text, int64_t *ret);

#endif
