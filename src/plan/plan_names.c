/*
 * Every name written in rules and settings has to mean exactly one server or profile; one from a
 * column spoils its row only.
 */
#include "base/diag.h"
#include "base/invisible.h"
#include "plan/plan_parts.h"

static bool is_partial(const struct fleet *f, const struct rules_name *name)
{
	return name->profile ? f->profiles_partial : f->servers_partial;
}

/* What the name means may be among what could not be read. */
static enum errc refuse_partial(const struct rules_name *name, struct err *err)
{
	const char *what = name->profile ? "profile" : "server";

	return err_set(err, ERR_PROTOCOL,
		"%s:%u:%u: no %s that could be read is named '%.*s', and entries of the list of "
		"%ss could not",
		name->at.file, name->at.line, name->at.col, what, STR_FMT(name->name), what);
}

/* Names that look alike may differ in what nobody sees. */
static void spell(struct buf *out, struct str name)
{
	buf_init(out, 1024);
	invisible_spell(out, str_head(name, 200));
}

static enum errc refuse(const struct fleet *f, const struct rules_name *name, struct err *err)
{
	uint32_t n = name->profile ? f->n_profiles : f->n_servers;
	struct nearest near = nearest_to(name->name);
	struct buf asked, other_name;
	bool several = false;

	for (uint32_t i = 0; i < n; i++) {
		struct str other = name->profile ? fleet_text(f, f->profiles[i].name)
						 : fleet_server_name(f, i);

		several |= str_eq_nocase(other, name->name);
		nearest_try(&near, other);
	}
	if (!several && is_partial(f, name))
		return refuse_partial(name, err);
	spell(&asked, name->name);
	spell(&other_name, several ? STR_NONE : near.best);
	(void)err_set(err, ERR_RULES, "%s:%u:%u: %s %s is named '%s' %s%s%s%s", name->at.file,
		name->at.line, name->at.col, several ? "more than one" : "no",
		name->profile ? "profile" : "server", buf_cstr(&asked),
		name->profile ? "in the UEM" : "at Apple",
		several         ? ": rename one"
		: near.best.n   ? "; did you mean '"
		: name->profile ? ": use a name of the console's profile list"
				: ": use a name that Apple's portal lists",
		buf_cstr(&other_name), !several && near.best.n ? "'?" : "");
	buf_release(&asked);
	buf_release(&other_name);
	return ERR_RULES;
}

/* Without a UEM there are no profiles to tell. */
static bool is_one(const struct fleet *f, const struct rules_name *name)
{
	if (name->profile)
		return !f->has_profiles || fleet_profile_by_name(f, name->name) != MAP_NONE;
	return fleet_server_by_name(f, name->name) != SERVER_NONE;
}

static enum errc check_entries(
	const struct fleet *f, const struct token_group *v, size_t n, struct err *err)
{
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < n && !rc; i++) {
		const struct rules_name name = { .name = str_from(v[i].server), .at = v[i].at };

		if (v[i].server && !is_one(f, &name))
			rc = refuse(f, &name, err);
	}
	return rc;
}

static enum errc check_tokens(const struct plan *p, struct err *err)
{
	const struct settings *s = p->opt->settings;
	const struct fleet *f = p->opt->facts->fleet;
	enum errc rc = s->has_uem ? check_entries(f, s->uem.tokens, s->uem.n_tokens, err) : ERR_OK;

	return !rc && s->has_uem ? check_entries(f, s->uem.unfed, s->uem.n_unfed, err) : rc;
}

enum errc plan_check_names(struct plan *p, struct err *err)
{
	struct fleet *f = p->opt->facts->fleet;
	size_t n;
	const struct rules_name *names = rules_names(p->rules, &n);
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < n && !rc; i++) {
		const struct rules_name *name = &names[i];

		if (name->profile)
			rc = facts_profiles(p->opt->facts, err);
		if (!rc && !is_one(f, name))
			rc = refuse(f, name, err);
	}
	return rc ? rc : check_tokens(p, err);
}
