/*
 * Lists whose meaning is known: the bytes choose header, delimiter, columns, what stands above and
 * between the rows, and the serials. What is read are exactly the serials that are meant, and each
 * row at fault is told; or the list is refused. A list that protects, or that rules decide by,
 * holds every one of them, or is refused.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "lists/serial_strict.h"

enum { MAX_BYTES = 1024 * 1024, ROWS_MAX = 16, COLUMNS_MAX = 5, CELL_BYTES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct source {
	const uint8_t *p;
	size_t n;
};

static unsigned next(struct source *s, unsigned below)
{
	if (s->n == 0)
		return 0;
	s->n--;
	return *s->p++ % below;
}

/* --- what stands in a list --- */

enum cell_kind {
	CELL_SERIAL,
	CELL_NAME,
	CELL_TAG,
	CELL_DATE,
	CELL_IMEI,
	CELL_OTHER_SERIAL,
	CELL_KINDS
};

static const char *const headers[CELL_KINDS][5] = {
	[CELL_SERIAL] = { "Serial Number", "Seriennummer", "Device S/N", "Numéro de série",
		"serial" },
	[CELL_NAME] = { "Name", "User", "Site", "Notes", "Modell" },
	[CELL_TAG] = { "Asset Tag", "Inventarnummer", "Asset Tag", "Order Number", "Asset Tag" },
	[CELL_DATE] = { "Added", "Date Added", "Order Date", "Added", "Updated" },
	[CELL_IMEI] = { "IMEI", "IMEI 1", "IMEI", "EID", "MEID" },
	[CELL_OTHER_SERIAL] = { "Old Serial", "Replacement Serial", "Monitor Serial Number",
		"Ersatzseriennummer", "Returned Serial" },
};

struct meant {
	enum cell_kind columns[COLUMNS_MAX];
	size_t n_columns, serial_at, variant;
	char delimiter;
	bool named;
	struct map serials;
	size_t n_faults; /* rows that have to be told */
	bool device_above;
	struct buf header, text;
};

/* Letters and digits mixed as in a serial, ten or twelve of them. */
static struct str make_serial(struct source *s, char to[CELL_BYTES])
{
	static const char letters[] = "CDFGHJKLMNPQRTVWXY", all[] = "0123456789CDFGHJKLMNPQRTVWXY";
	size_t n = next(s, 2) ? 12 : 10;

	for (size_t i = 0; i < n; i++)
		to[i] = all[next(s, sizeof(all) - 1)];
	/* Unlike an order number or a word. */
	to[0] = letters[next(s, sizeof(letters) - 1)];
	to[1] = (char)('0' + next(s, 10));
	to[2] = 'X';
	to[3] = (char)('0' + next(s, 10));
	to[n - 1] = letters[next(s, sizeof(letters) - 1)];
	return (struct str){ to, n };
}

static void put_cell(struct meant *m, struct source *s, enum cell_kind kind)
{
	static const char *const names[] = { "Miller", "Huber", "M. Rossi", "x", "" };
	char serial[CELL_BYTES];

	switch (kind) {
	case CELL_NAME:
		buf_z(&m->text, names[next(s, 5)]);
		break;
	case CELL_TAG:
		buf_printf(&m->text, "IPAD%04u", next(s, 256));
		break;
	case CELL_DATE:
		buf_printf(&m->text, "2026-%02u-%02u", 1 + next(s, 12), 1 + next(s, 28));
		break;
	case CELL_IMEI:
		buf_printf(&m->text, "350697157580%03u", next(s, 256));
		break;
	default:
		buf_str(&m->text, make_serial(s, serial));
		break;
	}
}

/* A serial that nobody can read: a sign in it, a letter of another script, cut off, none. */
static void put_damaged(struct meant *m, struct str serial, unsigned how)
{
	static const char *const signs[] = { "-", ".", "\xe2\x80\x8b", "\xd0\xa1", " " };

	if (how == 5)
		buf_str(&m->text, str_sub(serial, 0, 6));
	else if (how < 5)
		buf_printf(&m->text, "%.*s%s%.*s", 5, serial.p, signs[how], (int)serial.n - 5,
			serial.p + 5);
}

enum row_kind { ROW_GOOD, ROW_DAMAGED, ROW_SURPLUS, ROW_KINDS };

static void put_row(struct meant *m, struct source *s, enum row_kind kind)
{
	char text[CELL_BYTES];
	struct str serial = make_serial(s, text);

	for (size_t c = 0; c < m->n_columns; c++) {
		if (c)
			buf_char(&m->text, m->delimiter);
		if (kind == ROW_SURPLUS && c == m->serial_at)
			buf_printf(&m->text, "x y%c", m->delimiter);
		if (m->columns[c] != CELL_SERIAL)
			put_cell(m, s, m->columns[c]);
		else if (kind == ROW_DAMAGED)
			put_damaged(m, serial, next(s, m->n_columns > 1 ? 7 : 6));
		else
			buf_str(&m->text, serial);
	}
	buf_char(&m->text, '\n');
	if (kind == ROW_GOOD)
		(void)map_add(&m->serials, serial, NULL);
	else
		m->n_faults++;
}

