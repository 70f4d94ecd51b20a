#include "rehearse/world.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "io/file.h"
#include "io/json.h"
#include "os/kernel.h"
#include "os/stop.h"

enum {
	SMALL_BYTES = 64 * 1024,
	AUDIT_MAX_BYTES = 1024 * 1024 * 1024,
	START_MS = 60000,
	POLL_MS = 10,
	LIST_MS = 30000,
	REQUEST_MS = 15000,
	OWNER_ONLY = 0600,
};

/* --- the folder --- */

static const char *inside(struct world *w, const char *name)
{
	struct buf path;
	const char *ret;

	buf_init(&path, SMALL_BYTES);
	buf_printf(&path, "%s/%s", w->folder, name);
	ret = arena_dup(&w->arena, buf_view(&path)).p;
	buf_release(&path);
	return ret;
}

static enum errc write_file(const char *path, struct str text, struct err *err)
{
	struct outfile *f = NULL;
	enum errc rc = outfile_open(&f, path, OWNER_ONLY, err);

	if (rc)
		return rc;
	outfile_write(f, text);
	rc = outfile_commit(f, NULL, err);
	outfile_free(f);
	return rc;
}

static enum errc write_keys(const struct world *w, struct err *err)
{
	struct buf pem;
	enum errc rc;

	buf_init(&pem, SMALL_BYTES);
	rc = es256_make(&pem, err);
	if (!rc)
		rc = write_file(w->key, buf_view(&pem), err);
	if (!rc)
		rc = write_file(w->secret, STR("rehearsal\n"), err);
	buf_wipe(&pem);
	return rc;
}

enum errc world_open(struct world *w, struct err *err)
{
	char *folder = mem_printf("%s/depmend-rehearse-XXXXXX", file_temporary_folder());

	*w = (struct world){ .pid = 0 };
	arena_init(&w->arena);
	if (!mkdtemp(folder)) {
		enum errc rc = err_set(err, ERR_CANNOT_CREATE, "%s: %s", folder, strerror(errno));

		free(folder);
		return rc;
	}
	w->folder = arena_dup(&w->arena, str_from(folder)).p;
	free(folder);
	w->fleet = inside(w, "fleet.csv");
	w->audit = inside(w, "audit.ndjson");
	w->port_file = inside(w, "port");
	w->log = inside(w, "simulator.log");
	w->settings = inside(w, "depmend.yaml");
	w->key = inside(w, "apple.pem");
	w->secret = inside(w, "secret");
	w->state = inside(w, "state");
	return write_keys(w, err);
}

static int remove_one(const char *path, const struct stat *at, int kind, struct FTW *where)
{
	(void)at;
	(void)kind;
	(void)where;
	return remove(path);
}

void world_close(struct world *w)
{
	enum { MAX_OPEN = 16 };

	world_stop(w);
	if (w->folder)
		(void)nftw(w->folder, remove_one, MAX_OPEN, FTW_DEPTH | FTW_PHYS);
	arena_release(&w->arena);
	*w = (struct world){ 0 };
}

/* --- settings --- */

static enum errc make_settings(
	const struct world *w, struct settings **ret, struct diags *d, struct err *err)
{
	enum errc rc = write_file(w->settings,
		STR("version: 1\n"
		    "tenant: rehearsal\n"
		    "apple:\n"
		    "  organization: business\n"
		    "  client_id: BUSINESSAPI.00000000-0000-4000-8000-000000000000\n"
		    "  private_key: {file: apple.pem}\n"
		    "uem:\n"
		    "  url: http://127.0.0.1:1\n"
		    "  tenant_code: {file: secret}\n"
		    "  tokens: [{group: REHEARSAL}]\n"
		    "  auth:\n"
		    "    oauth: {token_url: 'http://127.0.0.1:1', client_id: rehearsal,\n"
		    "            client_secret: {file: secret}}\n"),
		err);

	return rc ? rc : settings_load(ret, w->settings, d, err);
}

/* The simulator's Group ID of a server: its name in capitals, without anything else. */
static const char *group_of(struct arena *a, struct str server)
{
	enum { GROUP_ID_MAX = 20 };
	char id[GROUP_ID_MAX];
	size_t n = 0;

	for (size_t i = 0; i < server.n && n < GROUP_ID_MAX; i++) {
		char c = ascii_upper(server.p[i]);

		if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			id[n++] = c;
	}
	return arena_dup(a, (struct str){ id, n }).p;
}

/* Each server feeds a group of its own here, as far as the engine has room for groups. Settings
 * that name servers keep to those. */
