/*
 * Private to facts/facts*.c.
 */
#ifndef FACTS_FACTS_PARTS_H
#define FACTS_FACTS_PARTS_H

#include "facts/facts.h"
#include "wire/listing.h"

/* One per-serial look-up. */
struct look_up {
	struct facts *f;
	uint32_t slot;
	uint32_t at; /* index in the slots asked for */
	void *extra; /* of the reading */
	struct look_ups *all;
};
typedef void look_up_request(struct look_up *u, struct str serial, struct http_request *ret);
typedef enum errc look_up_done(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err);

/* One look-up per slot, all at once. */
MUST_CHECK enum errc facts_look_up(struct facts *f, const uint32_t *slots, uint32_t n,
	enum transport_service service, look_up_request *ask, look_up_done *done, struct err *err);
MUST_CHECK enum errc facts_look_up_with(struct facts *f, const uint32_t *slots, uint32_t n,
	enum transport_service service, look_up_request *ask, look_up_done *done, void *extra,
	struct err *err);

/* The same look-up once more, from within done(). */
MUST_CHECK enum errc facts_look_again(struct look_up *u, look_up_request *ask, look_up_done *done);

/* For the plan to tell: pages read, devices asked for, what one more request was for; and that it
 * was the cheaper way. */
void facts_note_pages(struct facts *f, uint64_t n);
void facts_note_requests(struct facts *f, uint64_t n_serials, uint64_t n);
void facts_note_instead(struct facts *f, uint64_t n);

/* Starts it, drains, releases; its own failure is returned. */
MUST_CHECK enum errc facts_run_listing(struct facts *f, struct listing *l, struct err *err);

/* ERR_OK when the failure only makes these facts unknown; the code itself when it ends the run. */
MUST_CHECK enum errc facts_soften(struct facts *f, enum errc code, enum reading r,
	const uint32_t *slots, uint32_t n, struct err *err);

/* No answer, or one that says that it could not be told. */
bool facts_is_silence(enum errc code);
/* A record without an answer keeps nobody else waiting: ERR_REFUSED, unless many in a row have
 * none. */
MUST_CHECK enum errc facts_excuse(struct look_up *u, enum errc code, struct err *err);
/* facts_soften() of one look-up, with that. */
MUST_CHECK enum errc facts_soften_one(
	struct look_up *u, enum errc code, enum reading r, struct err *err);

/* The body of a look-up, or what the page means that came instead. */
MUST_CHECK enum errc facts_parse(enum errc (*page)(const struct http_reply *reply, struct err *err),
	const struct http_reply *reply, struct json **ret, struct err *err);

/* One value of a record into its fact: empty and TIME_NONE are absent, odd values unknown. */
void facts_set_text(struct fleet *f, uint32_t slot, enum fact fact, struct str v);
void facts_set_date(struct fleet *f, uint32_t slot, enum fact fact, int64_t at_ms);
void facts_set_flag(struct fleet *f, uint32_t slot, enum fact fact, int v);
/* After a record was taken: if facts of the reading are unknown, why. `whose`: "Apple", "the UEM".
 */
void facts_note_odd(struct fleet *f, uint32_t slot, enum reading r, const char *whose);

/* What a list that is not whole leaves open is unknown, not missing: the facts of the reading that
 * nothing was read for. */
void facts_leave_open(
	struct facts *f, enum reading r, const uint32_t *slots, uint32_t n, const struct err *why);

/* Remembers fleet.org_size for facts_org_size(). */
void facts_keep_org_size(const struct facts *f);

/* The readings. */
MUST_CHECK enum errc facts_apple_servers(struct facts *f, struct err *err);
MUST_CHECK enum errc facts_uem_groups(struct facts *f, struct err *err);
typedef enum errc facts_read_fn(
	struct facts *f, const uint32_t *slots, uint32_t n, struct err *err);
extern facts_read_fn facts_apple_devices;
extern facts_read_fn facts_apple_server;
extern facts_read_fn facts_uem_listed;
extern facts_read_fn facts_uem_profiles;
extern facts_read_fn facts_uem_tokens;
extern facts_read_fn facts_uem_devices;
extern facts_read_fn facts_uem_records;
extern facts_read_fn facts_uem_apps;
extern facts_read_fn facts_apple_coverage;

/* facts_read() of a reading by its own function: for one that needs another first. */
MUST_CHECK enum errc facts_read_by(struct facts *f, enum reading r, facts_read_fn *read,
	const uint32_t *slots, uint32_t n, struct err *err);

#endif
