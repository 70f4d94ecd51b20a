/* The parts of the list reader, for lists/serial_list*.c only. */
#ifndef LISTS_SERIAL_LIST_PARTS_H
#define LISTS_SERIAL_LIST_PARTS_H

#include "lists/serial_list.h"
#include "model/header.h"

struct list_profile;

enum { LIST_NO_HEADER = UINT32_MAX, LIST_GUARDS = 3 };

/* What all serials that were read have in common. */
struct alike {
	struct serial first;
	size_t line;         /* of the first */
	uint32_t n, lengths; /* serials but the first; bit i: one of i characters */
	size_t n_head, n_tail;
	uint64_t seen[SERIAL_MAX]; /* at each place; bit i: that letter or digit */
	bool seen_enough;
};

struct serial_list {
	char *name;
	struct csv_reader *csv;
	struct arena arena;
	struct list_options opt;
	struct list_reading reading;
	size_t n_before; /* records before the first row, the header among them */
	/* Columns beside the serial's that hold no serials: one there says that the cells of a
	 * row have shifted. A list without a header is looked at whole. */
	size_t guards[LIST_GUARDS], n_guards;
	size_t usual_cells;           /* that rows have; 0: no header; SIZE_MAX: nobody knows */
	struct list_profile *profile; /* NULL: no other column holds serials */
	bool *holds_serials;          /* per column of the sample, n_sampled of them */
	bool *seconds;                /* the same, by its cells alone: at least half are serials */
	bool *others;                 /* holds serials of other devices, by its name or its cells */
	size_t full_cells;            /* of a row that is whole */
	size_t most_cells;            /* of a row in the sample */
	bool *notes;                  /* holds texts, which may name other devices */
	size_t n_sampled;
	size_t twin;           /* from 1: another column of its name, with the same serials */
	bool several_barcodes; /* every serial of `several` has a scanner's S */
	bool usual;            /* serials of the usual kind: an implausible one is none */
	struct str starts[2];  /* what the cells left and right of it begin with; empty: nothing */
	bool beside_full[2];   /* most rows have something there */
	bool none_long;        /* nearly all serials have 12 characters at most */
	bool none_whole;       /* no row has a cell for each column */
	bool none_made_up;     /* nor are they of a form that Apple does not make */
	size_t beside_bytes;   /* most rows have a word of so many right of it: 1 or 2; else 0 */
	uint64_t header_signs; /* of header texts that could be serials, see header_sign() */
	size_t even_cells;     /* of a row that its guards alone can tell as shifted; 0: of none */
	size_t least_cells;    /* of rows that are taken many at once; 0: none are */
	/* The pass */
	size_t n_passed; /* of n_before */
	struct csv_record several;
	size_t end_line;        /* behind the last record */
	size_t n_gaps;          /* rows behind blank lines */
	size_t dangling_line;   /* behind a row whose last cell ends in the middle of a sentence */
	size_t table_line;      /* a row that looks like another header; 0: none yet */
	struct str rest, token; /* of a line with several serials; one cell of it */
	size_t n_rows, n_strange;               /* strange: no serial where one should be */
	uint32_t n_long[SERIAL_MAX + 1];        /* rows by the length of their serial */
	uint32_t n_barcodes[SERIAL_MAX + 1];    /* of these, with what a scanner reads before it */
	struct serial barcodes[SERIAL_MAX + 1]; /* the first of them */
	struct serial last;                     /* n 0, or that of a last line without an end */
	size_t last_line;
	struct alike alike;
	bool copied;      /* rows that nobody looked at: all were judged in an earlier pass */
	bool apart_above; /* a comment above the first row says that what follows is not meant */
	size_t first_strange, strange_row; /* the line and the number of the first */
	uint32_t *elsewhere;               /* per column: serials in strange rows */
	size_t n_elsewhere;
};

/* A bit that two texts share when they are the same but for case. */
static inline uint64_t header_sign(struct str s)
{
	return UINT64_C(1) << ((s.n * 5 + (unsigned char)ascii_lower(s.p[0])) & 63);
}

