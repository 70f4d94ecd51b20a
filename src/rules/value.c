#include "rules/ruleset.h"

static const struct oper_info opers[OPER_MAX_] = {
#define X(id, word_, needs_) [OPER_##id] = { word_, NEEDS_##needs_ },
	OPER_LIST(X)
#undef X
};

const struct oper_info *oper_info(enum oper o)
{
	return &opers[o];
}

bool oper_from_word(struct str word, enum oper *ret)
{
	for (int i = OPER_EQ + 1; i < OPER_MAX_; i++)
		if (str_eq(word, str_from(opers[i].word))) {
			*ret = (enum oper)i;
			return true;
		}
	return false;
}

bool rules_date(const struct ruleset *set, struct str text, int64_t *ret_ms)
{
	if (time_parse(text, ret_ms))
		return true;
	for (size_t i = 0; i < set->n_dates; i++)
		if (time_parse_format(text, set->dates[i], ret_ms))
			return true;
	return false;
}

/* 15 digits fit a double exactly, so equal decimals compare equal however they are written. */
bool rules_number(struct str text, double *ret)
{
	double value = 0, scale = 1;
	bool minus = text.n && text.p[0] == '-', dot = false;
	size_t digits = 0;

	for (size_t i = text.n && (minus || text.p[0] == '+'); i < text.n; i++) {
		char c = text.p[i];

		if (c == '.' && !dot && digits > 0 && i + 1 < text.n) {
			dot = true;
		} else if (c >= '0' && c <= '9' && ++digits <= 15) {
			value = value * 10 + (c - '0');
			scale = dot ? scale * 10 : scale;
		} else {
			return false;
		}
	}
	if (digits == 0)
		return false;
	*ret = (minus ? -value : value) / scale;
	return true;
}

bool rules_flag(struct str text, bool *ret)
{
	static const struct {
		const char *word;
		bool flag;
	} words[] = { { "true", true }, { "yes", true }, { "false", false }, { "no", false } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq_nocase(text, str_from(words[i].word))) {
			*ret = words[i].flag;
			return true;
		}
	return false;
}

struct str rules_ref_name(const struct column_ref *ref)
{
	return ref->canonical ? str_from(column_info(ref->column)->word) : ref->header;
}
