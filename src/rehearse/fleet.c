#include "rehearse/fleet.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/csv/csv_out.h"
#include "io/file.h"

enum { ROW_MAX_BYTES = 2 * 1024 * 1024 };

/* What a cell may hold; anything else is left out, since the simulator would refuse the file. */
enum form { FORM_TEXT, FORM_DATE, FORM_FLAG, FORM_SOURCE, FORM_PROFILE_STATUS, FORM_COVERAGE };

#define BIT(fact) FACT_BIT(FACT_##fact)

static const struct field {
	const char *word; /* the simulator's header */
	int column;       /* of the input's own columns; -1: by its header alone */
	enum form form;
	uint64_t facts;
} fields[] = {
	{ "serial", COLUMN_SERIAL, FORM_TEXT, BIT(APPLE_KNOWN) },
	{ "server", COLUMN_SERVER, FORM_TEXT, BIT(APPLE_STATUS) | BIT(APPLE_SERVER) },
	{ "family", COLUMN_FAMILY, FORM_TEXT, BIT(APPLE_FAMILY) },
	{ "model", COLUMN_MODEL, FORM_TEXT, BIT(APPLE_MODEL) },
	{ "type", COLUMN_PRODUCT_TYPE, FORM_TEXT, BIT(APPLE_TYPE) },
	{ "capacity", COLUMN_CAPACITY, FORM_TEXT, 0 },
	{ "color", COLUMN_COLOR, FORM_TEXT, 0 },
	{ "part_number", COLUMN_PART_NUMBER, FORM_TEXT, 0 },
	{ "order_number", COLUMN_ORDER_NUMBER, FORM_TEXT, BIT(APPLE_ORDER_NUMBER) },
	{ "order_date", COLUMN_ORDER_DATE, FORM_DATE, BIT(APPLE_ORDER_DATE) },
	{ "source", COLUMN_SOURCE, FORM_SOURCE, BIT(APPLE_SOURCE) },
	{ "source_id", COLUMN_SOURCE_ID, FORM_TEXT, BIT(APPLE_SOURCE_ID) },
	{ "added", COLUMN_ADDED, FORM_DATE, BIT(APPLE_ADDED) },
	{ "released", COLUMN_RELEASED, FORM_DATE, BIT(APPLE_RELEASED) },
	{ "asset_tag", COLUMN_ASSET_TAG, FORM_TEXT, 0 },
	{ "imei", COLUMN_IMEI, FORM_TEXT, 0 },
	{ "listed", -1, FORM_FLAG, BIT(UEM_LISTED) },
	{ "profile", -1, FORM_TEXT, BIT(UEM_PROFILE) },
	{ "profile_status", -1, FORM_PROFILE_STATUS, BIT(UEM_PROFILE_STATUS) },
	{ "corrupted", -1, FORM_FLAG, 0 },
	{ "enrollment_status", -1, FORM_TEXT, BIT(UEM_ENROLLMENT_STATUS) | BIT(UEM_DEVICE) },
	{ "user", COLUMN_USER, FORM_TEXT, BIT(UEM_USER) },
	{ "last_seen", -1, FORM_DATE, BIT(UEM_LAST_SEEN) },
	{ "migration_capable", -1, FORM_FLAG, BIT(APPLE_MIGRATION_CAPABLE) },
	{ "coverage", -1, FORM_COVERAGE, BIT(APPLE_COVERAGE) },
	{ "coverage_end", -1, FORM_DATE, BIT(APPLE_COVERAGE_END) },
	{ "coverage_kind", -1, FORM_TEXT, BIT(APPLE_COVERAGE_KIND) },
};
enum { N_FIELDS = sizeof(fields) / sizeof(*fields), FIELD_SERIAL = 0, FIELD_SERVER = 1 };
_Static_assert((int)N_FIELDS <= (int)REHEARSE_MAX_FIELDS, "room for every field");

/* --- cells --- */

static struct str word_of(struct str text, const char *const *words)
{
	for (; *words; words++)
		if (str_eq_nocase(text, str_from(*words)))
			return str_from(*words);
	return STR_NONE;
}

/* The text as the simulator takes it; empty when it would not. */
static struct str usable(enum form form, struct str text)
{
	static const char *const yes[] = { "yes", "true", NULL };
	static const char *const no[] = { "no", "false", NULL };
	static const char *const sources[] = { "APPLE", "RESELLER", "MANUALLY_ADDED", NULL };
	static const char *const statuses[] = { "Empty", "Assigned", "Pushed",
		"Assignment in progress", "Failed", NULL };
	static const char *const coverages[] = { "active", "expired", "none", NULL };
	int64_t date;

