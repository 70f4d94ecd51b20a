/*
 * Serial numbers: 8 to 17 letters and digits, upper case (services/README.md Apple D).
 */
#ifndef MODEL_SERIAL_H
#define MODEL_SERIAL_H

#include <stdbool.h>

#include "base/str.h"
#include "model/outcome.h"

enum { SERIAL_MIN = 8, SERIAL_MAX = 17 };

struct serial {
	char text[SERIAL_MAX + 1]; /* NUL-terminated, upper case */
	unsigned char n;
};

/* Without leading and trailing space, NBSP, zero-width characters and BOM. */
struct str serial_trim(struct str cell);

/* Trims space, NBSP, zero-width bytes and BOM, upper-cases, checks. REASON_NONE when good, else
 * REASON_ROW_NO_SERIAL, _BAD_SERIAL or _EXCEL_SERIAL (`1.23E+11`, ="..." and a leading
 * apostrophe are damage of spreadsheets; only the apostrophe is undone). */
enum reason serial_read(struct str cell, struct serial *ret);

/* Drops the S that box labels put before a serial when the rest has a usual length
 * (13 -> 12, 11 -> 10); true when it did. Only for input: {barcode_s: strip}. */
bool serial_strip_barcode(struct serial *s);

static inline struct str serial_view(const struct serial *s)
{
	return (struct str){ s->text, s->n };
}

#endif
