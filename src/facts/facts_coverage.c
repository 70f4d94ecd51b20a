/*
 * What Apple says of a device's coverage: a request for each device, at the rate of all readings,
 * so what was read is kept in the file that readers share (store/shared.h) for as long as
 * `keep: {coverage: …}` says.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "facts/facts_parts.h"
#include "model/serial.h"
#include "store/shared.h"

/* So many are asked for at once: what ends the reading, a right that is missing above all, costs
 * no more requests, and what came before it is kept. */
enum { CHUNK = 20, KEY_BYTES = SERIAL_MAX + 32, NOTE_BYTES = 4096 };

#define KEY_PREFIX "coverage."

static const char *const words[] = {
	[COVERAGE_NONE] = "none", [COVERAGE_EXPIRED] = "expired", [COVERAGE_ACTIVE] = "active"
};
enum { N_WORDS = sizeof(words) / sizeof(*words) };

static void take_coverage(struct fleet *f, uint32_t slot, const struct apple_coverage *c)
{
	facts_set_text(f, slot, FACT_APPLE_COVERAGE, str_from(words[c->state]));
	facts_set_text(f, slot, FACT_APPLE_COVERAGE_KIND, c->kind);
	facts_set_date(f, slot, FACT_APPLE_COVERAGE_END, c->end_ms);
	facts_note_odd(f, slot, READING_APPLE_COVERAGE, "Apple");
}

/* Judged as if it were a later day, what is covered now may not be. */
static int64_t now_of(const struct facts *f)
{
	int64_t now = transport_now(f->transport);

	return f->as_of_ms > now ? f->as_of_ms : now;
}

/* --- what is kept: "READ STATE END KIND", times in ms, "-" for none --- */

static void key_of(const struct facts *f, uint32_t slot, char out[KEY_BYTES])
{
	(void)snprintf(out, KEY_BYTES, KEY_PREFIX "%.*s", STR_FMT(fleet_serial(f->fleet, slot)));
}

/* What is half known is asked for again. */
static void keep_coverage(const struct facts *f, uint32_t slot, const struct apple_coverage *c)
{
	char key[KEY_BYTES], end[24] = "-";
	struct buf note;
	struct err err;

	if (!f->store || str_is_odd(c->kind) || c->end_ms == TIME_UNKNOWN)
		return;
	if (c->end_ms != TIME_NONE)
		(void)snprintf(end, sizeof(end), "%" PRId64, c->end_ms);
	key_of(f, slot, key);
	buf_init(&note, NOTE_BYTES);
	buf_printf(&note, "%" PRId64 " %s %s %.*s", transport_now(f->transport), words[c->state],
		end, STR_FMT(c->kind));
	if (buf_check(&note, "coverage", &err) ||
		shared_note_put(store_shared(f->store), key, buf_view(&note), &err))
		log_debug("%s", err.msg);
	buf_release(&note);
}

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* How long an answer is believed. A plan may have been bought since: before a step that cannot be
 * undone "expired" is asked anew after a day. */
static int64_t kept_for(const struct facts *f, int state)
{
	int64_t most = f->settings->keep.coverage_ms;

	return f->for_good && state != COVERAGE_ACTIVE && most > DAY_MS ? DAY_MS : most;
}

/* What was active until a time that has passed may have been renewed since: only Apple knows. What
 * is over ended at a time that has come. */
static bool fits_its_end(const struct facts *f, const struct apple_coverage *c)
{
	switch (c->state) {
	case COVERAGE_ACTIVE:
		return c->end_ms == TIME_NONE || c->end_ms > now_of(f);
	case COVERAGE_EXPIRED:
		return c->end_ms != TIME_NONE && c->end_ms <= transport_now(f->transport);
	case COVERAGE_NONE:
		break;
	}
	return true;
}

/* Whether the note can be read and is young enough. */
static bool read_note(const struct facts *f, struct str note, struct apple_coverage *ret)
{
	struct str read = str_cut(&note, ' '), word = str_cut(&note, ' '),
		   end = str_cut(&note, ' ');
	int64_t now = transport_now(f->transport);
	uint64_t read_ms, end_ms;
	int state = 0;

	while (state < N_WORDS && !str_eq(word, str_from(words[state])))
		state++;
	if (state == N_WORDS || !str_to_u64(read, &read_ms) || (int64_t)read_ms > now ||
		(int64_t)read_ms < f->since_ms || now - (int64_t)read_ms >= kept_for(f, state))
		return false;
	*ret = (struct apple_coverage){ (enum apple_coverage_state)state, TIME_NONE, note };
	if (!str_eq(end, STR("-"))) {
		if (!str_to_u64(end, &end_ms))
			return false;
		ret->end_ms = (int64_t)end_ms;
	}
	return fits_its_end(f, ret);
}

