#include "plan/work.h"

#include <string.h>

#include "base/time.h"
#include "model/program.h"
#include "plan/step_rules.h"

enum { PROGRAM_MAX_BYTES = 256 * 1024 };

static struct work_step *add(struct work_program *p, enum step_kind kind, uint32_t word)
{
	p->v[p->n] = (struct work_step){
		.kind = kind,
		.word = (uint8_t)word,
		.server = SERVER_NONE,
		.profile = MAP_NONE,
		.deadline_ms = p->source.v[word].deadline_ms,
		.force_now = p->source.v[word].force_now,
	};
	return &p->v[p->n++];
}

/* The work steps of one program step. */
static void expand(struct work_program *p, const struct step *s, uint32_t word)
{
	switch (s->kind) {
	case STEP_REASSIGN:
		add(p, s->kind, word)->to_home = s->arg.n == 0;
		break;
	case STEP_DELETE_FROM_LIFECYCLE:
		add(p, STEP_UNASSIGN, word)->lifecycle = true;
		add(p, STEP_SYNC, word)->lifecycle = true;
		break;
	case STEP_ADVISE:
		p->advice = s->arg.p;
		break;
	case STEP_NOTE:
		p->note = s->arg.p;
		break;
	case STEP_SKIP:
		break;
	default:
		(void)add(p, s->kind, word);
	}
}

void work_outline(const struct program *source, struct arena *a, struct work_program *ret)
{
	*ret = (struct work_program){ .source = *source };
	ret->v = arena_alloc(a, 2 * source->n * sizeof(*ret->v)); /* at most two of each */
	for (uint32_t i = 0; i < source->n; i++) {
		enum step_kind kind = source->v[i].kind;

		expand(ret, &source->v[i], i);
		ret->acts |= step_info(kind)->service != SERVICE_NONE;
		ret->syncs |= kind == STEP_SYNC || kind == STEP_FETCH ||
			      kind == STEP_DELETE_FROM_LIFECYCLE;
	}
}

/* partial: the list of them could not be read in whole. */
static enum errc no_such(bool partial, const char *what, struct str name, struct err *err)
{
	if (partial)
		return err_set(err, ERR_PROTOCOL,
			"no %s that could be read is named '%.*s', and entries of the list of %ss "
			"could not",
			what, STR_FMT(name), what);
	return err_set(err, ERR_NOT_FOUND, "no %s, or more than one, is named '%.*s'", what,
		STR_FMT(name));
}

static enum errc resolve(
	const struct fleet *f, struct work_step *s, struct str name, struct err *err)
{
	switch (step_info(s->kind)->arg) {
	case ARG_FROM:
	case ARG_TO:
	case ARG_MIGRATE:
		s->server = name.n ? fleet_server_by_name(f, name) : SERVER_NONE;
		if (name.n && s->server == SERVER_NONE)
			return no_such(f->servers_partial, "server", name, err);
		return ERR_OK;
	case ARG_PROFILE:
		s->profile = name.n ? fleet_profile_by_name(f, name) : MAP_NONE;
		if (name.n && s->profile == MAP_NONE)
			return no_such(f->profiles_partial, "profile", name, err);
		return ERR_OK;
	default:
		return ERR_OK;
	}
}

/* `sync:` of the settings stands in for a sync; nothing else has a stand-in. */
static bool lacks_uem(const struct work_step *s)
{
	return s->lifecycle || (step_info(s->kind)->service == SERVICE_UEM &&
				       s->kind != STEP_SYNC && s->kind != STEP_FETCH);
}

enum errc work_compile(const struct fleet *f, const struct program *source, bool has_uem,
	struct arena *a, struct work_program *ret, struct err *err)
{
	struct work_program p;
	enum errc rc = ERR_OK;

	work_outline(source, a, &p);
	for (uint32_t i = 0; i < p.n && !rc; i++) {
		if (!has_uem && lacks_uem(&p.v[i]))
			rc = err_set(err, ERR_SETTINGS,
				"the step '%s' needs `uem:` in the settings",
				step_info(source->v[p.v[i].word].kind)->word);
		else
			rc = resolve(f, &p.v[i], source->v[p.v[i].word].arg, err);
	}
	if (!rc)
		*ret = p;
	return rc;
}

