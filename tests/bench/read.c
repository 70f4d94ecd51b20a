/*
 * read depmend|libcsv FILE: how long reading alone takes. Prints the records and cells it saw, the
 * header with them.
 */
#include <csv.h>
#include <stdio.h>
#include <string.h>

#include "io/csv/csv.h"

struct seen {
	unsigned long records, cells;
};

static void on_cell(void *cell, size_t n, void *self)
{
	struct seen *s = self;

	(void)cell;
	(void)n;
	s->cells++;
}

static void on_record(int end, void *self)
{
	struct seen *s = self;

	(void)end;
	s->records++;
}

static int by_libcsv(const char *path, struct seen *s)
{
	static char block[65536];
	FILE *in = fopen(path, "rb");
	struct csv_parser p;
	size_t n;

	if (!in || csv_init(&p, 0) != 0)
		return 66;
	setvbuf(in, NULL, _IONBF, 0);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		if (csv_parse(&p, block, n, on_cell, on_record, s) != n)
			return 65;
	csv_fini(&p, on_cell, on_record, s);
	csv_free(&p);
	return fclose(in) ? 74 : 0;
}

static int by_depmend(const char *path, struct seen *s)
{
	static const struct csv_options opt = { 0 };
	struct csv_reader *r;
	struct csv_record record;
	struct err err;
	bool more = true;

	if (csv_open(&r, path, &opt, &err))
		return 66;
	while (more) {
		if (csv_next(r, &record, &more, &err))
			return 65;
		s->records += more;
		s->cells += more ? record.n_cells : 0;
	}
	csv_close(r);
	return 0;
}

int main(int argc, char **argv)
{
	struct seen s = { 0 };
	int status = argc != 3                        ? 64
		     : strcmp(argv[1], "libcsv") == 0 ? by_libcsv(argv[2], &s)
						      : by_depmend(argv[2], &s);

	printf("%lu records, %lu cells\n", s.records, s.cells);
	return status;
}
