/*
 * libxlsxwriter, loaded when a workbook is written: it takes longer to load than everything else
 * that a command is linked with, and only `report --xlsx` needs it.
 */
#ifndef REPORT_XLSX_API_H
#define REPORT_XLSX_API_H

#include <xlsxwriter.h>

#include "base/err.h"

#define XLSX_API(X)               \
	X(format_set_bold)        \
	X(format_set_font_color)  \
	X(lxw_strerror)           \
	X(workbook_add_format)    \
	X(workbook_add_worksheet) \
	X(workbook_close)         \
	X(workbook_new_opt)       \
	X(worksheet_freeze_panes) \
	X(worksheet_set_column)   \
	X(worksheet_write_number) \
	X(worksheet_write_string)

struct xlsx_api {
#define XLSX_API_FIELD(name) __typeof__(name) *name;
	XLSX_API(XLSX_API_FIELD)
#undef XLSX_API_FIELD
};

/* Loads libxlsxwriter, or finds it loaded; it stays until the process ends. ERR_INTERNAL: it is not
 * installed. */
MUST_CHECK enum errc xlsx_api_load(struct xlsx_api *ret, struct err *err);

#endif
