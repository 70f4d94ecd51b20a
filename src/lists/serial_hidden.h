/*
 * A serial within other text, where a list of serials was damaged: joined to a note or to the next
 * line, cut by a sign, with a letter of another script.
 */
#ifndef LISTS_SERIAL_HIDDEN_H
#define LISTS_SERIAL_HIDDEN_H

#include <stdbool.h>

#include "base/map.h"
#include "base/str.h"

/* Whether the text holds what could be a serial of 10 to 12 characters, up to two of them wrong,
 * and not one of the known (upper case). *ret: that part of the text. Words of people, dates,
 * versions, model names, addresses and plain asset tags are none. */
bool serial_is_hidden(struct str text, const struct map *known, struct str *ret);

/* Whether the text begins with a serial of the known, or ends in one, that a single sign separates
 * from what could be the rest of it: `FVFP32R2R8;CJ`. */
bool serial_is_cut(struct str text, const struct map *known);

/* Whether a cell where no serial is expected, such as one above the header, may be a damaged one:
 * letters and digits that change about, whatever signs stand between them and whatever words beside
 * them; or a spreadsheet's number. */
bool serial_is_damaged(struct str text);

/* Whether a cell is, holds or may be what is left of a serial. */
bool serial_is_about(struct str text);

/* Whether what stands as the header of serials may be one of them, or a piece of one: letters that
 * nobody can say, a letter behind a digit, or digits alone. */
bool serial_is_piece(struct str text);

#endif
