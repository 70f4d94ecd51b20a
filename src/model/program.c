#include "model/program.h"

#include "base/time.h"
#include "io/json.h"

void program_encode(const struct program *p, struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out);
	json_arr(&o, NULL);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct step *s = &p->v[i];

		json_obj(&o, NULL);
		json_put_z(&o, "do", step_info(s->kind)->word);
		if (s->arg.n)
			json_put_str(&o, "arg", s->arg);
		if (s->id.n)
			json_put_str(&o, "id", s->id);
		if (s->deadline_ms != TIME_NONE)
			json_put_int(&o, "deadline", s->deadline_ms);
		if (s->force_now)
			json_put_bool(&o, "force_now", true);
		json_obj_end(&o);
	}
	if (p->if_failed.n)
		json_put_str(&o, NULL, p->if_failed);
	json_arr_end(&o);
}

static bool decode_step(const struct json *j, struct arena *a, struct step *ret)
{
	const struct json *deadline = json_get(j, "deadline");

	*ret = (struct step){ .deadline_ms = TIME_NONE };
	ret->arg = arena_dup(a, json_text(json_get(j, "arg")));
	ret->id = arena_dup(a, json_text(json_get(j, "id")));
	ret->force_now = json_bool(json_get(j, "force_now"), false);
	if (deadline && !json_int(deadline, &ret->deadline_ms))
		return false;
	return step_from_word(json_text(json_get(j, "do")), &ret->kind);
}

enum errc program_decode(struct str text, struct arena *a, struct program *ret, struct err *err)
{
	struct json *root;
	struct str if_failed = STR_NONE;
	struct step *v;
	uint32_t n = 0;
	size_t max;
	enum errc rc = json_parse(&root, text, err);

	if (rc)
		return err_set(err, ERR_STORE, "a stored program cannot be read");
	max = json_count(root);
	v = arena_alloc(a, (max + 1) * sizeof(*v));
	for (const struct json *j = json_first(root); j && n < max; j = json_next(j), n++) {
		/* The last item, a text, is what to do when it fails. */
		if (json_is_string(j) && !json_next(j)) {
			if_failed = arena_dup(a, json_text(j));
			max--;
			break;
		}
		if (!decode_step(j, a, &v[n]))
			break;
	}
	json_free(root);
	if (n != max || max > PROGRAM_MAX_STEPS)
		return err_set(err, ERR_STORE, "a stored program has an unknown step");
	*ret = (struct program){ v, n, if_failed };
	return ERR_OK;
}

void step_words(const struct step *s, struct buf *out)
{
	const struct step_info *info = step_info(s->kind);
	char when[TIME_TEXT];

	buf_z(out, info->word);
	if (s->arg.n && info->arg != ARG_TEXT) {
		buf_char(out, '(');
		buf_str(out, s->arg);
		if (s->deadline_ms != TIME_NONE)
			buf_printf(out, " by %s", time_rfc3339_s(s->deadline_ms, when));
		buf_char(out, ')');
	}
}