/* The first rows, cut by one delimiter. */
struct sample_row {
	const struct str *cells;
	const uint8_t *looks; /* enum serial_look per cell */
	size_t n_cells, line;
	uint64_t blanks; /* of the first cells, a bit for each that begins with a blank */
	bool bad, blank, comment;
};
struct sample {
	char delimiter;
	struct sample_row *rows;
	size_t n, widest;
	size_t n_blank; /* cells with a blank before them */
};

/* A way to read the list. */
struct way {
	const struct sample *sample;
	uint32_t header;                   /* row of the sample; LIST_NO_HEADER */
	size_t column, width, surplus_end; /* as in struct list_reading */
	enum header_sense sense;
	bool clean;       /* no serial in the header, or before it */
	size_t n_surplus; /* rows below with more cells than it has */
	/* Of the others: */
	size_t n_rows, n_full, n_shaped, n_strong;
	bool begins_strong; /* the first row has a serial there */
	uint64_t hash;      /* over the serials */
};

MUST_CHECK enum errc list_choose(struct serial_list *l, struct err *err);
/* ERR_INPUT with the columns seen, a sample of each, and the options that settle it. */
MUST_CHECK enum errc list_ask(const struct serial_list *l, const struct sample *samples,
	size_t n_samples, const struct way *best, const char *why, struct err *err);
/* Cuts the text by the sample's delimiter; a record that its end cuts is left out. */
void sample_take(struct sample *s, struct str text, bool whole, const struct serial_list *l,
	struct arena *a);
/* Whether one blank is between the delimiter and that cell, which is not the first. */
bool sample_begins_blank(const struct csv_record *r, size_t cell);
bool sample_is_result(const struct sample *s);
/* bare: without a header, or of one column: `#` begins a comment. */
bool sample_is_data(const struct sample_row *row, const struct sample_row *header, bool bare);
struct way way_of(const struct sample *s, uint32_t header, size_t column);
/* Another column below the same header, by the rows alone that have so many cells; 0: by all. */
struct way way_among(const struct way *like, size_t column, size_t n_cells);
bool way_is_surplus(const struct sample_row *row, const struct way *w);
/* The line of a device above the header or in it: the way is not clean. */
size_t way_device_above(const struct way *w);
/* Its header is no row of a list without one: it holds no serial, and names the column or several.
 */
bool way_is_named(const struct way *w);
/* At least half of its cells could be serials. */
bool way_fits(const struct way *w);
/* Nearly all cells are serials, as nothing else is. */
bool way_is_strong(const struct way *w);
/* Another column beside it that is strong, with other serials; any_sense: also one that is named as
 * something else. */
bool way_has_rival(const struct way *w, bool any_sense);
/* What a scanner reads is before every serial. */
bool way_has_barcodes(const struct way *w);
/* Another column has a word of a serial's length in nearly every row that cannot be said, and they
 * do not begin alike as asset tags do. */
bool way_has_unsaid(const struct way *w);
/* A bare list whose lines hold several serials each, and nothing else. *ret_barcodes, if so: each
 * has a scanner's S. */
bool list_is_several(struct str text, bool whole, bool *ret_barcodes);
/* A list of one column, in which each line is as long as a serial and none can be the header,
 * though they do not look like Apple's: AAAAAAAAAA01, as people write who try something. */
bool list_is_made_up(const struct sample *samples, size_t n_samples);
/* A cell over several lines that look like rows: a quote opens in it that closes far too late. */
bool list_swallows_rows(const struct serial_list *l, const struct csv_record *r);
/* A serial longer than the others, whose row has fewer cells than the header, or nothing beside it
 * where most have something: that is joined to it. */
bool list_is_joined(const struct serial_list *l, const struct csv_record *r, size_t n);
/* How many cells most rows below the header have, and more than one of them; SIZE_MAX: a single row
 * has others than the header, so no row can tell. */
size_t list_usual_cells(const struct way *w);
/* How many cells most rows have, without a header. */
size_t list_usual_width(const struct sample *s);
/* Every row has the same delimiter too many: a blank is behind it in each, and before no other; or
 * a column that is named as serials holds none. */
bool list_is_shifted_whole(const struct way *w);
/* Whether a serial could be a word of a header amid the rows, or of another column, or joined to
 * one: that is looked at more closely. */
