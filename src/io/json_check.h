/*
 * Whether bytes are JSON (RFC 8259), told byte by byte, without building anything. Private to
 * json*.c: the parser runs it before cJSON, which is laxer, and the scanner finds its way by it.
 */
#ifndef IO_JSON_CHECK_H
#define IO_JSON_CHECK_H

#include "base/arena.h"
#include "io/json.h"

enum json_state {
	JSON_START, /* a byte order mark may come */
	JSON_VALUE,
	JSON_ITEM_OR_END, /* behind [ */
	JSON_NAME_OR_END, /* behind { */
	JSON_NAME,        /* behind , in an object */
	JSON_COLON,
	JSON_NEXT, /* behind a value in a container */
	JSON_OVER, /* behind the root */
	JSON_IN_STRING,
	JSON_IN_ESCAPE,
	JSON_IN_HEX,
	JSON_IN_CHARACTER, /* UTF-8 continuation bytes */
	JSON_IN_WORD,      /* true, false, null */
	JSON_DEEP,         /* in containers that are nested too deeply */
	JSON_DEEP_STRING,
	JSON_DEEP_ESCAPE,
	/* Numbers are last, see json_in_number(). */
	JSON_NUMBER_MINUS,
	JSON_NUMBER_ZERO,
	JSON_NUMBER_INT,
	JSON_NUMBER_DOT,
	JSON_NUMBER_FRACTION,
	JSON_NUMBER_E,
	JSON_NUMBER_SIGN,
	JSON_NUMBER_EXPONENT,
	JSON_STATES
};

struct json_check {
	enum json_state state;
	unsigned depth;                   /* open containers */
	uint64_t objects;                 /* bit per level: it is an object */
	uint16_t n_names[JSON_MAX_DEPTH]; /* per level */
	uint64_t n_deep;                  /* open containers beyond JSON_MAX_DEPTH */
	bool is_name;                     /* the present string is a member's name */
	const char *word;                 /* what has to come still */
	unsigned n_part;                  /* bytes so far of a number, escape or byte order mark */
	unsigned hex;
	unsigned tail, tail_lo, tail_hi; /* continuation bytes to come, range of the next */
	uint64_t at;                     /* bytes taken */
	const char *why;                 /* of the refusal; borrowed for ever */
	/* Goes on past what spoils one value and not the text around it: a NUL, bytes that are no
	 * UTF-8, control bytes, unknown escapes, too long numbers, too many members or levels of
	 * containers. `flaw` tells.
	 */
	bool lenient;
	const char *flaw; /* the newest; NULL: none since the caller cleared it */
};

void json_check_init(struct json_check *c);
/* False: refused, see json_check_error(). No calls after that. */
MUST_CHECK bool json_check_byte(struct json_check *c, char byte);
/* Takes the bytes at the start that merely continue a string, and returns how many. */
size_t json_check_run(struct json_check *c, struct str bytes);
/* n bytes are taken that are one value, which was checked before. */
void json_check_pass(struct json_check *c, size_t n);
/* Whether what came so far is one whole value. */
MUST_CHECK bool json_check_end(struct json_check *c);
enum errc json_check_error(const struct json_check *c, struct err *err);

/* A number is over only with the byte behind it. */
static inline bool json_in_number(enum json_state s)
{
	return s >= JSON_NUMBER_MINUS;
}

/* The tree of text that passed the check and started at byte `at`; json.c. */
MUST_CHECK enum errc json_build(
	struct json **ret, struct str checked, uint64_t at, struct err *err);

/* Whether json_build_in_place() can read text that passed the check: it has no escapes. */
bool json_is_plain(struct str checked);
/* The same tree of plain text without a copy: its strings stay where they stand, so that `text` is
 * spoilt; valid until either is reset. */
MUST_CHECK enum errc json_build_in_place(
	const struct json **ret, struct arena *tree, struct buf *text, struct err *err);

#endif
