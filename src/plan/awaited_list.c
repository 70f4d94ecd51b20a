/*
 * Which list the input is, and which of the others are still asked about.
 *
 * A list is its file, whose path the runs keep. What comes by a pipe has no name: it is the list of
 * an earlier pipe when it has at least half of what that one waits for, else a new one. People give
 * a nightly list a new name each night, so another list counts only as long as somebody may ask for
 * it again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/json.h"
#include "lists/list_name.h"
#include "plan/awaited.h"

#define UNNAMED "stdin "
/* A list that is asked about once a week is. */
#define ASKED_MS (INT64_C(8) * 24 * 3600 * 1000)

/* --- what it is called --- */

static enum errc take_run(void *self, uint32_t n, const struct csv_record *r, struct err *err)
{
	const struct input *in = ((struct plan *)self)->input;
	char **run = &((struct plan *)self)->awaited->list;

	(void)n;
	(void)err;
	if (!*run)
		*run = mem_dupz(input_cell(in, r, columns_find(&in->columns, STR("depmend_run"))));
	return ERR_OK;
}

/* The list of that run. NULL: it is not known. Caller frees. */
static char *list_of_run(struct store *store, const char *name)
{
	struct run_record run;
	struct json *j = NULL;
	char *frozen = NULL, *path = NULL;
	struct err err;

	if (store_run_get(store, name, &run, &err) ||
		store_run_frozen(store, run.id, &frozen, &err))
		return NULL;
	if (!json_parse(&j, str_from(frozen), &err)) {
		struct str list = json_text(json_get(j, "list"));

		path = mem_dupz(list.n ? list : json_text(json_get(j, "input")));
	}
	json_free(j);
	free(frozen);
	return path;
}

static bool is_named(struct str list)
{
	return list.n > 0 && list.p[0] == '/';
}

static bool is_taken(const struct plan *p, struct str list)
{
	const struct waits *w = &p->awaited->waits;

	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->v[i].list, list))
			return true;
	return false;
}

/* Which of the earlier lists without a name the input has most of, half of it at least; else a new
 * one. Caller frees. */
static char *unnamed(const struct plan *p)
{
	const struct waits *w = &p->awaited->waits;
	size_t n = 0, shared = 0, most = 0;
	char at[TIME_TEXT], *name = NULL;

	for (size_t i = 0; i < w->n; i++) {
		n++;
		shared += map_find(&p->input->serials, w->v[i].serial) != MAP_NONE;
		if (i + 1 < w->n && str_eq(w->v[i].list, w->v[i + 1].list))
			continue;
		if (!is_named(w->v[i].list) && shared > most && 2 * shared >= n) {
			free(name);
			name = mem_dupz(w->v[i].list);
			most = shared;
		}
		n = shared = 0;
	}
	(void)time_rfc3339_s(transport_now(p->opt->facts->transport), at);
	for (int i = 1; !name || (!most && is_taken(p, str_from(name))); i++) {
		free(name);
		if (asprintf(&name, i > 1 ? UNNAMED "%s (%d)" : UNNAMED "%s", at, i) < 0)
			abort();
	}
	return name;
}

/* "-": a pipe, or serials that a person typed. */
static const char *path_of(const struct input *in)
{
	return in->typed || !in->path ? "-" : in->path;
}

/* A result is an input like the list that it came from. */
enum errc awaited_find_list(struct plan *p, struct err *err)
{
	struct awaited *a = p->awaited;
	const char *path = path_of(p->input);
	char *given = NULL, *real;
	enum errc rc = ERR_OK;

	if (p->input->from_result && columns_find(&p->input->columns, STR("depmend_run")) >= 0)
		rc = input_each(p->input, take_run, p, err);
	if (!rc && a->list && a->list[0])
		given = list_of_run(p->opt->facts->store, a->list);
	free(a->list);
	a->list = NULL;
	if (rc)
		return rc;
	if (given && is_taken(p, str_from(given))) {
		a->list = given;
		return ERR_OK;
	}
	if (given)
		path = given;
	real = strcmp(path, "-") == 0 ? NULL : realpath(path, NULL);
	a->list = real ? real : given && is_named(str_from(given)) ? mem_strdup(given) : unnamed(p);
	free(given);
	return ERR_OK;
}

/* --- the others --- */

enum errc awaited_is_past(struct plan *p, struct str list, bool *ret, struct err *err)
{
	struct store *store = p->opt->facts->store;
	struct str mine = str_from(p->awaited->list);
	struct run_record ours, theirs;
	bool asked = false, known = false;
	enum errc rc = store_run_of_list(store, mine, &ours, &asked, err);

	if (!rc)
		rc = store_run_of_list(store, list, &theirs, &known, err);
	if (rc)
		return rc;
	if (is_named(list) && list_is_gone(list))
		*ret = true;
	else if (list_is_dated_alike(list, mine)) /* and asked for again, since this one was */
		*ret = !asked || !known || theirs.id < ours.id;
	else
		*ret = known &&
		       theirs.created_ms + ASKED_MS <= transport_now(p->opt->facts->transport);
	return ERR_OK;
}
