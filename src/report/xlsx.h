/*
 * A run as a workbook: a summary, and every row with the columns of the result CSV, all of them as
 * text, so that no spreadsheet makes a number or a date of a serial.
 */
#ifndef REPORT_XLSX_H
#define REPORT_XLSX_H

#include "report/source.h"

/* A sheet holds so many rows below its header; the next one takes what is more. */
enum { XLSX_SHEET_ROWS = 1048575, XLSX_CELL_CHARACTERS = 32767 };

/* In constant memory. A cell that is longer than a sheet allows is cut and ends in an ellipsis.
 * ERR_USAGE: path is "-"; ERR_LIMIT: too many columns; ERR_CANNOT_CREATE, ERR_IO, ERR_STORE. */
MUST_CHECK enum errc report_xlsx(const struct report_source *s, const char *path, struct err *err);

#endif