	/* An export writes that for what could not be read. */
	if (str_eq(text, STR("unknown")))
		return STR_NONE;
	switch (form) {
	case FORM_DATE:
		return time_parse(text, &date) ? text : STR_NONE;
	case FORM_FLAG:
		if (word_of(text, yes).n)
			return STR("yes");
		return word_of(text, no).n ? STR("no") : STR_NONE;
	case FORM_SOURCE:
		return word_of(text, sources);
	case FORM_PROFILE_STATUS:
		return word_of(text, statuses);
	case FORM_COVERAGE:
		return word_of(text, coverages);
	case FORM_TEXT:
		break;
	}
	return text;
}

static int find_column(const struct input *in, const struct field *field)
{
	static const char *const prefixes[] = { "", "apple.", "uem." };
	int at = field->column < 0 ? -1 : in->columns.at[field->column];

	for (size_t i = 0; at < 0 && i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		char header[64];
		int n = snprintf(header, sizeof(header), "%s%s", prefixes[i], field->word);

		at = columns_find(&in->columns, (struct str){ header, (size_t)n });
	}
	return at;
}

/* As rules name it, or as a fleet does. */
static struct str plain_word(struct str word)
{
	static const char *const prefixes[] = { "apple.", "uem." };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		struct str prefix = str_from(prefixes[i]);

		if (str_starts_nocase(word, prefix))
			return str_sub(word, prefix.n, word.n - prefix.n);
	}
	return word;
}

static enum errc assume(struct rehearse_fleet *f, const char *given, struct err *err)
{
	struct str value = str_from(given), said = str_cut(&value, '='), word = plain_word(said);

	for (size_t i = FIELD_SERVER; i < N_FIELDS; i++) {
		if (!str_eq(word, str_from(fields[i].word)))
			continue;
		f->assumed[i] = usable(fields[i].form, value);
		if (value.n && f->assumed[i].n == 0)
			return err_set(err, ERR_USAGE, "--assume %s cannot be '%.*s'",
				fields[i].word, STR_FMT(value));
		if (!f->assumed[i].p)
			f->assumed[i] = STR("");
		return ERR_OK;
	}
	return err_set(err, ERR_USAGE,
		"--assume does not know '%.*s'; it knows apple.server, uem.profile, "
		"uem.profile_status, uem.listed, uem.enrollment_status, uem.last_seen, corrupted "
		"and the other columns of a fleet (depmend-sim --help)",
		STR_FMT(said));
}

static enum errc find_sources(struct rehearse_fleet *f, const char *const *assumed,
	const struct input *in, struct err *err)
{
	enum errc rc = ERR_OK;

	for (; *assumed && !rc; assumed++)
		rc = assume(f, *assumed, err);
	f->status_at = in->columns.at[COLUMN_STATUS];
	if (f->status_at < 0)
		f->status_at = columns_find(&in->columns, STR("apple.status"));
	for (size_t i = 0; i < N_FIELDS; i++) {
		f->source[i] = find_column(in, &fields[i]);
		if (f->source[i] >= 0 || f->assumed[i].p)
			f->known |= fields[i].facts;
	}
	if (f->status_at >= 0)
		f->known |= BIT(APPLE_STATUS);
	return rc;
}

/* --- names --- */

static void add_name(struct map *names, struct str name)
{
	if (name.n)
		(void)map_add(names, name, NULL);
}

static void names_of_rules(struct rehearse_fleet *f, const struct ruleset *rules)
{
	size_t n;
	const struct rules_name *v = rules_names(rules, &n);

	for (size_t i = 0; i < n; i++)
		add_name(v[i].profile ? &f->profiles : &f->servers, v[i].name);
}

/* Groups that the settings feed from a server want that server, too. */
static void names_of_settings(struct rehearse_fleet *f, const struct settings *s)
{
	for (size_t i = 0; s && s->has_uem && i < s->uem.n_tokens; i++)
		if (s->uem.tokens[i].server)
			add_name(&f->servers, str_from(s->uem.tokens[i].server));
}

struct naming {
	struct rehearse_fleet *fleet;
	struct ruleset *rules;
};

/* A name from a column resolves like one that is written in the rules: nobody can tell here which
 * of them are misspelt. */
static enum errc names_of_row(
	void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct naming *s = self;
	struct rules_row row = { .cells = record->cells, .n_cells = record->n_cells };
	struct step steps[PROGRAM_MAX_STEPS];
	uint32_t n_steps;

	(void)n;
	(void)err;
	for (size_t rule = 0; rule < rules_count(s->rules); rule++) {
		if (rules_program(s->rules, rule, false, &row, steps, &n_steps, NULL))
			continue;
		for (uint32_t i = 0; i < n_steps; i++) {
			enum step_arg arg = step_info(steps[i].kind)->arg;

			if (arg == ARG_PROFILE)
				add_name(&s->fleet->profiles, steps[i].arg);
			else if (arg == ARG_TO || arg == ARG_FROM || arg == ARG_MIGRATE)
				add_name(&s->fleet->servers, steps[i].arg);
		}
	}
	return ERR_OK;
}

/* --- rows --- */

