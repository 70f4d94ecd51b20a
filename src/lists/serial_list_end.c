/* What can be said of a list when all of its rows were seen: that its end is cut off, or that every
 * serial has the same text joined to it. */
#include "base/plural.h"
#include "lists/serial_list_parts.h"
#include "lists/serial_together.h"

enum {
	PLANT = 3,
	TEN = 10,
	TWELVE = 12,
	MANY = 8,      /* so many serials tell whether a place of them is as good as any */
	SEEN_MOST = 9, /* and more different characters are not asked for */
	OLD_LENGTH = 11,
	OLD_DATE = 2, /* the first of three digits there */
	OLD_DATE_END = 5,
	DIGITS = 10
};

/* --- the end of the file --- */

bool list_ends_in(const struct serial_list *l, struct serial *ret, size_t *ret_line)
{
	*ret = l->last;
	*ret_line = l->last_line;
	return l->last.n > 0;
}

bool list_is_cut_off(const struct serial_list *l, const struct map *serials)
{
	struct str last = serial_view(&l->last);
	size_t n_longer = 0;

	for (size_t n = last.n + 1; last.n && n <= SERIAL_MAX; n++)
		n_longer += l->n_long[n];
	if (n_longer && ((l->n_long[last.n] - 1) * 2 <= n_longer || serial_begins_as_twelve(last)))
		return true;
	/* As old serials of a plant do. */
	for (uint32_t i = 0; n_longer && i < serials->n; i++) {
		struct str other = map_key(serials, i);

		if (other.n > last.n && str_eq(str_head(other, PLANT), str_head(last, PLANT)))
			return true;
	}
	return false;
}

/* --- what scanners read before the serial --- */

enum errc list_ask_barcode(
	const struct serial_list *l, const struct serial *first, const char *which, struct err *err)
{
	size_t n = serial_barcode(first);

	return err_set(err, ERR_INPUT,
		"%s: %s with %.*s and is %s longer than usual, such as %s, as scanners read box "
		"labels: %s",
		l->name, which, (int)n, first->text, n > 1 ? "two characters" : "one", first->text,
		l->opt.csv.of_settings
			? "in the settings input: {barcode_s: strip} drops it, input: {barcode_s: "
			  "keep} reads them as they are"
			: "--barcode-s strip drops it, --barcode-s keep reads them as they are (in "
			  "the settings: input: {barcode_s: strip} or {barcode_s: keep})");
}

static void note_barcode(struct serial_list *l, const struct serial *s)
{
	if (serial_barcode(s) && l->n_barcodes[s->n]++ == 0)
		l->barcodes[s->n] = *s;
}

/* On some rows alone. Where serials of that length do without, it is their own S. Lists that decide
 * take both. */
static enum errc check_barcodes(const struct serial_list *l, struct err *err)
{
	if (l->opt.barcode_s != BARCODE_ASK || list_is_strict(l))
		return ERR_OK;
	for (size_t n = 0; n <= SERIAL_MAX; n++)
		if (l->n_barcodes[n] &&
			(l->n_barcodes[n] == l->n_long[n] || serial_barcode(&l->barcodes[n]) > 1))
			return list_ask_barcode(l, &l->barcodes[n], "a serial begins", err);
	return ERR_OK;
}

/* --- what all serials have in common --- */

static unsigned place_of(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A') + DIGITS;
}

/* Any character stands at any place of serials of ten; those of twelve have few plants, and those
 * of eleven three digits for the year and the week. */
static bool is_random(const struct alike *a, size_t least)
{
	const uint64_t digits = (UINT64_C(1) << DIGITS) - 1;
	bool old = a->first.n == OLD_LENGTH;

	for (size_t i = a->n_head; i < a->first.n - a->n_tail; i++)
		if ((size_t)__builtin_popcountll(a->seen[i]) < least)
			return false;
	for (size_t i = OLD_DATE; old && i < OLD_DATE_END; i++)
		old = (a->seen[i] & ~digits) == 0;
	return !old;
}

/* Until no more of them would say anything else. */
static void note_characters(struct alike *a, const struct serial *s)
{
	for (size_t i = 0; i < s->n; i++)
		a->seen[i] |= UINT64_C(1) << place_of(s->text[i]);
	a->seen_enough = a->n % SEEN_MOST == 0 && is_random(a, SEEN_MOST);
}

/* It says nothing new: as most, once many were seen. */
static bool is_like_others(const struct alike *a, const struct serial *s)
{
	return a->seen_enough && s->n == a->first.n && a->n_tail == 0 &&
	       memcmp(s->text, a->first.text, a->n_head) == 0 &&
	       memcmp(s->text, a->first.text, s->n) != 0;
}

