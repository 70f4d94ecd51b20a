/* Rows of a block, and one, against the referee: whatever the rules and the cells, the same rule.
 */
#include "rules_kit.h"
#include "rules_referee.h"

#include "base/buf.h"
#include "io/csv/csv.h"

enum { N_SETS = 400, N_ROWS = 130, N_COLUMNS = 6, MAX_TEXT = 1 << 20 };
static const int64_t now_ms = INT64_C(1793664000000); /* 2026-11-03 */

static struct kit k;
static uint64_t seed = 0x9e3779b97f4a7c15u;

static int set_up(void **state)
{
	(void)state;
	kit_begin(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_end(&k);
	return 0;
}

/* xorshift: the same numbers on every machine. */
static unsigned any(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

#define PICK(words) ((words)[any(sizeof(words) / sizeof(*(words)))])

static const char *const texts[] = { "", "", "iPad", "ipad", "iPad Air", "iPad Air 2", "iPa", "Mac",
	"MacBook Pro 16", "macbook pro 16", "MacBook Pro 14", "x", "X", "Gr\xc3\xbcn", "\xc3\xbc",
	"a@b", "a`b", "{}", "[]", "3", "03.0", "12.5", "-7", "two words", "0777" };
static const char *const dates[] = { "", "2026-01-31T23:59:59Z", "2026-01-31T23:59:58Z",
	"2026-02-01T00:00:00Z", "2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z",
	"2026-13-01T00:00:00Z", "2026-11-03T24:00:00Z", "2026-10-31T00:00:00+02:00", "2026-10-31",
	"1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2026-1-31T00:00:00ZZ",
	"0001-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "soon",
	"2026-01-31t23:59:59z", "2026/01/31T23:59:59Z" };

static void put_test(struct buf *out)
{
	static const char *const columns[] = { "model", "csv.Site", "csv.Room" };
	static const char *const opers[] = { "", "", "", "", "", "|ne", "|prefix", "|prefix",
		"|suffix", "|contains", "|exact", "|glob" };
	static const char *const orders[] = { "before", "after", "before", "lt", "ge" };
	static const char *const wants[] = { "2026-02-01", "2026-01-31T23:59:59Z",
		"2026-10-30T22:00:00Z", "2020-01-01T00:00:00.5Z", "2101-01-01" };

	static const char *const odd[] = { "csv.Room|present: true", "csv.Sold|present: false",
		"model: {column: Site}", "csv.Room|ne: {column: model}",
		"added|before: {column: Sold}", "csv.Site|gt: 3", "csv.Site|le: {column: Room}",
		"csv.Room|in_file: lists/words.txt", "csv.Site|ne: [3, 12.50, -7]",
		"apple.status: ASSIGNED", "always: true" };

	switch (any(5)) {
	case 0:
		buf_printf(out, "added|%s: \"%s\"", PICK(orders), PICK(wants));
		return;
	case 1:
		buf_printf(out, "csv.Sold|%s: %ud", any(2) ? "older_than" : "newer_than",
			1 + any(400));
		return;
	case 2:
		buf_z(out, odd[any(any(4) ? sizeof(odd) / sizeof(*odd) - 2
					  : sizeof(odd) / sizeof(*odd))]);
		return;
	default:
		buf_printf(out, "%s%s: ", PICK(columns), PICK(opers));
		if (any(3))
			buf_printf(
				out, "\"%s\"", texts[2 + any(sizeof(texts) / sizeof(*texts) - 2)]);
		else
			buf_printf(out, "[iPad, \"%s\", Mac]",
				texts[2 + any(sizeof(texts) / sizeof(*texts) - 2)]);
	}
}

static void put_rules(struct buf *out)
{
	unsigned n = 1 + any(any(2) ? 6 : 60);

	buf_reset(out);
	buf_z(out, "version: 1\nrules:\n");
	for (unsigned i = 0; i < n; i++) {
		buf_printf(out, "  - name: r%u\n    match: {%s: [", i, any(3) ? "all" : "any");
		for (unsigned t = 1 + any(3); t; t--) {
			bool not = any(6) == 0;

			buf_z(out, not ? "{not: {" : "{");
			put_test(out);
			buf_z(out, not ? "}}" : "}");
			buf_z(out, t > 1 ? ", " : "");
		}
		buf_z(out, "]}\n    do: [skip]\n");
	}
}

static void put_cell(struct buf *out, const char *text)
{
	unsigned how = any(12);

	buf_printf(out,
		how == 0   ? "\"%s\""
		: how == 1 ? " %s\t"
		: how == 2 ? "\" %s \""
			   : "%s",
		text);
}

/* Some lack their last cells. */
static void put_rows(struct buf *out)
{
	buf_reset(out);
	for (unsigned i = 0; i < N_ROWS; i++) {
		unsigned n = any(4) ? N_COLUMNS : 1 + any(N_COLUMNS);

		buf_printf(out, "C02XK%03uJG5H", i);
		for (unsigned column = 1; column < n; column++) {
			buf_char(out, ',');
			put_cell(out, column % 2 ? PICK(texts) : PICK(dates));
		}
		buf_char(out, '\n');
	}
}

static void take_serials(const struct csv_rows *rows, size_t at, struct serial *ret)
{
	for (size_t i = at; i < rows->n; i++)
		assert_int_equal(serial_read(csv_rows_cell(rows, i, 0), &ret[i - at]), REASON_NONE);
}

static bool are_same(const struct verdict *v, size_t rule, enum tri holds)
{
	if (holds == TRI_FALSE)
		return v->kind == VERDICT_NONE;
	if (v->rule != rule)
		return false;
	return holds == TRI_TRUE     ? v->kind == VERDICT_RULE
	       : holds == TRI_UNREAD ? v->kind == VERDICT_NEEDS
				     : v->kind == VERDICT_UNDECIDED || v->kind == VERDICT_INVALID;
}

/* Rows that rules_judge_rows() leaves open are counted. */
static void compare(struct ruleset *set, struct csv_reader *csv, const struct rules_rows *rows,
	const uint16_t *rule, size_t *n_open)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct csv_record record;
		struct verdict v;
		enum tri holds;
		size_t first;

		csv_rows_record(csv, rows->at + i, &record);
		k.row.cells = record.cells;
		k.row.n_cells = record.n_cells;
		k.row.serial = serial_view(&rows->serials[i]);
		k.row.now_ms = rows->now_ms;
		k.row.fact = NULL;
		first = referee_judge(set, &k.row, &holds);
		rules_judge(set, &k.row, &v);
		if (!are_same(&v, first, holds))
			fail_msg("row '%.*s': %d of rule %zu, alone %d of rule %zu",
				STR_FMT(record.raw), (int)holds, first, (int)v.kind, v.rule);
		if (rule[i] == RULES_OPEN)
			++*n_open;
		else if (holds > TRI_TRUE || rule[i] != (holds ? first : RULES_NONE))
			fail_msg("row '%.*s': %d of rule %zu, at once %u", STR_FMT(record.raw),
				(int)holds, first, rule[i]);
	}
}

