/*
 * Serial numbers: 8 to 17 letters and digits, upper case (services/README.md Apple D).
 */
#ifndef MODEL_SERIAL_H
#define MODEL_SERIAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/outcome.h"

enum { SERIAL_MIN = 8, SERIAL_MAX = 17 };

struct serial {
	char text[SERIAL_MAX + 1]; /* NUL-terminated, upper case */
	unsigned char n;
};

/* Without leading and trailing blanks of any kind and marks that nobody sees: NBSP and the spaces
 * of other widths, zero width, bidi marks, soft hyphen, BOM. */
struct str serial_trim(struct str cell);

/* Trims, undoes a spreadsheet's ways to keep text (`="..."`, a leading apostrophe), upper-cases,
 * checks. REASON_NONE when good, else REASON_ROW_NO_SERIAL, _BAD_SERIAL or _EXCEL_SERIAL (a number
 * such as `1.23E+11`). */
enum reason serial_read(struct str cell, struct serial *ret);

/* What is wrong with a cell that serial_read() refuses: the cell with its invisible characters
 * spelt, how long it is, and the first character that does not fit. */
void serial_describe(struct str cell, struct buf *out);

/* How much a cell looks like an Apple serial among columns of other things. */
enum serial_look {
	LOOK_EMPTY,
	LOOK_OTHER, /* no serial */
	LOOK_WEAK,  /* 8 to 17 letters and digits: a word, an asset tag, an IMEI, a MAC address */
	LOOK_STRONG /* letters and digits mixed as in nothing else */
};
enum serial_look serial_look(struct str cell);

/* Letters and then digits to the end, or digits alone, as in order numbers, asset tags and IMEIs:
 * one among serials of the usual kind is none of them. */
bool serial_is_implausible(struct str cell);
/* Of Apple's, without the slash: MK2L3LLA, and Z15G000CKD, which is made to order. */
bool serial_is_part_number(struct str cell);
/* As a MAC address is without its signs; a serial seldom looks so. */
bool serial_is_hex(struct str cell);
/* 10 to 12 letters and digits without a vowel, so no word, though it may not look strong. */
bool serial_is_unsaid(struct str cell);
/* Letters, and perhaps a number behind them, that people can say: `Hardware`, `Laptops2026`. A
 * serial seldom looks so. */
bool serial_is_word(struct str cell);
/* Apple's serials have 10 to 12 characters and neither I nor O; nor does one begin with S, 1S or SN
 * and go on with a whole one. */
bool serial_is_unusual(const struct serial *s);
/* How many characters of a box label it begins with: the S that names a serial there, or 1S, or SN,
 * when the rest has a usual length (13 -> 12, 11 -> 10; 14 -> 12, 12 -> 10). */
static inline size_t serial_barcode(const struct serial *s)
{
	const char *t = s->text;
	size_t n = t[0] == 'S' && (s->n == 11 || s->n == 13)                      ? 1
		   : (t[0] == '1' && t[1] == 'S') || (t[0] == 'S' && t[1] == 'N') ? 2
										  : 0;

	/* Apple's serials have 10 characters or 12. */
	return s->n == 10 + n || s->n == 12 + n ? n : 0;
}

/* What is done about it. */
enum barcode_s { BARCODE_ASK, BARCODE_KEEP, BARCODE_STRIP };

/* Drops that; true when there was something. Only for input: {barcode_s: strip}. */
bool serial_strip_barcode(struct serial *s);

static inline struct str serial_view(const struct serial *s)
{
	return (struct str){ s->text, s->n };
}

#endif