static void redirect_tokens(struct settings *s, const struct rehearse_fleet *f)
{
	enum { GROUPS_MAX = 32 };
	bool all = s->uem.n_tokens == 0 || !s->uem.tokens[0].server;

	if (!all) {
		for (size_t i = 0; i < s->uem.n_tokens; i++)
			s->uem.tokens[i].group = group_of(
				&s->arena, str_from(s->uem.tokens[i].server));
		return;
	}
	s->uem.n_tokens = f->servers.n < GROUPS_MAX ? f->servers.n : GROUPS_MAX;
	s->uem.tokens = arena_alloc(&s->arena, s->uem.n_tokens * sizeof(*s->uem.tokens));
	for (uint32_t i = 0; i < s->uem.n_tokens; i++) {
		struct str name = map_key(&f->servers, i);

		s->uem.tokens[i] = (struct token_group){
			.server = arena_dup(&s->arena, name).p,
			.group = group_of(&s->arena, name),
			.expires_ms = TIME_NONE,
		};
	}
}

static void redirect(struct world *w, struct settings *s, const struct rehearse_fleet *f)
{
	struct secret key = { .kind = SECRET_FILE, .value = w->key };
	struct secret other = { .kind = SECRET_FILE, .value = w->secret };
	struct buf token_url;

	buf_init(&token_url, SMALL_BYTES);
	buf_printf(&token_url, "%s/auth/oauth2/token", w->url);
	s->apple.url = w->url;
	s->apple.token_url = arena_dup(&s->arena, buf_view(&token_url)).p;
	s->apple.private_key = key;
	s->state = w->state;
	/* A reply that never comes is the one thing that takes real time here. */
	if (s->timeouts.request_ms > REQUEST_MS)
		s->timeouts.request_ms = REQUEST_MS;
	s->n_enrollment = 0;
	s->notify_url = s->webhook.url = (struct secret){ .kind = SECRET_NONE };
	s->sync.command = NULL;
	if (s->has_uem) {
		buf_reset(&token_url);
		buf_printf(&token_url, "%s/connect/token", w->url);
		s->uem.url = w->url;
		s->uem.auth = UEM_AUTH_OAUTH;
		s->uem.token_url = arena_dup(&s->arena, buf_view(&token_url)).p;
		s->uem.client_id = "rehearsal";
		s->uem.client_secret = s->uem.tenant_code = other;
		s->uem.n_profile_status = 0; /* the simulator has numbers of its own */
		redirect_tokens(s, f);
	}
	buf_release(&token_url);
}

enum errc world_settings(struct world *w, struct settings **settings,
	const struct rehearse_fleet *f, struct diags *d, struct err *err)
{
	enum errc rc = *settings ? ERR_OK : make_settings(w, settings, d, err);

	if (!rc)
		redirect(w, *settings, f);
	return rc;
}

/* --- the simulator --- */

/* It lies beside our own program. Caller frees with free(). */
static char *simulator_path(void)
{
	char *program = kernel_program();
	char *path = program ? file_beside(program, "depmend-sim") : mem_strdup("depmend-sim");

	free(program);
	return path;
}

/* A process group of its own, so that ^C lets the run end in order before its world does. */
static void become_simulator(const char *const *argv, const char *log, pid_t parent)
{
	enum { NOT_RUN = 127 };
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, OWNER_ONLY);

	if (!kernel_follow_parent(SIGKILL) || getppid() != parent || setpgid(0, 0) != 0 ||
		dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
		dup2(out, STDERR_FILENO) < 0)
		_exit(NOT_RUN);
	(void)execv(argv[0], (char *const *)argv);
	(void)dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(NOT_RUN);
}

struct words {
	const char **v;
	size_t n, cap;
};

static void word(struct words *w, const char *text)
{
	MEM_GROW(w->v, w->n, w->cap);
	w->v[w->n++] = text;
}

static void option(struct words *w, const char *name, const char *value)
{
	word(w, name);
	word(w, value);
}

static void each_name(
	struct words *words, struct arena *a, const char *name, const struct map *values)
{
	for (uint32_t i = 0; i < values->n; i++)
		option(words, name, arena_dup(a, map_key(values, i)).p);
}

static void arguments(struct world *w, struct words *words, const struct rehearse_fleet *f,
	const char *const *scenarios, uint64_t seed)
{
	char number[32];

	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)seed);
	option(words, "--fleet", w->fleet);
	option(words, "--listen", "127.0.0.1:0");
	option(words, "--port-file", w->port_file);
	option(words, "--audit", w->audit);
	option(words, "--seed", arena_dup(&w->arena, str_from(number)).p);
	word(words, "--any-key");
	each_name(words, &w->arena, "--server", &f->servers);
	each_name(words, &w->arena, "--profile", &f->profiles);
	for (; *scenarios; scenarios++)
		option(words, "--scenario", *scenarios);
	word(words, NULL);
}

static bool has_ended(struct world *w)
{
	if (waitpid(w->pid, NULL, WNOHANG) == 0)
		return false;
	w->pid = 0;
	return true;
}

static enum errc refused(const struct world *w, struct err *err)
{
	struct buf said = { 0 };
	struct str why, own = STR("depmend-sim: ");
	enum errc rc;

