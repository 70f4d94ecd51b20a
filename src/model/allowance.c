#include "model/allowance.h"

#include "base/diag.h"
#include "model/serial.h"

static const struct {
	const char *name;
	enum allowance_value value;
} known[] = {
#define X(name, value, help) { #name, ALLOWS_##value },
	ALLOWANCE_LIST(X)
#undef X
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static const char *const patterns[] = {
#define WORD_NUMBER "N"
#define WORD_PERCENT "PERCENT"
#define WORD_SIZE "N"
#define WORD_YES "yes"
#define WORD_SERIAL "SERIAL"
#define X(name, value, help) #name "=" WORD_##value,
	ALLOWANCE_LIST(X)
#undef X
};

static const char *const meanings[] = {
#define X(name, value, help) help,
	ALLOWANCE_LIST(X)
#undef X
};

static bool value_fits(enum allowance_value kind, struct str value)
{
	struct serial serial;
	uint64_t n;

	switch (kind) {
	case ALLOWS_NUMBER:
		return str_to_u64(value, &n) && n > 0;
	case ALLOWS_PERCENT:
		return str_to_u64(value, &n) && n > 0 && n <= 100;
	case ALLOWS_SIZE:
		return str_to_u64(value, &n);
	case ALLOWS_YES:
		return str_eq(value, STR("yes"));
	case ALLOWS_SERIAL:
		return serial_read(value, &serial) == REASON_NONE;
	}
	return false;
}

static const char *wanted(enum allowance_value kind)
{
	static const char *const words[] = {
		[ALLOWS_NUMBER] = "a whole number from 1",
		[ALLOWS_PERCENT] = "a whole number from 1 to 100",
		[ALLOWS_SIZE] = "a whole number",
		[ALLOWS_YES] = "yes",
		[ALLOWS_SERIAL] = "a serial number",
	};

	return words[kind];
}

static enum errc unknown(struct str name, struct err *err)
{
	struct nearest near = nearest_to(name);
	struct str best;

	for (size_t i = 0; i < KNOWN; i++)
		nearest_try(&near, str_from(known[i].name));
	best = nearest_best(&near);
	if (best.n)
		return err_set(err, ERR_USAGE, "--allow does not know '%.*s'; did you mean '%.*s'?",
			STR_FMT(name), STR_FMT(best));
	return err_set(err, ERR_USAGE,
		"--allow does not know '%.*s'; it knows devices, percent, in_flight, release, "
		"delete_record, wipe, fleet, organization, empty, network_state, restored_state "
		"and again",
		STR_FMT(name));
}

enum errc allowance_check(struct str allowance, struct err *err)
{
	struct str value = allowance, name = str_cut(&value, '=');

	for (size_t i = 0; i < KNOWN; i++) {
		if (!str_eq(name, str_from(known[i].name)))
			continue;
		if (value_fits(known[i].value, value))
			return ERR_OK;
		return err_set(err, ERR_USAGE, "--allow %s takes %s, not '%.*s'", known[i].name,
			wanted(known[i].value), STR_FMT(value));
	}
	return unknown(name, err);
}

const char *allowance_pattern(size_t i)
{
	return i < KNOWN ? patterns[i] : NULL;
}

const char *allowance_meaning(size_t i)
{
	return i < KNOWN ? meanings[i] : NULL;
}

bool allowance_names_again(const char *const *allowed, struct str serial)
{
	for (size_t i = 0; allowed && allowed[i]; i++) {
		struct str value = str_from(allowed[i]), word = str_cut(&value, '=');

		if (str_eq(word, STR("again")) && str_eq_nocase(value, serial))
			return true;
	}
	return false;
}
