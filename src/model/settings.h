/*
 * The settings of one tenant as plain data (depmend-settings(5)).
 */
#ifndef MODEL_SETTINGS_H
#define MODEL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "io/csv/csv.h"
#include "model/columns.h"
#include "model/serial.h"

/* Where a secret comes from; opened only when it is needed. */
enum secret_kind { SECRET_NONE, SECRET_FILE, SECRET_CREDENTIAL, SECRET_COMMAND, SECRET_ENV };

enum { SECRET_MAX_BYTES = 256 * 1024 };

/* Bounds that the settings refuse to pass, so that nothing of them is left out in silence later. */
enum {
	SETTINGS_MAX_TOKENS = 32,    /* entries of uem.tokens; a bit each in masks of groups */
	SETTINGS_MAX_ENROLLMENT = 4, /* servers under enrollment: */
	SETTINGS_MAX_WINDOWS = 16,
};

struct secret {
	enum secret_kind kind;
	const char *value; /* path (made absolute against the naming file), credential or variable
			      name */
	char **argv;       /* SECRET_COMMAND; NULL-terminated */
	struct loc at;
};

/* `20/min`: never more than n in any trailing window. */
struct rate {
	uint32_t n;
	int64_t window_ms;
};

enum rate_class { RATE_APPLE_READ, RATE_APPLE_WRITE, RATE_UEM, RATE_CLASSES };
enum limit_kind {
	LIMIT_DEVICES,
	LIMIT_PERCENT,
	LIMIT_RELEASE,
	LIMIT_DELETE_RECORD,
	LIMIT_WIPE,
	LIMIT_IN_FLIGHT,
	LIMITS
};

struct token_group {
	const char *server; /* NULL: every server feeds it */
	const char *group;  /* UUID or Group ID; "none" among uem.unfed */
	int64_t expires_ms; /* TIME_NONE: not given */
	struct loc at;
};

enum uem_auth { UEM_AUTH_NONE, UEM_AUTH_OAUTH, UEM_AUTH_BASIC, UEM_AUTH_CERTIFICATE };

struct enrollment_server {
	const char *server, *url;
	struct secret server_token, private_key;
	struct loc at;
};

struct status_name {
	int64_t number;
	const char *words;
};

/* One value as `check -v` lists it; of a secret only where it comes from. */
struct setting {
	const char *path, *text; /* "limits.devices", "500" */
	struct loc at;           /* file NULL: the default; line 0: from the environment */
};

/* How a list of serials is read, where it is not found by looking at it. */
struct list_settings {
	char delimiter;            /* 0: find it */
	uint32_t header_line;      /* HEADER_AUTO, HEADER_ABSENT or a line */
	uint32_t serial_column;    /* from 1; 0: not given by its number */
	const char *serial_header; /* NULL: not given by its header */
};

/* Whose signatures a plan needs before it is carried out. */
struct approval_settings {
	uint32_t steps;   /* bit per enum step_kind */
	uint32_t people;  /* 0: none */
	const char *keys; /* absolute */
};

/* Whom the end of a run is told, and when. */
enum webhook_format { WEBHOOK_JSON, WEBHOOK_SLACK, WEBHOOK_TEAMS };
enum webhook_event {
	WEBHOOK_FAILURE,
	WEBHOOK_OFF_SERVER,
	WEBHOOK_GUARD,
	WEBHOOK_NEW_OPEN_ITEMS,
	WEBHOOK_EXPIRY,
	WEBHOOK_EVENTS
};
const char *webhook_event_word(enum webhook_event e);
struct webhook_settings {
	struct secret url; /* SECRET_NONE: there is no webhook */
	enum webhook_format format;
	uint32_t on; /* bit per enum webhook_event */
	bool serials;
};

/* When devices may be off their servers: every day from one time of the clock on the wall to
 * another; where `to` is not later it is on the next day. */
struct window_settings {
	uint16_t from_min, to_min; /* of the day; to_min up to 1440 */
	const char *zone;          /* a name of the tz database */
	const char *text;          /* as it is written */
};

