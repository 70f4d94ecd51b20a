#include "lists/serial_together.h"

enum {
	PLANT = 3,
	TEN = 10,
	ELEVEN = 11,
	TWELVE = 12,
	ELEVENS_MOST = 500, /* more are no damage */
	CUT_MIN = 3,        /* so many are no chance */
	MODEL = 8           /* where the model's four characters begin, with a letter */
};

/* The first two characters of the plants that are known. */
static bool has_known_plant(struct str s)
{
	static const char plants[] = "C0 C1 C2 C3 C7 CK D2 DC DK DL DM DN DQ DX DY F1 F2 F4 F5 F6 "
				     "F7 F8 F9 FC FD FF FK FV FW G0 G6 GC GD GG GQ H0 H4 W8 YM ";

	for (size_t i = 0; i + 1 < sizeof(plants); i += PLANT)
		if (memcmp(plants + i, s.p, 2) == 0)
			return true;
	return false;
}

/* The half of a year and the week in it. */
static bool has_half_and_week(struct str s)
{
	static const char halves[] = "CDFGHJKLMNPQRSTVWXYZ", weeks[] = "AEIOUBSZ0";

	return strchr(halves, s.p[3]) && !strchr(weeks, s.p[4]);
}

bool serial_begins_as_twelve(struct str s)
{
	return has_known_plant(s) && has_half_and_week(s);
}

void together_init(struct together *t)
{
	*t = (struct together){ .n = 0 };
}

static void note(struct together *t, enum oddity odd, const struct serial *s, size_t line)
{
	if (t->odd[odd].n++)
		return;
	t->odd[odd].line = line;
	t->odd[odd].first = *s;
}

static bool is_word(struct str s)
{
	size_t n_digits = 0;

	for (size_t i = 0; i < s.n; i++)
		n_digits += s.p[i] <= '9';
	return n_digits == s.n || serial_is_hex(s) || (n_digits == 0 && serial_is_word(s));
}

static bool is_odd_length(size_t n)
{
	return n < TEN || n > TWELVE;
}

/* Which has made those of eleven, too. */
static bool is_of_old_plant(const struct serial *s)
{
	return s->n + 1 == TWELVE &&
	       (memcmp(s->text, "W8", 2) == 0 || memcmp(s->text, "YM", 2) == 0);
}

/* The year and the week, in digits. */
static bool has_old_date(const struct serial *s)
{
	return s->text[2] <= '9' && s->text[3] <= '9' && s->text[4] <= '9';
}

void together_note(struct together *t, const struct serial *s, size_t line)
{
	struct str v = serial_view(s);

	t->n++;
	/* Without the label of a box it is as good as others. */
	if (serial_barcode(s))
		return;
	t->n_long[s->n]++;
	if (is_odd_length(s->n))
		note(t, ODD_LENGTH, s, line);
	/* A made-up serial ends with a number. */
	if (s->n < TWELVE && s->n > MODEL && s->text[MODEL] > '9' && !is_of_old_plant(s) &&
		serial_begins_as_twelve(v))
		note(t, ODD_CUT, s, line);
	if (s->n == ELEVEN && !is_of_old_plant(s) && !has_old_date(s))
		note(t, ODD_ELEVEN, s, line);
	if (is_word(v))
		note(t, ODD_WORD, s, line);
}

/* Half of those that are as long, and no chance. */
static bool are_cut(const struct together *t)
{
	uint32_t n = t->odd[ODD_CUT].n;

	return n >= CUT_MIN && n * 2 > t->n_long[TEN] + t->n_long[TWELVE - 1];
}

static bool has_short(const struct together *t)
{
	uint32_t n = 0;

	for (size_t i = 0; i < TEN; i++)
		n += t->n_long[i];
	return n > 0;
}

enum oddity together_judge(const struct together *t, bool protects, bool kept)
{
	uint32_t n_odd = t->odd[ODD_LENGTH].n;

	/* One too short or too long among others was mistyped. */
	if (n_odd && (n_odd < t->n || (!kept && (!protects || has_short(t)))))
		return ODD_LENGTH;
	if (!kept && are_cut(t))
		return ODD_CUT;
	/* What protects covers what it may have been. */
	if (!kept && !protects && t->odd[ODD_ELEVEN].n && t->odd[ODD_ELEVEN].n * 2 <= t->n)
		return ODD_ELEVEN;
	if (!kept && t->odd[ODD_WORD].n * 2 > t->n)
		return ODD_WORD;
	return ODDITIES;
}

void together_describe(const struct together *t, enum oddity odd, struct buf *out)
{
	const struct serial *s = &t->odd[odd].first;

	buf_printf(out, "'%s' ", s->text);
	if (odd == ODD_LENGTH)
		buf_printf(out, "has %u characters, as no serial of Apple's has", s->n);
	else if (odd == ODD_ELEVEN)
		buf_printf(out, "has %u characters, as no serial of Apple's has today", s->n);
	else if (odd == ODD_CUT)
		buf_printf(out, "begins as serials of %d characters do, but has %u, as most here",
			(int)TWELVE, s->n);
	else
		buf_z(out, "looks like a name, a number or an address, as most here");
}

static void add(struct map *serials, const char *text, size_t n)
{
	(void)map_add(serials, (struct str){ text, n }, NULL);
}

/* Ten characters with one too many. */
static void add_without_one(struct map *serials, const char whole[ELEVEN])
{
	char ten[TEN];

	for (size_t at = 0; at < ELEVEN; at++) {
		memcpy(ten, whole, at);
		memcpy(ten + at, whole + at + 1, TEN - at);
		add(serials, ten, TEN);
	}
}

/* Twelve that lost one. */
static void add_with_one(struct map *serials, const char whole[ELEVEN])
{
	static const char letters[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	char twelve[TWELVE];

	for (size_t at = 0; at < TWELVE; at++)
		for (size_t i = 0; letters[i]; i++) {
			memcpy(twelve, whole, at);
			twelve[at] = letters[i];
			memcpy(twelve + at + 1, whole + at, ELEVEN - at);
			add(serials, twelve, TWELVE);
		}
}

static void add_pieces(struct map *serials, struct str whole)
{
	for (size_t k = TEN; k < whole.n && k <= TWELVE; k++)
		for (size_t at = 0; at + k <= whole.n; at++)
			add(serials, whole.p + at, k);
}

void together_add_parts(struct map *serials)
{
	uint32_t n = serials->n, n_elevens = 0;

	for (uint32_t i = 0; i < n; i++)
		n_elevens += map_key(serials, i).n == ELEVEN;
	for (uint32_t i = 0; i < n; i++) {
		struct str key = map_key(serials, i);
		char whole[SERIAL_MAX];

		if (key.n == 0 || key.n > SERIAL_MAX || !key.p)
			continue;
		/* The keys move as the map grows. */
		memcpy(whole, key.p, key.n);
		add_pieces(serials, (struct str){ whole, key.n });
		if (key.n != ELEVEN || n_elevens > ELEVENS_MOST)
			continue;
		add_without_one(serials, whole);
		add_with_one(serials, whole);
	}
}

void together_add_meant(struct map *serials)
{
	for (uint32_t i = 0, n = serials->n; i < n; i++) {
		struct str key = map_key(serials, i);
		char meant[SERIAL_MAX];

		for (size_t k = 0; k < key.n; k++)
			meant[k] = key.p[k] == 'O' ? '0' : key.p[k] == 'I' ? '1' : key.p[k];
		(void)map_add(serials, (struct str){ meant, key.n }, NULL);
	}
}
