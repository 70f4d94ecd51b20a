#include "cli/app/approved_plan.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "base/time.h"
#include "cli/app/own_doing.h"
#include "io/crypto.h"
#include "io/file.h"
#include "os/stop.h"
#include "store/shared.h"

/* Follows the time in what is remembered. */
#define AS_IF "as-if"

enum { SHORT = 12, KEEP_DAYS = 30, SHOWN_ROWS = 5 };

static char *plan_path(const struct store *store, const char *fingerprint)
{
	return mem_printf("%s/plans/%.12s.csv", store_folder(store), fingerprint);
}

static enum errc load_now(struct approved_plan *e, struct store *store, struct err *err)
{
	char key[32], *text = NULL;
	struct str note, number;
	uint64_t now;
	enum errc rc;

	(void)snprintf(key, sizeof(key), "plan.%.12s", e->fingerprint);
	rc = shared_note_get(store_shared(store), key, &text, err);
	note = str_from(text ? text : "");
	number = str_cut(&note, ' ');
	e->now_ms = str_to_u64(number, &now) ? (int64_t)now : TIME_NONE;
	e->as_if = str_eq(note, STR(AS_IF));
	free(text);
	return rc;
}

/* --- the CSV of a plan --- */

struct plan_file {
	struct input input;
	int outcome, rule, steps, before;
	struct sha256_stream *digest; /* NULL: rows go to the map */
	struct map serials;
	struct map wishes; /* rule, steps and before of serial i */
	uint32_t *wish;
	uint32_t n, cap;
	struct map programs; /* texts of the steps */
	uint32_t *counts;    /* devices of each */
	uint32_t cap_counts;
};

static void count_program(struct plan_file *t, struct str steps)
{
	bool new;
	uint32_t at = map_add(&t->programs, steps, &new);

	if (new) {
		MEM_GROW(t->counts, at, t->cap_counts);
		t->counts[at] = 0;
	}
	t->counts[at]++;
}

static enum errc take_row(void *self, uint32_t n, const struct csv_record *r, struct err *err)
{
	struct plan_file *t = self;
	const struct input *in = &t->input;
	struct str serial = input_serial(in, n);
	struct buf wish;

	(void)err;
	if (!serial.n || !str_eq(input_cell(in, r, t->outcome), STR("planned")))
		return ERR_OK;
	fingerprint_add(t->digest, serial, input_cell(in, r, t->rule), input_cell(in, r, t->steps),
		input_cell(in, r, t->before));
	buf_init(&wish, 1024 * 1024);
	buf_printf(&wish, "%.*s: %.*s (%.*s)", STR_FMT(input_cell(in, r, t->rule)),
		STR_FMT(input_cell(in, r, t->steps)), STR_FMT(input_cell(in, r, t->before)));
	if (map_add(&t->serials, serial, NULL) == t->n) {
		MEM_GROW(t->wish, t->n, t->cap);
		t->wish[t->n++] = map_add(&t->wishes, buf_view(&wish), NULL);
		count_program(t, input_cell(in, r, t->steps));
	}
	buf_release(&wish);
	return ERR_OK;
}

static void release_reading(struct plan_file *t)
{
	input_release(&t->input);
	map_release(&t->serials);
	map_release(&t->wishes);
	map_release(&t->programs);
	free(t->wish);
	free(t->counts);
}

static enum errc read_plan(struct plan_file *ret, const char *path, const struct list_options *list,
	char fingerprint[65], struct err *err)
{
	struct input_options opt = {
		.path = path,
		.list = *list,
		.spool_folder = file_temporary_folder(),
		.allow_empty = true,
	};
	struct plan_file t = { .digest = sha256_new() };
	enum errc rc;

	/* Its columns are those of the reviewed list; it is written in UTF-8. */
	opt.list.csv.encoding = NULL;
	rc = file_refuse_pipe(path, err);
	/* Nothing is under way yet, and a terminal or a shell's pipe may never end. */
	stop_at_once(!file_is_regular(path));
	if (!rc)
		rc = input_read(&t.input, &opt, err);
	stop_at_once(false);

	map_init(&t.serials, 0);
	map_init(&t.wishes, 0);
	map_init(&t.programs, 0);
	t.outcome = rc ? -1 : columns_find(&t.input.columns, STR("depmend_outcome"));
	t.rule = rc ? -1 : columns_find(&t.input.columns, STR("depmend_rule"));
	t.steps = rc ? -1 : columns_find(&t.input.columns, STR("depmend_steps"));
	t.before = rc ? -1 : columns_find(&t.input.columns, STR("depmend_before"));
	if (!rc && t.outcome < 0)
		rc = err_set(err, ERR_INPUT, "%s is not the CSV of a plan", path);
	if (!rc)
		rc = input_each(&t.input, take_row, &t, err);
	sha256_end_hex(t.digest, fingerprint);
	t.digest = NULL;
	*ret = t;
	return rc;
}

enum errc approved_plan_load(struct approved_plan *ret, struct store *store, const char *text,
	const struct list_options *list, struct err *err)
{
	struct plan_file t;
	enum errc rc;

	*ret = (struct approved_plan){ .given = text != NULL, .list = *list, .now_ms = TIME_NONE };
	if (!text)
		return ERR_OK;
	if (strlen(text) >= SHORT && strspn(text, "0123456789abcdef") == strlen(text)) {
		ret->path = plan_path(store, text);
		if (!file_exists(ret->path))
			return err_set(err, ERR_GUARD,
				"no plan %.12s is remembered: plan again, or expect its CSV", text);
	} else {
		ret->path = mem_strdup(text);
		if (!file_exists(text))
			return err_set(err, ERR_NO_INPUT,
				"--expect %s: there is no such file, and a fingerprint has %d hex "
				"digits "
				"or more",
				text, SHORT);
	}
	rc = read_plan(&t, ret->path, list, ret->fingerprint, err);
	release_reading(&t);
	return rc ? rc : load_now(ret, store, err);
}

