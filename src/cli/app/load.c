#include "cli/app/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "facts/organization.h"
#include "facts/rival.h"
#include "io/file.h"
#include "os/kernel.h"
#include "os/stop.h"

enum errc cli_load_settings(
	const struct cli *cli, struct settings **ret, struct diags *d, struct err *err)
{
	char *path = settings_find(cli_text(cli, OPTION_SETTINGS));
	enum errc rc = ERR_OK;

	if (path)
		rc = settings_load(ret, path, d, err);
	else
		*ret = NULL;
	free(path);
	if (!rc && *ret) {
		organization_settle(*ret);
		rc = rival_check(*ret, err);
	}
	return rc;
}

/* --- rules --- */

/* The shipped rules lie beside the program's folder, or where `make install` puts them. */
static const char *const shipped_places[] = { "../rules", "../share/depmend/rules" };
enum { SHIPPED_PLACES = sizeof(shipped_places) / sizeof(shipped_places[0]) };

char **cli_shipped(void)
{
	char *program = kernel_program();
	char **places = mem_zalloc((SHIPPED_PLACES + 1) * sizeof(*places));
	size_t n = 0;

	for (size_t i = 0; program && i < SHIPPED_PLACES; i++) {
		char *place = file_beside(program, shipped_places[i]);
		char *whole = realpath(place, NULL);

		free(place);
		if (whole)
			places[n++] = whole;
	}
	free(program);
	return places;
}

void cli_shipped_free(char **places)
{
	for (size_t i = 0; places[i]; i++)
		free(places[i]);
	free(places);
}

static const char *encoding_of(const struct cli *cli, const struct settings *settings)
{
	const char *given = cli_text(cli, OPTION_ENCODING);

	return given || !settings ? given : settings->encoding;
}

static enum barcode_s barcode_of(const struct cli *cli, const struct settings *settings)
{
	const char *given = cli_text(cli, OPTION_BARCODE_S);

	if (given)
		return strcmp(given, "strip") == 0 ? BARCODE_STRIP : BARCODE_KEEP;
	return settings ? settings->barcode_s : BARCODE_ASK;
}

static struct rules_lists lists_of_rules(const struct cli *cli, const struct settings *settings)
{
	struct rules_lists lists = { .encoding = encoding_of(cli, settings),
		.barcode_s = barcode_of(cli, settings) };

	/* As if nobody had said it. */
	if (lists.encoding && str_eq_nocase(str_from(lists.encoding), STR("utf-8")))
		lists.encoding = NULL;
	return lists;
}

/* A file that is named again, as by an alias, is the same rules; returns how many there are. */
static size_t each_once(const char **files, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0, k; i < n; i++) {
		for (k = 0; k < kept && strcmp(files[k], files[i]) != 0; k++)
			continue;
		files[kept] = files[i];
		kept += k == kept;
	}
	return kept;
}

enum errc cli_load_rules(const struct cli *cli, const struct settings *settings,
	struct ruleset **ret, struct diags *d, struct err *err)
{
	char **shipped = cli_shipped();
	size_t n_files, n_set;
	const char **files = cli_list(cli, OPTION_RULES, &n_files);
	const char **set = cli_list(cli, OPTION_SET, &n_set);
	struct rules_options opt = { .files = files, .n_files = each_once(files, n_files) };
	enum errc rc = ERR_OK;

	opt.shipped_dirs = (const char *const *)shipped;
	opt.set = set;
	opt.n_set = n_set;
	opt.school = settings && settings->apple.school;
	if (n_files == 0 && settings) {
		opt.files = settings->rules;
		opt.n_files = settings->n_rules;
	}
	opt.lists = lists_of_rules(cli, settings);
	*ret = NULL;
	if (opt.n_files)
		rc = rules_load(ret, &opt, d, err);
	else if (n_set)
		rc = err_set(err, ERR_USAGE,
			"--set %s gives a parameter of rules a value, and no rules are named: add "
			"--rules FILE or NAME",
			set[0]);
	cli_shipped_free(shipped);
	free(files);
	free(set);
	return rc;
}

/* --- input --- */

bool cli_allows(const struct cli *cli, const char *what)
{
	for (size_t i = 0; i < cli->n_given; i++)
		if (cli->given[i].id == OPTION_ALLOW && strcmp(cli->given[i].value, what) == 0)
			return true;
	return false;
}

static enum errc header_option(const struct cli *cli, struct list_options *ret, struct err *err)
{
	const char *text = cli_text(cli, OPTION_HEADER);
	uint64_t line;

	if (!text)
		return ERR_OK;
	if (strcmp(text, "auto") == 0)
		ret->columns.header_line = HEADER_AUTO;
	else if (strcmp(text, "none") == 0)
		ret->columns.header_line = HEADER_ABSENT;
	else if (str_to_u64(str_from(text), &line) && line && line < HEADER_ABSENT)
		ret->columns.header_line = (uint32_t)line;
	else
		return err_set(err, ERR_USAGE,
			"--header takes auto, none or the line of the header, not '%s'", text);
	return ERR_OK;
}

