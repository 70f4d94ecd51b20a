#include "approve/approvers.h"

#include <stdlib.h>

#include "base/invisible.h"
#include "base/mem.h"
#include "trust/trust.h"

enum { FILE_MAX_BYTES = 256 * 1024, NAME_MAX_BYTES = 200 };

/* The next field of a line; quotes belong to it, and blanks in them do not end it. */
static struct str next_field(struct str *rest)
{
	struct str s = str_trim(*rest);
	bool quoted = false;
	size_t n = 0;

	while (n < s.n && (quoted || (s.p[n] != ' ' && s.p[n] != '\t')))
		quoted ^= s.p[n++] == '"';
	*rest = str_sub(s, n, s.n - n);
	return str_sub(s, 0, n);
}

static struct str without_quotes(struct str s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return str_sub(s, 1, s.n - 2);
	return s;
}

static bool is_key_type(struct str s)
{
	return str_starts_nocase(s, STR("ssh-")) || str_starts_nocase(s, STR("ecdsa-")) ||
	       str_starts_nocase(s, STR("sk-"));
}

static uint32_t add_name(struct approvers *a, struct str name)
{
	char lower[NAME_MAX_BYTES + 1];

	for (size_t i = 0; i < name.n; i++)
		lower[i] = ascii_lower(name.p[i]);
	return map_add(&a->names, (struct str){ lower, name.n }, NULL);
}

static void is_same_person(struct approvers *a, uint32_t one, uint32_t other)
{
	for (uint32_t i = 0; i < a->names.n; i++)
		if (a->of_name[i] == other)
			a->of_name[i] = one;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].person == other)
			a->v[i].person = one;
}

/* `anna` may be the login of anna@example.org, and counts as her; of two hosts they are two. */
static bool may_be_login(struct str one, struct str other)
{
	struct str login = str_cut(&one, '@');

	return str_eq(login, str_cut(&other, '@')) && (one.n == 0 || other.n == 0);
}

static void join_logins(struct approvers *a, uint32_t slot)
{
	for (uint32_t i = 0; i < slot; i++)
		if (may_be_login(map_key(&a->names, i), map_key(&a->names, slot)))
			is_same_person(a, a->of_name[slot], a->of_name[i]);
}

static enum errc bad(const struct approvers *a, unsigned line, const char *why, struct err *err)
{
	return err_set(err, ERR_SETTINGS,
		"%s:%u: %s; a line is: NAME [OPTIONS] KEY-TYPE KEY, as in ssh-keygen's allowed "
		"signers",
		a->path, line, why);
}

/* Several names on a line are names of one person. */
static enum errc take_names(
	struct approvers *a, struct str names, struct approver *to, unsigned line, struct err *err)
{
	uint32_t before = a->names.n;

	to->person = MAP_NONE;
	while (names.n) {
		struct str name = str_cut(&names, ',');
		uint32_t slot, code;

		if (!name.n || name.n > NAME_MAX_BYTES || memchr(name.p, '*', name.n) ||
			memchr(name.p, '?', name.n) || name.p[0] == '!')
			return bad(a, line, "it has to name one person, without a pattern", err);
		/* Else who stands there twice counts as two. ssh-keygen takes a byte order mark
		 * for a part of the name as well. */
		if (invisible_find(name, &code) < name.n)
			return bad(a, line, "its name has a character that cannot be seen", err);
		slot = add_name(a, name);
		if (slot == before) {
			a->of_name = mem_realloc(a->of_name, ++before, sizeof(*a->of_name));
			a->of_name[slot] = slot;
			join_logins(a, slot);
		}
		if (to->person == MAP_NONE) {
			to->name = name;
			to->person = a->of_name[slot];
		} else {
			is_same_person(a, to->person, a->of_name[slot]);
		}
	}
	return to->person == MAP_NONE ? bad(a, line, "it names no person", err) : ERR_OK;
}

static bool is_authority(struct str options)
{
	while (options.n)
		if (str_eq_nocase(str_cut(&options, ','), STR("cert-authority")))
			return true;
	return false;
}

static enum errc take_line(struct approvers *a, struct str rest, unsigned line, struct err *err)
{
	struct approver *to = &a->v[a->n];
	struct str names = without_quotes(next_field(&rest));
	struct str type = next_field(&rest);
	enum errc rc;

	if (!is_key_type(type)) {
		if (is_authority(type))
			return bad(a, line, "certificate authorities are not supported", err);
		type = next_field(&rest);
	}
	to->type = type;
	to->key = next_field(&rest);
	if (!is_key_type(type) || !to->key.n)
		return bad(a, line, "no public key is there", err);
	rc = take_names(a, names, to, line, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < a->n; i++)
		if (str_eq(a->v[i].key, to->key))
			is_same_person(a, a->v[i].person, to->person);
	to->person = a->of_name[add_name(a, to->name)];
	a->n++;
	return ERR_OK;
}

static size_t count_lines(struct str text)
{
	size_t n = 0;

	while (text.n) {
		(void)str_cut(&text, '\n');
		n++;
	}
	return n;
}

enum errc approvers_load(struct approvers *ret, const char *path, struct err *err)
{
	struct approvers *a = ret;
	struct str rest;
	unsigned line = 0;
	enum errc rc;

	*a = (struct approvers){ .path = path };
	map_init(&a->names, 0);
	rc = trust_read(TRUSTED_APPROVERS, path, FILE_MAX_BYTES, &a->text, err);
	rest = rc ? STR_NONE : buf_view(&a->text);
	a->v = mem_zalloc((count_lines(rest) + 1) * sizeof(*a->v));
	while (!rc && rest.n) {
		struct str text = str_trim(str_cut(&rest, '\n'));

		line++;
		if (text.n && text.p[0] != '#')
			rc = take_line(a, text, line, err);
	}
	if (!rc && a->n == 0)
		rc = err_set(err, ERR_SETTINGS, "%s: no approver is listed", path);
	if (rc)
		err->code = ERR_SETTINGS;
	return rc ? ERR_SETTINGS : ERR_OK;
}

void approvers_release(struct approvers *a)
{
	buf_release(&a->text);
	map_release(&a->names);
	free(a->of_name);
	free(a->v);
	*a = (struct approvers){ 0 };
}

const struct approver *approvers_by_key(const struct approvers *a, struct str key)
{
	for (size_t i = 0; i < a->n; i++)
		if (str_eq(a->v[i].key, key))
			return &a->v[i];
	return NULL;
}

bool approvers_is_login(const struct approvers *a, uint32_t person, struct str login)
{
	for (uint32_t i = 0; login.n && i < a->names.n; i++) {
		struct str name = map_key(&a->names, i), rest = name;

		if (a->of_name[i] == person &&
			(str_eq_nocase(name, login) || str_eq_nocase(str_cut(&rest, '@'), login)))
			return true;
	}
	return false;
}
