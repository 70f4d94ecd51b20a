#include "cli/app/own_doing.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "model/snapshot.h"

static enum errc note(void *self, const struct device_record *d, struct err *err)
{
	struct own_doing *o = self;
	struct buf words;
	uint32_t at;

	(void)err;
	if (d->attempts == 0)
		return ERR_OK;
	buf_init(&words, 64 * 1024);
	snapshot_show(d->after, &words);
	at = map_add(&o->serials, d->serial, NULL);
	MEM_GROW(o->after, at, o->cap);
	o->after[at] = map_add(&o->words, buf_view(&words), NULL);
	buf_release(&words);
	return ERR_OK;
}

enum errc own_doing_load(struct own_doing *ret, struct store *store, int64_t run, struct err *err)
{
	*ret = (struct own_doing){ 0 };
	map_init(&ret->serials, 0);
	map_init(&ret->words, 0);
	return run ? store_devices(store, run, note, ret, err) : ERR_OK;
}

void own_doing_release(struct own_doing *o)
{
	map_release(&o->serials);
	map_release(&o->words);
	free(o->after);
}

/* Where what the UEM says begins; the length when it says nothing. */
static size_t uem_part(struct str wish)
{
	static const char uem[] = ";listed=";
	const char *at = wish.n ? memmem(wish.p, wish.n, uem, sizeof(uem) - 1) : NULL;

	return at ? (size_t)(at - wish.p) : wish.n;
}

/* Among "listed=yes;profile=Corporate)". */
static bool has_word(struct str words, struct str word)
{
	while (words.n) {
		struct str one = str_cut(&words, ';');

		if (one.n && one.p[one.n - 1] == ')')
			one.n--;
		if (str_eq(one, word))
			return true;
	}
	return false;
}

bool own_doing_explains(const struct own_doing *o, struct str serial, struct str was, struct str is)
{
	size_t at = uem_part(is), before = uem_part(was);
	struct str lost = STR("listed=no;profile=none");
	uint32_t slot = map_find(&o->serials, serial);
	struct str words = str_sub(is, at, is.n - at), left = str_sub(was, before, was.n - before);

	if (slot == MAP_NONE || !str_eq(str_head(was, before), str_head(is, at)))
		return false;
	while (words.n) {
		struct str one = str_cut(&words, ';');

		if (one.n && one.p[one.n - 1] == ')')
			one.n--;
		if (one.n && !has_word(left, one) && !has_word(lost, one) &&
			!has_word(map_key(&o->words, o->after[slot]), one))
			return false;
	}
	return true;
}