/* A name is good for what earlier versions froze. */
static bool is_lost(const struct fleet *f, struct work_step *s, const struct step *from)
{
	struct err err;

	switch (step_info(s->kind)->arg) {
	case ARG_FROM:
	case ARG_TO:
	case ARG_MIGRATE:
		if (from->id.n == 0)
			return resolve(f, s, from->arg, &err) != ERR_OK;
		s->server = fleet_server_by_id(f, from->id);
		return s->server == SERVER_NONE;
	default:
		return resolve(f, s, from->arg, &err) != ERR_OK;
	}
}

void work_thaw(const struct fleet *f, const struct program *source, bool has_uem, struct arena *a,
	struct work_program *ret)
{
	work_outline(source, a, ret);
	for (uint32_t i = 0; i < ret->n; i++)
		ret->v[i].lost = (!has_uem && lacks_uem(&ret->v[i])) ||
				 is_lost(f, &ret->v[i], &source->v[ret->v[i].word]);
}

void work_freeze(
	const struct fleet *f, const struct work_program *p, struct arena *a, struct program *ret)
{
	struct step *v = arena_alloc(a, (p->source.n + 1) * sizeof(*v));

	memcpy(v, p->source.v, p->source.n * sizeof(*v));
	for (uint32_t i = 0; i < p->n; i++)
		if (p->v[i].server != SERVER_NONE)
			v[p->v[i].word].id = fleet_server_id(f, p->v[i].server);
	*ret = p->source;
	ret->v = v;
}

enum record_state work_record_state(struct str id, struct str enrollment)
{
	uint64_t number;

	if (memchr(id.p, ' ', id.n))
		return RECORD_SEVERAL;
	if (!str_to_u64(id, &number))
		return RECORD_ODD;
	if (str_eq_nocase(enrollment, STR("Enrolled")))
		return RECORD_ENROLLED;
	if (str_eq_nocase(enrollment, STR("Unenrolled")))
		return RECORD_LEFT;
	return status_is_wipe(enrollment) ? RECORD_LEAVING : RECORD_ODD;
}

static enum record_state record_of(const struct fleet *f, uint32_t slot)
{
	struct value id, enrollment;
	enum record_state state;

	fleet_fact(f, slot, FACT_UEM_DEVICE, &id);
	fleet_fact(f, slot, FACT_UEM_ENROLLMENT_STATUS, &enrollment);
	if (id.state == VALUE_ABSENT)
		return RECORD_NONE;
	if (id.state != VALUE_KNOWN)
		return RECORD_UNREAD;
	state = work_record_state(id.text, enrollment.text);
	/* The UEM may be slow to show it, or an administrator to approve it. */
	return state == RECORD_ENROLLED && map_find(&f->wiping, fleet_serial(f, slot)) != MAP_NONE
		       ? RECORD_LEAVING
		       : state;
}

static void view_migration(const struct fleet *f, const struct device_state *d, struct view *ret)
{
	struct str status;

	if (device_fact_state(d, FACT_APPLE_MIGRATION_STATUS) != VALUE_KNOWN)
		return;
	status = fleet_text(f, d->slots[FACT_APPLE_MIGRATION_STATUS]);
	ret->migrated = str_eq_nocase(status, STR("SUCCESS"));
	if (device_fact_state(d, FACT_APPLE_MIGRATION_DEADLINE) == VALUE_KNOWN &&
		!str_eq_nocase(status, STR("FAILED")))
		ret->deadline_ms = d->dates[FACT_APPLE_MIGRATION_DEADLINE - FACT_FIRST_DATE];
}

