#include "cli/app/approvals.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/json.h"
#include "model/program.h"

enum { MOST = 64, WORDS_MAX_BYTES = 4096, LOGIN_MAX_BYTES = 32, KEY_MAX_BYTES = 64 * 1024 };

/* --- reading --- */

struct gathering {
	struct approvals *a;
	struct signature_text of;
	struct signature_time when;
};

static enum errc take(struct gathering *r, const char *path, struct err *err)
{
	struct approvals *a = r->a;
	struct signature s;
	enum errc rc;

	if (a->n == MOST)
		return err_set(err, ERR_USAGE, "more than %d approvals", MOST);
	rc = signature_read(&s, path, &a->who, &r->of, &r->when, err);
	for (size_t i = 0; !rc && s.digest[0] && i < a->n; i++)
		if (strcmp(a->v[i].digest, s.digest) == 0 &&
			str_eq(buf_view(&a->v[i].key), buf_view(&s.key))) {
			signature_release(&s); /* a copy */
			return ERR_OK;
		}
	if (rc)
		signature_release(&s);
	else
		a->v[a->n++] = s;
	return rc;
}

/* Files of the folder that are approvals; of one plan alone where `prefix` names it. */
static enum errc take_folder(
	struct gathering *r, const char *folder, const char *prefix, struct err *err)
{
	char **names;
	enum errc rc = file_list(folder, SIGNATURE_SUFFIX, &names, err);

	if (rc)
		return ERR_OK; /* there is none */
	for (size_t i = 0; names[i] && !rc; i++) {
		char *path;

		if (strncmp(names[i], prefix, strlen(prefix)) != 0)
			continue;
		path = mem_printf("%s/%s", folder, names[i]);
		rc = take(r, path, err);
		free(path);
	}
	file_list_free(names);
	return rc;
}

static enum errc take_beside(struct gathering *r, const char *plan, struct err *err)
{
	const char *slash = strrchr(plan, '/');
	char *folder = slash ? mem_dupz((struct str){ plan, (size_t)(slash - plan) })
			     : mem_strdup("."),
	     *prefix;
	enum errc rc;

	prefix = mem_printf("%s.", slash ? slash + 1 : plan);
	rc = take_folder(r, *folder ? folder : "/", prefix, err);
	free(folder);
	free(prefix);
	return rc;
}

/* Caller frees with free(). */
static enum errc kept_folder(
	struct store *store, const struct run_record *run, char **ret, struct err *err)
{
	char *folder;
	enum errc rc = store_run_folder(store, run->name, &folder, err);

	if (rc)
		return rc;
	*ret = mem_printf("%s/approvals", folder);
	free(folder);
	return ERR_OK;
}

static enum errc take_kept(
	struct gathering *r, struct store *store, const struct run_record *run, struct err *err)
{
	char *folder;
	enum errc rc = kept_folder(store, run, &folder, err);

	if (rc)
		return rc;
	rc = take_folder(r, folder, "", err);
	free(folder);
	return rc;
}

static enum errc take_given(struct gathering *r, const struct cli *cli, struct err *err)
{
	size_t n;
	const char **given = cli_list(cli, OPTION_APPROVAL, &n);
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < n && !rc; i++)
		rc = take(r, given[i], err);
	free(given);
	return rc;
}

void approvals_how(const struct cli *cli, const char *plan, struct buf *out)
{
	if (plan)
		cli_suggest(cli, COMMAND_APPROVE, plan, out);
	else
		buf_z(out,
			"plan again with --out PLAN.csv, then depmend approve PLAN.csv, and apply "
			"with --expect PLAN.csv");
}

/* NULL: it is the state's own copy, beside which nobody signs. */
static const char *named(const struct cli *cli, const char *beside)
{
	const char *expect = cli_text(cli, OPTION_EXPECT);

	return beside && expect && strcmp(beside, expect) == 0 ? expect : NULL;
}

enum errc approvals_load(struct approvals *ret, const struct cli *cli,
	const struct session *session, const char *beside, const struct run_record *run,
	struct err *err)
{
	const struct settings *s = session->settings;
	struct gathering r = { .a = ret,
		.of = { .tenant = s->tenant, .client_id = s->apple.account },
		.when = { .now_ms = clock_now(session->clock),
			.is_virtual = clock_is_virtual(session->clock) } };
	enum errc rc;

