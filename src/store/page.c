#include "store/page.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

void page_init(struct page *p)
{
	*p = (struct page){ 0 };
	arena_init(&p->texts);
}

void page_release(struct page *p)
{
	arena_release(&p->texts);
	free(p->cells);
	*p = (struct page){ 0 };
}

static void add_cell(struct page *p, struct db_stmt *q, int at)
{
	enum db_type type = db_col_type(q, at);
	struct cell c = { .null = type == DB_NULL };

	if (type == DB_INT)
		c.number = db_col_int(q, at);
	else if (type != DB_NULL)
		c.text = arena_dup(&p->texts, db_col_str(q, at));
	MEM_GROW(p->cells, p->n_cells, p->cap);
	p->cells[p->n_cells++] = c;
}

enum errc page_read(struct page *p, struct db_stmt *q, struct err *err)
{
	bool row;
	enum errc rc;

	arena_reset(&p->texts);
	p->n = p->n_cells = 0;
	p->n_columns = (size_t)db_columns(q);
	while (!(rc = db_step(q, &row, err)) && row) {
		for (size_t i = 0; i < p->n_columns; i++)
			add_cell(p, q, (int)i);
		p->n++;
	}
	return rc;
}

const struct cell *page_row(const struct page *p, size_t i)
{
	return p->cells + i * p->n_columns;
}

int64_t cell_time(const struct cell *c)
{
	return c->null ? TIME_NONE : c->number;
}

enum errc page_one_text(struct db_stmt *q, char **ret, struct err *err)
{
	bool row;
	enum errc rc = db_step(q, &row, err);

	if (rc)
		return rc;
	*ret = row && !db_col_is_null(q, 0) ? mem_dupz(db_col_str(q, 0)) : NULL;
	db_reset(q);
	return ERR_OK;
}

enum errc page_one_number(struct db_stmt *q, int64_t none, int64_t *ret, struct err *err)
{
	bool row;
	enum errc rc = db_step(q, &row, err);

	if (rc)
		return rc;
	*ret = row && !db_col_is_null(q, 0) ? db_col_int(q, 0) : none;
	db_reset(q);
	return ERR_OK;
}

enum errc page_once_text(struct db *d, const char *sql, const struct db_value *v, size_t n,
	char **ret, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = db_prepare(d, sql, &q, err);

	if (rc)
		return rc;
	db_bind(q, v, n);
	rc = page_one_text(q, ret, err);
	db_stmt_free(q);
	return rc;
}

enum errc page_once_number(struct db *d, const char *sql, const struct db_value *v, size_t n,
	int64_t none, int64_t *ret, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = db_prepare(d, sql, &q, err);

	if (rc)
		return rc;
	db_bind(q, v, n);
	rc = page_one_number(q, none, ret, err);
	db_stmt_free(q);
	return rc;
}