static void note_alike(struct alike *a, const struct serial *s, size_t line)
{
	const struct serial *first = &a->first;
	size_t n_head = 0, n_tail = 0;

	if (first->n == 0) {
		a->first = *s;
		a->line = line;
		a->n_head = a->n_tail = s->n;
	} else if (str_eq(serial_view(first), serial_view(s))) {
		return;
	} else {
		a->n++;
	}
	while (n_head < a->n_head && n_head < s->n && s->text[n_head] == first->text[n_head])
		n_head++;
	while (n_tail < a->n_tail && n_tail < s->n &&
		s->text[s->n - 1 - n_tail] == first->text[first->n - 1 - n_tail])
		n_tail++;
	/* What all had in common is seen there already. */
	a->seen_enough &= n_head == a->n_head && n_tail == a->n_tail;
	a->n_head = n_head;
	a->n_tail = n_tail;
	a->lengths |= UINT32_C(1) << s->n;
	if (!a->seen_enough)
		note_characters(a, s);
}

void list_note_serial(struct serial_list *l, const struct serial *serial, size_t line)
{
	l->n_long[serial->n]++;
	note_barcode(l, serial);
	l->last.n = 0;
	if (l->alike.first.n && l->alike.n_head + l->alike.n_tail == 0)
		return;
	if (is_like_others(&l->alike, serial))
		l->alike.n++;
	else
		note_alike(&l->alike, serial, line);
}

void list_note_good(struct serial_list *l, const struct csv_record *r, const struct serial *serial)
{
	list_note_serial(l, serial, r->line);
	if (!csv_open_end(l->csv) || !r->n_cells ||
		!str_eq_nocase(serial_trim(r->cells[r->n_cells - 1]), serial_view(serial)))
		return;
	l->last = *serial;
	l->last_line = r->line;
}

void list_forget_end(struct serial_list *l)
{
	l->last.n = 0;
	memset(l->n_long, 0, sizeof(l->n_long));
	memset(l->n_barcodes, 0, sizeof(l->n_barcodes));
	memset(&l->alike, 0, sizeof(l->alike));
}

/* Less so many characters all are as long as Apple's. */
static bool leaves_usual(const struct alike *a, size_t n)
{
	uint32_t usual = 0;

	for (size_t i = TEN; i <= TWELVE; i++)
		usual |= UINT32_C(1) << (i + n);
	return (a->lengths & ~usual) == 0;
}

/* The first serial without so many characters. */
static struct str first_without(const struct alike *a, size_t n)
{
	size_t n_head = n < a->n_head ? n : a->n_head;

	return str_sub(serial_view(&a->first), n_head, a->first.n - n);
}

/* Longer than Apple's, and the first is one without so many characters that all have. */
static size_t n_joined_to_long(const struct alike *a, size_t n_common)
{
	size_t most = n_common < SERIAL_MAX - TEN ? n_common : SERIAL_MAX - TEN;

	for (size_t n = most; n; n--)
		if (a->first.n == n + TWELVE && leaves_usual(a, n) &&
			serial_begins_as_twelve(first_without(a, n)))
			return n;
	/* One more may be the same in all by chance. */
	for (size_t n = most; n && n + 1 >= n_common; n--)
		if (leaves_usual(a, n))
			return n;
	return 0;
}

/* Of the length of Apple's, and yet one of ten with something joined to it. */
static bool is_joined_ten(const struct alike *a, size_t n_common)
{
	size_t least = (a->n + 1) / 2 + 1;

	return a->n + 1 >= MANY && n_common + TEN == a->first.n &&
	       a->lengths == UINT32_C(1) << a->first.n &&
	       is_random(a, least < SEEN_MOST ? least : SEEN_MOST);
}

/* How many characters too many every serial has; 0: none that is known. */
static size_t n_joined(const struct alike *a)
{
	size_t n_common = a->n_head + a->n_tail;

	if (a->n == 0 || a->n_head >= a->first.n || n_common == 0)
		return 0;
	if (a->lengths >> (TWELVE + 1))
		return n_joined_to_long(a, n_common);
	return is_joined_ten(a, n_common) ? n_common : 0;
}

enum errc list_check_alike(const struct serial_list *l, struct err *err)
{
	const struct alike *a = &l->alike;
	size_t n = l->opt.barcode_s == BARCODE_KEEP ? 0 : n_joined(a);
	struct str rest = n ? first_without(a, n) : STR_NONE;
	enum errc rc = check_barcodes(l, err);

	if (rc || n == 0 || serial_is_implausible(rest) ||
		(l->opt.barcode_s == BARCODE_STRIP && serial_barcode(&a->first) == n))
		return rc;
	return err_set(err, ERR_INPUT,
		"%s:%zu: every serial has the same %zu character%s joined to it, such as '%s', "
		"which "
		"seems to be '%.*s': leave nothing but the serials in that list, or %s reads them "
		"as they are",
		l->name, a->line, n, plural(n), a->first.text, STR_FMT(rest),
		l->opt.csv.of_settings ? "in the settings input: {barcode_s: keep}"
				       : "--barcode-s keep");
}
