/*
 * Since when a device's profile has been in a state that people wait for, and when trying again
 * makes sense. The UEM tells the state alone: since when is what depmend saw first, by whichever
 * command, and is kept beside the ledger.
 */
#include "facts/profile_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/shared.h"
#include "store/store.h"

enum { KEY_BYTES = 64, NOTE_BYTES = 96 };

static const struct {
	const char *part; /* of the words, whatever else they say */
	const char *words;
} states[] = {
	[PROFILE_STATE_FAILED] = { "fail", "Failed" },
	[PROFILE_STATE_THROTTLED] = { "throttl", "Throttled" },
	[PROFILE_STATE_IN_PROGRESS] = { "progress", "In progress" },
};

/* By the words of uem.profile_status, in whichever spelling. */
static enum profile_state state_of(struct str words)
{
	int i = 0;

	while (i < PROFILE_STATE_NONE && !str_contains_nocase(words, str_from(states[i].part)))
		i++;
	return (enum profile_state)i;
}

/* Not of NONE and NAMED. */
static const char *words_of(enum profile_state state)
{
	return states[state].words;
}

/* By the settings: what the services themselves say comes later than that, or never. */
static int64_t patience_ms(const struct facts *f, enum profile_state state)
{
	switch (state) {
	case PROFILE_STATE_THROTTLED:
		return f->settings->timeouts.throttled_ms;
	case PROFILE_STATE_IN_PROGRESS:
		return f->settings->timeouts.assignment_ms;
	default:
		return 0;
	}
}

/* --- what is kept: "SINCE RETRY NAMED STATE", times in ms --- */

struct state_seen {
	int64_t since_ms, retry_ms;
	int64_t named_ms; /* until when a service said to wait, whatever it says since; 0: none did
			   */
	enum profile_state state;
};

/* Earlier versions wrote no NAMED. */
static bool read_note(struct str note, struct state_seen *ret)
{
	struct str since = str_cut(&note, ' '), retry = str_cut(&note, ' '), rest = note;
	uint64_t a, b, c = 0;

	if (!str_to_u64(since, &a) || !str_to_u64(retry, &b))
		return false;
	if (str_to_u64(str_cut(&rest, ' '), &c))
		note = rest;
	*ret = (struct state_seen){ (int64_t)a, (int64_t)b, (int64_t)c, state_of(note) };
	return true;
}

static void key_of(const struct fleet *f, uint32_t slot, char out[KEY_BYTES])
{
	(void)snprintf(out, KEY_BYTES, "profile.%.*s", STR_FMT(fleet_serial(f, slot)));
}

/* False: nothing was seen before. */
static bool get_seen(const struct facts *f, const char *key, struct state_seen *ret)
{
	char *note = NULL;
	struct err err;
	bool known = false;

	if (!f->store)
		return false;
	if (shared_note_get(store_shared(f->store), key, &note, &err))
		log_debug("%s", err.msg);
	else
		known = note && read_note(str_from(note), ret);
	free(note);
	/* Seen by a clock that was wrong, it would never end. */
	return known && ret->since_ms <= transport_now(f->transport);
}

static void put_seen(const struct facts *f, const char *key, const struct state_seen *s)
{
	char note[NOTE_BYTES];
	struct err err;

	if (!f->store)
		return;
	(void)snprintf(note, sizeof(note), "%" PRId64 " %" PRId64 " %" PRId64 " %s", s->since_ms,
		s->retry_ms, s->named_ms,
		s->state == PROFILE_STATE_NONE ? "-" : states[s->state].words);
	if (shared_note_put(store_shared(f->store), key, str_from(note), &err))
		log_debug("%s", err.msg);
}

/* --- the facts --- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A time to wait that a service named is never shortened, neither by the settings nor by what it
 * says later; nor is one of the settings while the state lasts. */
static int64_t retry_at(
	const struct facts *f, const struct state_seen *was, const struct state_seen *is)
{
	int64_t at = later(is->since_ms + patience_ms(f, is->state), is->named_ms);

	return was ? later(at, was->retry_ms) : at;
}

/* What is known from now on; false: nothing that is worth a note. */
static bool see(const struct facts *f, const struct state_seen *was, bool known, struct str words,
	int64_t retry_after_ms, struct state_seen *ret)
{
	bool told = words.n && !str_is_odd(words), same;
	int64_t now = transport_now(f->transport);

	ret->state = told ? state_of(words) : was->state;
	ret->named_ms = later(was->named_ms, retry_after_ms <= 0 ? 0 : now + retry_after_ms);
	if (!known && ret->state == PROFILE_STATE_NONE && !ret->named_ms)
		return false;
	same = known && was->state == ret->state;
	ret->since_ms = same ? was->since_ms : now;
	if (ret->state != PROFILE_STATE_NONE)
		ret->retry_ms = retry_at(f, same ? was : NULL, ret);
	return !same || was->retry_ms != ret->retry_ms || was->named_ms != ret->named_ms;
}