	*ret = (struct approvals){ 0 };
	if (!s->approval.people && cli_count(cli, OPTION_APPROVAL))
		return err_set(err, ERR_USAGE,
			"--approval: the settings have no `approval:`, which names who "
			"may approve");
	if (!s->approval.people)
		return ERR_OK;
	ret->rule = &s->approval;
	buf_init(&ret->how, WORDS_MAX_BYTES);
	approvals_how(cli, named(cli, beside), &ret->how);
	ret->v = mem_zalloc(MOST * sizeof(*ret->v));
	rc = approvers_load(&ret->who, s->approval.keys, err);
	if (!rc)
		rc = take_given(&r, cli, err);
	if (!rc && beside)
		rc = take_beside(&r, beside, err);
	if (!rc && run)
		rc = take_kept(&r, session->store, run, err);
	return rc;
}

void approvals_release(struct approvals *a)
{
	for (size_t i = 0; i < a->n; i++)
		signature_release(&a->v[i]);
	free(a->v);
	buf_release(&a->how);
	approvers_release(&a->who);
	*a = (struct approvals){ 0 };
}

/* --- what needs approval --- */

static uint32_t steps_in(const struct program *p)
{
	uint32_t steps = 0;

	for (uint32_t k = 0; k < p->n; k++)
		steps |= 1u << p->v[k].kind;
	return steps;
}

uint32_t approvals_steps(const struct approval_settings *rule, const struct plan *p)
{
	uint32_t steps = 0;

	for (uint32_t i = 0; rule && i < p->input->n_rows; i++)
		if (input_kind(p->input, i)->outcome == OUTCOME_PLANNED)
			steps |= steps_in(&plan_program(p, input_kind(p->input, i))->source);
	return rule ? steps & rule->steps : 0;
}

struct devices {
	struct arena arena;
	uint32_t steps;
};

static enum errc see_device(void *self, const struct device_record *d, struct err *err)
{
	struct devices *all = self;
	struct program p;
	enum errc rc;

	if (d->outcome != OUTCOME_PENDING)
		return ERR_OK;
	rc = program_decode(d->program, &all->arena, &p, err);
	if (!rc)
		all->steps |= steps_in(&p);
	return rc;
}

enum errc approvals_steps_of_run(const struct approvals *a, struct store *store,
	const struct run_record *run, uint32_t *ret, struct err *err)
{
	struct devices all = { 0 };
	enum errc rc = ERR_OK;

	arena_init(&all.arena);
	if (a->rule)
		rc = store_devices(store, run->id, see_device, &all, err);
	arena_release(&all.arena);
	if (!rc)
		*ret = a->rule ? all.steps & a->rule->steps : 0;
	return rc;
}

/* --- who carries it out --- */

static struct str login_of(uid_t uid, char out[LOGIN_MAX_BYTES + 1])
{
	const struct passwd *entry = getpwuid(uid);

	(void)snprintf(out, LOGIN_MAX_BYTES + 1, "%s", entry ? entry->pw_name : "");
	return str_from(out);
}

/* Whom the kernel saw log in, whatever account is used since; 2^32 - 1: nobody. */
static uid_t login_uid(void)
{
	struct buf text = { 0 };
	uint64_t uid = UINT32_MAX;

	if (!file_read("/proc/self/loginuid", LOGIN_MAX_BYTES, &text, NULL))
		(void)str_to_u64(str_trim(buf_view(&text)), &uid);
	buf_release(&text);
	return (uid_t)uid;
}

