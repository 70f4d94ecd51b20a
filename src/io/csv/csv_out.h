/*
 * CSV out: UTF-8, LF, quoted only where RFC 4180 asks for it.
 */
#ifndef IO_CSV_CSV_OUT_H
#define IO_CSV_CSV_OUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Appends one cell. With `neutral`, a text that a spreadsheet would run as a formula (starting
 * with = + - @, also full-width or behind what is hidden, or TAB, CR or LF) gets a leading
 * apostrophe. */
void csv_cell(struct buf *out, struct str text, bool neutral);

/* Whether a text that starts so may be one that a spreadsheet runs; csv_is_formula() is sure. */
static inline bool csv_starts_formula(char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || (unsigned char)c < ' ' ||
	       (unsigned char)c >= 0x7f;
}

bool csv_is_formula(struct str text);

/* Whether csv_cell() puts it in quotes. */
bool csv_needs_quotes(struct str text);

/* Appends a record without quotes and with another delimiter as one with commas; cells that hold
 * one get quotes. */
void csv_commas(struct buf *out, struct str raw, char delimiter);

/* Takes back what csv_cell() did: '=x -> =x. Borrows from text. */
struct str csv_plain(struct str text);

#endif
