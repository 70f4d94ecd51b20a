/*
 * The parts of the CSV reader, for io/csv*.c and their tests only: a source gives UTF-8, the scan
 * says where a record ends, the splitter cuts plain records into cells. What the splitter will not
 * take goes through libcsv in csv.c.
 */
#ifndef IO_CSV_CSV_PARTS_H
#define IO_CSV_CSV_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "io/csv/csv.h"

/* --- csv_decode.c: the bytes of a file as UTF-8 without BOM --- */

struct csv_source;

/* path "-" is stdin; path NULL: `bytes`, borrowed until the close. A BOM beats `encoding`; see
 * csv_open() for the errors. Caller frees with csv_source_close(). */
MUST_CHECK enum errc csv_source_open(struct csv_source **ret, const char *path, struct str bytes,
	const struct csv_options *opt, struct err *err);
void csv_source_close(struct csv_source *s);
size_t csv_source_bytes(const struct csv_source *s);
bool csv_source_can_rewind(const struct csv_source *s);
const char *csv_source_kind(const struct csv_source *s);
const char *csv_source_encoding(const struct csv_source *s);
/* ERR_INPUT: the file has changed. */
MUST_CHECK enum errc csv_source_rewind(struct csv_source *s, struct err *err);
/* *ret_n 0 only at the end. UTF-8 is passed on unchecked. ERR_INPUT for bytes that the encoding
 * does not know (all before them were given), ERR_NO_INPUT when reading fails; no place in the
 * text. */
MUST_CHECK enum errc csv_source_read(
	struct csv_source *s, char *p, size_t cap, size_t *ret_n, struct err *err);

/* --- csv_kind.c: files that are no text with rows --- */

/* What the first bytes of a file (behind a BOM) are the beginning of, and what to do instead; NULL:
 * nothing that is known. */
const char *csv_wrong_kind(struct str start);
/* The same of EBCDIC; for files of which nobody says what they are written in. */
const char *csv_mainframe_kind(struct str start);
/* An encoding in which all of these bytes are text, for files that are not UTF-8. */
const char *csv_guess_encoding(struct str bytes);

/* Without the blanks around it; that and no more is what cells are trimmed of. */
static inline bool csv_is_blank(char c)
{
	return c == ' ' || c == '\t';
}
static inline struct str csv_trim(struct str s)
{
	for (; s.n && csv_is_blank(s.p[0]); s.n--)
		s.p++;
	while (s.n && csv_is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* --- csv_scan.c: where a record ends, and whether its quotes are right --- */

struct csv_extent {
	size_t n_bytes;  /* without the line end */
	size_t n_next;   /* with it */
	size_t n_lines;  /* 1 or more */
	size_t n_delims; /* outside quotes */
};

enum csv_verdict {
	CSV_RECORD,
	CSV_BLANK,      /* an empty line, or spaces and TABs only */
	CSV_BAD_QUOTE,  /* text behind a closing quote; the record is this one line */
	CSV_OPEN_QUOTE, /* the same after lines were swallowed, or a quote open at the end */
	CSV_MANY_LINES, /* over CSV_MAX_RECORD_LINES */
	CSV_MORE,       /* does not end in text, and there is more to come */
};

/* Looks at the record that begins with text. at_end: nothing follows text. */
enum csv_verdict csv_scan(struct str text, char delimiter, bool at_end, struct csv_extent *ret);
/* Line ends in text; CR LF counts once. */
size_t csv_count_line_ends(struct str text);
/* The delimiter that the first records of text agree on most; ',' when there is none. */
char csv_sniff(struct str text, bool at_end);

/* --- csv_split.c: plain records by masks of 64 bytes --- */

enum {
	CSV_BLOCK_BYTES = 64, /* so many bytes behind the text are looked at; they have to be 0 */
};

/* Nothing but blanks: what libcsv passes over. */
static inline bool csv_is_blank_line(struct str line)
{
	return csv_trim(line).n == 0;
}

struct csv_splitter {
	/* As wide as the processor allows. */
	void (*cut)(const struct csv_splitter *s, struct str text, bool at_end, size_t most,
		struct csv_rows *ret);
	char delimiter;
};

void csv_splitter_init(struct csv_splitter *s, char delimiter);
/* The plain records that text begins with, at most so many: up to the first whose quotes are not
 * plain, a blank line, or one that does not end in text. at_end: nothing follows text. Their lines
 * and whether they are UTF-8 are for the caller to see to. */
void csv_split(const struct csv_splitter *s, struct str text, bool at_end, size_t most,
	struct csv_rows *ret);

#endif
