#include "model/columns.h"

#include "model/header.h"
#include "model/serial.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Equal but for ASCII case and blanks. */
static bool eq_loose(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && is_blank(a.p[i]))
			i++;
		while (k < b.n && is_blank(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (ascii_lower(a.p[i++]) != ascii_lower(b.p[k++]))
			return false;
	}
}

int columns_match(const struct str *headers, size_t n, struct str text)
{
	int exact = -1, loose = -1, n_exact = 0, n_loose = 0;

	for (size_t i = 0; i < n; i++) {
		if (str_eq(headers[i], text)) {
			exact = (int)i;
			n_exact++;
		}
		if (eq_loose(headers[i], text)) {
			loose = (int)i;
			n_loose++;
		}
	}
	if (n_exact)
		return n_exact == 1 ? exact : -1;
	return n_loose == 1 ? loose : -1;
}

static int find_text(const struct columns *c, struct str header)
{
	return columns_match(c->headers, c->n, header);
}

static const struct column_override *override_of(
	const struct column_options *opt, enum column column)
{
	for (size_t i = 0; i < opt->n_overrides; i++)
		if (opt->overrides[i].column == column)
			return &opt->overrides[i];
	return NULL;
}

static enum errc take_override(struct columns *c, const struct column_override *o, struct err *err)
{
	const char *word = column_info(o->column)->word;
	struct str near;

	c->at[o->column] = find_text(c, o->header);
	if (c->at[o->column] >= 0)
		return ERR_OK;
	near = columns_nearest(c, o->header);
	if (near.n)
		return err_set(err, ERR_INPUT,
			"no column has the header '%.*s' that 'columns: %s' names; did you mean "
			"'%.*s'?",
			STR_FMT(o->header), word, STR_FMT(near));
	return err_set(err, ERR_INPUT, "no column has the header '%.*s' that 'columns: %s' names",
		STR_FMT(o->header), word);
}

/* The surest column. Of two that are equally sure neither is taken, which matters only where rules
 * use it. */
static void take_alias(struct columns *c, enum column column)
{
	int best = HEADER_NONE;

	for (size_t i = 0; i < c->n; i++) {
		int rank = c->own[i] ? HEADER_NONE : header_rank(column, c->headers[i]);

		if (rank >= HEADER_NONE || rank > best)
			continue;
		c->unsure[column] = rank == best;
		c->at[column] = rank == best ? -1 : (int)i;
		best = rank;
	}
}

bool columns_are_of_result(const struct str *headers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(headers[i], STR("depmend_outcome")))
			return true;
	return false;
}

enum errc columns_map(struct columns *ret, const struct column_options *opt,
	const struct str *cells, size_t n_cells, size_t serial_at, struct arena *a, struct err *err)
{
	struct columns c = { .n = n_cells, .has_header = true };
	enum errc rc = ERR_OK;

	c.headers = arena_alloc(a, (n_cells + 1) * sizeof(*c.headers));
	c.own = arena_alloc(a, (n_cells + 1) * sizeof(*c.own));
	for (size_t i = 0; i < n_cells; i++) {
		c.headers[i] = arena_dup(a, serial_trim(cells[i]));
		c.own[i] = str_starts_nocase(c.headers[i], STR("depmend_"));
	}
	for (int i = 0; i < COLUMN_MAX_ && !rc; i++) {
		const struct column_override *o = override_of(opt, (enum column)i);

		c.at[i] = -1;
		if (i == COLUMN_SERIAL)
			c.at[i] = (int)serial_at;
		else if (o)
			rc = take_override(&c, o, err);
		else
			take_alias(&c, (enum column)i);
	}
	if (!rc)
		*ret = c;
	return rc;
}

enum errc columns_map_headerless(
	struct columns *ret, const struct column_options *opt, size_t serial_at, struct err *err)
{
	if (opt->n_overrides)
		return err_set(err, ERR_INPUT,
			"the file has no header, but 'columns: %s' names the header '%.*s'",
			column_info(opt->overrides[0].column)->word,
			STR_FMT(opt->overrides[0].header));
	*ret = (struct columns){ .n = 0 };
	for (int i = 0; i < COLUMN_MAX_; i++)
		ret->at[i] = -1;
	ret->at[COLUMN_SERIAL] = (int)serial_at;
	return ERR_OK;
}

struct columns columns_copy(const struct columns *c, struct arena *a)
{
	struct columns copy = *c;

	copy.headers = arena_alloc(a, (c->n + 1) * sizeof(*copy.headers));
	copy.own = arena_alloc(a, (c->n + 1) * sizeof(*copy.own));
	for (size_t i = 0; i < c->n; i++) {
		copy.headers[i] = arena_dup(a, c->headers[i]);
		copy.own[i] = c->own[i];
	}
	return copy;
}

size_t columns_count(const struct columns *c, struct str header)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += str_eq(c->headers[i], header);
	return n;
}

int columns_find(const struct columns *c, struct str header)
{
	enum column column;

	if (column_from_word(header, &column) && c->at[column] >= 0)
		return c->at[column];
	return find_text(c, header);
}

struct str columns_nearest(const struct columns *c, struct str header)
{
	unsigned best = 1 + (unsigned)(header.n > 64 ? 64 : header.n) / 4;
	struct str near = STR_NONE;

	for (size_t i = 0; i < c->n; i++) {
		unsigned d = str_distance(header, c->headers[i]);

		if (d < best || (d == best && near.n == 0)) {
			best = d;
			near = c->headers[i];
		}
	}
	return near;
}
