#include "cli/app/reading.h"

#include "base/log.h"
#include "base/plural.h"

enum { FIRST_SERIALS = 3, LINE_BYTES = 8192 };

static struct str header_of(const struct input *in)
{
	int at = in->columns.at[COLUMN_SERIAL];

	return in->columns.has_header ? in->columns.headers[at] : STR_NONE;
}

static void put_column(const struct input *in, struct buf *line)
{
	if (in->several) {
		buf_z(line, "no header, several serials in a line");
		return;
	}
	if (in->header_line)
		buf_printf(line, "header on line %u", in->header_line);
	else
		buf_z(line, "no header");
	buf_printf(line, ", serials in column %d", in->columns.at[COLUMN_SERIAL] + 1);
	if (in->header_line)
		buf_printf(line, " '%.*s'", STR_FMT(header_of(in)));
	buf_printf(line, ", %s", delimiter_words(in->delimiter));
}

static void print_doubts(const struct input *in, FILE *out)
{
	if (in->n_unusual)
		text_line(out,
			"%-8s %u serial%s (first on line %u): Apple's have 10 to 12 characters, "
			"neither I nor O, and no S, 1S or SN before them (--barcode-s strip takes "
			"that off)",
			"", in->n_unusual, in->n_unusual == 1 ? " is unusual" : "s are unusual",
			in->first_unusual);
	if (in->beside_first.n)
		text_line(out,
			"%-8s column %zu '%.*s' holds what could be serials of other devices, such "
			"as %s: they are not read (--serial-column %zu reads them instead)",
			"", in->beside + 1, STR_FMT(in->columns.headers[in->beside]),
			in->beside_first.text, in->beside + 1);
	if (in->cut_off.n)
		text_line(out,
			"%-8s the file ends in '%s', without the end of that line, and others are "
			"longer: is it whole?",
			"", in->cut_off.text);
}

void reading_print(const struct input *in, FILE *out)
{
	struct buf line;

	if (!in->encoding[0])
		return;
	buf_init(&line, LINE_BYTES);
	put_column(in, &line);
	buf_printf(&line, ", %s, %u row%s", in->encoding, in->n_rows, plural(in->n_rows));
	for (uint32_t i = 0; i < in->serials.n && i < FIRST_SERIALS; i++)
		buf_printf(&line, "%s%.*s", i ? ", " : ": ", STR_FMT(map_key(&in->serials, i)));
	text_line(out, "%-8s %s", "reading", buf_cstr(&line));
	buf_release(&line);
	print_doubts(in, out);
}

void reading_pin(const struct input *in, struct buf *out)
{
	if (in->several)
		return;
	if (in->header_line)
		buf_printf(out, "--header %u", in->header_line);
	else
		buf_z(out, "--header none");
	buf_printf(out, " --serial-column %d", in->columns.at[COLUMN_SERIAL] + 1);
}

void reading_put(const struct input *in, struct json_out *o)
{
	const char delimiter[] = { in->delimiter, '\0' };
	struct buf pin;

	if (!in->encoding[0])
		return;
	buf_init(&pin, LINE_BYTES);
	reading_pin(in, &pin);
	json_obj(o, "reading");
	json_put_int(o, "header_line", in->header_line);
	json_put_int(o, "serial_column", in->columns.at[COLUMN_SERIAL] + 1);
	json_put_str(o, "serial_header", header_of(in));
	json_put_z(o, "delimiter", delimiter);
	json_put_z(o, "encoding", in->encoding);
	json_put_bool(o, "several_in_a_line", in->several);
	json_put_int(o, "rows", in->n_rows);
	json_put_int(o, "unusual", in->n_unusual);
	json_put_int(o, "other_column", in->beside_first.n ? (int64_t)in->beside + 1 : 0);
	json_put_str(o, "cut_off", serial_view(&in->cut_off));
	json_arr(o, "first");
	for (uint32_t i = 0; i < in->serials.n && i < FIRST_SERIALS; i++)
		json_put_str(o, NULL, map_key(&in->serials, i));
	json_arr_end(o);
	json_put_str(o, "options", buf_view(&pin));
	json_obj_end(o);
	buf_release(&pin);
}
