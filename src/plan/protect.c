/* The protected list. It never fails open: what is not surely read stops the run. */
#include "plan/plan.h"
#include "trust/trust.h"

enum { LIST_MAX_BYTES = 256 * 1024 * 1024 };

struct loading {
	const char *path;
	struct map serials;
	uint32_t n; /* lines with a serial */
	/* Of lengths that no Apple serial has, but a mistyped one: */
	uint32_t n_odd;
	size_t odd_line;
	struct serial odd;
};

static enum errc refuse_row(const struct loading *p, const struct serial_list *l,
	const struct list_row *row, struct err *err)
{
	const struct reason_info *why = reason_info(row->fault);
	struct buf text;

	buf_init(&text, 4096);
	list_describe_fault(l, row, &text);
	(void)err_set(err, ERR_SETTINGS,
		"%s:%zu: %s%s%s: correct this line of the protected list; nothing is sent before",
		p->path, row->record.line, why->sentence, text.n ? ": " : "", buf_cstr(&text));
	buf_release(&text);
	return ERR_SETTINGS;
}

/* O and I never occur in Apple's serials, 0 and 1 do: the device that was meant is protected,
 * too. The same with the S of a box label. */
static void add_variants(struct map *m, struct serial s)
{
	struct serial plain = s;
	bool differs = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.text[i] == 'O' ? '0' : s.text[i] == 'I' ? '1' : s.text[i];

		differs |= c != s.text[i];
		plain.text[i] = c;
	}
	if (differs)
		(void)map_add(m, serial_view(&plain), NULL);
	if (serial_strip_barcode(&s))
		(void)map_add(m, serial_view(&s), NULL);
}

static bool is_odd_length(size_t n)
{
	return n == 9 || n == 13 || n == 15;
}

static void add_serial(struct loading *p, const struct list_row *row)
{
	const struct serial *s = &row->serial;

	(void)map_add(&p->serials, serial_view(s), NULL);
	add_variants(&p->serials, *s);
	p->n++;
	if (is_odd_length(s->n) && !serial_has_barcode(s) && p->n_odd++ == 0) {
		p->odd_line = row->record.line;
		p->odd = *s;
	}
}

static enum errc read_rows(struct loading *p, struct serial_list *l, struct err *err)
{
	struct list_row row;
	bool more = true;
	enum errc rc = ERR_OK;

	while (!rc && !(rc = list_next(l, &row, &more, err)) && more) {
		if (row.fault)
			rc = refuse_row(p, l, &row, err);
		else
			add_serial(p, &row);
	}
	/* One too short or too long among many others was mistyped. */
	if (!rc && p->n_odd && p->n_odd * 3 < p->n)
		rc = err_set(err, ERR_SETTINGS,
			"%s:%zu: '%s' has %u characters, as no serial of Apple's has: correct this "
			"line of the protected list; nothing is sent before",
			p->path, p->odd_line, p->odd.text, p->odd.n);
	return rc;
}

enum errc protect_load(
	struct map *ret, uint32_t *ret_n, const struct settings *settings, struct err *err)
{
	const struct list_settings *list = &settings->protect_list;
	struct list_options opt = {
		.csv = { .encoding = settings->encoding, .delimiter = list->delimiter },
		.columns = { .header_line = list->header_line,
			.serial_column = list->serial_column,
			.serial_header = str_from(list->serial_header) },
		/* With and without its S each is protected. */
		.barcode_s = settings->barcode_s == BARCODE_ASK ? BARCODE_ASK : BARCODE_KEEP,
		.purpose = LIST_PROTECTED,
	};
	struct loading p = { .path = settings->protect_file };
	struct serial_list *l = NULL;
	struct buf bytes = { 0 };
	enum errc rc = trust_read(TRUSTED_PROTECTED, p.path, LIST_MAX_BYTES, &bytes, err);

	map_init(&p.serials, 0);
	if (!rc)
		rc = list_open(&l, NULL, buf_view(&bytes), p.path, &opt, err);
	if (!rc)
		rc = read_rows(&p, l, err);
	list_close(l);
	buf_release(&bytes);
	if (!rc && p.n == 0 && !settings->protect_may_be_empty)
		rc = err_set(err, ERR_SETTINGS,
			"%s: the protected list holds no serial; if that is right, say protect: "
			"{file: ..., empty: allowed} in the settings",
			p.path);
	if (rc) {
		map_release(&p.serials);
		err->code = ERR_SETTINGS;
		return ERR_SETTINGS;
	}
	*ret = p.serials;
	*ret_n = p.n;
	return ERR_OK;
}
