#include "rules/date_forms.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

static const char *const days[] = { "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y",
	"%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%b %d, %Y",
	"%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%Y-%m-%d" };
static const char *const times[] = { "", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p",
	", %H:%M", ", %H:%M:%S", ", %I:%M %p", ", %I:%M:%S %p", " at %I:%M %p", "T%H:%M" };

enum {
	DAYS = sizeof(days) / sizeof(*days),
	TIMES = sizeof(times) / sizeof(*times),
	FORMS = DAYS * TIMES,
	FORM_BYTES = 40,
	CELLS_MAX = 64,
};

struct date_cell {
	bool fits[FORMS];
};

struct date_forms {
	struct date_cell cells[CELLS_MAX]; /* that differ in what fits them */
	size_t n_cells;
};

static struct str form(size_t n, char text[FORM_BYTES])
{
	(void)snprintf(text, FORM_BYTES, "%s%s", days[n / TIMES], times[n % TIMES]);
	return str_from(text);
}

struct date_forms *date_forms_new(void)
{
	return mem_zalloc(sizeof(struct date_forms));
}

void date_forms_free(struct date_forms *f)
{
	free(f);
}

void date_forms_add(struct date_forms *f, struct str cell)
{
	struct date_cell *new = &f->cells[f->n_cells];
	char text[FORM_BYTES];
	bool any = false;

	if (f->n_cells == CELLS_MAX)
		return;
	for (size_t i = 0; i < FORMS; i++) {
		int64_t at_ms;

		new->fits[i] = time_parse_format(cell, form(i, text), &at_ms);
		any |= new->fits[i];
	}
	for (size_t i = 0; any && i < f->n_cells; i++)
		any = memcmp(f->cells[i].fits, new->fits, sizeof(new->fits)) != 0;
	f->n_cells += any;
}

static size_t n_fitting(const struct date_forms *f, const bool *done, size_t form_no)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_cells; i++)
		n += !done[i] && f->cells[i].fits[form_no];
	return n;
}

/* Two forms for the same cells: whether day or month comes first, the cells do not tell. */
static bool is_swapped(size_t a, size_t b)
{
	const char *x = days[a / TIMES], *y = days[b / TIMES];

	return a != b && a % TIMES == b % TIMES && x[2] == y[2] && x[0] == '%' && y[0] == '%' &&
	       ((x[1] == 'm' && y[1] == 'd') || (x[1] == 'd' && y[1] == 'm')) && strlen(x) == 8 &&
	       x[7] == y[7];
}

void date_forms_suggest(const struct date_forms *f, struct buf *out, bool *ret_doubt)
{
	bool done[CELLS_MAX] = { false };
	char text[FORM_BYTES];
	size_t n_put = 0;

	*ret_doubt = false;
	for (;;) {
		size_t best = 0, most = 0;

		for (size_t i = 0; i < FORMS; i++) {
			size_t n = n_fitting(f, done, i);

			if (n > most) {
				most = n;
				best = i;
			}
		}
		if (most == 0)
			break;
		for (size_t i = 0; i < FORMS; i++)
			*ret_doubt |= is_swapped(best, i) && n_fitting(f, done, i) == most;
		for (size_t i = 0; i < f->n_cells; i++)
			done[i] |= f->cells[i].fits[best];
		(void)form(best, text);
		buf_printf(out, "%s\"%s\"", n_put++ ? ", " : "dates: [", text);
	}
	if (n_put)
		buf_char(out, ']');
}