bool work_view(const struct fleet *f, uint32_t slot, struct view *ret)
{
	const struct device_state *d = &f->devices[slot];

	*ret = (struct view){
		.server = SERVER_NONE,
		.listed = f->listed[slot],
		.profile = MAP_NONE,
		.deadline_ms = TIME_NONE,
		.record = record_of(f, slot),
		.released = device_fact_state(d, FACT_APPLE_RELEASED) == VALUE_KNOWN ||
			    (device_fact_state(d, FACT_APPLE_KNOWN) == VALUE_KNOWN &&
				    !device_flag(d, FACT_APPLE_KNOWN)),
	};
	if (device_fact_state(d, FACT_UEM_PROFILE) == VALUE_KNOWN)
		ret->profile = d->slots[FACT_UEM_PROFILE];
	view_migration(f, d, ret);
	return fleet_server_of(f, slot, &ret->server);
}

uint32_t work_readings(const struct program *source)
{
	uint32_t r = 0;

	for (uint32_t i = 0; i < source->n; i++) {
		enum step_kind kind = source->v[i].kind;

		if (step_info(kind)->service != SERVICE_NONE)
			r |= 1u << READING_APPLE_DEVICE | 1u << READING_APPLE_SERVER |
			     1u << READING_UEM_LIST;
		if (kind == STEP_WIPE || kind == STEP_DELETE_RECORD)
			r |= 1u << READING_UEM_DEVICE;
	}
	return r;
}

bool work_has(const struct work_program *p, enum step_kind kind)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->v[i].kind == kind)
			return true;
	return false;
}

bool work_needs_apple(const struct work_program *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (step_info(p->v[i].kind)->service == SERVICE_APPLE)
			return true;
	return false;
}

bool work_uses_profiles(const struct program *source)
{
	for (uint32_t i = 0; i < source->n; i++)
		if (source->v[i].kind == STEP_ASSIGN_PROFILE ||
			source->v[i].kind == STEP_REMOVE_PROFILE)
			return true;
	return false;
}

bool work_holds(const struct fleet *f, const struct work_step *s, uint32_t home, bool has_uem,
	const struct view *v)
{
	struct step_case c = { f, s, s->to_home ? home : s->server, has_uem };

	return step_rule(s->kind)->holds(&c, v);
}

bool work_needless(const struct fleet *f, const struct work_step *s, uint32_t home, bool has_uem,
	const struct view *v)
{
	/* Apple would assign the device to the server it is on, and take its profile. */
	bool there = s->kind == STEP_MIGRATE && v->server == s->server &&
		     (v->deadline_ms == TIME_NONE || v->migrated);

	return there || work_holds(f, s, home, has_uem, v);
}

void work_effect(const struct fleet *f, const struct work_step *s, uint32_t home, struct view *v)
{
	struct step_case c = { f, s, s->to_home ? home : s->server, true };

	step_rule(s->kind)->effect(&c, v);
}

bool work_foresee(const struct fleet *f, const struct work_program *p, uint32_t home, bool has_uem,
	struct view v, char *ret_results)
{
	bool any = false;

	for (uint32_t i = 0; i < p->n; i++) {
		bool holds = work_needless(f, &p->v[i], home, has_uem, &v);

		ret_results[i] = holds ? RESULT_UNCHANGED : RESULT_TODO;
		any |= !holds;
		if (!holds)
			work_effect(f, &p->v[i], home, &v);
	}
	ret_results[p->n] = '\0';
	return any;
}

static bool is_final(const struct work_step *s)
{
	return step_info(s->kind)->irreversible || s->force_now;
}

bool work_for_good(const struct work_program *p, uint32_t from)
{
	for (uint32_t i = from; p && i < p->n; i++)
		if (is_final(&p->v[i]))
			return true;
	return false;
}

/* Whether the step puts it where it only waits to be given up (Apple School Manager): its next one
 * at Apple is the release. */
static bool is_to_desk(const struct work_program *p, uint32_t at)
{
	if (p->v[at].kind != STEP_REASSIGN)
		return false;
	for (uint32_t i = at + 1; i < p->n; i++)
		if (step_info(p->v[i].kind)->service == SERVICE_APPLE)
			return p->v[i].kind == STEP_RELEASE;
	return false;
}

uint32_t work_desk(const struct work_program *p, const char *results)
{
	uint32_t desk = SERVER_NONE;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct step_info *info = step_info(p->v[i].kind);

		if (results[i] == RESULT_DONE && (info->takes_off || info->puts_back))
			desk = is_to_desk(p, i) ? p->v[i].server : SERVER_NONE;
	}
	return desk;
}

