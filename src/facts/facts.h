/*
 * Reads facts into the fleet, each by the cheaper of listing and per-serial look-ups.
 *
 * A reading that the service refuses or garbles leaves its facts unknown; whatever ends a run
 * (no network, no credentials, a signal, --max-wait) is returned.
 */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "facts/fleet.h"
#include "wire/transport.h"

/* How something was read: for the plan to tell. */
struct reading_way {
	uint64_t n_pages, n_serials; /* pages of listings; devices asked for one by one */
	uint64_t n_requests;         /* both, and what follows from them */
	uint64_t n_instead;          /* what the other way would have cost; 0: there is none */
};

struct facts {
	struct fleet *fleet; /* all borrowed by the caller's run */
	struct transport *transport;
	const struct settings *settings;
	struct store *store; /* NULL: sizes of listings are not remembered */
	char shrunk[200];    /* not empty: a listing that cannot be trusted, */
	uint64_t n_shrunk;   /* the one with the fewest entries */
	uint64_t least;      /* --allow fleet=N: as few entries are enough; else UINT64_MAX */
	bool least_once;     /* of a plan: the next command is asked again */
	int64_t as_of_ms; /* what rules take for now, where that is later than the clock; 0: not */
	int64_t since_ms; /* what was kept before that is asked for anew; 0: as long as it keeps */
	bool for_good;    /* what is read decides about steps that cannot be undone */
	const char *const *allowed;            /* --allow, NULL-terminated; NULL: none */
	uint64_t n_listings[TO_BARE];          /* complete listings read, by service */
	struct reading_way ways[READING_MAX_]; /* since facts_forget_ways() */
	enum reading now;                      /* what is being read; READING_CSV: nothing */
	bool patient; /* what a whole listing of Apple does not show may wait: nobody asks by name
		       */
	uint32_t n_silent;   /* look-ups without an answer, in a row */
	bool single_records; /* a bulk look-up of UEM records failed: one by one from now on */
};

void facts_forget_ways(struct facts *f);

/* Apple's servers, once. */
MUST_CHECK enum errc facts_servers_of_apple(struct facts *f, struct err *err);
/* Apple's servers and, with a UEM, the token groups. Before everything else. */
MUST_CHECK enum errc facts_servers(struct facts *f, struct err *err);

/* Of a list without which nothing can be judged: what it is, and that a refusal of it is nobody's
 * row. `setting` is the one to look at. */
MUST_CHECK enum errc facts_need_list(
	enum errc code, const char *what, const char *setting, struct err *err);

/* The profiles of all token groups, read once. */
MUST_CHECK enum errc facts_profiles(struct facts *f, struct err *err);

/* Devices of the organization that are not released, as a listing of the last 7 days had them; *ret
 * stays as it is when none did. */
MUST_CHECK enum errc facts_org_size(const struct facts *f, int64_t *ret, struct err *err);

/* One reading for these slots. Facts of the reading are forgotten first. */
MUST_CHECK enum errc facts_read(
	struct facts *f, enum reading r, const uint32_t *slots, uint32_t n, struct err *err);

/* READING_APPLE_DEVICE by a request for each, whatever it costs: what lists do not show. */
MUST_CHECK enum errc facts_apple_by_name(
	struct facts *f, const uint32_t *slots, uint32_t n, struct err *err);
/* The same, and READING_APPLE_SERVER: where they are, by nothing but what bears their names. */
MUST_CHECK enum errc facts_place_by_name(
	struct facts *f, const uint32_t *slots, uint32_t n, struct err *err);

/* False (with a sentence in err and f->shrunk) when the listing of Apple's devices, or of what a
 * group of the UEM lists, is more than 20 % smaller than it told itself (-1: it did not), or than
 * the last one, less what we removed ourselves; otherwise its size is remembered. */
bool facts_apple_plausible(struct facts *f, uint64_t n, int64_t told, struct err *err);
bool facts_group_plausible(struct facts *f, uint32_t group, uint64_t n, struct err *err);

/* Whether the slots are on this server: its list alone (or per-serial look-ups). Those found get
 * the server, the others lose it if they had it. ERR_PROTOCOL when the list is not whole: those
 * found are there, of the others nothing is known. */
MUST_CHECK enum errc facts_on_server(
	struct facts *f, uint32_t server, const uint32_t *slots, uint32_t n, struct err *err);
/* Lists it: fleet_server_gone() tells then whether it was deleted. */
MUST_CHECK enum errc facts_find_server(struct facts *f, uint32_t server, struct err *err);

/* A bit for each token group. */
uint32_t facts_groups(const struct fleet *f);
/* The lists of some groups (bits) only: one poll round for all that wait. A failure is of one of
 * them, or of all: fleet.groups_unread tells. */
MUST_CHECK enum errc facts_uem_lists(struct facts *f, uint32_t groups, struct err *err);

/* For devices that shall be wiped or whose record shall be deleted, after READING_UEM_DEVICE: where
 * several records have the serial, uem.device names them all ("12 13"). Unknown when the whole list
 * of records could not be read. */
MUST_CHECK enum errc facts_uem_ambiguous(
	struct facts *f, const uint32_t *slots, uint32_t n, struct err *err);

/* Which devices wipes of other runs than that one (0: of any) are still open for, as the store
 * says: to be known before anything is planned or sent. */
MUST_CHECK enum errc facts_wiping(struct facts *f, int64_t run, struct err *err);

/* Which devices requests of other runs than that one (0: of any) may still act on, as the ledger
 * says: no other change of theirs may leave. */
MUST_CHECK enum errc facts_open(struct facts *f, int64_t run, struct err *err);

/* Whether the enrollment-token search by serial finds nothing, in any of the groups that may have
 * its row: the second half of "gone from the lifecycle page". groups, a set of bits for each slot,
 * and *ret_gone go by the order of the slots. */
MUST_CHECK enum errc facts_lifecycle_gone(struct facts *f, const uint32_t *slots,
	const uint32_t *groups, uint32_t n, bool *ret_gone, struct err *err);

#endif
