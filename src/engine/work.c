#include "engine/work.h"

#include "base/time.h"
#include "model/program.h"

static enum errc need_server(const struct fleet *f, struct str name, uint32_t *ret, struct err *err)
{
	*ret = fleet_server_by_name(f, name);
	if (*ret == SERVER_NONE)
		return err_set(err, ERR_NOT_FOUND, "no server, or more than one, is named '%.*s'",
			STR_FMT(name));
	return ERR_OK;
}

static struct work_step *add(struct work_program *p, enum step_kind kind, uint32_t word)
{
	p->v[p->n] = (struct work_step){
		.kind = kind,
		.word = (uint8_t)word,
		.server = SERVER_NONE,
		.deadline_ms = TIME_NONE,
	};
	return &p->v[p->n++];
}

/* The work steps of one program step; false: it has none that this program can carry out. */
static bool expand(struct work_program *p, const struct step *s, uint32_t word)
{
	switch (s->kind) {
	case STEP_UNASSIGN:
	case STEP_SYNC:
	case STEP_FETCH:
		(void)add(p, s->kind, word);
		return true;
	case STEP_REASSIGN:
		add(p, s->kind, word)->to_home = s->arg.n == 0;
		return true;
	case STEP_DELETE_FROM_LIFECYCLE:
		add(p, STEP_UNASSIGN, word)->lifecycle = true;
		add(p, STEP_SYNC, word)->lifecycle = true;
		return true;
	case STEP_ADVISE:
		p->advice = s->arg.p;
		return true;
	case STEP_SKIP:
		return true;
	default:
		return false;
	}
}

static bool expand_all(const struct program *source, struct arena *a, struct work_program *ret,
	const struct step **ret_bad)
{
	*ret = (struct work_program){ .source = *source };
	ret->v = arena_alloc(a, WORK_MAX_STEPS * sizeof(*ret->v));
	*ret_bad = NULL;
	for (uint32_t i = 0; i < source->n; i++) {
		enum step_kind kind = source->v[i].kind;

		if (!expand(ret, &source->v[i], i))
			*ret_bad = &source->v[i];
		ret->acts |= step_info(kind)->service != SERVICE_NONE;
		ret->syncs |= kind == STEP_SYNC || kind == STEP_FETCH ||
			      kind == STEP_DELETE_FROM_LIFECYCLE;
	}
	return *ret_bad == NULL;
}

void work_outline(const struct program *source, struct arena *a, struct work_program *ret)
{
	const struct step *bad;

	(void)expand_all(source, a, ret, &bad);
}

enum errc work_compile(const struct fleet *f, const struct program *source, bool has_uem,
	struct arena *a, struct work_program *ret, struct err *err)
{
	struct work_program p;
	const struct step *bad;
	enum errc rc = ERR_OK;

	if (!expand_all(source, a, &p, &bad))
		return err_set(err, ERR_SETTINGS, "the step '%s' cannot be carried out yet",
			step_info(bad->kind)->word);
	for (uint32_t i = 0; i < p.n && !rc; i++) {
		struct str name = source->v[p.v[i].word].arg;

		if (name.n)
			rc = need_server(f, name, &p.v[i].server, err);
		if (!has_uem && p.v[i].lifecycle)
			rc = err_set(err, ERR_SETTINGS,
				"'delete_from_lifecycle' needs `uem:` in the settings");
	}
	if (!rc)
		*ret = p;
	return rc;
}

uint32_t work_readings(const struct program *source)
{
	uint32_t r = 0;

	for (uint32_t i = 0; i < source->n; i++)
		switch (step_info(source->v[i].kind)->service) {
		case SERVICE_APPLE:
		case SERVICE_UEM:
			r |= 1u << READING_APPLE_DEVICE | 1u << READING_APPLE_SERVER |
			     1u << READING_UEM_LIST;
			break;
		case SERVICE_NONE:
			break;
		}
	return r;
}

static uint32_t target_of(const struct work_step *s, uint32_t home)
{
	return s->to_home ? home : s->server;
}

bool work_holds(const struct fleet *f, const struct work_step *s, uint32_t home, bool has_uem,
	const struct view *v)
{
	switch (s->kind) {
	case STEP_UNASSIGN:
		if (v->server == SERVER_NONE)
			return true;
		/* Only from the server named, or from one that feeds the UEM: on another one there
		 * is nothing to take off. */
		if (s->lifecycle)
			return fleet_groups_of(f, v->server) == 0;
		return s->server != SERVER_NONE && s->server != v->server;
	case STEP_REASSIGN:
		return v->server != SERVER_NONE && v->server == target_of(s, home);
	case STEP_SYNC:
	case STEP_FETCH:
		return has_uem ? v->listed == fleet_groups_of(f, v->server) : !v->changed;
	default:
		return false;
	}
}

void work_effect(const struct fleet *f, const struct work_step *s, uint32_t home, struct view *v)
{
	switch (s->kind) {
	case STEP_UNASSIGN:
		v->server = SERVER_NONE;
		v->changed = true;
		break;
	case STEP_REASSIGN:
		v->server = target_of(s, home);
		v->changed = true;
		break;
	case STEP_SYNC:
	case STEP_FETCH:
		v->listed = fleet_groups_of(f, v->server);
		v->changed = false;
		break;
	default:
		break;
	}
}

bool work_foresee(const struct fleet *f, const struct work_program *p, uint32_t home, bool has_uem,
	struct view v, char *ret_results)
{
	bool any = false;

	for (uint32_t i = 0; i < p->n; i++) {
		bool holds = work_holds(f, &p->v[i], home, has_uem, &v);

		ret_results[i] = holds ? RESULT_HELD : RESULT_TODO;
		any |= !holds;
		if (!holds)
			work_effect(f, &p->v[i], home, &v);
	}
	ret_results[p->n] = '\0';
	return any;
}

bool work_put_back_due(const struct work_program *p, const char *results, uint32_t *ret_at)
{
	bool off = false;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct step_info *info = step_info(p->v[i].kind);

		if (info->takes_off && results[i] == RESULT_DONE)
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
		{ RESULT_HELD, "unchanged" },
	};

	for (size_t k = 0; k < sizeof(worst_first) / sizeof(*worst_first); k++)
		for (uint32_t i = 0; i < p->n; i++)
			if (p->v[i].word == word && results[i] == worst_first[k].letter)
				return worst_first[k].word;
	return p->source.v[word].kind == STEP_ADVISE ? "manual" : "skipped";
}

void work_describe(const struct work_program *p, const char *results, struct buf *out)
{
	for (uint32_t i = 0; i < p->source.n; i++) {
		if (i)
			buf_char(out, ';');
		step_words(&p->source.v[i], out);
		buf_printf(out, "=%s", results ? word_of(p, results, i) : "planned");
	}
}