static bool take_kept(struct facts *f, uint32_t slot)
{
	char key[KEY_BYTES], *note = NULL;
	struct apple_coverage c;
	struct err err;
	bool good;

	if (!f->store)
		return false;
	key_of(f, slot, key);
	if (shared_note_get(store_shared(f->store), key, &note, &err)) {
		log_debug("%s", err.msg);
		return false;
	}
	good = note && read_note(f, str_from(note), &c);
	if (good)
		take_coverage(f->fleet, slot, &c);
	free(note);
	return good;
}

static void forget_old(const struct facts *f)
{
	struct err err;

	if (f->store && shared_note_forget(store_shared(f->store), KEY_PREFIX,
				transport_now(f->transport) - f->settings->keep.coverage_ms, &err))
		log_debug("%s", err.msg);
}

/* --- asking --- */

static void ask_coverage(struct look_up *u, struct str serial, struct http_request *ret)
{
	apple_coverage_request(transport_apple(u->f->transport), serial, ret);
}

/* What is kept is how it is now, whatever day the rules go by. */
static enum errc take_answer(
	struct facts *f, uint32_t slot, const struct json *root, struct err *err)
{
	int64_t now = transport_now(f->transport);
	struct apple_coverage c;
	enum errc rc = apple_coverage_decode(root, now, &c, err);

	if (!rc)
		keep_coverage(f, slot, &c);
	if (!rc && now_of(f) > now)
		rc = apple_coverage_decode(root, now_of(f), &c, err);
	if (!rc)
		take_coverage(f->fleet, slot, &c);
	return rc;
}

static enum errc done_coverage(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct look_up *u = self;
	bool *forbidden = u->extra;
	struct json *root = NULL;

	(void)rest;
	if (!code)
		code = apple_reply_error(reply, NULL, err);
	if (!code)
		code = facts_parse(apple_page_error, reply, &root, err);
	if (!code)
		code = take_answer(u->f, u->slot, root, err);
	json_free(root);
	/* The account may do everything else: only these facts cannot be known. A sign-in that is
	 * refused brings no reply. */
	if (code == ERR_AUTH && reply && reply->status == 403) {
		*forbidden = true;
		code = err->code = ERR_REFUSED;
	}
	return facts_soften_one(u, code, READING_APPLE_COVERAGE, err);
}

static enum errc ask_for(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	bool forbidden = false;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n && !rc; i += CHUNK) {
		uint32_t some = n - i < CHUNK ? n - i : CHUNK;

		if (forbidden) {
			(void)err_set(err, ERR_REFUSED,
				"the API account may not read coverage: no more was asked for");
			facts_leave_open(f, READING_APPLE_COVERAGE, slots + i, n - i, err);
			break;
		}
		facts_note_requests(f, some, some);
		rc = facts_look_up_with(
			f, slots + i, some, TO_APPLE, ask_coverage, done_coverage, &forbidden, err);
	}
	return rc;
}

/* Apple does not know the serial: nothing covers it, as far as anybody can ask. */
static bool is_no_device(const struct device_state *d)
{
	return device_fact_state(d, FACT_APPLE_KNOWN) == VALUE_KNOWN &&
	       !device_flag(d, FACT_APPLE_KNOWN);
}

static void take_no_coverage(struct device_state *d)
{
	for (int i = 0; i < FACT_MAX_; i++)
		if (fact_info((enum fact)i)->reading == READING_APPLE_COVERAGE)
			device_set_absent(d, (enum fact)i);
}

enum errc facts_apple_coverage(struct facts *f, const uint32_t *slots, uint32_t n, struct err *err)
{
	uint32_t *open = mem_alloc(n * sizeof(*open)), n_open = 0;
	enum errc rc;

	forget_old(f);
	for (uint32_t i = 0; i < n; i++) {
		struct device_state *d = &f->fleet->devices[slots[i]];

		if (is_no_device(d))
			take_no_coverage(d);
		else if (!take_kept(f, slots[i]))
			open[n_open++] = slots[i];
	}
	rc = ask_for(f, open, n_open, err);
	free(open);
	return rc;
}