	if (file_read(w->log, SMALL_BYTES, &said, NULL))
		return err_set(err, ERR_INTERNAL, "the simulator did not start");
	why = str_trim(buf_view(&said));
	if (str_starts_nocase(why, own))
		why = str_sub(why, own.n, why.n - own.n);
	rc = err_set(err, ERR_INPUT, "the simulator did not start: %.*s", STR_FMT(why));
	buf_release(&said);
	return rc;
}

static enum errc await_port(struct world *w, struct err *err)
{
	struct buf port = { 0 };
	enum errc rc;

	for (int waited = 0; !file_exists(w->port_file); waited += POLL_MS) {
		if (has_ended(w))
			return refused(w, err);
		if (stop_asked())
			return err_set(err, ERR_STOPPED, "stopped by a signal");
		if (waited >= START_MS)
			return err_set(err, ERR_INTERNAL, "the simulator takes too long to start");
		(void)usleep(POLL_MS * 1000);
	}
	rc = file_read(w->port_file, SMALL_BYTES, &port, err);
	if (rc)
		return rc;
	(void)snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%.*s",
		STR_FMT(str_trim(buf_view(&port))));
	buf_release(&port);
	return ERR_OK;
}

enum errc world_start(struct world *w, const struct rehearse_fleet *f, const char *const *scenarios,
	uint64_t seed, struct err *err)
{
	char *program = simulator_path();
	struct words words = { 0 };
	pid_t parent = getpid();
	enum errc rc;

	word(&words, program);
	arguments(w, &words, f, scenarios, seed);
	w->pid = stop_fork();
	if (w->pid == 0)
		become_simulator(words.v, w->log, parent);
	if (w->pid < 0) {
		w->pid = 0;
		rc = err_set(err, ERR_INTERNAL, "cannot start %s: %s", program, strerror(errno));
	} else {
		rc = await_port(w, err);
	}
	free(words.v);
	free(program);
	return rc;
}

void world_stop(struct world *w)
{
	if (w->pid == 0)
		return;
	(void)kill(w->pid, SIGKILL); /* every line of its audit reached the file with its reply */
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	w->pid = 0;
}

/* --- what it saw --- */

enum errc world_keep_audit(const struct world *w, const char *path, struct err *err)
{
	struct buf text = { 0 };
	enum errc rc = file_read(w->audit, AUDIT_MAX_BYTES, &text, err);

	if (!rc)
		rc = write_file(path, buf_view(&text), err);
	buf_release(&text);
	return rc;
}

static enum errc count_effect(struct str line, struct map *seen, uint64_t *n, struct err *err)
{
	struct json *root = NULL;
	enum errc rc = json_parse(&root, line, err);
	struct str what;
	struct buf key;
	bool is_new = true;

	if (rc)
		return rc;
	what = json_text(json_get(root, "what"));
	if (json_bool(json_get(root, "effective"), false) && !str_eq(what, STR("mended"))) {
		buf_init(&key, SMALL_BYTES);
		buf_str(&key, what);
		buf_char(&key, ' ');
		buf_str(&key, json_text(json_get(root, "serial")));
		buf_char(&key, ' ');
		buf_str(&key, json_text(json_get(root, "actor")));
		(void)map_add(seen, buf_view(&key), &is_new);
		buf_release(&key);
		*n += !is_new || str_eq(what, STR("strip"));
	}
	json_free(root);
	return ERR_OK;
}

enum errc world_extra_effects(const struct world *w, uint64_t *ret, struct err *err)
{
	struct buf text = { 0 };
	struct str rest;
	struct map seen;
	uint64_t n = 0;
	enum errc rc = file_read(w->audit, AUDIT_MAX_BYTES, &text, err);

	if (rc)
		return rc;
	map_init(&seen, 0);
	for (rest = buf_view(&text); rest.n && !rc;) {
		struct str line = str_cut(&rest, '\n');

		if (str_contains_nocase(line, STR("\"kind\":\"effect\"")))
			rc = count_effect(line, &seen, &n, err);
	}
	map_release(&seen);
	buf_release(&text);
	if (!rc)
		*ret = n;
	return rc;
}

enum errc world_scenarios(struct arena *a, const char ***ret, size_t *ret_n, struct err *err)
{
	char list[] = "--list-scenarios", *program = simulator_path();
	char *argv[] = { program, list, NULL };
	struct buf text = { 0 };
	struct words names = { 0 };
	struct str rest;
	enum errc rc = file_run(argv, SMALL_BYTES, LIST_MS, &text, err);

	free(program);
	if (rc)
		return rc;
	for (rest = buf_view(&text); rest.n;) {
		struct str line = str_cut(&rest, '\n'), name = str_cut(&line, ' ');

		/* What is always so stands in brackets. */
		if (name.n && name.p[0] != '(')
			word(&names, arena_dup(a, name).p);
	}
	*ret_n = names.n;
	word(&names, NULL);
	*ret = names.v;
	buf_release(&text);
	return ERR_OK;
}
