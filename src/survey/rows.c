#include "survey/rows.h"

#include "base/log.h"
#include "io/csv/csv_out.h"

enum { ROW_MAX_BYTES = 1024 * 1024 };

static void write_line(struct survey_rows *r)
{
	buf_char(&r->line, '\n');
	log_status(NULL); /* which may be on the same terminal */
	outfile_write(r->opt->out, buf_view(&r->line));
	buf_reset(&r->line);
}

void rows_begin(struct survey_rows *r, const struct survey_options *opt, const char *const *headers,
	size_t n_cells)
{
	*r = (struct survey_rows){ .opt = opt, .headers = headers, .n_cells = n_cells };
	buf_init(&r->line, ROW_MAX_BYTES);
	if (!opt->out)
		return;
	for (size_t i = 0; i < n_cells; i++)
		buf_printf(&r->line, "%s%s", i ? "," : "", headers[i]);
	write_line(r);
}

void rows_put(struct survey_rows *r, const struct str *cells)
{
	r->n++;
	if (r->opt->each)
		r->opt->each(r->opt->each_self, r->headers, cells, r->n_cells);
	if (!r->opt->out)
		return;
	for (size_t i = 0; i < r->n_cells; i++) {
		if (i)
			buf_char(&r->line, ',');
		csv_cell(&r->line, cells[i], !r->opt->raw_csv);
	}
	write_line(r);
}

uint64_t rows_end(struct survey_rows *r)
{
	buf_release(&r->line);
	return r->n;
}
