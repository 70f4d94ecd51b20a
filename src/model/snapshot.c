#include "model/snapshot.h"

#include <string.h>

#include "io/json.h"

static const struct {
	const char *word;
	enum fact fact;
	bool absent; /* shown as none */
} parts[SNAPSHOT_MAX_] = {
#define X(id, word, fact, absent) [SNAPSHOT_##id] = { word, FACT_##fact, absent },
	SNAPSHOT_LIST(X)
#undef X
};

enum fact snapshot_fact(enum snapshot_part part)
{
	return parts[part].fact;
}

struct str snapshot_text(const struct snapshot *s, enum snapshot_part part)
{
	return s->v[part].state == VALUE_KNOWN ? s->v[part].text : STR_NONE;
}

bool snapshot_is(const struct snapshot *s, enum snapshot_part part, struct str text)
{
	if (text.n == 0)
		return s->v[part].state == VALUE_ABSENT;
	return s->v[part].state == VALUE_KNOWN && str_eq(s->v[part].text, text);
}

/* --- for people --- */

struct str snapshot_word(const struct snapshot *s, enum snapshot_part part)
{
	switch (s->v[part].state) {
	case VALUE_UNKNOWN:
		return STR("unknown");
	case VALUE_ABSENT:
		return parts[part].absent ? STR("none") : STR_NONE;
	case VALUE_KNOWN:
		return s->v[part].text;
	case VALUE_UNREAD:
		break;
	}
	return STR_NONE;
}

void snapshot_words(const struct snapshot *s, struct buf *out)
{
	for (int i = 0; i < SNAPSHOT_MAX_; i++) {
		struct str word = snapshot_word(s, (enum snapshot_part)i);

		if (word.n == 0 && s->v[i].state != VALUE_KNOWN)
			continue;
		buf_printf(out, "%s%s=", out->n ? ";" : "", parts[i].word);
		buf_str(out, word);
	}
}

/* --- for the store --- */

/* Absent: null. Unknown: false. */
void snapshot_encode(const struct snapshot *s, struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	for (int i = 0; i < SNAPSHOT_MAX_; i++) {
		if (s->v[i].state == VALUE_KNOWN)
			json_put_str(&o, parts[i].word, s->v[i].text);
		else if (s->v[i].state == VALUE_ABSENT)
			json_put_null(&o, parts[i].word);
		else if (s->v[i].state == VALUE_UNKNOWN)
			json_put_bool(&o, parts[i].word, false);
	}
	json_obj_end(&o);
}

static void decode_part(
	const struct json *value, struct arena *a, enum snapshot_part part, struct snapshot *ret)
{
	if (!value)
		return;
	if (json_is_null(value))
		ret->v[part].state = VALUE_ABSENT;
	else if (!json_text(value).p)
		ret->v[part].state = VALUE_UNKNOWN;
	else {
		ret->v[part].state = VALUE_KNOWN;
		ret->v[part].text = arena_dup(a, json_text(value));
	}
}

/* Where the value of the part begins at or after `from`; text.n when it is not there. */
static size_t part_at(struct str text, const char *word, size_t from)
{
	size_t n = strlen(word);

	for (size_t i = from; i + n < text.n; i++)
		if ((i == 0 || text.p[i - 1] == ';') && text.p[i + n] == '=' &&
			memcmp(text.p + i, word, n) == 0)
			return i + n + 1;
	return text.n;
}

/* A name may hold a ';': only the next part ends it. */
static struct str old_part(struct str words, const char *word)
{
	size_t at = part_at(words, word, 0), end = words.n;

	for (size_t i = 0; i < SNAPSHOT_MAX_; i++) {
		size_t next = part_at(words, parts[i].word, at);

		if (next < words.n && next - strlen(parts[i].word) - 2 < end)
			end = next - strlen(parts[i].word) - 2;
	}
	return at < words.n ? str_sub(words, at, end - at) : STR_NONE;
}

static void decode_words(struct str words, struct arena *a, struct snapshot *ret)
{
	for (int i = 0; i < SNAPSHOT_MAX_; i++) {
		struct str text = old_part(words, parts[i].word);

		if (text.n == 0)
			continue;
		ret->v[i].state = VALUE_KNOWN;
		if (str_eq(text, STR("none")))
			ret->v[i].state = VALUE_ABSENT;
		else if (str_eq(text, STR("unknown")))
			ret->v[i].state = VALUE_UNKNOWN;
		else
			ret->v[i].text = arena_dup(a, text);
	}
}

void snapshot_decode(struct str stored, struct arena *a, struct snapshot *ret)
{
	struct json *root = NULL;
	struct err err;

	*ret = (struct snapshot){ 0 };
	if (stored.n == 0)
		return;
	if (stored.p[0] != '{') {
		decode_words(stored, a, ret);
		return;
	}
	if (json_parse(&root, stored, &err))
		return;
	for (int i = 0; i < SNAPSHOT_MAX_; i++)
		decode_part(json_get(root, parts[i].word), a, (enum snapshot_part)i, ret);
	json_free(root);
}

void snapshot_show(struct str stored, struct buf *out)
{
	struct snapshot s;
	struct arena a;

	arena_init(&a);
	snapshot_decode(stored, &a, &s);
	snapshot_words(&s, out);
	arena_release(&a);
}
