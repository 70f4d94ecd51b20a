#include "model/settings_read.h"

#include <stdlib.h>

#include "base/time.h"
#include "io/file.h"

static char *own(struct yaml_reader *r, const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(arena_alloc(r->arena, n), text, n);
}

const char *settings_beside(struct yaml_reader *r, const char *name)
{
	char *path = file_beside(r->doc->file, name);
	const char *copy = own(r, path);

	free(path);
	return copy;
}

void settings_read_path(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *path = yaml_text(r, n);

	(void)key;
	if (path)
		*(const char **)to = settings_beside(r, path);
}

/* --- secrets: their lines are never quoted, a careless one may hold the secret itself --- */

static struct diag *bad_secret(struct yaml_reader *r, struct loc at, const char *text)
{
	struct diag *entry = diag_add(r->d, DIAG_ERROR, "settings.secret", at, "%s", text);

	diag_hint(r->d, entry,
		"write {file: PATH}, {credential: NAME}, {command: [PROGRAM, ARGUMENT]} or {env: "
		"NAME}");
	return entry;
}

void settings_read_command(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	char **argv;
	size_t i = 0;

	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	if (n->n_children == 0 || n->n_children > SETTINGS_MAX_ARGS) {
		(void)yaml_bad(
			r, n, "yaml.bad-value", "a command has 1 to %d words", SETTINGS_MAX_ARGS);
		return;
	}
	argv = arena_zalloc(r->arena, (n->n_children + 1) * sizeof(*argv));
	for (const struct yaml_node *m = n->first; m; m = m->next, i++) {
		const char *word = yaml_text(r, m);

		if (!word)
			return;
		argv[i] = own(r, i == 0 && strchr(word, '/') ? settings_beside(r, word) : word);
	}
	*(char ***)to = argv;
}

void settings_read_secret(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "file", "credential", "command", "env" };
	static const enum secret_kind kinds[] = { SECRET_FILE, SECRET_CREDENTIAL, SECRET_COMMAND,
		SECRET_ENV };
	struct secret s = { .at = n->at };
	const struct yaml_node *m = n->first;

	(void)key;
	s.at.file = ((const struct settings *)r->self)->file; /* outlives the document */
	if (n->kind != YAML_MAP || n->n_children != 1) {
		(void)bad_secret(r, n->at, "a secret cannot be written here; use exactly one");
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq(m->key, str_from(words[i])))
			s.kind = kinds[i];
	if (s.kind == SECRET_NONE) {
		(void)bad_secret(r, m->key_at, "a secret is not kept in this way");
		return;
	}
	if (s.kind == SECRET_COMMAND)
		settings_read_command(r, key, m, &s.argv);
	else
		s.value = yaml_text(r, m);
	if (s.kind == SECRET_FILE && s.value)
		s.value = settings_beside(r, s.value);
	if (s.kind == SECRET_CREDENTIAL && s.value && strchr(s.value, '/'))
		(void)bad_secret(r, m->at, "the name of a credential has no slash");
	if (s.value || s.argv)
		*(struct secret *)to = s;
}

/* --- addresses --- */

static bool is_loopback(struct str host)
{
	struct str rest = host;
	unsigned parts = 0;
	uint64_t v;

	if (str_eq_nocase(host, STR("localhost")) || str_eq(host, STR("[::1]")))
		return true;
	if (!str_starts_nocase(host, STR("127.")))
		return false;
	for (; rest.n; parts++)
		if (!str_to_u64(str_cut(&rest, '.'), &v) || v > 255)
			return false;
	return parts == 4;
}

static bool has_odd_sign(struct str url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || (unsigned char)url.p[i] >= 0x7f ||
			strchr("@?#\\\"<>", url.p[i]))
			return true;
	return false;
}

/* host, host:port, [::1] or [::1]:port; the port comes without its colon. */
static struct str cut_port(struct str host, struct str *ret_port)
{
	*ret_port = host;
	if (host.n == 0 || host.p[0] != '[')
		return str_cut(ret_port, ':');
	host.n = str_cut(ret_port, ']').n + 1;
	if (ret_port->n)
		*ret_port = str_sub(*ret_port, 1, ret_port->n - 1);
	return host;
}

/* What is wrong with an address; NULL: nothing. The host is all that stands between // and the next
 * slash, less the port. */
static const char *url_mistake(struct str url)
{
	bool https = str_starts_nocase(url, STR("https://"));
	bool http = str_starts_nocase(url, STR("http://"));
	struct str rest, host, port;
	uint64_t number;

	if (!https && !http)
		return "an address starts with https://";
	rest = str_sub(url, https ? 8 : 7, url.n - (https ? 8 : 7));
	host = cut_port(str_cut(&rest, '/'), &port);
	if (has_odd_sign(url))
		return "an address has no user name, question mark, blank or special sign";
	if (host.n == 0)
		return "the address has no host";
	if (port.n && (!str_to_u64(port, &number) || number == 0 || number > 65535))
		return "the port is not a number from 1 to 65535";
	if (http && !is_loopback(host))
		return "plain http is for loopback addresses only: write https://";
	return NULL;
}

void settings_read_url(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *text = yaml_text(r, n), *mistake;
	struct str url;

	(void)key;
	if (!text)
		return;
	url = str_from(text);
	mistake = url_mistake(url);
	if (mistake) {
		(void)yaml_bad(r, n, "settings.bad-address", "%s", mistake);
		return;
	}
	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	*(const char **)to = arena_dup(r->arena, url).p;
}

/* --- rates --- */

enum { LEAST_WINDOW_MS = 1000 };

static int64_t window_ms(struct str unit)
{
	static const struct {
		const char *word;
		int64_t ms;
	} units[] = { { "s", 1000 }, { "sec", 1000 }, { "second", 1000 }, { "m", 60000 },
		{ "min", 60000 }, { "minute", 60000 }, { "h", 3600000 }, { "hour", 3600000 },
		{ "d", 86400000 }, { "day", 86400000 } };
	struct duration d;

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (str_eq(unit, str_from(units[i].word)))
			return units[i].ms;
	return duration_parse(unit, &d) && d.months == 0 ? d.ms : 0;
}

void settings_read_rate(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct str unit = n->text, count;
	struct diag *entry;
	int64_t window;
	uint64_t v;

	if (!yaml_expect(r, n, YAML_SCALAR))
		return;
	count = str_cut(&unit, '/');
	window = window_ms(unit);
	if (str_to_u64(count, &v) && v <= 1000000 && window > 0) {
		if (!v || window < LEAST_WINDOW_MS ||
			window / (int64_t)v > window_ms(str_from(key->most))) {
			(void)yaml_bad(r, n, "settings.bad-rate",
				"'%.*s' cannot work: one request in %s at least, in a window of a "
				"second or more",
				STR_FMT(n->text), key->most);
			return;
		}
		*(struct rate *)to = (struct rate){ (uint32_t)v, window };
		return;
	}
	entry = yaml_bad(r, n, "settings.bad-rate", "'%.*s' is not a rate", STR_FMT(n->text));
	diag_hint(r->d, entry, "write it as in 20/min, 10/hour, 5/s or 1000/day");
}

void settings_read_mode(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "0600", "0640", "0644", NULL };
	static const uint32_t modes[] = { 0600, 0640, 0644 };
	int i = yaml_word(r, n, words);

	(void)key;
	if (i >= 0)
		*(uint32_t *)to = modes[i];
}
