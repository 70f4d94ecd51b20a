#include "lists/serial_hidden.h"

#include "model/serial.h"

/* What Apple's own have. */
enum { USUAL_MIN = 10, USUAL_MAX = 12, LETTERS_MIN = 3, JOINED = 3 };

static bool is_alnum(char c)
{
	char upper = ascii_upper(c);

	return (c >= '0' && c <= '9') || (upper >= 'A' && upper <= 'Z');
}

/* The next run of letters and digits, from *at on; empty at the end. *at: behind it. */
static struct str next_run(struct str text, size_t *at)
{
	size_t from = *at;

	while (from < text.n && !is_alnum(text.p[from]))
		from++;
	*at = from;
	while (*at < text.n && is_alnum(text.p[*at]))
		(*at)++;
	return str_sub(text, from, *at - from);
}

/* What separates two runs: one character, or more. */
enum run_gap { GAP_SIGN, GAP_DELIMITER, GAP_BLANK, GAP_WIDE };

static enum run_gap gap_of(struct str between)
{
	size_t n_chars = 0;

	for (size_t i = 0; i < between.n; i++)
		n_chars += ((unsigned char)between.p[i] & 0xc0) != 0x80;
	if (n_chars != 1)
		return GAP_WIDE;
	if (between.p[0] == ' ' || serial_trim(between).n == 0)
		return between.p[0] == '\t' ? GAP_DELIMITER : GAP_BLANK;
	return strchr(",;|\"", between.p[0]) ? GAP_DELIMITER : GAP_SIGN;
}

static bool is_known(struct str s, const struct map *known)
{
	char upper[SERIAL_MAX];

	if (s.n < SERIAL_MIN || s.n > SERIAL_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		upper[i] = ascii_upper(s.p[i]);
	return map_find(known, (struct str){ upper, s.n }) != MAP_NONE;
}

/* Letters and digits mixed as in a serial, in one case, with so few vowels that it is no word. */
static bool is_like_one(struct str s, unsigned vowels_max)
{
	unsigned n_vowels = 0, n_letters = 0, n_lower = 0;

	if (serial_look(s) != LOOK_STRONG)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char upper = ascii_upper(s.p[i]);

		n_letters += upper >= 'A';
		n_lower += upper != s.p[i];
		n_vowels += strchr("AEIOU", upper) != NULL;
	}
	if (n_lower && vowels_max > 1)
		vowels_max = 1;
	return n_letters >= LETTERS_MIN && n_vowels <= vowels_max;
}

/* Within letters and digits that hold no known serial. */
static bool is_in_piece(struct str s, struct str *ret)
{
	for (size_t n = USUAL_MAX; n >= USUAL_MIN; n--)
		for (size_t i = 0; i + n <= s.n; i++) {
			unsigned vowels_max = n == s.n                        ? USUAL_MAX
					      : ascii_upper(s.p[i]) == s.p[i] ? 1
									      : 0;

			*ret = str_sub(s, i, n);
			if (is_like_one(*ret, vowels_max))
				return true;
		}
	return false;
}

/* The known serials in it do not count, nor do they join what stands around them. */
static bool is_in_run(struct str run, const struct map *known, struct str *ret)
{
	size_t from = 0;

	if (is_known(run, known))
		return false;
	for (size_t i = 0; i < run.n; i++)
		for (size_t n = SERIAL_MAX; n >= SERIAL_MIN; n--) {
			if (i + n > run.n || !is_known(str_sub(run, i, n), known))
				continue;
			if (is_in_piece(str_sub(run, from, i - from), ret))
				return true;
			from = i + n;
			i = from - 1;
			break;
		}
	return is_in_piece(str_sub(run, from, run.n - from), ret);
}

/* The last runs, each one character behind the one before. */
struct chain {
	char text[USUAL_MAX + 1];
	size_t n, at; /* at: in the whole text */
	unsigned n_runs;
	enum run_gap gap; /* the weakest of its gaps */
};

static void chain_begin(struct chain *c, struct str run, size_t at)
{
	*c = (struct chain){ .at = at, .gap = GAP_SIGN };
	c->n_runs = 1;
	c->n = run.n;
	if (run.n <= USUAL_MAX)
		memcpy(c->text, run.p, run.n);
}

/* False: what there is then is too long for a serial. */
static bool chain_add(struct chain *c, struct str run, enum run_gap gap)
{
	if (c->n_runs == 0 || gap == GAP_WIDE || c->n + run.n > USUAL_MAX)
		return false;
	memcpy(c->text + c->n, run.p, run.n);
	c->n += run.n;
	c->n_runs++;
	c->gap = gap > c->gap ? gap : c->gap;
	return true;
}

static bool chain_is_serial(const struct chain *c)
{
	unsigned wrong = c->n_runs - 1;

	if (wrong == 0 || (c->gap == GAP_BLANK && wrong > 1))
		return false;
	return c->n + wrong >= USUAL_MIN &&
	       is_like_one((struct str){ c->text, c->n }, c->gap == GAP_SIGN ? 1 : 0);
}

/* The chains of two and of three runs that end with this one. */
static bool is_joined(struct chain *chains, struct str run, size_t at, enum run_gap gap)
{
	bool found = false;

	/* The oldest goes; each of the others grows by the run. */
	for (size_t i = JOINED - 1; i > 0; i--) {
		chains[i] = chains[i - 1];
		if (!chain_add(&chains[i], run, gap))
			chains[i].n_runs = 0;
		else
			found |= chain_is_serial(&chains[i]);
	}
	chain_begin(&chains[0], run, at);
	return found;
}

