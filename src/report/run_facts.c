#include "report/run_facts.h"

#include "io/json.h"

enum { TEXT_MAX_BYTES = 256 * 1024 };

void run_facts_who(const struct json *event, struct buf *out)
{
	struct str user = json_text(json_get(event, "user"));
	int64_t uid = -1;

	(void)json_int(json_get(event, "uid"), &uid);
	if (user.n)
		buf_str(out, user);
	else
		buf_printf(out, "uid %lld", (long long)uid);
}

/* The first event of a run says it; the others are many. */
static enum errc take_event(void *self, const struct event_record *e, struct err *err)
{
	struct run_facts *f = self;
	struct json *j;

	if (!str_eq(e->kind, STR("run")) || json_parse(&j, e->text, err))
		return ERR_OK;
	buf_str(&f->host, json_text(json_get(j, "host")));
	run_facts_who(j, &f->user);
	for (const struct json *v = json_first(json_get(j, "rules")); v; v = json_next(v))
		buf_printf(&f->rules, "%.*s\n", STR_FMT(json_text(v)));
	for (const struct json *v = json_first(json_get(j, "parameters")); v; v = json_next(v))
		buf_printf(&f->parameters, "%.*s=%.*s\n", STR_FMT(json_name(v)),
			STR_FMT(json_text(v)));
	json_free(j);
	return err_set(err, ERR_STOPPED, "that was all");
}

enum errc run_facts_load(struct run_facts *ret, struct store *store, int64_t run, struct err *err)
{
	enum errc rc;

	buf_init(&ret->user, TEXT_MAX_BYTES);
	buf_init(&ret->host, TEXT_MAX_BYTES);
	buf_init(&ret->rules, TEXT_MAX_BYTES);
	buf_init(&ret->parameters, TEXT_MAX_BYTES);
	rc = store_events(store, run, take_event, ret, err);
	return rc == ERR_STOPPED && ret->user.n ? ERR_OK : rc;
}

void run_facts_release(struct run_facts *f)
{
	buf_release(&f->user);
	buf_release(&f->host);
	buf_release(&f->rules);
	buf_release(&f->parameters);
}

void run_facts_rules(const struct run_facts *f, struct buf *out)
{
	struct str rest = buf_view(&f->rules);

	while (rest.n) {
		struct str path = str_cut(&rest, '\n'), name = path;

		while (path.n) /* the part behind the last slash */
			name = str_cut(&path, '/');
		if (str_ends_nocase(name, STR(".yaml")))
			name.n -= 5;
		buf_printf(out, "%s%.*s", out->n ? ", " : "", STR_FMT(name));
	}
}
