#include "model/columns.h"

#include "model/serial.h"

/*
 * Names seen in exports, folded as fold() does it (lower case; no accents, blanks or punctuation),
 * the surer first. `weak` ones count only where nothing surer stands: exporters of the API put the
 * serial into `id`, what they were asked for into `inputSerial`, and the kind of resource into
 * `type`. Sources: services/README.md Apple A.4 (attributes of the API), C.1 (exporters), C.3
 * (serial in other languages). No header of Apple's portals is known for sure; those are the words
 * of their pages.
 */
static const struct alias {
	const char *good, *weak;
} aliases[COLUMN_MAX_] = {
	[COLUMN_SERIAL] = { "serial serialnumber serialno serialnr serialnum deviceserialnumber "
			    "deviceserial hardwareserial hardwareserialnumber sn seriennummer "
			    "seriennr numerodeserie ndeserie n°deserie nºdeserie numerodiserie "
			    "serienummer シリアル番号",
		"inputserial id" },
	[COLUMN_MODEL] = { "model devicemodel modelname modell modele modelo modello", NULL },
	[COLUMN_FAMILY] = { "family productfamily devicefamily produktfamilie", NULL },
	[COLUMN_PRODUCT_TYPE] = { "producttype modelidentifier", "type" },
	[COLUMN_PART_NUMBER] = { "partnumber partno partnr mpn teilenummer", NULL },
	[COLUMN_ORDER_NUMBER] = { "ordernumber orderno ordernr orderid bestellnummer "
				  "numerodecommande",
		NULL },
	[COLUMN_ORDER_DATE] = { "orderdate orderdatetime dateordered bestelldatum", NULL },
	[COLUMN_SOURCE] = { "source purchasesourcetype purchasesource sourcetype", NULL },
	[COLUMN_SOURCE_ID] = { "sourceid purchasesourceid", NULL },
	[COLUMN_ADDED] = { "added addedtoorgdatetime addedtoorg addedtoorgdate dateadded addeddate "
			   "addedon hinzugefugtam",
		NULL },
	[COLUMN_RELEASED] = { "released releasedfromorgdatetime releasedfromorg orgreleasedate "
			      "datereleased releaseddate releasedon releasedate",
		NULL },
	[COLUMN_UPDATED] = { "updated updateddatetime dateupdated updateddate updatedon "
			     "lastupdated",
		NULL },
	[COLUMN_SERVER] = { "server assignedserver assignedmdmserver mdmserver mdmservername "
			    "servername assigneddevicemanagementservice devicemanagementservice",
		NULL },
	[COLUMN_STATUS] = { "status assignmentstatus devicestatus", NULL },
	[COLUMN_IMEI] = { "imei imei1 imeinumber imeimeid", NULL },
	[COLUMN_MEID] = { "meid meidnumber", NULL },
	[COLUMN_EID] = { "eid eidnumber", NULL },
	[COLUMN_WIFI_MAC] = { "wifimac wifimacaddress wlanmac wlanmacaddress", NULL },
	[COLUMN_BLUETOOTH_MAC] = { "bluetoothmac bluetoothmacaddress", NULL },
	[COLUMN_ETHERNET_MAC] = { "ethernetmac ethernetmacaddress builtinethernetmacaddress",
		NULL },
	[COLUMN_ASSET_TAG] = { "assettag assetnumber assetno asset inventarnummer", NULL },
	[COLUMN_USER] = { "user username assigneduser benutzer utilisateur", NULL },
	[COLUMN_COLOR] = { "color colour devicecolor farbe couleur", NULL },
	[COLUMN_CAPACITY] = { "capacity devicecapacity storagecapacity kapazitat capacite", NULL },
};

enum { FOLD_BYTES = 64, RANK_WEAK = 500, RANK_NONE = 1000 };

struct folded {
	char text[FOLD_BYTES];
	size_t n;
};

/* Bytes 0x80-0xbf behind 0xc3, as the letter without its accent. */
static const char unaccented[] = "aaaaaaaceeeeiiiidnooooo ouuuuyts"
				 "aaaaaaaceeeeiiiidnooooo ouuuuyty";

