/*
 * The log of an activity: a CSV with a preamble and one or more tables (services/README.md Apple
 * A.7).
 *
 * No source fixes the layout, so a table is whatever follows a row that names both a serial number
 * and an operation status, up to the next blank line or the next row of names.
 */
#include "base/mem.h"
#include "io/csv/csv.h"
#include "io/http_message.h"
#include "io/http_url.h"
#include "services/apple.h"

enum errc apple_log_request(const char *url, struct http_request *ret, struct err *err)
{
	struct err why;

	if (http_url_allowed(url, &why))
		return err_set(err, ERR_PROTOCOL, "Apple's log address: %s", why.msg);
	http_request_init(ret, HTTP_READ, "GET");
	ret->url = mem_strdup(url);
	return ERR_OK;
}

/* Where the columns of the present table are; SIZE_MAX: it has none of that name. */
struct table {
	bool open;
	size_t serial, status, substatus;
	size_t next_line; /* where the following record starts unless a blank line comes first */
};

enum { NAME_MAX_BYTES = 64 };

/* "serial_number", "Serial Number", "DEVICE_SERIAL_NUMBER": the last letters decide. */
static bool is_named(struct str cell, struct str letters)
{
	char folded[NAME_MAX_BYTES];
	size_t n = 0;

	for (size_t i = 0; i < cell.n && n < sizeof(folded); i++) {
		char c = ascii_lower(cell.p[i]);

		if (c >= 'a' && c <= 'z')
			folded[n++] = c;
	}
	return str_ends_nocase((struct str){ folded, n }, letters);
}

static size_t find_column(const struct csv_record *record, struct str letters)
{
	for (size_t i = 0; i < record->n_cells; i++)
		if (is_named(record->cells[i], letters))
			return i;
	return SIZE_MAX;
}

/* True when the record is a row of names: of a device table, which opens, or of another one. */
static bool try_header(struct table *t, const struct csv_record *record)
{
	size_t status = find_column(record, STR("operationstatus"));

	if (status == SIZE_MAX)
		return false;
	t->status = status;
	t->serial = find_column(record, STR("serialnumber"));
	t->substatus = find_column(record, STR("operationsubstatus"));
	t->open = t->serial != SIZE_MAX;
	return true;
}

static struct str cell_at(const struct csv_record *record, size_t at)
{
	return at < record->n_cells ? record->cells[at] : STR_NONE;
}

static bool is_any(struct str word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts_nocase(word, str_from(words[i])))
			return true;
	return false;
}
#define IS_ANY(word, words) is_any(word, words, sizeof(words) / sizeof(*(words)))

/* The words of Apple's pages for what did not work. All others, those of other versions, of other
 * languages, warnings and half a word, tell nothing. */
static bool is_failure(struct str status, struct str substatus)
{
	static const char *const classes[] = { "ISSUE", "ERROR", "FAIL" };
	static const char *const reasons[] = { "INTERNAL_ERROR", "INVALID_INPUT",
		"OPERATION_NOT_ALLOWED" };

	return IS_ANY(status, classes) || IS_ANY(substatus, reasons);
}

static void take_record(struct table *t, const struct csv_record *record,
	void (*each)(void *self, struct str serial, bool ok, struct str substatus), void *self)
{
	struct str serial, status, substatus;
	bool ok;

	if (record->line > t->next_line)
		t->open = false;
	t->next_line = record->line + record->n_lines;
	if (record->bad || try_header(t, record) || !t->open)
		return;
	serial = cell_at(record, t->serial);
	status = cell_at(record, t->status);
	substatus = cell_at(record, t->substatus);
	ok = str_eq_nocase(status, STR("SUCCESS"));
	if (serial.n && status.n && (ok || is_failure(status, substatus)))
		each(self, serial, ok, substatus);
}

enum errc apple_log_read(struct str csv,
	void (*each)(void *self, struct str serial, bool ok, struct str substatus), void *self,
	struct err *err)
{
	const struct csv_options options = { .delimiter = ',' };
	struct csv_reader *reader = NULL;
	struct csv_record record;
	struct table table = { .next_line = SIZE_MAX };
	struct err why;
	bool more = true;
	enum errc rc = csv_open_bytes(&reader, csv, "Apple's log", &options, &why);

	while (!rc && more) {
		rc = csv_next(reader, &record, &more, &why);
		if (!rc && more)
			take_record(&table, &record, each, self);
	}
	csv_close(reader);
	return rc ? err_set(err, ERR_PROTOCOL, "%s", why.msg) : ERR_OK;
}