void approved_plan_release(struct approved_plan *e)
{
	free(e->path);
	e->path = NULL;
}

/* "wipe, sync": the words of a plan's steps. */
static void put_words(struct str steps, struct buf *out)
{
	while (steps.n) {
		struct str word = str_cut(&steps, ';');

		if (str_ends_nocase(word, STR("=planned")))
			word.n -= strlen("=planned");
		buf_str(out, word);
		buf_z(out, steps.n ? ", " : "");
	}
}

enum errc approved_plan_summary(const char *path, const struct list_options *list,
	char ret_fingerprint[65], uint32_t *ret_n, struct buf *ret, struct err *err)
{
	struct plan_file t;
	enum errc rc = read_plan(&t, path, list, ret_fingerprint, err);

	buf_init(ret, 1024 * 1024);
	for (uint32_t i = 0; !rc && i < t.programs.n; i++) {
		buf_printf(ret, "%6u %s: ", t.counts[i], t.counts[i] == 1 ? "device" : "devices");
		put_words(map_key(&t.programs, i), ret);
		buf_char(ret, '\n');
	}
	*ret_n = t.n;
	release_reading(&t);
	return rc;
}

/* --- what differs --- */

static void show(uint32_t *n, struct str serial, struct str was, struct str is)
{
	if (++*n > SHOWN_ROWS)
		return;
	text_line(stderr, "%.*s", STR_FMT(serial));
	text_part(stderr, "  expected", was);
	text_part(stderr, "  now     ", is);
}

static struct str wish_of(const struct plan *p, const struct input_row *row, struct buf *out)
{
	uint32_t slot = plan_slot(p, row);

	buf_reset(out);
	buf_printf(out, "%.*s: ", STR_FMT(plan_rule_name(p, row)));
	work_describe(plan_program(p, row), NULL, out);
	buf_z(out, " (");
	if (slot != MAP_NONE) {
		struct buf before;

		buf_init(&before, 64 * 1024);
		fleet_describe(p->opt->facts->fleet, slot, &before);
		buf_str(out, buf_view(&before));
		buf_release(&before);
	}
	buf_char(out, ')');
	return buf_view(out);
}

static uint32_t list_differences(
	const struct plan_file *t, const struct plan *p, const struct own_doing *own)
{
	bool *seen = mem_zalloc(t->n + 1);
	uint32_t n = 0;
	struct buf now;

	buf_init(&now, 1024 * 1024);
	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct input_row row = input_row(p->input, i);
		struct str serial, is, was;
		uint32_t at;

		if (row.outcome != OUTCOME_PLANNED)
			continue;
		serial = map_key(&p->input->serials, row.serial);
		is = wish_of(p, &row, &now);
		at = map_find(&t->serials, serial);
		was = at == MAP_NONE ? STR("nothing") : map_key(&t->wishes, t->wish[at]);
		if (!str_eq(was, is) && !(own && own_doing_explains(own, serial, was, is)))
			show(&n, serial, was, is);
		if (at != MAP_NONE)
			seen[at] = true;
	}
	for (uint32_t i = 0; i < t->n && !own; i++)
		if (!seen[i])
			show(&n, map_key(&t->serials, i), map_key(&t->wishes, t->wish[i]),
				STR("nothing"));
	buf_release(&now);
	free(seen);
	return n;
}

enum errc approved_plan_check(
	const struct approved_plan *e, const struct plan *p, int64_t run, struct err *err)
{
	char fingerprint[65];
	struct own_doing own;
	struct plan_file t;
	uint32_t n = 0;
	enum errc rc;

	if (!e->given || strcmp(e->fingerprint, p->fingerprint) == 0)
		return ERR_OK;
	rc = own_doing_load(&own, p->opt->facts->store, run, err);
	if (!rc) {
		rc = read_plan(&t, e->path, &e->list, fingerprint, err);
		if (!rc)
			n = list_differences(&t, p, run ? &own : NULL);
		release_reading(&t);
	}
	own_doing_release(&own);
	if (rc || (run && n == 0))
		return rc;
	if (n > SHOWN_ROWS)
		text_line(stderr, "and %u more row%s", n - SHOWN_ROWS, plural(n - SHOWN_ROWS));
	return err_set(err, ERR_GUARD,
		"the plan is %.12s now, not the expected %.12s: %u row%s; plan again and "
		"review them",
		p->fingerprint, e->fingerprint, n, n == 1 ? " differs" : "s differ");
}

/* --- remembering --- */

static void forget_old(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode) && st.st_mtime + KEEP_DAYS * 86400L < time(NULL))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		(void)closedir(dir);
}

enum errc approved_plan_remember(
	struct store *store, const struct plan *p, char **ret_path, struct err *err)
{
	char *folder, key[32], now[40];
	enum errc rc;

	folder = mem_printf("%s/plans", store_folder(store));
	rc = file_mkdirs(folder, 0700, err);
	(void)snprintf(key, sizeof(key), "plan.%.12s", p->fingerprint);
	(void)snprintf(now, sizeof(now), "%lld%s", (long long)p->opt->now_ms,
		p->opt->as_if ? " " AS_IF : "");
	if (!rc)
		rc = shared_note_put(store_shared(store), key, str_from(now), err);
	if (!rc) {
		forget_old(folder);
		*ret_path = plan_path(store, p->fingerprint);
	}
	free(folder);
	return rc;
}
