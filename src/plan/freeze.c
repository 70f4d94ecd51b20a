/* From a confirmed plan to a run in the store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/crypto.h"
#include "io/file.h"
#include "io/json.h"
#include "model/program.h"
#include "plan/awaited.h"
#include "plan/freeze.h"
#include "plan/waves.h"

enum { FROZEN_MAX_BYTES = 4 * 1024 * 1024, PROGRAM_MAX_BYTES = 256 * 1024 };

/* --- identity --- */

struct identity {
	const struct input *in;
	struct sha256_stream *digest;
	const int *columns;
	size_t n_columns;
};

static enum errc add_row(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct identity *id = self;
	struct str serial = input_serial(id->in, n);

	(void)err;
	sha256_add(id->digest, serial.n ? serial : record->raw);
	for (size_t i = 0; i < id->n_columns; i++) {
		sha256_add(id->digest, STR("\x1f"));
		sha256_add(id->digest, input_cell(id->in, record, id->columns[i]));
	}
	sha256_add(id->digest, STR("\n"));
	return ERR_OK;
}

enum errc run_identity(const struct input *in, struct ruleset *rules, const char *client_id,
	char ret[65], struct err *err)
{
	struct identity id = { .in = in, .digest = sha256_new() };
	enum errc rc;

	id.columns = rules_used_columns(rules, &id.n_columns);
	sha256_add(id.digest, str_from(client_id));
	sha256_add(id.digest, STR("\n"));
	sha256_add(id.digest, str_from(rules_digest(rules)));
	sha256_add(id.digest, STR("\n"));
	rc = input_each(in, add_row, &id, err);
	sha256_end_hex(id.digest, ret);
	return rc;
}

/* --- writing --- */

static enum errc add_device(struct plan *p, struct store *store, int64_t run, uint32_t n,
	uint32_t wave, struct err *err)
{
	const struct input_row row = input_row(p->input, n);
	const struct work_program *prog = plan_program(p, &row);
	struct fleet *f = p->opt->facts->fleet;
	uint32_t slot = plan_slot(p, &row), home;
	struct view v;
	char results[WORK_MAX_STEPS + 1];
	struct device_record d;
	struct program frozen;
	struct buf before, program;
	enum errc rc = plan_home(p, slot, &home, err);

	if (rc)
		return rc;
	(void)work_view(f, slot, &v);
	(void)work_foresee(f, prog, home, p->opt->settings->has_uem, v, results);
	buf_init(&before, 64 * 1024);
	fleet_remember(f, slot, &before);
	work_freeze(f, prog, &p->arena, &frozen);
	buf_init(&program, PROGRAM_MAX_BYTES);
	program_encode(&frozen, &program);
	d = (struct device_record){
		.serial = map_key(&p->input->serials, row.serial),
		.rule = plan_rule_name(p, &row),
		.program = buf_view(&program),
		.before = buf_view(&before),
		.start = fleet_server_id(f, v.server),
		.home = fleet_server_id(f, home),
		.results = str_from(results),
		.wave = wave,
		.listed = v.listed,
		.outcome = OUTCOME_PENDING,
		.reason = REASON_NONE,
		.finished_ms = TIME_NONE,
	};
	rc = buf_check(&program, "a program", err);
	if (!rc)
		rc = store_device_add(store, run, &d, err);
	buf_release(&program);
	buf_release(&before);
	return rc;
}

static enum errc add_rows(struct plan *p, struct store *store, int64_t run,
	const struct rules_policy *policy, struct err *err)
{
	uint32_t *waves = waves_cut(p, policy, p->opt->settings->limits[LIMIT_IN_FLIGHT]);
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < p->input->n_rows && !rc; i++) {
		const struct input_row *row = input_kind(p->input, i);
		struct str serial = input_serial(p->input, i);
		struct row_record rec = {
			.n = i,
			.line = input_line(p->input, i),
			.serial = serial.n ? serial : STR(""),
			.outcome = row->outcome,
			.reason = row->reason,
			.rule = plan_rule_name(p, row),
			.detail = plan_detail(p, row),
		};

		rc = store_row_add(store, run, &rec, err);
		if (!rc && row->outcome == OUTCOME_PLANNED)
			rc = add_device(p, store, run, i, waves[i], err);
	}
	free(waves);
	return rc;
}