/* Whether the account has the key in its .ssh. */
static bool has_key(uid_t uid, struct str key)
{
	const struct passwd *entry = getpwuid(uid);
	char *folder, **names, *path;
	bool has = false;

	if (!entry)
		return false;
	folder = mem_printf("%s/.ssh", entry->pw_dir);
	if (file_list(folder, ".pub", &names, NULL)) {
		free(folder);
		return false;
	}
	for (size_t i = 0; names[i] && !has; i++) {
		struct buf text = { 0 };
		struct str rest;

		path = mem_printf("%s/%s", folder, names[i]);
		if (!file_read(path, KEY_MAX_BYTES, &text, NULL)) {
			rest = buf_view(&text);
			(void)str_cut(&rest, ' ');
			has = str_eq(str_trim(str_cut(&rest, ' ')), key);
		}
		buf_release(&text);
		free(path);
	}
	file_list_free(names);
	free(folder);
	return has;
}

static bool is_own(const struct approvals *a, const struct signature *s)
{
	const char *sudo = getenv("SUDO_USER"), *logname = getenv("LOGNAME");
	const uid_t uids[] = { getuid(), geteuid(), login_uid() };
	char login[LOGIN_MAX_BYTES + 1];

	for (size_t i = 0; i < sizeof(uids) / sizeof(*uids); i++)
		if (uids[i] != (uid_t)UINT32_MAX &&
			(approvers_is_login(&a->who, s->person, login_of(uids[i], login)) ||
				has_key(uids[i], buf_view(&s->key))))
			return true;
	return approvers_is_login(&a->who, s->person, str_from(sudo)) ||
	       approvers_is_login(&a->who, s->person, str_from(logname));
}

/* --- whether it is enough --- */

static void note_key(const struct signature *s, char out[80])
{
	(void)snprintf(out, 80, "approval.%s", s->digest);
}

/* Texts of other runs cannot be used again. */
static enum errc was_used(struct store *store, const struct signature *s,
	const struct run_record *run, char **ret, struct err *err)
{
	char key[80];
	enum errc rc;

	note_key(s, key);
	rc = store_meta_get(store, key, ret, err);
	if (!rc && *ret && run && strcmp(*ret, run->name) == 0) {
		free(*ret);
		*ret = NULL;
	}
	return rc;
}

static enum errc judge(const struct approvals *a, struct signature *s, struct store *store,
	const char *fingerprint, const struct run_record *run, struct err *err)
{
	char *used = NULL;
	enum errc rc = was_used(store, s, run, &used, err);

	if (rc)
		return rc;
	if (strcmp(s->plan, fingerprint) != 0)
		(void)snprintf(s->why, sizeof(s->why),
			"it approves plan %.12s, and this is plan %.12s", s->plan, fingerprint);
	else if (used)
		(void)snprintf(s->why, sizeof(s->why), "run %s was approved by it already", used);
	else if (is_own(a, s))
		(void)snprintf(s->why, sizeof(s->why),
			"%s carries the plan out, and so cannot approve it", buf_cstr(&s->name));
	for (const struct signature *o = a->v; !s->why[0] && o < s; o++)
		if (o->person == s->person && !o->why[0])
			(void)snprintf(s->why, sizeof(s->why),
				"%s has approved already (%s): one person counts once",
				buf_cstr(&s->name), o->path);
	free(used);
	return ERR_OK;
}

void approvals_words(uint32_t steps, struct buf *out)
{
	for (int k = 0; k < STEP_MAX_; k++)
		if (steps & 1u << k)
			buf_printf(out, "%s%s", out->n ? ", " : "",
				step_info((enum step_kind)k)->word);
}

static enum errc missing(const struct approvals *a, uint32_t n, uint32_t steps,
	const char *fingerprint, struct err *err)
{
	struct buf words, names;
	enum errc rc;

	buf_init(&words, WORDS_MAX_BYTES);
	buf_init(&names, WORDS_MAX_BYTES);
	approvals_words(steps, &words);
	for (size_t i = 0; i < a->n; i++)
		if (!a->v[i].why[0])
			buf_printf(&names, "%s%s", names.n ? ", " : ": ", buf_cstr(&a->v[i].name));
	rc = err_set(err, ERR_GUARD,
		"plan %.12s (%s) needs the approval of %u %s other than who applies it; %u approved"
		"%s; nothing was sent. To approve it: %s",
		fingerprint, buf_cstr(&words), a->rule->people,
		a->rule->people == 1 ? "person" : "people", n, buf_cstr(&names), buf_cstr(&a->how));
	buf_release(&words);
	buf_release(&names);
	return rc;
}

