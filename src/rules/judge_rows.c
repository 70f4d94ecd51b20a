/*
 * Many rows at once, by the same chain as one: link after link, each for all rows that have come so
 * far, as bits of a mask. What a link cannot tell of a row leaves that row to rules_judge().
 */
#include "base/bytes.h"
#include "rules/ruleset.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

#define EACH_ROW(i, mask)                                                                    \
	for (uint64_t left_ = (mask), i; left_ && (i = (uint64_t)__builtin_ctzll(left_), 1); \
		left_ &= left_ - 1)

/* One column of the rows. */
struct column_rows {
	uint64_t taken; /* rows whose cell is here: */
	const char *p[CSV_ROWS_MOST];
	uint32_t n[CSV_ROWS_MOST];
	uint64_t head[CSV_ROWS_MOST]; /* its first eight bytes, and what is behind a shorter one */
	uint64_t dated, known;        /* looked at; it is a date of the usual form: */
	struct date_text dates[CSV_ROWS_MOST];
};

struct judge_rows {
	struct column_rows *columns; /* by ref */
	uint64_t *come;              /* by link, and at the end: rows that have come so far */
	uint64_t *due;               /* a bit for each link to which some have */
	uint64_t worth[CSV_ROWS_MOST][RULES_MAX_RULES / 64 + 1];
	uint64_t weighed; /* rows whose worth is known */
	struct str *keys; /* by key column */
	const struct rules_rows *rows;
	uint16_t *ret;
};

/* What a link says of rows. */
struct link_says {
	uint64_t yes, open;
};

static struct judge_rows *begin(struct ruleset *set, const struct rules_rows *rows, uint16_t *ret)
{
	struct judge_rows *j = set->judge_rows;

	if (!j) {
		j = set->judge_rows = arena_zalloc(&set->arena, sizeof(*j));
		j->columns = arena_zalloc(&set->arena, (set->refs.n + 1) * sizeof(*j->columns));
		j->come = arena_zalloc(&set->arena, (set->chain.n + 1) * sizeof(*j->come));
		j->due = arena_zalloc(&set->arena, (set->chain.n / 64 + 1) * sizeof(*j->due));
		j->keys = arena_zalloc(&set->arena, (set->key_columns.n + 1) * sizeof(*j->keys));
	}
	for (size_t i = 0; i < set->refs.n; i++)
		j->columns[i].taken = j->columns[i].dated = j->columns[i].known = 0;
	j->weighed = 0;
	j->rows = rows;
	j->ret = ret;
	return j;
}

static uint64_t all_of(const struct rules_rows *rows)
{
	return rows->n < 64 ? (UINT64_C(1) << rows->n) - 1 : UINT64_MAX;
}

/* --- cells --- */

/* The first character highest, so that numbers are in the order of the texts. */
static uint64_t eight_in_order(const char *p)
{
	return __builtin_bswap64(bytes_read8(p));
}

static struct str cell_of(const struct column_rows *c, size_t i)
{
	return (struct str){ c->p[i], c->n[i] };
}

static void take_cell(struct column_rows *c, size_t i, struct str cell)
{
	static const char none[8];

	c->p[i] = cell.n ? cell.p : none;
	c->n[i] = (uint32_t)cell.n;
	c->head[i] = bytes_read8(c->p[i]);
}

static inline __attribute__((always_inline)) void take_raw_cell(
	struct column_rows *c, const struct rules_rows *rows, size_t column, size_t i)
{
	const struct csv_rows *csv = rows->csv;
	const uint32_t *end = csv->ends + csv->first[rows->at + i] + column;
	uint32_t from = column ? end[-1] + 1 : csv->from[rows->at + i];

	c->p[i] = csv->text + from;
	c->n[i] = *end - from;
	c->head[i] = bytes_read8(c->p[i]);
}

static void take_cells(
	struct column_rows *c, const struct rules_rows *rows, size_t column, uint64_t which)
{
	uint64_t rough = rows->csv->rough >> rows->at & which;

	if (which == all_of(rows))
		for (size_t i = 0; i < rows->n; i++)
			take_raw_cell(c, rows, column, i);
	else
		EACH_ROW(i, which)
	take_raw_cell(c, rows, column, i);
	EACH_ROW(i, rough)
	take_cell(c, i, csv_rough_cell(cell_of(c, i)));
}

/* With the cells of those rows. */
static struct column_rows *column_of(
	struct judge_rows *j, const struct ruleset *set, uint32_t n, uint64_t which)
{
	const struct column_ref *ref = &set->refs.v[n];
	struct column_rows *c = &j->columns[n];

