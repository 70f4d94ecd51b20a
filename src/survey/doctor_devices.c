/* Devices that the two services do not agree on, or that wait for their profile. */
#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
#include "facts/profile_state.h"
#include "facts/wipe_note.h"
#include "survey/doctor_parts.h"

/* Long enough where it is that the other side should have noticed. */
static bool is_late(const struct doctor *d, const struct survey_device *v)
{
	int64_t at_ms;

	return !time_parse(v->cells[CELL_UPDATED], &at_ms) || doctor_now(d) - at_ms > d->older_ms;
}

static void count_listed(struct doctor *d, const struct survey_device *v)
{
	struct doctor_seen *s = &d->seen[v->server];

	s->n++;
	if (v->listed & v->fed) {
		s->own++;
		return;
	}
	for (uint32_t g = 0; g < d->session->fleet.n_groups; g++)
		s->alien[g] += v->listed >> g & 1u;
}

static enum errc add_noted(void *self, const struct wipe_note *n, struct err *err)
{
	(void)err;
	(void)map_add(self, n->serial, NULL);
	return ERR_OK;
}

/* What the UEM's list shows now counts for status, too; a word that nobody has heard of does not
 * say that a wipe is over. */
static void look_for_wipe(struct doctor *d, const struct survey_device *v)
{
	struct str as = v->cells[CELL_LISTED_AS];
	bool waits = status_is_wipe(as);
	bool over = str_eq_nocase(as, STR("Enrolled")) || str_eq_nocase(as, STR("Unenrolled")) ||
		    str_eq_nocase(as, STR("Discovered"));

	if (waits)
		doctor_tally(d, &d->wiping, v->serial, EXAMPLES);
	if (waits || (over && map_find(&d->noted, v->serial) != MAP_NONE))
		wipe_note_see(d->session->store, v->serial, doctor_now(d), waits);
}

static enum errc look(void *self, const struct survey_device *v, struct err *err)
{
	struct doctor *d = self;
	bool arrived = v->listed & v->fed;

	(void)err;
	if (v->listed)
		look_for_wipe(d, v);
	if (v->server != SERVER_NONE)
		count_listed(d, v);
	if (v->server == SERVER_NONE) {
		if (v->server_known && v->listed)
			doctor_tally(d, &d->left_behind, v->serial, EXAMPLES);
		return ERR_OK;
	}
	if (v->listed & ~v->fed)
		doctor_tally(d, &d->elsewhere, v->serial, EXAMPLES);
	if (v->fed && !arrived && is_late(d, v))
		doctor_tally(d, &d->not_listed, v->serial, EXAMPLES);
	if (arrived && is_late(d, v) && !str_eq_nocase(v->cells[CELL_LISTED_AS], STR("Enrolled"))) {
		if (d->waiting.n < LOOKED_AT)
			d->waiting_in[d->waiting.n] = v->listed;
		doctor_tally(d, &d->waiting, v->serial, LOOKED_AT);
	}
	return ERR_OK;
}

enum errc doctor_devices(struct doctor *d, struct err *err)
{
	enum errc rc = survey_read_apple(&d->survey, err);

	map_init(&d->noted, 0);
	if (!rc && d->session->store)
		rc = wipe_notes(d->session->store, add_noted, &d->noted, err);
	d->seen = arena_zalloc(&d->arena, (d->session->fleet.n_servers + 1) * sizeof(*d->seen));
	if (!rc)
		rc = survey_each(&d->survey, look, d, err);
	map_release(&d->noted);
	if (rc)
		return doctor_fail(d, rc, STR("devices"), "see what Apple says", err);
	d->have |= NEED(DEVICES);
	doctor_tell(d, FOUND_TROUBLE, &d->not_listed,
		doctor_on_premises(d->session->settings->uem.url)
			? "depmend export, then apply --rules not-syncing; if the sync changes "
			  "nothing, restart the AirWatch Batch Processing Service on the console "
			  "server"
			: "depmend export, then apply --rules not-syncing",
		"on a server at Apple, and not listed by the UEM");
	return ERR_OK;
}

enum errc doctor_left_behind(struct doctor *d, struct err *err)
{
	(void)err;
	doctor_tell(d, FOUND_TROUBLE, &d->left_behind, "depmend export, then apply --rules orphans",
		"listed by the UEM, and on no server at Apple");
	return ERR_OK;
}

enum errc doctor_listed_elsewhere(struct doctor *d, struct err *err)
{
	(void)err;
	doctor_tell(d, FOUND_TROUBLE, &d->elsewhere,
		"compare uem.tokens with the server tokens in the console; a sync of that group "
		"takes what is left of a move away",
		"listed by a group that their server does not feed");
	return ERR_OK;
}

/* --- assignments that do not end --- */

/* Devices whose profile is in one state that people wait for. */
struct waited_for {
	struct examples devices;
	int64_t since_ms, retry_ms; /* of the first, of the last */
};

