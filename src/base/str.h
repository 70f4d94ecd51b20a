/*
 * Views of bytes: pointer and length, never NUL-terminated, never owned.
 *
 * Text from CSV, YAML and servers may hold any byte; only views with a length carry it whole.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p; /* borrowed; NULL only when n == 0 */
	size_t n;      /* bytes */
};

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })
/* For printf("%.*s"): the precision is capped so that hostile text cannot flood a message. */
#define STR_FMT(s) ((int)((s).n > 200 ? 200 : (s).n)), ((s).p ? (s).p : "")

static inline struct str str_from(const char *z)
{
	return (struct str){ z, z ? strlen(z) : 0 };
}

static inline struct str str_sub(struct str s, size_t from, size_t n)
{
	/* As a number, because even + 0 is undefined for the NULL of an empty view. */
	return (struct str){ (const char *)((uintptr_t)s.p + from), n };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII case is ignored; other bytes compare as they are, whatever the locale. */
bool str_eq_nocase(struct str a, struct str b);
int str_cmp_nocase(struct str a, struct str b);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends_nocase(struct str s, struct str suffix);
bool str_contains_nocase(struct str s, struct str part);
/* Shell-like pattern: `*` any run, `?` one byte; linear in |s| * |pattern|, no recursion. */
bool str_glob_nocase(struct str s, struct str pattern);

/* Without the byte order mark (UTF-8) that editors on Windows put before a text. */
struct str str_after_bom(struct str s);

/* Without leading and trailing space, TAB, CR, LF. */
struct str str_trim(struct str s);

/* The first max bytes at most, not ending within a UTF-8 character. */
struct str str_head(struct str s, size_t max);

/* Splits at the first `sep`: returns the part before, leaves the part after in *rest. */
struct str str_cut(struct str *rest, char sep);

/* Decimal digits only, no sign, no blanks; false on overflow or anything else. */
bool str_to_u64(struct str s, uint64_t *ret);

/* Well-formed UTF-8 (no surrogates, no overlongs). */
bool str_is_utf8(struct str s);

/* Damerau-Levenshtein distance of two short words; 99 when either is over 64 bytes. */
unsigned str_distance(struct str a, struct str b);

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline char ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

#endif