bool serial_is_hidden(struct str text, const struct map *known, struct str *ret)
{
	struct chain chains[JOINED] = { 0 };
	size_t at = 0, before = 0;

	for (;;) {
		struct str run = next_run(text, &at);
		size_t from = at - run.n;

		if (run.n == 0)
			return false;
		if (is_in_run(run, known, ret))
			return true;
		if (is_known(run, known)) {
			memset(chains, 0, sizeof(chains));
		} else if (is_joined(chains, run, from,
				   gap_of(str_sub(text, before, from - before)))) {
			size_t first = chains[1].n_runs ? chains[1].at : from;

			if (chains[2].n_runs && chain_is_serial(&chains[2]))
				first = chains[2].at;
			*ret = str_sub(text, first, at - first);
			return true;
		}
		before = at;
	}
}

/* One of them is a known serial, the other no word. */
static bool is_whole_of(struct str a, struct str b, const struct map *known)
{
	struct str rest = is_known(a, known) ? b : a;
	char text[USUAL_MAX];

	if (a.n == 0 || b.n == 0 || a.n + b.n < USUAL_MIN || a.n + b.n > USUAL_MAX ||
		(!is_known(a, known) && !is_known(b, known)))
		return false;
	for (size_t i = 0; i < rest.n; i++)
		if (strchr("AEIOU", ascii_upper(rest.p[i])))
			return false;
	memcpy(text, a.p, a.n);
	memcpy(text + a.n, b.p, b.n);
	return is_like_one((struct str){ text, a.n + b.n }, USUAL_MAX);
}

/* One sign, and beside it perhaps one that nobody sees. */
static bool is_narrow(struct str between)
{
	return between.n && !memchr(between.p, ' ', between.n) &&
	       (gap_of(between) < GAP_BLANK || gap_of(serial_trim(between)) < GAP_BLANK);
}

bool serial_is_cut(struct str text, const struct map *known)
{
	size_t at = 0, before, from;
	struct str a, b;

	text = serial_trim(text);
	a = next_run(text, &at);
	before = at;
	b = next_run(text, &at);
	from = at - b.n;
	return a.p == text.p && is_narrow(str_sub(text, before, from - before)) &&
	       is_whole_of(a, b, known);
}

/* --- where no serial is expected --- */

enum { DAMAGED_MIN = 7, WORD_MIN = 4, CHANGES_MIN = 2, PIECE_MIN = 4 };

/* Letters and digits of the full width as those of a keyboard; *at: behind the character. */
static char plain_char(struct str text, size_t *at)
{
	const unsigned char *p = (const unsigned char *)text.p + *at;

	if (text.n - *at >= 3 && p[0] == 0xef && (p[1] == 0xbc || p[1] == 0xbd)) {
		unsigned code = (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu); /* less U+F000 */

		*at += 3;
		return code > 0xf00 && code < 0xf5f ? (char)(code - 0xf00 + 0x20) : ' ';
	}
	++*at;
	return (char)p[0];
}

/* What is left without signs and words. Returns its length, more than fits when it is too long. */
static size_t squeeze(struct str text, char to[SERIAL_MAX])
{
	size_t n = 0, word = 0; /* word: letters at the end that may become one */

	for (size_t at = 0; at < text.n;) {
		char c = plain_char(text, &at);
		bool ends = at >= text.n;

		if (is_alnum(c)) {
			if (n < SERIAL_MAX)
				to[n] = c;
			n++;
			word = c > '9' ? word + 1 : 0;
		}
		if ((!is_alnum(c) || ends) && word >= WORD_MIN)
			n -= word < n ? word : n;
		if (!is_alnum(c))
			word = 0;
	}
	return n;
}

/* Letters alone, as many as a serial has, that no word of people has, with signs between them. */
static bool is_unsaid(struct str text)
{
	char left[SERIAL_MAX];
	size_t n = 0;

	for (size_t at = 0; at < text.n;) {
		char c = plain_char(text, &at);

		if (is_alnum(c) && n == USUAL_MAX)
			return false;
		if (is_alnum(c))
			left[n++] = c;
	}
	return serial_is_unsaid((struct str){ left, n });
}

bool serial_is_damaged(struct str text)
{
	char left[SERIAL_MAX];
	size_t n = squeeze(text, left);
	struct serial as_is;
	unsigned n_digits = 0, n_lower = 0, n_changes = 0;

	if (serial_read(serial_trim(text), &as_is) == REASON_ROW_EXCEL_SERIAL || is_unsaid(text))
		return true;
	if (n < DAMAGED_MIN || n > SERIAL_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		n_digits += left[i] <= '9';
		n_lower += left[i] >= 'a';
		n_changes += i && (left[i] <= '9') != (left[i - 1] <= '9');
	}
	return n_digits > 1 && n - n_digits > 1 && n_changes >= CHANGES_MIN &&
	       (n_lower == 0 || n_lower == n - n_digits);
}

bool serial_is_about(struct str text)
{
	static const struct map none;
	struct str found;

	return serial_look(text) == LOOK_STRONG || serial_is_unsaid(text) ||
	       serial_is_damaged(text) || serial_is_hidden(text, &none, &found);
}

bool serial_is_piece(struct str text)
{
	bool digit = false, changes = false, vowel = false;

	text = serial_trim(text);
	for (size_t i = 0; i < text.n; i++) {
		if (!is_alnum(text.p[i]))
			return false;
		changes |= digit && text.p[i] > '9';
		digit |= text.p[i] <= '9';
		vowel |= strchr("AEIOUY", ascii_upper(text.p[i])) != NULL;
	}
	return text.n >= PIECE_MIN && (changes || !vowel);
}
