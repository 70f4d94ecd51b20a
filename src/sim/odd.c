#include "sim/odd.h"

#include "sim/core/trigger.h"

/* One reply on its way through one entry. */
struct odd {
	const struct odd_rule *rule;
	struct arena *arena;
	struct json_out o;
	const struct json *list; /* whose items are the records; NULL: the reply is one record */
	uint32_t n;              /* records met so far */
};

/* The array of records: the reply itself, or the first array among its members. */
static const struct json *records_of(const struct json *root)
{
	if (json_is_array(root))
		return root;
	for (const struct json *m = json_first(root); m; m = json_next(m))
		if (json_is_array(m))
			return m;
	return NULL;
}

/* Whether some text of the record, however deep, is that serial. */
static bool says(const struct json *v, struct str serial)
{
	if (json_is_string(v))
		return str_eq_nocase(json_text(v), serial);
	for (const struct json *m = json_first(v); m; m = json_next(m))
		if (says(m, serial))
			return true;
	return false;
}

static bool is_meant(struct odd *x, const struct json *record)
{
	const struct odd_rule *rule = x->rule;

	x->n++;
	if (rule->serial)
		return says(record, str_from(rule->serial));
	return rule->record == 0 || rule->record == x->n;
}

static const char *key_of(struct odd *x, const struct json *v)
{
	return arena_dup(x->arena, json_name(v)).p;
}

/* The text in other letters, or between blanks. */
static void put_respelt(struct odd *x, const char *key, struct str text, const char *how)
{
	char *p = arena_alloc(x->arena, text.n + 4);
	bool blanks = how[0] == 'b';

	for (size_t i = 0; i < text.n; i++)
		p[i + blanks] = blanks          ? text.p[i]
				: how[0] == 'l' ? ascii_lower(text.p[i])
						: ascii_upper(text.p[i]);
	if (blanks) {
		p[0] = ' ';
		p[text.n + 1] = ' ';
	}
	json_put_str(&x->o, key, (struct str){ p, text.n + (blanks ? 2 : 0) });
}

static void put_odd(struct odd *x, const struct json *v, const char *key)
{
	static const char *const spellings[] = { "lower", "upper", "blanks" };
	struct str value = str_from(x->rule->value);

	for (size_t i = 0; i < 3; i++)
		if (str_eq(value, str_from(spellings[i])) && json_is_string(v)) {
			put_respelt(x, key, json_text(v), spellings[i]);
			return;
		}
	if (!str_eq(value, STR("absent")))
		json_put_raw(&x->o, key, value);
}

/* v with its member at `path` as the entry says; made where it is missing. */
static void put_changed(struct odd *x, const struct json *v, const char *key, struct str path)
{
	struct str name = str_cut(&path, '.');
	bool met = false;

	if (!json_is_object(v)) {
		json_out_copy(&x->o, v, key != NULL, x->arena);
		return;
	}
	json_obj(&x->o, key);
	for (const struct json *m = json_first(v); m; m = json_next(m)) {
		if (!str_eq(json_name(m), name)) {
			json_out_copy(&x->o, m, true, x->arena);
			continue;
		}
		met = true;
		if (path.n)
			put_changed(x, m, key_of(x, m), path);
		else
			put_odd(x, m, key_of(x, m));
	}
	if (!met && !path.n)
		put_odd(x, NULL, arena_dup(x->arena, name).p);
	json_obj_end(&x->o);
}

static void put_record(struct odd *x, const struct json *v, const char *key)
{
	if (!x->rule->member)
		put_odd(x, v, key);
	else
		put_changed(x, v, key, str_from(x->rule->member));
}

static void put_list(struct odd *x, const struct json *list, const char *key)
{
	json_arr(&x->o, key);
	for (const struct json *v = json_first(list); v; v = json_next(v))
		if (is_meant(x, v))
			put_record(x, v, NULL);
		else
			json_out_copy(&x->o, v, false, x->arena);
	json_arr_end(&x->o);
}

/* A list, a list among other members, or one record, which may stand under `data`. */
static void put_reply(struct odd *x, const struct json *root)
{
	const struct json *data = json_get(root, "data");

	if (x->list == root) {
		put_list(x, root, NULL);
	} else if (!x->list && !json_is_object(data)) {
		if (is_meant(x, root))
			put_record(x, root, NULL);
		else
			json_out_copy(&x->o, root, false, x->arena);
	} else {
		json_obj(&x->o, NULL);
		for (const struct json *m = json_first(root); m; m = json_next(m))
			if (m == x->list)
				put_list(x, m, key_of(x, m));
			else if (m == data && !x->list && is_meant(x, m))
				put_record(x, m, key_of(x, m));
			else
				json_out_copy(&x->o, m, true, x->arena);
		json_obj_end(&x->o);
	}
}

static void apply(struct call *c, const struct odd_rule *rule)
{
	struct odd x = { .rule = rule, .arena = &c->sim->arena };
	struct json *root = NULL;
	struct buf out;
	struct err err;

	reply_gather(c->rep);
	if (json_parse(&root, buf_view(&c->rep->body), &err) != ERR_OK)
		return;
	x.list = records_of(root);
	buf_init(&out, REPLY_MAX_BODY);
	json_out_init(&x.o, &out);
	put_reply(&x, root);
	buf_reset(&c->rep->body);
	buf_str(&c->rep->body, buf_view(&out));
	buf_release(&out);
	json_free(root);
}

void odd_reply(struct call *c, enum party party)
{
	const struct scenario *sc = c->sim->scenario;

	for (size_t i = 0; i < sc->n_odds; i++)
		if (trigger_strikes(c, party, &sc->odds[i].on, "odd", i) && c->rep->status < 300)
			apply(c, &sc->odds[i]);
}