	which &= ~c->taken;
	c->taken |= which;
	if (!ref->is_serial && (size_t)ref->bound < j->rows->n_cells) /* -1: it is not there */
		take_cells(c, j->rows, (size_t)ref->bound, which);
	else
		EACH_ROW(i, which)
	take_cell(c, i, ref->is_serial ? serial_view(&j->rows->serials[i]) : STR_NONE);
	return c;
}

/* --- dates --- */

/* Bytes of a difference that are 0 to 9 where `most` has 0x76, and 0 where it has 0x7f. */
static bool are_in_form(uint64_t bytes, uint64_t most)
{
	return ((bytes | (bytes + most)) & 0x8080808080808080u) == 0;
}

static unsigned two_digits(uint64_t bytes, unsigned shift)
{
	return (unsigned)(bytes >> (shift + 8) & 0xf) * 10 + (unsigned)(bytes >> shift & 0xf);
}

/* Not the last day of February in leap years, which time_parse() knows. */
static bool read_date(struct str s, struct date_text *ret)
{
	static const unsigned char days[] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	uint64_t month, minute, second;
	unsigned m, d;

	if (s.n != sizeof("2026-01-31T23:59:59Z") - 1)
		return false;
	*ret = (struct date_text){ eight_in_order(s.p), eight_in_order(s.p + 8),
		(uint32_t)eight_in_order(s.p + 12) };
	month = ret->month ^ 0x303030302d30302du;   /* "0000-00-" */
	minute = ret->minute ^ 0x30305430303a3030u; /* "00T00:00" */
	second = ret->second ^ 0x3a30305au;         /* ":00Z" */
	if (!are_in_form(month, 0x767676767f76767fu) || !are_in_form(minute, 0x76767f76767f7676u) ||
		!are_in_form(second, 0x7f76767fu))
		return false;
	m = two_digits(month, 8);
	d = two_digits(minute, 48);
	return month >> 48 == 0x0200 && m >= 1 && m <= 12 && d >= 1 && d <= days[m] &&
	       two_digits(minute, 24) < 24 && two_digits(minute, 0) < 60 &&
	       two_digits(second, 8) < 60;
}

static struct column_rows *dates_of(
	struct judge_rows *j, const struct ruleset *set, uint32_t ref, uint64_t which)
{
	struct column_rows *c = column_of(j, set, ref, which);

	EACH_ROW(i, which & ~c->dated)
	c->known |= (uint64_t)read_date(cell_of(c, i), &c->dates[i]) << i;
	c->dated |= which;
	return c;
}

static int order_of(const struct date_text *a, const struct date_text *b)
{
	if (a->month != b->month)
		return a->month < b->month ? -1 : 1;
	if (a->minute != b->minute)
		return a->minute < b->minute ? -1 : 1;
	return a->second < b->second ? -1 : a->second > b->second;
}

/* As a text, once for all rows. */
static bool read_want(struct leaf *leaf, int64_t now_ms)
{
	int64_t want_ms = leaf_date(leaf, now_ms);
	char text[TIME_TEXT];

	if (leaf->want_ms != want_ms) {
		leaf->want_ms = want_ms;
		leaf->wants_text = want_ms % 1000 == 0 &&
				   read_date(str_from(time_rfc3339_s(want_ms, text)), &leaf->want);
	}
	return leaf->wants_text;
}

static struct link_says judge_dates(
	struct judge_rows *j, const struct ruleset *set, struct leaf *leaf, uint64_t come)
{
	const struct column_rows *c = dates_of(j, set, leaf->source.ref, come);
	int64_t now_ms = j->rows->now_ms;
	uint64_t quick = read_want(leaf, now_ms) ? come & c->known : 0;
	struct link_says says = { 0 };

	EACH_ROW(i, quick)
	says.yes |= (uint64_t)order_holds(leaf->oper, order_of(&c->dates[i], &leaf->want)) << i;
	EACH_ROW(i, come & ~quick)
	{
		enum tri one = judge_date(set, leaf, cell_of(c, i), now_ms);

		says.yes |= (uint64_t)(one == TRI_TRUE) << i;
		says.open |= (uint64_t)(one == TRI_UNKNOWN) << i;
	}
	return says;
}

/* --- links --- */

static struct link_says judge_texts(
	struct judge_rows *j, const struct ruleset *set, const struct leaf *leaf, uint64_t come)
{
	const struct column_rows *c = column_of(j, set, leaf->source.ref, come);
	struct link_says says = { 0 };