static void write_frozen(const struct plan *p, const struct freeze *f, struct buf *out)
{
	char delimiter[2] = { p->input->delimiter, '\0' };
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_z(&o, "input", f->input_path);
	json_put_z(&o, "list", p->awaited ? p->awaited->list : NULL);
	json_put_z(&o, "undoes", f->undoes);
	json_put_z(&o, "again", f->again);
	json_put_z(&o, "input_sha256", p->input->digest);
	json_put_z(&o, "delimiter", delimiter);
	json_put_bool(&o, "has_header", p->input->columns.has_header);
	json_put_int(&o, "serial_at", p->input->columns.at[COLUMN_SERIAL]);
	json_put_int(&o, "widest", (int64_t)p->input->widest);
	json_put_z(&o, "rules_sha256", plan_rules_digest(p));
	json_put_z(&o, "rules_name", p->rules ? rules_policy(p->rules)->name : NULL);
	json_put_int(&o, "batch", p->opt->settings->batch_apple);
	json_arr(&o, "allowed");
	for (size_t i = 0; f->allowed && f->allowed[i]; i++)
		json_put_z(&o, NULL, f->allowed[i]);
	json_arr_end(&o);
	json_obj_end(&o);
}

/* The same content is kept once, whichever runs read it. One that is not ours belongs to the run
 * that is undone, and was kept by an earlier version. */
static bool place_spool(const struct input *in, const char *path)
{
	if (in->own_spool)
		return rename(in->spool, path) == 0; /* and mends what a disk may have done to it */
	return link(in->spool, path) == 0 || errno == EEXIST;
}

static bool sync_at(const char *path, int flags)
{
	int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return synced;
}

/* With the inputs, and on the disk, before the run is there. */
static enum errc keep_spool(struct input *in, struct store *store, struct err *err)
{
	char *folder = NULL, *path = store_input_path(store, in->digest, &folder);
	enum errc rc = file_mkdirs(folder, 0700, err);

	if (!rc && strcmp(in->spool, path) != 0 && /* where it is to be, maybe compressed */
		(!sync_at(in->spool, 0) || !place_spool(in, path) || !sync_at(folder, O_DIRECTORY)))
		rc = err_set(err, ERR_STORE, "%s: %s", path, strerror(errno));
	free(folder);
	if (rc) {
		free(path);
		return rc;
	}
	free(in->spool);
	in->spool = path;
	in->own_spool = false;
	return ERR_OK;
}

/* Time and a hash; the same plan may be frozen twice at one time of a virtual clock. */
static enum errc name_run(
	struct store *store, struct run_record *run, int64_t now_ms, struct err *err)
{
	char t[TIME_TEXT], salt[SHA256_HEX];
	struct run_record other;
	struct buf b;
	enum errc rc = ERR_OK;

	(void)time_rfc3339_s(now_ms, t);
	buf_init(&b, 1024);
	buf_printf(&b, "%s %lld", run->identity, (long long)now_ms);
	while (!rc) {
		sha256_hex(buf_view(&b), salt);
		(void)snprintf(run->name, sizeof(run->name), "%.4s%.2s%.2s-%.2s%.2s%.2s-%.8s", t,
			t + 5, t + 8, t + 11, t + 14, t + 17, salt);
		rc = store_run_get(store, run->name, &other, err);
		buf_str(&b, STR("+"));
	}
	buf_release(&b);
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum errc run_freeze(struct plan *p, struct store *store, const struct freeze *f, int64_t now_ms,
	struct run_record *ret, struct err *err)
{
	struct run_record run = {
		.state = RUN_ACTIVE,
		.created_ms = now_ms,
		.now_ms = p->opt->now_ms,
		.finished_ms = TIME_NONE,
		.exit_status = -1,
	};
	struct buf frozen;
	enum errc rc;

	(void)snprintf(run.identity, sizeof(run.identity), "%s", f->identity);
	(void)snprintf(run.fingerprint, sizeof(run.fingerprint), "%s", p->fingerprint);
	buf_init(&frozen, FROZEN_MAX_BYTES);
	write_frozen(p, f, &frozen);
	rc = buf_check(&frozen, "the frozen settings", err);
	if (!rc)
		rc = name_run(store, &run, now_ms, err);
	if (!rc)
		rc = keep_spool(p->input, store, err);
	if (!rc)
		rc = store_begin(store, err);
	if (!rc) {
		rc = store_run_add(store, &run, buf_view(&frozen), err);
		if (!rc)
			rc = add_rows(p, store, run.id, f->policy, err);
		if (!rc)
			rc = awaited_keep(p, store, err);
		if (!rc)
			rc = store_event(store, run.id, now_ms, "run", f->audit, err);
		rc = store_end(store, rc, err);
	}
	buf_release(&frozen);
	if (!rc)
		*ret = run;
	return rc;
}