/* One cell more than the header has, unless its last cell may be empty or there is no header. */
static void put_surplus(struct meant *m, struct source *s)
{
	bool good = !m->named || m->columns[m->n_columns - 1] == CELL_NAME;

	put_row(m, s, good ? ROW_GOOD : ROW_SURPLUS);
}

static void put_above(struct meant *m, struct source *s)
{
	static const char *const words[] = { "Device report", "Inventory of 2026-11-28",
		"Site: Berlin 2" };
	char text[CELL_BYTES];
	struct str serial = make_serial(s, text);
	unsigned how = next(s, 12);

	if (how < 3)
		buf_printf(&m->text, "%s\n", words[how]);
	if (how < 3 || how > 5)
		return;
	m->device_above = true;
	if (how == 5)
		buf_printf(&m->text, "%.4s-%.*s\n", serial.p, (int)serial.n - 4, serial.p + 4);
	else
		buf_printf(&m->text, "%s%.*s\n", how == 3 ? "SN: " : "", STR_FMT(serial));
}

static void put_header(struct meant *m, struct source *s)
{
	m->n_columns = 1 + next(s, m->named ? COLUMNS_MAX : 1);
	m->serial_at = next(s, (unsigned)m->n_columns);
	for (size_t c = 0; c < m->n_columns; c++) {
		m->columns[c] = c == m->serial_at ? CELL_SERIAL
						  : (enum cell_kind)(1 + next(s, CELL_KINDS - 1));
		buf_printf(&m->header, "%.*s%s", c > 0, &m->delimiter,
			headers[m->columns[c]][(m->variant + c) % 5]);
	}
	if (m->named)
		buf_printf(&m->text, "%s\n", buf_cstr(&m->header));
}

static void make_list(struct meant *m, struct source *s)
{
	static const char delimiters[] = { ',', ';', '\t', '|' };
	size_t n_rows;

	m->delimiter = delimiters[next(s, 4)];
	m->variant = next(s, 5);
	m->named = next(s, 4) != 0;
	if (m->named)
		put_above(m, s);
	put_header(m, s);
	n_rows = 1 + next(s, ROWS_MAX);
	for (size_t i = 0; i < n_rows; i++)
		switch (next(s, 12)) {
		case 0:
			put_row(m, s, ROW_DAMAGED);
			break;
		case 1:
			put_surplus(m, s);
			break;
		case 2:
			buf_printf(&m->text, "%s\n", m->named ? buf_cstr(&m->header) : "");
			break;
		default:
			put_row(m, s, ROW_GOOD);
			break;
		}
	if (next(s, 4) == 0 && m->text.n)
		m->text.n--;
}

/* --- what has to hold --- */

static void fail(const struct meant *m, const char *what, struct str serial)
{
	(void)fprintf(stderr, "%s: %.*s\n%.*s\n", what, STR_FMT(serial), (int)m->text.n, m->text.p);
	abort();
}

/* False: it is refused. */
static bool read_plainly(struct serial_list *l, const struct meant *m, struct map *read)
{
	struct list_row row;
	struct err err;
	bool more = true;
	size_t n_faults = 0;
	enum errc rc;

	while (!(rc = list_next(l, &row, &more, &err)) && more) {
		n_faults += row.fault != REASON_NONE;
		if (row.fault)
			continue;
		if (map_find(&m->serials, serial_view(&row.serial)) == MAP_NONE)
			fail(m, "read, but not meant", serial_view(&row.serial));
		(void)map_add(read, serial_view(&row.serial), NULL);
	}
	if (!rc && n_faults < m->n_faults)
		fail(m, "a row at fault is not told", STR_NONE);
	return !rc;
}

static void judge(const struct meant *m, enum list_purpose purpose)
{
	const struct list_options opt = { .barcode_s = BARCODE_KEEP, .purpose = purpose };
	struct serial_list *l;
	struct map read;
	struct err err;
	uint32_t n_read;
	bool strict = purpose != LIST_MAIN, good;

	if (list_open(&l, NULL, buf_view(&m->text), "f", &opt, &err))
		return;
	map_init(&read, 0);
	good = strict ? list_read_strictly(l, &read, &n_read, &err) == ERR_OK
		      : read_plainly(l, m, &read);
	for (uint32_t i = 0; good && i < m->serials.n; i++)
		if (map_find(&read, map_key(&m->serials, i)) == MAP_NONE)
			fail(m, "lost", map_key(&m->serials, i));
	if (good && (m->device_above || (strict && m->n_faults)))
		fail(m, "a device is lost", STR_NONE);
	map_release(&read);
	list_close(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct source s = { data, n };
	struct meant m = { .named = false };

	buf_init(&m.text, MAX_BYTES);
	buf_init(&m.header, MAX_BYTES);
	map_init(&m.serials, 0);
	make_list(&m, &s);
	judge(&m, LIST_MAIN);
	judge(&m, LIST_PROTECTED);
	judge(&m, LIST_OF_RULES);
	map_release(&m.serials);
	buf_release(&m.header);
	buf_release(&m.text);
	return 0;
}