bool list_is_doubtful(const struct serial_list *l, struct str cell);
/* As the options say; a list that protects keeps them: with and without its S a device is
 * protected. */
void list_drop_barcode(const struct serial_list *l, struct serial *s);
/* A serial, as nothing else looks. */
bool list_is_strong(struct str cell);
/* It ends as "replaced by" does, perhaps with something behind it that nobody sees. */
bool list_dangles(struct str cell);
/* Another column holds a serial of its own, where none should be; or its cells fit the columns
 * beside theirs, or one is joined to the serial. */
bool list_is_shifted(const struct serial_list *l, const struct csv_record *r);
/* Notes a row whose last cell ends as "replaced by" does: a serial alone in the next line is the
 * rest of it. */
void list_note_dangling(struct serial_list *l, const struct csv_record *r);
/* In words; cell: the serial's. */
void list_describe_shift(
	const struct serial_list *l, const struct csv_record *r, struct str cell, struct buf *out);
/* A row at fault that looks like the header of another table. gap: blank lines are before it. */
bool list_begins_table(const struct serial_list *l, const struct csv_record *r, bool gap);
/* Notes a comment that says that what stands below it is not meant: the next serial is refused. */
void list_note_heading(struct serial_list *l, struct str raw, size_t line);
/* A row with a serial, for what is judged at the end of the list. */
void list_note_good(struct serial_list *l, const struct csv_record *r, const struct serial *serial);
/* The same of a row that has the end of its line. */
void list_note_serial(struct serial_list *l, const struct serial *serial, size_t line);
void list_forget_end(struct serial_list *l);
/* ERR_INPUT: `which` is "every serial begins", or some do. */
enum errc list_ask_barcode(const struct serial_list *l, const struct serial *first,
	const char *which, struct err *err);
/* ERR_INPUT: most rows may lack their own serial, and nobody has told that they are right. */
MUST_CHECK enum errc list_check_short(
	const struct serial_list *l, const struct way *w, struct err *err);
/* ERR_INPUT: every serial has the same text joined to it, or some have a scanner's. */
MUST_CHECK enum errc list_check_alike(const struct serial_list *l, struct err *err);
/* The next run of letters and digits; false: there are no more. */
bool list_next_word(struct str *rest, struct str *ret);
/* The next of several serials in a line; false: there are no more. */
bool list_next_token(struct str *rest, struct str *ret);
bool list_is_comment(struct str raw);
/* Empty, or a line that is drawn between rows: "-----", "===+===". "--" is what some say of a cell
 * without a value. */
bool list_is_drawn(struct str cell);
/* Nothing but delimiters, or such lines. */
bool list_is_blank(const struct csv_record *r);
/* Loosely, so that a damaged serial counts: letters and digits, mixed, without a blank. */
bool list_is_like_serial(struct str cell);
/* list_read_strictly() reads it. */
static inline bool list_is_strict(const struct serial_list *l)
{
	return l->opt.purpose == LIST_PROTECTED || l->opt.purpose == LIST_OF_RULES;
}

/* It ends in a number. */
bool list_is_numbered(struct str cell);
/* A header that comes again, unless it is numbered as devices are, or a part number: none of a word
 * that looks weak. */
bool list_is_no_serial(struct str cell);
/* "n/a", "-", "none": no serial, and not what another column holds. */
bool list_says_nothing(struct str cell);
/* The cell of a bare list without a comment behind it. */
struct str list_without_note(struct str cell);

/* What its columns hold, in the arena; NULL: none but the serial's holds serials. */
struct list_profile *profile_of(const struct way *w, struct arena *a);
/* Whether the row is likelier to have cells too many or too few before its serial. */
bool profile_is_shifted(struct list_profile *p, const struct csv_record *r);
/* Notes the row, of which the next one may be the rest. */
void profile_follow(struct list_profile *p, const struct csv_record *r);
/* Whether it was found shifted as the rest of the row before. */
bool profile_is_rest(const struct list_profile *p, const struct csv_record *r);

/* What follows from the way that was chosen. */
MUST_CHECK enum errc list_settle(struct serial_list *l, const struct way *w, struct err *err);

#endif