static void tally_state(struct doctor *d, uint32_t slot, struct waited_for *states)
{
	int64_t since_ms, retry_ms;
	enum profile_state state = profile_state_get(
		&d->session->fleet, slot, &since_ms, &retry_ms);
	struct waited_for *w = &states[state];

	if (state == PROFILE_STATE_NONE)
		return;
	if (w->devices.n == 0 || since_ms < w->since_ms)
		w->since_ms = since_ms;
	if (w->devices.n == 0 || retry_ms > w->retry_ms)
		w->retry_ms = retry_ms;
	doctor_tally(d, &w->devices, fleet_serial(&d->session->fleet, slot), EXAMPLES);
}

static void judge_status(
	struct doctor *d, uint32_t slot, struct waited_for *states, struct examples *numbers)
{
	const struct fleet *f = &d->session->fleet;
	struct value v;
	uint64_t number;

	fleet_fact(f, slot, FACT_UEM_PROFILE_STATUS, &v);
	tally_state(d, slot, states);
	if (v.state == VALUE_KNOWN && str_to_u64(v.text, &number))
		doctor_tally(d, numbers, fleet_serial(f, slot), EXAMPLES);
}

static const char *stuck_remedy(const struct doctor *d)
{
	return d->n_profiles > d->session->fleet.n_groups
		       ? "depmend export, then apply --rules stuck-assignment; what stays stuck "
			 "takes a support ticket: the profile has to be removed from the database"
		       : "depmend export, then apply --rules stuck-assignment; what stays stuck "
			 "takes disabling the Device Enrollment Program in the console and setting "
			 "it up again, since this is the only profile";
}

static const char *state_remedy(const struct doctor *d, enum profile_state state)
{
	switch (state) {
	case PROFILE_STATE_FAILED:
		return "depmend export, then apply --rules corrupted-registration";
	case PROFILE_STATE_THROTTLED:
		return "wait for the next try: Apple takes the assignment up again by itself";
	case PROFILE_STATE_NAMED:
		return "wait for the next try: depmend gives them no profile before";
	default:
		return stuck_remedy(d);
	}
}

static const char *state_proof(enum profile_state state)
{
	static const char *const proofs[] = {
		[PROFILE_STATE_FAILED] = "whose profile failed",
		[PROFILE_STATE_THROTTLED] = "whose profile Apple throttles",
		[PROFILE_STATE_IN_PROGRESS] = "still in assignment",
		[PROFILE_STATE_NONE] = "",
		[PROFILE_STATE_NAMED] = "whose profile the UEM wants to be left alone for a time",
	};

	return proofs[state];
}

static void tell_state(
	struct doctor *d, enum profile_state state, const struct waited_for *w, uint32_t n)
{
	char what[320], age[TIME_TEXT], since[TIME_TEXT], retry[TIME_TEXT];

	(void)snprintf(what, sizeof(what),
		"%s, %s after they came to their server, since %s, next try %s (looked at %u of "
		"%" PRIu64 " that wait)",
		state_proof(state), duration_words(d->older_ms, age),
		time_rfc3339_s(w->since_ms, since),
		w->retry_ms <= doctor_now(d) ? "now" : time_rfc3339_s(w->retry_ms, retry), n,
		d->waiting.n);
	doctor_tell(d,
		state == PROFILE_STATE_THROTTLED || state == PROFILE_STATE_NAMED ? FOUND_NOTE
										 : FOUND_TROUBLE,
		&w->devices, state_remedy(d, state), what);
}

enum errc doctor_stuck(struct doctor *d, struct err *err)
{
	struct fleet *f = &d->session->fleet;
	uint32_t slots[LOOKED_AT] = { 0 }, n = d->waiting.n_some;
	struct waited_for states[PROFILE_STATE_NAMED + 1] = { 0 };
	struct examples numbers = { 0 };
	enum errc rc;

	for (uint32_t i = 0; i < n; i++) {
		slots[i] = fleet_add(f, d->waiting.some[i]);
		f->listed[slots[i]] = d->waiting_in[i];
	}
	rc = facts_read(&d->session->facts, READING_UEM_TOKEN, slots, n, err);
	for (uint32_t i = 0; i < n && !rc; i++)
		judge_status(d, slots[i], states, &numbers);
	fleet_drop_devices(f);
	for (int i = 0; i <= PROFILE_STATE_NAMED; i++)
		tell_state(d, (enum profile_state)i, &states[i], n);
	if (numbers.n)
		doctor_say(d, FOUND_UNCHECKED, STR_NONE,
			"give this tenant's numbers words in the settings, uem.profile_status: "
			"{3: Assignment in progress}",
			"the UEM tells the profile status of %" PRIu64 " devices as a number",
			numbers.n);
	return doctor_fail(d, rc, STR("enrollment tokens"), "see what the UEM says", err);
}
