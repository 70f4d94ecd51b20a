#include "sim/core/knob.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"

static const struct knob_info {
	const char *name, *words, *value, *meaning;
	enum knob_kind kind;
} infos[] = {
#define X(id, name, kind, words, value, meaning) { name, words, value, meaning, KNOB_##kind },
	KNOB_LIST(X)
#undef X
};

static bool read_word(const char *words, struct str value, int64_t *ret)
{
	struct str rest = str_from(words);

	for (int64_t i = 0; rest.n > 0; i++)
		if (str_eq(str_cut(&rest, '|'), value)) {
			*ret = i;
			return true;
		}
	return false;
}

static bool read_value(
	const struct knob_info *info, struct str value, struct arena *keep, int64_t *ret)
{
	struct duration d;
	uint64_t count;

	switch (info->kind) {
	case KNOB_DURATION:
		if (!duration_parse(value, &d) || d.months != 0)
			return false;
		*ret = d.ms;
		return true;
	case KNOB_COUNT:
		if (!str_to_u64(value, &count) || count > INT32_MAX)
			return false;
		*ret = (int64_t)count;
		return true;
	case KNOB_FLAG:
		*ret = str_eq(value, STR("yes"));
		return *ret || str_eq(value, STR("no"));
	case KNOB_WORD:
		return read_word(info->words, value, ret);
	case KNOB_TEXT:
		*ret = (int64_t)(intptr_t)(keep ? arena_dup(keep, value).p : info->value);
		return true;
	}
	return false;
}

void knobs_init(struct knobs *k)
{
	for (size_t i = 0; i < KNOB_MAX_; i++)
		if (!read_value(&infos[i], str_from(infos[i].value), NULL, &k->v[i]))
			abort(); /* a default that is not valid: the table is wrong */
}

static const char *nearest(struct str name)
{
	const char *best = infos[0].name;

	for (size_t i = 1; i < KNOB_MAX_; i++)
		if (str_distance(name, str_from(infos[i].name)) <
			str_distance(name, str_from(best)))
			best = infos[i].name;
	return best;
}

static const char *expected(const struct knob_info *info)
{
	static const char *const by_kind[] = { "a duration such as 30s", "a count", "yes or no",
		NULL, "a text" };

	return info->words ? info->words : by_kind[info->kind];
}

enum errc knob_read(struct str name, struct str value, struct arena *keep, struct knob_setting *ret,
	struct err *err)
{
	for (size_t i = 0; i < KNOB_MAX_; i++) {
		if (!str_eq(name, str_from(infos[i].name)))
			continue;
		ret->knob = (enum knob)i;
		if (read_value(&infos[i], value, keep, &ret->value))
			return ERR_OK;
		return err_set(err, ERR_SYNTAX, "%s takes %s, not '%.*s'", infos[i].name,
			expected(&infos[i]), STR_FMT(value));
	}
	return err_set(err, ERR_SYNTAX, "no knob '%.*s'; did you mean '%s'?", STR_FMT(name),
		nearest(name));
}

enum errc knobs_set(
	struct knobs *k, struct str name, struct str value, struct arena *keep, struct err *err)
{
	struct knob_setting one;
	enum errc e = knob_read(name, value, keep, &one, err);

	if (e == ERR_OK)
		k->v[one.knob] = one.value;
	return e;
}

struct str knob_text_of(const struct knobs *k, enum knob which)
{
	return str_from((const char *)(intptr_t)k->v[which]);
}

bool knob_names(const struct knobs *k, enum knob which, struct str word)
{
	struct str rest = knob_text_of(k, which);

	while (rest.n > 0) {
		size_t n = strcspn(rest.p, ", ");

		if (n > rest.n)
			n = rest.n;
		if (n > 0 && str_eq(str_sub(rest, 0, n), word))
			return true;
		rest = n < rest.n ? str_sub(rest, n + 1, rest.n - n - 1) : STR_NONE;
	}
	return false;
}

void knobs_describe(struct buf *b)
{
	for (size_t i = 0; i < KNOB_MAX_; i++)
		buf_printf(b, "  %-26s %s (%s%s%s)\n", infos[i].name, infos[i].meaning,
			infos[i].words ? infos[i].words : "",
			infos[i].words ? "; default " : "default ",
			infos[i].value[0] ? infos[i].value : "none");
}