	EACH_ROW(i, come)
	says.yes |= (uint64_t)(judge_text(leaf, cell_of(c, i)) == TRI_TRUE) << i;
	return says;
}

static struct link_says judge_equal(
	struct judge_rows *j, const struct ruleset *set, const struct link *link, uint64_t come)
{
	const struct column_rows *c = column_of(j, set, link->ref, come);
	const uint64_t mask = link->head_mask, loose = mask & ~EACH('a' ^ 'A');
	const uint32_t n = (uint32_t)link->text.n;
	/* Of a beginning, how much longer the cell is does not matter. */
	const uint32_t beyond = link->n_compared == SIZE_MAX ? 0 : UINT32_MAX - n;
	struct link_says says = { 0 };

	EACH_ROW(i, come)
	{
		uint64_t differs = c->head[i] ^ link->head;

		if (differs & loose || c->n[i] - n > beyond)
			continue;
		/* The head is all of a short text. */
		if ((n <= 8 && (differs & mask) == 0) || link_text_holds(link, cell_of(c, i)))
			says.yes |= UINT64_C(1) << i;
	}
	return says;
}

static struct link_says judge_link(
	struct judge_rows *j, const struct ruleset *set, const struct link *link, uint64_t come)
{
	struct leaf *leaf = link->leaf < CHAIN_SKIP ? &set->leaves.v[link->leaf] : NULL;

	if (link->text.n)
		return judge_equal(j, set, link, come);
	if (link->leaf == CHAIN_ALWAYS)
		return (struct link_says){ .yes = come };
	if (leaf && leaf->plain)
		return judge_texts(j, set, leaf, come);
	if (leaf && leaf->dated)
		return judge_dates(j, set, leaf, come);
	return (struct link_says){ .open = come };
}

static void send(struct judge_rows *j, int32_t to, uint64_t rows)
{
	j->come[to] |= rows;
	j->due[to / 64] |= UINT64_C(1) << to % 64;
}

static void go_on(struct judge_rows *j, const struct link *link, int32_t to, uint64_t rows)
{
	if (!rows)
		return;
	if (to != CHAIN_TRUE)
		send(j, to, rows);
	else
		EACH_ROW(i, rows)
	j->ret[i] = (uint16_t)link->rule;
}

static void weigh(struct judge_rows *j, const struct ruleset *set, uint64_t which)
{
	for (size_t k = 0; k < set->key_columns.n; k++)
		(void)column_of(j, set, set->key_columns.v[k].ref, which);
	EACH_ROW(i, which)
	{
		for (size_t k = 0; k < set->key_columns.n; k++)
			j->keys[k] = cell_of(&j->columns[set->key_columns.v[k].ref], i);
		rules_worth(set, j->keys, j->worth[i]);
	}
	j->weighed |= which;
}

/* Each row to the next rule that is worth judging. */
static void skip(
	struct judge_rows *j, const struct ruleset *set, const struct link *link, uint64_t come)
{
	weigh(j, set, come & ~j->weighed);
	EACH_ROW(i, come)
	send(j, rules_skip(set, j->worth[i], link->rule), UINT64_C(1) << i);
}

static void follow(
	struct judge_rows *j, struct ruleset *set, const struct link *link, uint64_t come)
{
	struct link_says says;

	if (link->leaf == CHAIN_SKIP) {
		skip(j, set, link, come);
		return;
	}
	says = judge_link(j, set, link, come);
	go_on(j, link, link->on_true, says.yes);
	go_on(j, link, link->on_false, come & ~says.yes & ~says.open);
	EACH_ROW(i, says.open)
	j->ret[i] = RULES_OPEN;
}

void rules_judge_rows(struct ruleset *set, const struct rules_rows *rows, uint16_t *ret)
{
	struct judge_rows *j = begin(set, rows, ret);

	for (size_t i = 0; i < rows->n; i++)
		ret[i] = RULES_NONE;
	send(j, 0, all_of(rows));
	/* Links lead to later ones alone. */
	for (size_t word = 0; word <= set->chain.n / 64; word++)
		while (j->due[word]) {
			size_t at = word * 64 + (size_t)__builtin_ctzll(j->due[word]);
			uint64_t come = j->come[at];

			j->due[word] &= j->due[word] - 1;
			j->come[at] = 0;
			if (at < set->chain.n)
				follow(j, set, &set->chain.v[at], come);
		}
}
