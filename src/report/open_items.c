#include "report/open_items.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/crypto.h"
#include "io/csv/csv_out.h"
#include "io/file.h"
#include "io/json.h"
#include "report/ndjson.h"
#include "report/tally.h"

enum { SHOWN = 10, LINE_MAX_BYTES = 64 * 1024 * 1024, ITEM_BYTES = 64 * 1024 };

/* --- rows that are not done --- */

static enum errc each_open(struct store *store, const struct run_record *run,
	void (*each)(void *self, const struct run_row *row), void *self, struct err *err)
{
	struct run_results *rows;
	struct run_row row;
	enum errc rc = run_results_load(store, run->id, &rows, err);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < run_results_count(rows) && !rc; i++) {
		rc = run_results_row(rows, i, &row, err);
		if (!rc && !tally_is_done(row.outcome))
			each(self, &row);
	}
	run_results_free(rows);
	return rc;
}

static struct str item_of(const struct run_row *row, struct buf *scratch)
{
	buf_reset(scratch);
	buf_str(scratch, row->serial);
	buf_printf(scratch, "\n%s", reason_info(row->reason)->code);
	return buf_view(scratch);
}

struct known {
	struct map items;
	struct buf scratch;
};

static void remember(void *self, const struct run_row *row)
{
	struct known *k = self;

	(void)map_add(&k->items, item_of(row, &k->scratch), NULL);
}

/* --- causes --- */

struct adding {
	struct open_items *to;
	const char *tenant;
	struct known *known;
};

/* What the rule's author says comes before what the table says. */
static struct str remedy_of(const struct run_row *row)
{
	if (row->reason == REASON_RULE_ADVISE)
		return row->detail;
	return row->advice.n ? row->advice : str_from(reason_info(row->reason)->remedy);
}

static void name_cause(struct open_cause *c, const char *tenant)
{
	char hash[SHA256_HEX];
	struct buf b;

	buf_init(&b, ITEM_BYTES);
	buf_printf(&b, "%s\n%s\n", tenant, reason_info(c->reason)->code);
	buf_str(&b, c->rule);
	buf_char(&b, '\n');
	buf_str(&b, c->remedy);
	sha256_hex(buf_view(&b), hash);
	(void)snprintf(c->key, sizeof(c->key), "%.12s", hash);
	buf_release(&b);
}

static void add(void *self, const struct run_row *row)
{
	struct adding *a = self;
	struct open_items *to = a->to;
	struct open_cause c = { .outcome = row->outcome,
		.reason = row->reason,
		.rule = row->rule,
		.remedy = remedy_of(row) };
	struct open_cause *found;
	uint32_t at;

	if (map_find(&a->known->items, item_of(row, &a->known->scratch)) != MAP_NONE)
		return;
	name_cause(&c, a->tenant);
	at = map_add(&to->keys, str_from(c.key), NULL);
	if (at == to->n) {
		c.rule = arena_dup(&to->arena, c.rule);
		c.remedy = arena_dup(&to->arena, c.remedy);
		MEM_GROW(to->v, to->n, to->cap);
		to->v[to->n++] = c;
	}
	found = &to->v[at];
	MEM_GROW(found->serials, found->n, found->cap);
	found->serials[found->n++] = arena_dup(&to->arena, row->serial);
	to->n_items++;
}

enum errc open_items_load(struct open_items *ret, struct store *store, const char *tenant,
	const struct run_record *run, const struct run_record *before, struct err *err)
{
	struct known known = { 0 };
	struct adding a = { ret, tenant, &known };
	enum errc rc = ERR_OK;

	*ret = (struct open_items){ 0 };
	arena_init(&ret->arena);
	map_init(&ret->keys, 0);
	map_init(&known.items, 0);
	buf_init(&known.scratch, ITEM_BYTES);
	if (before)
		rc = each_open(store, before, remember, &known, err);
	if (!rc)
		rc = each_open(store, run, add, &a, err);
	map_release(&known.items);
	buf_release(&known.scratch);
	return rc;
}

void open_items_release(struct open_items *items)
{
	for (uint32_t i = 0; i < items->n; i++)
		free(items->v[i].serials);
	free(items->v);
	map_release(&items->keys);
	arena_release(&items->arena);
}

/* --- the run before --- */

struct before {
	struct store *store;
	const struct run_record *run;
	char *path;
	struct run_record *ret;
	bool found;
};

