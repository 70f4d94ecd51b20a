/*
 * What the text of a header says: which column it names, and whether that is the serial.
 *
 * Exports differ by tool, year and language, and no public source fixes the header of Apple's
 * portals: columns are recognised by exact name, and the serial also by the words of its header.
 */
#ifndef MODEL_HEADER_H
#define MODEL_HEADER_H

#include <stdbool.h>

#include "base/str.h"
#include "model/field.h"

/* How sure it is that a header names the column: 0 is best; HEADER_WEAK or more counts only where
 * nothing surer is there; HEADER_NONE or more: it does not name it. */
enum { HEADER_WEAK = 500, HEADER_NONE = 1000 };
int header_rank(enum column column, struct str header);

/* What a header says about serials, the surest last. */
enum header_sense {
	SENSE_OTHER,     /* names another column: an order number, an asset tag */
	SENSE_UNKNOWN,   /* nothing is known about it */
	SENSE_QUALIFIED, /* a serial, but of another thing or device: "Replacement Serial" */
	SENSE_WEAK,      /* `id`, `inputSerial` and the like */
	SENSE_COMPOUND,  /* the serial by its words: "Computer Serial" */
	SENSE_EXACT,     /* an exact name */
};
enum header_sense header_sense(struct str header);
/* Whether a heading says that what stands below it is not meant like the rest: "Do not touch",
 * "Excluded", "Replaced devices". */
bool header_sets_apart(struct str heading);
/* It names the serial of another device, or that device: "Old Serial", "Replaced by". */
bool header_is_of_other(struct str header);
/* "Notes", "Bemerkung": texts of people. */
bool header_is_of_notes(struct str header);
/* Of a SENSE_COMPOUND: whether its words say no more than that it is the device's own serial, as
 * "Computer Serial Number" does and "Reserve Serial" does not. */
bool header_is_of_device(struct str header);

#endif