/* Every second block is begun in its middle, as a reader does behind a row that is not plain. */
static void judge_all(struct ruleset *set, struct str text, size_t *n_rows, size_t *n_open)
{
	struct csv_reader *csv;
	struct serial serials[CSV_ROWS_MOST];
	uint16_t rule[CSV_ROWS_MOST];
	size_t at;

	assert_int_equal(
		csv_open_bytes(&csv, text, "f", &(struct csv_options){ .delimiter = ',' }, &k.err),
		ERR_OK);
	for (;;) {
		const struct csv_rows *rows = csv_rows(csv, &at);
		struct rules_rows some = { rows, at, rows->n - at, 0, serials, now_ms };

		if (some.n == 0)
			break;
		some.n = some.n > 40 && any(2) ? 1 + any(40) : some.n;
		some.n_cells = SIZE_MAX;
		for (size_t i = at; i < at + some.n; i++)
			if (csv_rows_cells(rows, i) < some.n_cells)
				some.n_cells = csv_rows_cells(rows, i);
		take_serials(rows, at, serials);
		rules_judge_rows(set, &some, rule);
		compare(set, csv, &some, rule, n_open);
		*n_rows += some.n;
		csv_take(csv, some.n);
	}
	csv_close(csv);
}

static void rows_are_judged_as_the_referee_says(void **state)
{
	struct buf rules, text;
	size_t n_rows = 0, n_open = 0, n_sets = 0;

	(void)state;
	buf_init(&rules, MAX_TEXT);
	buf_init(&text, MAX_TEXT);
	for (unsigned i = 0; i < N_SETS; i++) {
		struct ruleset *set;

		put_rules(&rules);
		set = kit_load(&k, buf_view(&rules), false, NULL);
		if (!set)
			diags_print(&k.d, stderr);
		assert_non_null(set);
		kit_columns(&k, "serial, model, added, Site, Sold, Room");
		assert_int_equal(rules_bind(set, &k.columns, &k.d, &k.err), ERR_OK);
		put_rows(&text);
		judge_all(set, buf_view(&text), &n_rows, &n_open);
		rules_free(set);
		n_sets++;
	}
	assert_int_equal(n_rows, (size_t)N_ROWS * n_sets);
	/* Dates and numbers that are none, and facts, leave rows open. */
	assert_in_range(n_open, n_rows / 20, n_rows / 2);
	buf_release(&rules);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			rows_are_judged_as_the_referee_says, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