static bool is_word_byte(unsigned char c)
{
	char lower = ascii_lower((char)c);

	return c >= 0x80 || (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

/* One character of s at i: how many bytes it takes, and what is left of it when folded. */
static size_t fold_step(struct str s, size_t i, struct str *ret_kept)
{
	unsigned char c = (unsigned char)s.p[i];
	unsigned char next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;

	*ret_kept = STR_NONE;
	if (c == 0xc3 && next >= 0x80 && next <= 0xbf) {
		*ret_kept = str_sub(str_from(unaccented), next - 0x80u, 1);
		return 2;
	}
	/* A combining accent, as a Mac writes them, or a no-break space. */
	if (c == 0xcc || (c == 0xcd && next <= 0xaf) || (c == 0xc2 && next == 0xa0))
		return 2;
	if (is_word_byte(c))
		*ret_kept = str_sub(s, i, 1);
	return 1;
}

/* Empty when the header is longer than any alias. */
static struct folded fold(struct str header)
{
	struct folded f = { .n = 0 };
	size_t step;

	for (size_t i = 0; i < header.n; i += step) {
		struct str kept;

		step = fold_step(header, i, &kept);
		if (kept.n == 0)
			continue;
		if (f.n == FOLD_BYTES)
			return (struct folded){ .n = 0 };
		f.text[f.n++] = ascii_lower(kept.p[0]);
	}
	return f;
}

static int place_in(const char *words, struct str word)
{
	struct str rest = str_from(words);

	for (int place = 0; rest.n; place++)
		if (str_eq(str_cut(&rest, ' '), word))
			return place;
	return RANK_NONE;
}

/* How sure it is that the header names the column: 0 is best, RANK_NONE or more is not at all. */
static int rank_of(enum column column, struct str header)
{
	struct folded f = fold(header);
	struct str word = { f.text, f.n };
	int place = place_in(aliases[column].good, word);

	return place < RANK_NONE ? place : RANK_WEAK + place_in(aliases[column].weak, word);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Equal but for ASCII case and blanks. */
static bool eq_loose(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && is_blank(a.p[i]))
			i++;
		while (k < b.n && is_blank(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (ascii_lower(a.p[i++]) != ascii_lower(b.p[k++]))
			return false;
	}
}

/* By exact text, else by loose text if only one column has it; -1 otherwise. */
static int find_text(const struct columns *c, struct str header)
{
	int found = -1, n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->headers[i], header))
			return (int)i;
	for (size_t i = 0; i < c->n; i++)
		if (eq_loose(c->headers[i], header)) {
			found = (int)i;
			n++;
		}
	return n == 1 ? found : -1;
}

static const struct column_override *override_of(
	const struct column_options *opt, enum column column)
{
	for (size_t i = 0; i < opt->n_overrides; i++)
		if (opt->overrides[i].column == column)
			return &opt->overrides[i];
	return NULL;
}

static enum errc take_override(struct columns *c, const struct column_override *o, struct err *err)
{
	const char *word = column_info(o->column)->word;
	struct str near;

	c->at[o->column] = find_text(c, o->header);
	if (c->at[o->column] >= 0)
		return ERR_OK;
	near = columns_nearest(c, o->header);
	if (near.n)
		return err_set(err, ERR_INPUT,
			"no column has the header '%.*s' that 'columns: %s' names; did you mean "
			"'%.*s'?",
			STR_FMT(o->header), word, STR_FMT(near));
	return err_set(err, ERR_INPUT, "no column has the header '%.*s' that 'columns: %s' names",
		STR_FMT(o->header), word);
}

/* The surest column. Two that are equally sure, or for the serial any two that are not weak, are
 * for the user to decide. */
static enum errc take_alias(struct columns *c, enum column column, struct err *err)
{
	int best = RANK_NONE, rival = -1;

	for (size_t i = 0; i < c->n; i++) {
		int rank = c->own[i] ? RANK_NONE : rank_of(column, c->headers[i]);
		bool both_serials = column == COLUMN_SERIAL && best < RANK_WEAK && rank < RANK_WEAK;

		if (rank >= RANK_NONE)
			continue;
		if (rank == best || both_serials)
			rival = (int)i;
		else if (rank < best) {
			best = rank;
			rival = -1;
			c->at[column] = (int)i;
		}
	}
	if (rival < 0)
		return ERR_OK;
	return err_set(err, ERR_INPUT,
		"columns %d '%.*s' and %d '%.*s' both look like the %s; name the right one with "
		"'columns: {%s: HEADER}'",
		c->at[column] + 1, STR_FMT(c->headers[c->at[column]]), rival + 1,
		STR_FMT(c->headers[rival]), column_info(column)->word, column_info(column)->word);
}

static enum errc check_repeats(const struct columns *c, struct err *err)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = i + 1; k < c->n; k++)
			if (c->headers[i].n && !c->own[i] && str_eq(c->headers[i], c->headers[k]))
				return err_set(err, ERR_INPUT,
					"columns %zu and %zu have the same header '%.*s'", i + 1,
					k + 1, STR_FMT(c->headers[i]));
	return ERR_OK;
}

static struct columns describe(const struct str *cells, size_t n_cells, struct arena *a)
{
	struct columns c = { .n = n_cells, .has_header = true };