bool work_put_back_due(const struct work_program *p, const char *results, uint32_t *ret_at)
{
	bool off = false;

	/* Of many devices most have not begun, and this is asked of all of them again and again. */
	if (!p->n || !memchr(results, RESULT_DONE, p->n))
		return false;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct step_info *info = step_info(p->v[i].kind);

		if (results[i] == RESULT_DONE && (info->takes_off || is_to_desk(p, i)))
			off = true;
		else if (info->puts_back && results[i] == RESULT_DONE)
			off = false;
		else if (info->puts_back && off && results[i] == RESULT_TODO) {
			*ret_at = i;
			return true;
		}
	}
	return false;
}

static uint64_t mixed(uint64_t h, uint64_t v)
{
	return (h ^ v) * UINT64_C(0x100000001b3);
}

uint64_t work_view_key(const struct view *v)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	h = mixed(h, v->server);
	h = mixed(h, v->listed);
	h = mixed(h, v->profile);
	h = mixed(h, (uint64_t)v->deadline_ms);
	h = mixed(h, v->record);
	return mixed(h, v->released) | 1;
}

bool work_went_off(const struct work_program *p, const char *results)
{
	bool off = false;

	for (uint32_t i = 0; i < p->n && results[i] != RESULT_TODO; i++)
		if (results[i] == RESULT_DONE)
			off = step_info(p->v[i].kind)->takes_off || is_to_desk(p, i) ||
			      (off && !step_info(p->v[i].kind)->puts_back);
	return off;
}

struct str work_with_way_back(const struct work_program *p, struct arena *a, struct program *ret)
{
	uint32_t n = p->source.n;
	struct step *v = arena_alloc(a, (n + 1) * sizeof(*v));
	struct buf text;
	struct str kept;

	memcpy(v, p->source.v, n * sizeof(*v));
	v[n] = (struct step){ .kind = STEP_REASSIGN, .deadline_ms = TIME_NONE };
	*ret = (struct program){ v, n + 1, p->source.if_failed };
	buf_init(&text, PROGRAM_MAX_BYTES);
	program_encode(ret, &text);
	kept = arena_dup(a, buf_view(&text));
	buf_release(&text);
	return kept;
}

uint64_t work_changed(const struct work_program *p, const char *results, uint32_t before)
{
	uint64_t facts = 0;

	for (uint32_t i = 0; i < before; i++)
		if (results[i] != RESULT_LEFT_OUT)
			facts |= step_changes(p->v[i].kind);
	return facts;
}

static const char *word_of(const struct work_program *p, const char *results, uint32_t word)
{
	static const struct {
		char letter;
		const char *word;
	} worst_first[] = {
		{ RESULT_FAILED, "failed" },
		{ RESULT_UNVERIFIED, "unverified" },
		{ RESULT_TODO, "pending" },
		{ RESULT_LEFT_OUT, "skipped" },
		{ RESULT_DONE, "done" },
		{ RESULT_UNCHANGED, "unchanged" },
	};

	for (size_t k = 0; k < sizeof(worst_first) / sizeof(*worst_first); k++)
		for (uint32_t i = 0; i < p->n; i++)
			if (p->v[i].word == word && results[i] == worst_first[k].letter)
				return worst_first[k].word;
	switch (p->source.v[word].kind) {
	case STEP_ADVISE:
		return "manual";
	case STEP_NOTE:
		return "noted";
	default:
		return "skipped";
	}
}

void work_words(const struct work_program *p, struct buf *out)
{
	for (uint32_t i = 0; i < p->source.n; i++) {
		buf_z(out, i ? ", " : "");
		step_words(&p->source.v[i], out);
	}
}

void work_describe(const struct work_program *p, const char *results, struct buf *out)
{
	for (uint32_t i = 0; i < p->source.n; i++) {
		if (i)
			buf_char(out, ';');
		step_words(&p->source.v[i], out);
		buf_char(out, '=');
		buf_z(out, results ? word_of(p, results, i) : "planned");
	}
}
