#include "facts/wipe_note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/shared.h"

/* "wipe.SERIAL.": what one serial begins with, another may, too. Its text: "SINCE SEEN", in ms. */
#define PREFIX "wipe."
enum { KEY_BYTES = 64, NOTE_BYTES = 64 };

static bool read_note(struct str text, struct wipe_note *ret)
{
	struct str since = str_cut(&text, ' ');
	uint64_t a, b;

	if (!str_to_u64(since, &a) || !str_to_u64(text, &b))
		return false;
	ret->since_ms = (int64_t)a;
	ret->seen_ms = (int64_t)b;
	return true;
}

static void key_of(struct str serial, char out[KEY_BYTES])
{
	(void)snprintf(out, KEY_BYTES, PREFIX "%.*s.", STR_FMT(serial));
}

static enum errc note(struct shared *s, const char *key, int64_t now, bool waits, struct err *err)
{
	struct wipe_note n = { .since_ms = now };
	char text[NOTE_BYTES], *was = NULL;
	enum errc rc = shared_note_get(s, key, &was, err);

	if (!rc && was && !waits)
		rc = shared_note_forget(s, key, INT64_MAX, err);
	if (!rc && waits) {
		if (was && (!read_note(str_from(was), &n) || n.since_ms > now))
			n.since_ms = now;
		(void)snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, n.since_ms, now);
		rc = shared_note_put(s, key, str_from(text), err);
	}
	free(was);
	return rc;
}

void wipe_note_see(struct store *s, struct str serial, int64_t now_ms, bool waits)
{
	char key[KEY_BYTES];
	struct err err;

	if (!s)
		return;
	key_of(serial, key);
	if (note(store_shared(s), key, now_ms, waits, &err))
		log_debug("%s", err.msg);
}

void wipe_note_take(const struct facts *f, uint32_t slot, bool waits)
{
	wipe_note_see(f->store, fleet_serial(f->fleet, slot), transport_now(f->transport), waits);
}

enum errc wipe_note_find(
	struct store *s, struct str serial, struct wipe_note *ret, bool *ret_there, struct err *err)
{
	char key[KEY_BYTES], *text = NULL;
	enum errc rc;

	key_of(serial, key);
	rc = shared_note_get(store_shared(s), key, &text, err);
	if (!rc) {
		*ret = (struct wipe_note){ .serial = serial };
		*ret_there = text && read_note(str_from(text), ret);
	}
	free(text);
	return rc;
}

struct telling {
	wipe_note_fn *each;
	void *self;
};

static enum errc tell(void *self, struct str key, struct str text, struct err *err)
{
	const struct telling *t = self;
	struct wipe_note n = { .serial = key };

	(void)str_cut(&n.serial, '.');
	n.serial = str_cut(&n.serial, '.');
	return read_note(text, &n) ? t->each(t->self, &n, err) : ERR_OK;
}

enum errc wipe_notes(struct store *s, wipe_note_fn *each, void *self, struct err *err)
{
	struct telling t = { each, self };

	return shared_notes(store_shared(s), PREFIX, tell, &t, err);
}