	c.headers = arena_alloc(a, (n_cells + 1) * sizeof(*c.headers));
	c.own = arena_alloc(a, (n_cells + 1) * sizeof(*c.own));
	for (size_t i = 0; i < n_cells; i++) {
		c.headers[i] = arena_dup(a, serial_trim(cells[i]));
		c.own[i] = str_starts_nocase(c.headers[i], STR("depmend_"));
	}
	for (int i = 0; i < COLUMN_MAX_; i++)
		c.at[i] = -1;
	return c;
}

/* Whether the record has what makes it a header: a column known to be the serial. */
static bool names_serial(
	const struct columns *c, const struct column_options *opt, const struct str *cells)
{
	const struct column_override *o = override_of(opt, COLUMN_SERIAL);

	if (o && find_text(c, o->header) >= 0)
		return true;
	if (opt->serial_column && opt->serial_column <= c->n)
		return cells[opt->serial_column - 1].n > 0;
	for (size_t i = 0; i < c->n; i++)
		if (!c->own[i] && rank_of(COLUMN_SERIAL, c->headers[i]) < RANK_NONE)
			return true;
	return false;
}

static enum errc map_columns(struct columns *c, const struct column_options *opt, struct err *err)
{
	enum errc rc = check_repeats(c, err);

	if (!rc && opt->serial_column > c->n)
		rc = err_set(err, ERR_INPUT,
			"the serial was said to be in column %u, but the header has %zu columns",
			opt->serial_column, c->n);
	for (int i = 0; i < COLUMN_MAX_ && !rc; i++) {
		const struct column_override *o = override_of(opt, (enum column)i);

		if (o)
			rc = take_override(c, o, err);
		else if (i == COLUMN_SERIAL && opt->serial_column)
			c->at[i] = (int)opt->serial_column - 1;
		else
			rc = take_alias(c, (enum column)i, err);
	}
	return rc;
}

/* A letter and a digit: a word of a preamble or of a header rarely has both. */
static bool looks_like_serial(struct str cell)
{
	struct serial s;
	bool letter = false, digit = false;

	if (serial_read(cell, &s) != REASON_NONE)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		letter |= s.text[i] >= 'A';
		digit |= s.text[i] <= '9';
	}
	return letter && digit;
}

static enum errc take_headerless(
	struct columns *c, const struct column_options *opt, size_t serial_at, struct err *err)
{
	if (opt->n_overrides)
		return err_set(err, ERR_INPUT,
			"the file has no header, but 'columns: %s' names the header '%.*s'",
			column_info(opt->overrides[0].column)->word,
			STR_FMT(opt->overrides[0].header));
	*c = (struct columns){ .n = 0 };
	for (int i = 0; i < COLUMN_MAX_; i++)
		c->at[i] = -1;
	c->at[COLUMN_SERIAL] = (int)serial_at;
	return ERR_OK;
}

/* A result of ours has a header, also where the settings say that the exports have none. */
static bool is_result(const struct columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->headers[i], STR("depmend_outcome")))
			return true;
	return false;
}

enum errc columns_try(struct columns *c, const struct column_options *opt, const struct str *cells,
	size_t n_cells, struct arena *a, bool *ret_is_header, bool *ret_is_data, struct err *err)
{
	struct columns found = describe(cells, n_cells, a);
	size_t serial_at = opt->serial_column ? opt->serial_column - 1 : 0;
	bool like_serial = serial_at < n_cells && looks_like_serial(cells[serial_at]);
	bool no_header = opt->no_header && !is_result(&found);
	bool is_data = no_header || like_serial;
	bool is_header = !no_header && names_serial(&found, opt, cells);
	enum errc rc = ERR_OK;

	/* A number says where the serial is, not that there is a header. */
	if (opt->serial_column && like_serial)
		is_header = false;
	if (is_header)
		rc = map_columns(&found, opt, err);
	else if (is_data)
		rc = take_headerless(&found, opt, serial_at, err);
	if (rc)
		return rc;
	if (is_header || is_data)
		*c = found;
	*ret_is_header = is_header;
	*ret_is_data = is_data && !is_header;
	return ERR_OK;
}

int columns_find(const struct columns *c, struct str header)
{
	enum column column;

	if (column_from_word(header, &column) && c->at[column] >= 0)
		return c->at[column];
	return find_text(c, header);
}

struct str columns_nearest(const struct columns *c, struct str header)
{
	unsigned best = 1 + (unsigned)(header.n > 64 ? 64 : header.n) / 4;
	struct str near = STR_NONE;

	for (size_t i = 0; i < c->n; i++) {
		unsigned d = str_distance(header, c->headers[i]);

		if (d < best || (d == best && near.n == 0)) {
			best = d;
			near = c->headers[i];
		}
	}
	return near;
}
