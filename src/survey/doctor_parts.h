/*
 * Private to survey/doctor*.c.
 */
#ifndef SURVEY_DOCTOR_PARTS_H
#define SURVEY_DOCTOR_PARTS_H

#include "survey/doctor.h"

/* What a check needs from those before it. X(id, why it is not there) */
#define NEED_LIST(X)                                                   \
	X(APPLE_KEY, "Apple's private key cannot be used")             \
	X(APPLE_REPLY, "there is no sign-in to Apple")                 \
	X(APPLE, "Apple does not show its servers")                    \
	X(UEM, "there is no sign-in to the UEM")                       \
	X(UEM_SECRETS, "a secret of the UEM cannot be used")           \
	X(GROUPS, "the account may not read organization groups")      \
	X(LISTS, "the account may not read the enrollment list")       \
	X(PROFILES, "the account may not read profiles")               \
	X(TOKENS, "the account may not read enrollment tokens")        \
	X(USERS, "the account may not read users")                     \
	X(APPS, "the account may not read apps")                       \
	X(RESOLVED, "the token groups of the settings were not found") \
	X(LISTED, "the enrollment lists could not be read")            \
	X(FEEDS, "a server named in uem.tokens was not found")         \
	X(DEVICES, "the devices could not be read")                    \
	X(PROFILES_READ, "the profiles could not be read")

enum need_bit {
#define X(id, why) NEED_BIT_##id,
	NEED_LIST(X)
#undef X
		NEED_BITS
};
#define NEED(id) (1u << NEED_BIT_##id)

struct doctor_profile {
	struct str name, uuid, user; /* user: enrolled for; empty: whoever signs in */
	int64_t landing;             /* number of the group devices land in; -1: not told */
	uint32_t finding;            /* finding: its row of `custom-prompt`, when it has one */
	int prompt, auto_assign;     /* 1, 0, -1: not told */
};

struct doctor_server {
	struct str id, name;
	int64_t connected_ms;
	int disown; /* 1: may release devices; 0, -1: not told, FLAG_ODD */
};

/* How far a server token of `enrollment:` gets. */
enum desk { DESK_UNUSABLE, DESK_TERMS, DESK_OPEN };

/* Devices of one kind: how many, and a few of them. */
enum { EXAMPLES = 3, LOOKED_AT = 200 };
struct examples {
	uint64_t n;
	struct str some[LOOKED_AT]; /* of the arena */
	uint32_t n_some;
};

/* Of the devices of one server. */
struct doctor_seen {
	uint32_t n, own;                  /* listed by a group that it feeds */
	uint32_t alien[FLEET_MAX_GROUPS]; /* listed there, and by none that it feeds */
};

struct doctor {
	struct session *session; /* borrowed */
	struct survey survey;
	int64_t older_ms;
	struct arena arena;
	struct finding *v;
	uint32_t n, cap;
	const char *check;       /* being carried out */
	uint32_t have;           /* needs that are met */
	struct http_reply apple; /* to the first question */
	struct doctor_server *servers;
	uint32_t n_servers, cap_servers;
	enum desk *desks; /* by settings.enrollment */
	struct doctor_profile *profiles;
	uint32_t n_profiles, cap_profiles;
	struct doctor_seen *seen; /* by server; of the arena */
	struct examples not_listed, left_behind, elsewhere, waiting, wiping;
	uint32_t waiting_in[LOOKED_AT]; /* groups (bits) that list them */
	struct map noted;               /* serials that status names with a wipe */
};

/* A finding of the check being carried out; texts are copied. */
void doctor_say(struct doctor *d, enum found found, struct str subject, const char *remedy,
	const char *proof, ...) PRINTF(5, 6);
void doctor_tally(struct doctor *d, struct examples *t, struct str one, uint32_t keep);
/* One finding for all of them, with a few of their names; proof: a number and what is so many.
 * Nothing when there are none. */
void doctor_tell(struct doctor *d, enum found found, const struct examples *t, const char *remedy,
	const char *proof);
/* A failure as a finding; what ends a run comes back. */
MUST_CHECK enum errc doctor_fail(
	struct doctor *d, enum errc code, struct str subject, const char *remedy, struct err *err);
int64_t doctor_now(const struct doctor *d);
/* "in 12 d", "3 d ago" */
void doctor_when(const struct doctor *d, int64_t at_ms, char out[TIME_TEXT]);
/* What to do besides when the UEM does not sync: on premises there is a service to restart. */
bool doctor_on_premises(const char *uem_url);
/* What an errorCode about a token group means; NULL for one that means nothing special. */
const char *doctor_group_remedy(int64_t uem_code);

/* The checks: each says what it finds, and adds to `have`. */
typedef enum errc doctor_check_fn(struct doctor *d, struct err *err);
doctor_check_fn doctor_secrets, doctor_clock, doctor_apple_sign_in, doctor_server_token,
	doctor_apple_terms, doctor_apple_role, doctor_release_setting, doctor_uem_sign_in,
	doctor_uem_role, doctor_uem_groups, doctor_token_server, doctor_uem_token,
	doctor_last_connection, doctor_profiles, doctor_custom_prompt, doctor_landing_group,
	doctor_profile_user, doctor_auto_assign, doctor_devices, doctor_left_behind,
	doctor_listed_elsewhere, doctor_stuck, doctor_apps, doctor_custody, doctor_open_wipes,
	doctor_listed_wipes, doctor_crossed, doctor_client_id;

#endif