/* For devices of which nothing tells where they are. */
static const struct str some_server = { "MDM server", 10 };

struct writing {
	struct rehearse_fleet *fleet;
	const struct input *in;
	struct outfile *out;
	bool *seen; /* by slot of in->serials */
	struct buf row;
};

static struct str cell_of(const struct writing *w, const struct csv_record *record, int at)
{
	return at < 0 ? STR_NONE : input_cell(w->in, record, at);
}

/* Exports leave the server out, or say in words of many languages that there is one. */
static struct str server_of(const struct writing *w, const struct csv_record *record)
{
	struct str server = cell_of(w, record, w->fleet->source[FIELD_SERVER]);
	struct str status = cell_of(w, record, w->fleet->status_at);

	if (str_contains_nocase(status, STR("unassigned")) ||
		str_starts_nocase(status, STR("nicht ")))
		return STR_NONE;
	if (server.n || (w->fleet->source[FIELD_SERVER] >= 0 && status.n == 0))
		return server;
	return w->fleet->names_server ? map_key(&w->fleet->servers, 0) : some_server;
}

static enum errc write_device(
	void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct writing *w = self;
	uint32_t slot = input_slot(w->in, n);

	(void)err;
	if (slot == MAP_NONE || w->seen[slot])
		return ERR_OK;
	w->seen[slot] = true;
	buf_reset(&w->row);
	for (size_t i = 0; i < N_FIELDS; i++) {
		struct str text = cell_of(w, record, w->fleet->source[i]);

		if (i == FIELD_SERIAL)
			text = map_key(&w->in->serials, slot);
		else if (i == FIELD_SERVER)
			text = server_of(w, record);
		if (w->fleet->assumed[i].p)
			text = w->fleet->assumed[i];
		if (i == FIELD_SERVER)
			add_name(&w->fleet->servers, text);
		if (i)
			buf_char(&w->row, ',');
		csv_cell(&w->row, usable(fields[i].form, text), false);
	}
	buf_char(&w->row, '\n');
	outfile_write(w->out, buf_view(&w->row));
	return ERR_OK;
}

static enum errc write_all(
	struct rehearse_fleet *f, const struct input *in, const char *path, struct err *err)
{
	enum { MODE = 0600 };
	struct writing w = { .fleet = f, .in = in };
	enum errc rc = outfile_open(&w.out, path, MODE, err);

	if (rc)
		return rc;
	w.seen = mem_zalloc(in->serials.n + 1);
	buf_init(&w.row, ROW_MAX_BYTES);
	for (size_t i = 0; i < N_FIELDS; i++)
		buf_printf(&w.row, "%s%s", i ? "," : "", fields[i].word);
	buf_char(&w.row, '\n');
	outfile_write(w.out, buf_view(&w.row));
	rc = input_each(in, write_device, &w, err);
	if (!rc)
		rc = outfile_commit(w.out, NULL, err);
	outfile_free(w.out);
	buf_release(&w.row);
	free(w.seen);
	return rc;
}

enum errc rehearse_fleet_write(struct rehearse_fleet *f, const struct fleet_source *source,
	const char *path, struct err *err)
{
	struct naming naming = { f, source->rules };
	const struct input *in = source->inventory ? source->inventory : source->input;
	enum errc rc = ERR_OK;

	*f = (struct rehearse_fleet){ .has_inventory = source->inventory != NULL };
	map_init(&f->servers, 0);
	map_init(&f->profiles, 0);
	names_of_rules(f, source->rules);
	if (!source->inventory)
		rc = input_each(source->input, names_of_row, &naming, err);
	names_of_settings(f, source->settings);
	f->names_server = f->servers.n > 0;
	if (!rc)
		rc = find_sources(f, source->assumed, in, err);
	if (!rc)
		rc = write_all(f, in, path, err);
	if (f->servers.n == 0)
		add_name(&f->servers, some_server);
	return rc;
}

void rehearse_fleet_release(struct rehearse_fleet *f)
{
	map_release(&f->servers);
	map_release(&f->profiles);
}

/* --- what nobody can know --- */

static void note_fact(void *self, const struct explain_line *line)
{
	uint64_t *asked = self;
	struct str rest = line->text, word = str_cut(&rest, ':');
	enum fact fact;

	if (line->leaf && fact_from_word(str_cut(&word, '|'), &fact))
		*asked |= FACT_BIT(fact);
}

void rehearse_fleet_unknowable(
	const struct rehearse_fleet *f, struct ruleset *rules, struct buf *out)
{
	struct rules_row nobody = { .serial = STR("") };
	uint64_t asked = 0;

	rules_explain(rules, &nobody, note_fact, &asked);
	for (int i = 0; i < FACT_MAX_; i++)
		if (asked & ~f->known & FACT_BIT(i))
			buf_printf(out, "%s%s", out->n ? ", " : "", fact_info((enum fact)i)->word);
}