enum errc approvals_check(struct approvals *a, struct store *store, uint32_t steps,
	const char *fingerprint, const struct run_record *run, struct err *err)
{
	uint32_t n = 0;
	enum errc rc = ERR_OK;

	if (!a->rule || !steps)
		return ERR_OK;
	for (size_t i = 0; i < a->n && !rc; i++) {
		if (!a->v[i].why[0])
			rc = judge(a, &a->v[i], store, fingerprint, run, err);
		n += !a->v[i].why[0];
		if (!rc && a->v[i].why[0])
			log_warn("%s does not count: %s", a->v[i].path, a->v[i].why);
	}
	return rc || n >= a->rule->people ? rc : missing(a, n, steps, fingerprint, err);
}

/* Of those that counted: whether their keys are still listed, of the persons they were of. */
static uint32_t count_listed(
	const struct approvals *a, const struct approvers *now, struct buf *gone)
{
	uint32_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct signature *s = &a->v[i];
		const struct approver *who = s->why[0] ? NULL
						       : approvers_by_key(now, buf_view(&s->key));

		if (who && str_eq_nocase(who->name, buf_view(&s->name)))
			n++;
		else if (!s->why[0])
			buf_printf(gone, "%s%s", gone->n ? ", " : "", buf_cstr(&s->name));
	}
	return n;
}

enum errc approvals_still_hold(void *self, struct err *err)
{
	const struct approvals *a = self;
	struct approvers now;
	struct buf gone;
	enum errc rc = approvers_load(&now, a->rule->keys, err);

	buf_init(&gone, WORDS_MAX_BYTES);
	if (rc)
		(void)err_wrap(err, "nothing more is sent: ");
	else if (count_listed(a, &now, &gone) < a->rule->people)
		rc = err_set(err, ERR_GUARD,
			"the list of approvers no longer has %s, whose approval this run needs; "
			"nothing more is sent. List the key again, or have the plan approved by "
			"another person: %s",
			buf_cstr(&gone), buf_cstr(&a->how));
	buf_release(&gone);
	approvers_release(&now);
	return rc;
}

/* --- what remains --- */

static enum errc keep_file(const char *folder, const struct signature *s, struct err *err)
{
	struct outfile *f;
	enum errc rc;
	char *path = mem_printf("%s/%.16s%s", folder, s->digest, SIGNATURE_SUFFIX);

	rc = outfile_open(&f, path, 0600, err);
	if (!rc) {
		outfile_write(f, buf_view(&s->file));
		rc = outfile_commit(f, NULL, err);
		outfile_free(f);
	}
	free(path);
	return rc;
}

enum errc approvals_keep(const struct approvals *a, struct store *store,
	const struct run_record *run, struct err *err)
{
	char *folder = NULL, key[80];
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < a->n && !rc; i++) {
		const struct signature *s = &a->v[i];

		if (s->why[0] || strcmp(s->plan, run->fingerprint) != 0)
			continue;
		if (!folder)
			rc = kept_folder(store, run, &folder, err);
		note_key(s, key);
		if (!rc)
			rc = file_mkdirs(folder, 0700, err);
		if (!rc)
			rc = keep_file(folder, s, err);
		if (!rc)
			rc = store_meta_put(store, key, str_from(run->name), err);
	}
	free(folder);
	return rc;
}

void approvals_describe(const struct approvals *a, struct buf *out)
{
	char at[TIME_TEXT];
	struct json_out o;

	json_out_init(&o, out);
	json_arr(&o, NULL);
	for (size_t i = 0; i < a->n; i++) {
		const struct signature *s = &a->v[i];

		if (s->why[0])
			continue;
		json_obj(&o, NULL);
		json_put_str(&o, "name", buf_view(&s->name));
		json_put_z(&o, "signed", time_rfc3339_s(s->at_ms, at));
		json_put_z(&o, "plan", s->plan);
		json_put_str(&o, "key", buf_view(&s->key));
		json_put_z(&o, "approval_sha256", s->digest);
		json_obj_end(&o);
	}
	json_arr_end(&o);
}
