/*
 * filter FILE: the reference of the bench, the least that libcsv can do for one rule. Status is
 * ASSIGNED, the model begins with iPad, added before 2024-08-01: prints those serials. No cell is
 * kept but the serial; nothing is allocated.
 */
#include <csv.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { SERIAL, MODEL, ADDED = 8, STATUS };

struct row {
	int column;
	bool header, holds;
	char serial[32];
	size_t n;
};

static void on_cell(void *cell, size_t n, void *self)
{
	struct row *r = self;

	switch (r->column++) {
	case SERIAL:
		r->holds = n < sizeof(r->serial);
		r->n = r->holds ? n : 0;
		memcpy(r->serial, cell, r->n);
		break;
	case MODEL:
		r->holds = r->holds && n >= 4 && memcmp(cell, "iPad", 4) == 0;
		break;
	case ADDED:
		r->holds = r->holds && n >= 10 && memcmp(cell, "2024-08-01", 10) < 0;
		break;
	case STATUS:
		r->holds = r->holds && n == 8 && memcmp(cell, "ASSIGNED", 8) == 0;
		break;
	default:
		break;
	}
}

static void on_row(int end, void *self)
{
	struct row *r = self;

	(void)end;
	if (r->holds && !r->header) {
		(void)fwrite_unlocked(r->serial, 1, r->n, stdout);
		(void)putchar_unlocked('\n');
	}
	r->column = 0;
	r->header = false;
}

int main(int argc, char **argv)
{
	static char block[65536];
	struct row row = { .header = true };
	struct csv_parser p;
	FILE *in = argc > 1 ? fopen(argv[1], "rb") : NULL;
	size_t n;

	if (!in || csv_init(&p, 0) != 0)
		return 66;
	setvbuf(in, NULL, _IONBF, 0);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		if (csv_parse(&p, block, n, on_cell, on_row, &row) != n)
			return 65;
	csv_fini(&p, on_cell, on_row, &row);
	csv_free(&p);
	return ferror(in) || fflush(stdout) ? 74 : 0;
}