struct settings {
	struct arena arena; /* owns everything below */
	const char *file;
	char digest[65]; /* SHA-256 of the file: no secret is in it */
	const char *tenant;
	struct {
		bool school;
		const char *client_id, *key_id; /* key_id NULL: no kid */
		const char **previous;          /* client ids of the accounts before; n_previous */
		size_t n_previous;
		/* Whose state it is: client_id, or the first of those before that has one. */
		const char *account;
		struct secret private_key;
		const char *url, *token_url; /* url without /v1 */
	} apple;
	bool has_uem;
	struct {
		const char *url;
		struct secret tenant_code;
		struct token_group *tokens;
		size_t n_tokens;
		struct token_group *unfed; /* `group: none`: servers that feed no group */
		size_t n_unfed;
		enum uem_auth auth;
		const char *token_url, *client_id, *username;
		struct secret client_secret, password, pkcs12;
		enum date_order date_order; /* how the tenant writes dates with slashes */
		struct status_name *profile_status;
		size_t n_profile_status;
	} uem;
	struct {
		int64_t wait_ms; /* -1: no `sync:` */
		char **command;  /* NULL: only wait */
	} sync;
	struct enrollment_server *enrollment;
	size_t n_enrollment;
	uint32_t limits[LIMITS];
	struct rate rates[RATE_CLASSES];
	uint32_t uem_reserve_percent;
	uint32_t batch_apple;
	struct {
		int64_t activity_ms, sync_ms, sync_gap_ms, settle_ms, wipe_ms, request_ms, fresh_ms;
		int64_t throttled_ms, assignment_ms; /* until a profile may be tried again */
	} timeouts;
	struct {
		int64_t apple_ms, uem_ms;
	} poll;
	struct {
		int64_t inputs_ms, runs_ms, events_ms; /* 0: for ever */
		int64_t coverage_ms;
		bool hold;
	} keep;
	const char *protect_file; /* absolute; NULL: none */
	struct list_settings protect_list;
	bool protect_may_be_empty;
	struct list_settings input;
	const char *encoding; /* of all lists */
	enum barcode_s barcode_s;
	struct secret notify_url;
	struct webhook_settings webhook;
	uint32_t metrics_mode; /* of the file of numbers, whatever the umask; 0: by the umask */
	struct approval_settings approval;
	struct window_settings *windows;
	size_t n_windows;
	const char *state; /* folder */
	const char **rules;
	size_t n_rules;
	struct setting *values; /* in the order of the page */
	size_t n_values;
};

/* NULL when none of the places of section 2 has one; caller frees. `given` is --settings. */
char *settings_find(const char *given);
/* Where the tz database keeps its zones; $TZDIR comes first. Borrowed. */
const char *settings_zones(void);
/* All mistakes go to d; ERR_SETTINGS then. ERR_SETTINGS too when the file is missing.
 * Caller frees with settings_free(). */
MUST_CHECK enum errc settings_load(
	struct settings **ret, const char *path, struct diags *d, struct err *err);
void settings_free(struct settings *s);

/* In the state folder: a line for each API account that took the place of another one of its
 * organization, its client id and that of the elder one, whose state goes on. */
#define SETTINGS_JOINED "joined"
enum { STATE_NAME_BYTES = 17 };
/* The name of the folder in `state:` that belongs to a client id. */
void settings_state_name(const char *client_id, char ret[STATE_NAME_BYTES]);
/* Whether a change was made by our API account, or by one that we had before. */
bool settings_is_own(const struct settings *s, struct str actor);
/* Opens the secret: text without a trailing newline. ERR_SETTINGS with the remedy. Caller wipes. */
MUST_CHECK enum errc secret_open(const struct secret *s, struct buf *ret, struct err *err);
/* The file that holds it, as far as it is one; else NULL. Caller frees. */
char *secret_path(const struct secret *s);
/* Whether it could be opened; a command is not run, and no secret at all is fine. */
MUST_CHECK enum errc secret_check(const struct secret *s, struct err *err);

#endif