static enum errc column_option(const struct cli *cli, struct list_options *ret, struct err *err)
{
	const char *text = cli_text(cli, OPTION_SERIAL_COLUMN);
	uint64_t number;

	if (!text)
		return ERR_OK;
	ret->columns.serial_column = 0;
	ret->columns.serial_header = STR_NONE;
	if (!str_to_u64(str_from(text), &number))
		ret->columns.serial_header = str_from(text);
	else if (number < 1 || number > CSV_MAX_COLUMNS)
		return err_set(err, ERR_USAGE,
			"--serial-column takes the number of a column, from 1 to %d, or its "
			"header, not "
			"'%s'",
			CSV_MAX_COLUMNS, text);
	else
		ret->columns.serial_column = (unsigned)number;
	/* What is said here counts more than `columns: {serial: ...}`. */
	ret->columns.serial_told = true;
	return ERR_OK;
}

enum errc cli_list_options(const struct cli *cli, const struct settings *settings,
	const struct ruleset *rules, struct list_options *ret, struct err *err)
{
	enum errc rc;

	*ret = (struct list_options){ .csv.only_libcsv = cli_count(cli, OPTION_PARSER) > 0,
		.purpose = LIST_MAIN };
	if (settings) {
		ret->csv.delimiter = settings->input.delimiter;
		ret->columns.header_line = settings->input.header_line;
		ret->columns.serial_column = settings->input.serial_column;
		ret->columns.serial_header = str_from(settings->input.serial_header);
	}
	if (rules)
		ret->columns.overrides = rules_columns(rules, &ret->columns.n_overrides);
	ret->csv.encoding = encoding_of(cli, settings);
	ret->barcode_s = barcode_of(cli, settings);
	rc = header_option(cli, ret, err);
	return rc ? rc : column_option(cli, ret, err);
}

static enum errc add_serial(struct buf *list, const char *text, struct err *err)
{
	struct buf why;
	struct serial s;

	if (serial_read(str_from(text), &s) == REASON_NONE) {
		buf_printf(list, "%s\n", s.text);
		return ERR_OK;
	}
	buf_init(&why, 4096);
	serial_describe(str_from(text), &why);
	(void)err_set(err, ERR_USAGE,
		"--serial takes an Apple serial number, 8 to 17 letters and digits; %s",
		buf_cstr(&why));
	buf_release(&why);
	return ERR_USAGE;
}

/* The devices of --serial as the text of a list. Caller frees; NULL: none were given. ERR_USAGE. */
static enum errc cli_serials(const struct cli *cli, char **ret, struct err *err)
{
	enum { MAX_BYTES = 4 * 1024 * 1024 };
	struct buf list;
	enum errc rc = ERR_OK;

	*ret = NULL;
	if (!cli_count(cli, OPTION_SERIAL))
		return ERR_OK;
	buf_init(&list, MAX_BYTES);
	buf_z(&list, "serial\n");
	for (size_t i = 0; i < cli->n_given && !rc; i++)
		if (cli->given[i].id == OPTION_SERIAL)
			rc = add_serial(&list, cli->given[i].value, err);
	if (!rc)
		*ret = mem_strdup(buf_cstr(&list));
	buf_release(&list);
	return rc;
}

/* An inventory, or a list of another command's: no option of the command line is about it. */
static void forget_columns(struct list_options *list)
{
	list->columns = (struct column_options){ .header_line = HEADER_AUTO };
	list->csv.delimiter = 0;
	list->purpose = LIST_OTHER;
}

enum errc cli_load_input(const struct cli *cli, const struct settings *settings,
	const struct ruleset *rules, const char *path, const char *folder, struct input *ret,
	struct err *err)
{
	bool main_list = !cli->n_args || path == cli->args[0] ||
			 path == cli_text(cli, OPTION_COMPARE);
	char *serials = NULL;
	struct input_options opt = {
		.path = path,
		.spool_folder = folder ? folder : file_temporary_folder(),
		.no_spool = cli_count(cli, OPTION_OFFLINE) > 0,
		.allow_empty = cli_allows(cli, "empty=yes"),
	};
	enum errc rc = cli_list_options(cli, settings, rules, &opt.list, err);

	opt.list.csv.kept = cli_text(cli, OPTION_SINCE) != NULL; /* the list of a run */
	if (!rc && main_list)
		rc = cli_serials(cli, &serials, err);
	if (rc)
		return rc;
	if (!main_list)
		forget_columns(&opt.list);
	if (serials) {
		forget_columns(&opt.list);
		opt.list.barcode_s = BARCODE_KEEP;
		opt.list.typed = true;
		opt.bytes = serials;
	}
	/* The first rows are read at once, which stops for a signal when nobody sends them. */
	stop_at_once(!serials && !file_is_regular(path));
	if (!serials && file_is_pipe(path))
		log_line(LOG_WARN, "%s is a pipe: waiting until a program writes into it", path);
	rc = opt.no_spool ? input_open(ret, &opt, err) : input_read(ret, &opt, err);
	stop_at_once(false);
	free(serials);
	return rc;
}