void profile_state_take(struct facts *f, uint32_t slot, struct str words, int64_t retry_after_ms)
{
	struct state_seen was = { .state = PROFILE_STATE_NONE }, is = was;
	struct fleet *fleet = f->fleet;
	bool told = words.n && !str_is_odd(words), known;
	char key[KEY_BYTES];

	key_of(fleet, slot, key);

	device_set_absent(&fleet->devices[slot], FACT_UEM_PROFILE_SINCE);
	device_set_absent(&fleet->devices[slot], FACT_UEM_PROFILE_RETRY);
	if (!told && retry_after_ms <= 0)
		return;
	known = get_seen(f, key, &was);
	if (see(f, &was, known, words, retry_after_ms, &is))
		put_seen(f, key, &is);
	if (retry_after_ms <= 0 && (!told || is.state == PROFILE_STATE_NONE))
		return;
	device_set_date(&fleet->devices[slot], FACT_UEM_PROFILE_SINCE, is.since_ms);
	device_set_date(&fleet->devices[slot], FACT_UEM_PROFILE_RETRY,
		is.state == PROFILE_STATE_NONE ? is.named_ms : is.retry_ms);
}

static struct str status_of(const struct fleet *f, uint32_t slot)
{
	struct value words;

	fleet_fact(f, slot, FACT_UEM_PROFILE_STATUS, &words);
	return words.state == VALUE_KNOWN ? words.text : STR_NONE;
}

enum profile_state profile_state_get(
	const struct fleet *f, uint32_t slot, int64_t *ret_since_ms, int64_t *ret_retry_ms)
{
	struct value since, retry;
	enum profile_state state = state_of(status_of(f, slot));

	fleet_fact(f, slot, FACT_UEM_PROFILE_SINCE, &since);
	fleet_fact(f, slot, FACT_UEM_PROFILE_RETRY, &retry);
	if (since.state != VALUE_KNOWN || retry.state != VALUE_KNOWN)
		return PROFILE_STATE_NONE;
	*ret_since_ms = since.number;
	*ret_retry_ms = retry.number;
	return state == PROFILE_STATE_NONE ? PROFILE_STATE_NAMED : state;
}

/* What is kept is what was read last, by whomever. */
int64_t profile_state_wait(const struct facts *f, uint32_t slot)
{
	struct state_seen s = { .state = PROFILE_STATE_NONE };
	char key[KEY_BYTES];
	int64_t at;

	key_of(f->fleet, slot, key);
	if (!get_seen(f, key, &s))
		s.state = profile_state_get(f->fleet, slot, &s.since_ms, &s.retry_ms);
	at = s.named_ms;
	if (s.state == PROFILE_STATE_THROTTLED ||
		(s.state != PROFILE_STATE_NONE &&
			s.retry_ms > s.since_ms + patience_ms(f, s.state)))
		at = later(at, s.retry_ms);
	return at > transport_now(f->transport) ? at : TIME_NONE;
}

bool profile_state_odd(const struct fleet *f, uint32_t slot, char ret[PROFILE_STATUS_TEXT])
{
	struct str status = status_of(f, slot);
	int shown = (int)(status.n < PROFILE_STATUS_TEXT / 2 ? status.n : PROFILE_STATUS_TEXT / 2);

	(void)snprintf(ret, PROFILE_STATUS_TEXT, "profile status %.*s", status.n ? shown : 9,
		status.n ? status.p : "not known");
	return status.n > 0;
}

bool profile_state_tell(
	const struct fleet *f, uint32_t slot, int64_t now_ms, char ret[PROFILE_STATE_TEXT])
{
	char since[TIME_TEXT], retry[TIME_TEXT], words[PROFILE_STATUS_TEXT];
	int64_t since_ms, retry_ms;
	enum profile_state state = profile_state_get(f, slot, &since_ms, &retry_ms);

	if (state == PROFILE_STATE_NONE)
		return false;
	if (state == PROFILE_STATE_NAMED)
		(void)profile_state_odd(f, slot, words);
	else
		(void)snprintf(words, sizeof(words), "profile %s", words_of(state));
	(void)snprintf(ret, PROFILE_STATE_TEXT, "%s since %s, next try %s", words,
		time_rfc3339_s(since_ms, since),
		retry_ms <= now_ms ? "now" : time_rfc3339_s(retry_ms, retry));
	return true;
}