/* Caller frees *ret with free(). */
static enum errc input_of(struct store *store, int64_t run, char **ret, struct err *err)
{
	struct json *j;
	char *frozen;
	enum errc rc = store_run_frozen(store, run, &frozen, err);

	if (rc)
		return rc;
	rc = json_parse(&j, str_from(frozen), err);
	free(frozen);
	if (rc)
		return rc;
	*ret = mem_dupz(json_text(json_get(j, "input")));
	json_free(j);
	return ERR_OK;
}

static enum errc see_run(void *self, const struct run_record *run, struct err *err)
{
	struct before *b = self;
	char *path = NULL;
	enum errc rc;

	if (run->id >= b->run->id)
		return ERR_OK;
	rc = input_of(b->store, run->id, &path, err);
	if (!rc && strcmp(path, b->path) == 0) {
		*b->ret = *run;
		b->found = true;
	}
	free(path);
	return rc;
}

enum errc open_items_before(struct store *store, const struct run_record *run,
	struct run_record *ret, bool *ret_found, struct err *err)
{
	struct before b = { .store = store, .run = run, .ret = ret };
	enum errc rc = input_of(store, run->id, &b.path, err);

	if (!rc)
		rc = store_runs(store, see_run, &b, err);
	free(b.path);
	if (!rc)
		*ret_found = b.found;
	return rc;
}

/* --- written --- */

static void put_ticket(const struct open_cause *c, bool raw_csv, struct buf *line)
{
	struct buf serials;
	char n[16];

	buf_init(&serials, LINE_MAX_BYTES);
	for (uint32_t i = 0; i < c->n; i++) {
		buf_z(&serials, i ? " " : "");
		buf_str(&serials, c->serials[i]);
	}
	(void)snprintf(n, sizeof(n), "%u", c->n);
	const struct str cells[] = { str_from(c->key), str_from(reason_info(c->reason)->code),
		c->rule, str_from(outcome_info(c->outcome)->word), str_from(n),
		str_from(reason_info(c->reason)->sentence), c->remedy, buf_view(&serials) };

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		if (i)
			buf_char(line, ',');
		csv_cell(line, cells[i], !raw_csv);
	}
	buf_char(line, '\n');
	buf_release(&serials);
}

enum errc open_items_tickets(
	const struct open_items *items, const char *path, bool raw_csv, struct err *err)
{
	struct outfile *f;
	struct buf line;
	enum errc rc = outfile_open(&f, path, 0644, err);

	if (rc)
		return rc;
	buf_init(&line, LINE_MAX_BYTES);
	outfile_write(f, STR("key,reason,rule,outcome,devices,summary,remedy,serials\n"));
	for (uint32_t i = 0; i < items->n && !rc; i++) {
		buf_reset(&line);
		put_ticket(&items->v[i], raw_csv, &line);
		text_clean_lines(line.p, line.n);
		rc = buf_check(&line, "the line of a ticket", err);
		outfile_write(f, buf_view(&line));
	}
	if (!rc)
		rc = outfile_commit(f, NULL, err);
	outfile_free(f);
	buf_release(&line);
	return rc;
}

void open_items_print(const struct open_items *items, FILE *out)
{
	if (!items->n_items)
		text_line(out, "no new open items");
	for (uint32_t i = 0; i < items->n; i++) {
		const struct open_cause *c = &items->v[i];

		text_line(out, "%s  %u x %s: %s", c->key, c->n, reason_info(c->reason)->code,
			reason_info(c->reason)->sentence);
		if (c->remedy.n)
			text_line(out, "      -> %.*s", STR_FMT(c->remedy));
		for (uint32_t k = 0; k < c->n && k < SHOWN; k++)
			text_line(out, "      %.*s", STR_FMT(c->serials[k]));
		if (c->n > SHOWN)
			text_line(out, "      and %u more", c->n - SHOWN);
	}
}

void open_items_tell(const struct open_items *items, FILE *out)
{
	for (uint32_t i = 0; i < items->n; i++) {
		const struct open_cause *c = &items->v[i];

		for (uint32_t k = 0; k < c->n; k++) {
			struct ndjson j;

			ndjson_begin(&j, "open_item");
			json_put_str(&j.o, "serial", c->serials[k]);
			json_put_z(&j.o, "key", c->key);
			json_put_z(&j.o, "outcome", outcome_info(c->outcome)->word);
			json_put_z(&j.o, "reason", reason_info(c->reason)->code);
			ndjson_text(&j, "rule", c->rule);
			ndjson_text(&j, "remedy", c->remedy);
			ndjson_end(&j, out);
		}
	}
}
