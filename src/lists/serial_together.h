/*
 * The serials of a list that decides about devices, seen together: damage that spoils every one of
 * them alike (a text joined to each, ends cut off, another column under the serial's name) shows in
 * no single line.
 */
#ifndef LISTS_SERIAL_TOGETHER_H
#define LISTS_SERIAL_TOGETHER_H

#include "base/map.h"
#include "lists/serial_list.h"

/* Such as few serials of Apple's are, and many damaged ones. */
enum oddity {
	ODD_LENGTH, /* not 10 to 12 characters */
	ODD_CUT,    /* of 10 or 11 that begin as those of 12 do */
	ODD_ELEVEN, /* of 11, and none of the old ones */
	ODD_WORD,   /* a name without a digit, a number, an address in hex */
	ODDITIES
};

struct together {
	struct {
		uint32_t n;
		size_t line; /* of the first */
		struct serial first;
	} odd[ODDITIES];
	uint32_t n, n_long[SERIAL_MAX + 1];
};

void together_init(struct together *t);
void together_note(struct together *t, const struct serial *s, size_t line);
/* What speaks against all of them; ODDITIES: nothing. protects: what longer ones may be with
 * something joined to them is protected as well; kept: they are to be read as they are, so only
 * single ones are told. */
enum oddity together_judge(const struct together *t, bool protects, bool kept);
/* The one of the whole list in which the damage shows, and what it is. */
void together_describe(const struct together *t, enum oddity odd, struct buf *out);

/* To a list that protects: the serials that longer ones may be with something joined to them, and
 * those of 11 with a character too many or too few. No other device has them. */
void together_add_parts(struct map *serials);
/* What was meant by an I or O, which never occur in Apple's serials, as 1 and 0 do. */
void together_add_meant(struct map *serials);

/* Begins as those of twelve characters do, which have a plant, half a year and a week there. One in
 * fifty of ten does, too. s: at least five characters. */
bool serial_begins_as_twelve(struct str s);

#endif
