/*
 * Rows are judged by the chain: link after link, each for all rows that have come so far, as bits
 * of a mask; one row is a mask of one bit. What a link cannot tell of a row is for the ops of its
 * rule to say, when the row is the only one.
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
	char few[8]; /* the only row's cell, if it is short */
};

/* What a link says of rows. */
struct link_says {
	uint64_t yes, open;
};

/* What a leaf has said of rows, for the other links that it has. */
struct leaf_rows {
	uint64_t turn, judged;
	struct link_says says;
};

struct judge_rows {
	struct ruleset *set;
	uint64_t turn;               /* of rows */
	struct column_rows *columns; /* by ref */
	struct leaf_rows *leaves;
	uint64_t left;  /* rows that have not come to an end */
	uint64_t *come; /* by link: those that have come so far */
	uint64_t *due;  /* a bit for each link to which some have */
	uint64_t worth[CSV_ROWS_MOST][RULES_MAX_RULES / 64 + 1];
	uint64_t weighed; /* rows whose worth is known */
	struct str *keys; /* by key column */
	const struct rules_rows *rows;
	struct judge one;        /* for what asks row by row */
	struct verdict *verdict; /* of the only row; NULL: rows are of `csv` */
	uint16_t *ret;
};

static struct judge_rows *begin(struct ruleset *set, const struct rules_rows *rows,
	const struct rules_row *row, uint16_t *ret)
{
	struct judge_rows *j = set->judge_rows;

	if (!j) {
		j = set->judge_rows = arena_zalloc(&set->arena, sizeof(*j));
		j->set = set;
		j->leaves = arena_zalloc(&set->arena, (set->leaves.n + 1) * sizeof(*j->leaves));
		j->columns = arena_zalloc(&set->arena, (set->refs.n + 1) * sizeof(*j->columns));
		j->come = arena_zalloc(&set->arena, (set->chain.n + 1) * sizeof(*j->come));
		j->due = arena_zalloc(&set->arena, (set->chain.n / 64 + 1) * sizeof(*j->due));
		j->keys = arena_zalloc(&set->arena, (set->key_columns.n + 1) * sizeof(*j->keys));
	}
	for (size_t i = 0; i < set->refs.n; i++)
		j->columns[i].taken = j->columns[i].dated = j->columns[i].known = 0;
	j->weighed = 0;
	j->turn++;
	j->rows = rows;
	j->one = judge_of(set, row);
	j->verdict = NULL;
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

/* Behind it may be nothing that can be read. */
static void take_only_cell(struct column_rows *c, struct str cell)
{
	if (cell.n < sizeof(c->few)) {
		for (size_t i = 0; i < cell.n; i++)
			c->few[i] = cell.p[i];
		cell.p = c->few;
	}
	take_cell(c, 0, cell);
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
	take_cell(c, i, csv_rough_cell(rows->csv, rows->at + i, cell_of(c, i)));
}

static struct str one_cell(const struct rules_rows *rows, const struct column_ref *ref, size_t i)
{
	size_t row = rows->at + i;

	if (ref->is_serial)
		return serial_view(&rows->serials[i]);
	if ((size_t)ref->bound >= csv_rows_cells(rows->csv, row))
		return STR_NONE;
	return csv_rows_cell(rows->csv, row, (size_t)ref->bound);
}

static void take_column(
	struct judge_rows *j, struct column_rows *c, const struct column_ref *ref, uint64_t which)
{
	c->taken |= which;
	if (j->verdict)
		take_only_cell(c, rules_cell(ref, j->one.row));
	else if (!ref->is_serial && (size_t)ref->bound < j->rows->n_cells) /* -1: not there */
		take_cells(c, j->rows, (size_t)ref->bound, which);
	else
		EACH_ROW(i, which)
	take_cell(c, i, one_cell(j->rows, ref, i));
}

/* With the cells of those rows. */
static inline struct column_rows *column_of(struct judge_rows *j, uint32_t n, uint64_t which)
{
	struct column_rows *c = &j->columns[n];

	if (which & ~c->taken)
		take_column(j, c, &j->set->refs.v[n], which & ~c->taken);
	return c;
}

static struct str rows_cell(struct judge_rows *j, uint32_t ref, size_t row)
{
	return cell_of(column_of(j, ref, UINT64_C(1) << row), row);
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

static struct column_rows *dates_of(struct judge_rows *j, uint32_t ref, uint64_t which)
{
	struct column_rows *c = column_of(j, ref, which);

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

/* --- links --- */

static struct link_says judge_each(struct judge_rows *j, const struct leaf *leaf, uint64_t come)
{
	struct link_says says = { 0 };

	EACH_ROW(i, come)
	{
		enum tri one;

		j->one.at = i;
		one = judge_leaf(&j->one, leaf);
		says.yes |= (uint64_t)(one == TRI_TRUE) << i;
		says.open |= (uint64_t)(one > TRI_TRUE) << i;
	}
	return says;
}

static struct link_says judge_dates(struct judge_rows *j, struct leaf *leaf, uint64_t come)
{
	const struct column_rows *c = dates_of(j, leaf->source.ref, come);
	uint64_t quick = read_want(leaf, j->one.row->now_ms) ? come & c->known : 0;
	struct link_says says = judge_each(j, leaf, come & ~quick);

	EACH_ROW(i, quick)
	says.yes |= (uint64_t)order_holds(leaf->oper, order_of(&c->dates[i], &leaf->want)) << i;
	return says;
}

/* Most comparisons end at the length or the first byte, most of the others are equal byte for byte:
 * that is seen without a walk. */
static bool equals_nocase(struct str seen, struct str want)
{
	return seen.n == want.n && ((seen.p[0] ^ want.p[0]) & ~('a' ^ 'A')) == 0 &&
	       (memcmp(seen.p, want.p, want.n) == 0 || str_eq_nocase(seen, want));
}

static bool plain_holds(const struct leaf *leaf, struct str seen)
{
	bool whole = leaf->oper == OPER_EQ || leaf->oper == OPER_NE;

	for (uint32_t i = 0; seen.n && i < leaf->n; i++)
		if (whole ? equals_nocase(seen, leaf->v[i].text)
			  : text_holds(leaf->oper, seen, leaf->v[i].text))
			return leaf->oper != OPER_NE;
	return leaf->oper == OPER_NE;
}

static struct link_says judge_texts(struct judge_rows *j, const struct leaf *leaf, uint64_t come)
{
	const struct column_rows *c = column_of(j, leaf->source.ref, come);
	struct link_says says = { 0 };

	EACH_ROW(i, come)
	says.yes |= (uint64_t)plain_holds(leaf, cell_of(c, i)) << i;
	return says;
}

static uint64_t judge_equal(struct judge_rows *j, const struct link *link, uint64_t come)
{
	const struct column_rows *c = column_of(j, link->ref, come);
	const uint64_t mask = link->head_mask, loose = mask & ~EACH('a' ^ 'A');
	const uint32_t n = (uint32_t)link->text.n;
	/* Of a beginning, how much longer the cell is does not matter. */
	const uint32_t beyond = link->is_prefix ? UINT32_MAX - n : 0;
	uint64_t yes = 0;

	EACH_ROW(i, come)
	{
		uint64_t differs = c->head[i] ^ link->head;

		if (differs & loose || c->n[i] - n > beyond)
			continue;
		/* The head is all of a short text. */
		if ((n <= 8 && (differs & mask) == 0) ||
			equals_nocase((struct str){ c->p[i], n }, link->text))
			yes |= UINT64_C(1) << i;
	}
	return yes;
}

static struct link_says judge_by_leaf(struct judge_rows *j, struct leaf *leaf, uint64_t come)
{
	if (leaf->plain)
		return judge_texts(j, leaf, come);
	return leaf->dated ? judge_dates(j, leaf, come) : judge_each(j, leaf, come);
}

/* What has several links says it once of each row. */
static struct link_says judge_leaves(struct judge_rows *j, uint32_t n, uint64_t come)
{
	struct leaf *leaf = &j->set->leaves.v[n];
	struct leaf_rows *l = &j->leaves[n];

	if (!leaf->shared)
		return judge_by_leaf(j, leaf, come);
	if (l->turn != j->turn)
		*l = (struct leaf_rows){ .turn = j->turn };
	if (come & ~l->judged) {
		struct link_says says = judge_by_leaf(j, leaf, come & ~l->judged);

		l->says.yes |= says.yes;
		l->says.open |= says.open;
		l->judged |= come;
	}
	return (struct link_says){ l->says.yes & come, l->says.open & come };
}

/* --- the way of rows along the chain --- */

static void end_rows(struct judge_rows *j, uint64_t rows, uint32_t what)
{
	j->left &= ~rows;
	EACH_ROW(i, rows)
	j->ret[i] = (uint16_t)what;
}

static inline void send(struct judge_rows *j, const struct link *link, int32_t to, uint64_t rows)
{
	size_t at = (size_t)to;

	if (to == CHAIN_TRUE || at == j->set->chain.n) {
		end_rows(j, rows, to == CHAIN_TRUE ? link->rule : RULES_NONE);
		return;
	}
	j->come[at] |= rows;
	j->due[at / 64] |= UINT64_C(1) << at % 64;
}

static void weigh(struct judge_rows *j, uint64_t which)
{
	const struct ruleset *set = j->set;

	for (size_t k = 0; k < set->key_columns.n; k++)
		(void)column_of(j, set->key_columns.v[k].ref, which);
	EACH_ROW(i, which)
	{
		for (size_t k = 0; k < set->key_columns.n; k++)
			j->keys[k] = cell_of(&j->columns[set->key_columns.v[k].ref], i);
		rules_worth(set, j->keys, j->worth[i]);
	}
	j->weighed |= which;
}

/* Each row to the next rule that is worth judging. */
static void skip(struct judge_rows *j, const struct link *link, uint64_t come)
{
	weigh(j, come & ~j->weighed);
	EACH_ROW(i, come)
	send(j, link, rules_skip(j->set, j->worth[i], link->rule), UINT64_C(1) << i);
}

static void leave_open(struct judge_rows *j, const struct link *link, uint64_t rows)
{
	int32_t to = j->verdict ? judge_rule(&j->one, link->rule, j->verdict) : CHAIN_TRUE;

	if (to == CHAIN_TRUE)
		end_rows(j, rows, RULES_OPEN);
	else
		send(j, link, to, rows);
}

static void follow(struct judge_rows *j, const struct link *link, uint64_t come)
{
	struct link_says says = { .yes = come };
	uint64_t no;

	if (link->leaf == CHAIN_SKIP) {
		skip(j, link, come);
		return;
	}
	if (link->text.n)
		says.yes = judge_equal(j, link, come);
	else if (link->leaf == CHAIN_OPS)
		says = (struct link_says){ .open = come };
	else if (link->leaf != CHAIN_ALWAYS)
		says = judge_leaves(j, link->leaf, come);
	no = come & ~says.yes & ~says.open;
	if (no)
		send(j, link, link->on_false, no);
	if (says.yes)
		send(j, link, link->on_true, says.yes);
	if (says.open)
		leave_open(j, link, says.open);
}

static void judge_all(struct judge_rows *j)
{
	j->left = j->come[0] = all_of(j->rows);
	j->due[0] = 1;
	/* Links lead to later ones alone. */
	for (size_t word = 0; j->left; word++)
		while (j->due[word]) {
			size_t at = word * 64 + (size_t)__builtin_ctzll(j->due[word]);
			uint64_t come = j->come[at];

			j->due[word] &= j->due[word] - 1;
			j->come[at] = 0;
			follow(j, &j->set->chain.v[at], come);
		}
}

void rules_judge_rows(struct ruleset *set, const struct rules_rows *rows, uint16_t *ret)
{
	const struct rules_row each = { .now_ms = rows->now_ms };
	struct judge_rows *j = begin(set, rows, &each, ret);

	j->one.rows = j;
	j->one.cell = rows_cell;
	judge_all(j);
}

void rules_judge(struct ruleset *set, const struct rules_row *row, struct verdict *ret)
{
	const struct rules_rows only = { .n = 1 };
	uint16_t rule;
	struct judge_rows *j = begin(set, &only, row, &rule);

	*ret = (struct verdict){ .kind = VERDICT_NONE };
	j->verdict = ret;
	judge_all(j);
	if (rule < RULES_OPEN)
		*ret = (struct verdict){ .kind = VERDICT_RULE, .rule = rule };
}
