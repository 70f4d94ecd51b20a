#include "cli/app/load.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/file.h"
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
	return rc;
}

/* --- rules --- */

/* The shipped rules lie beside the program's folder, or where `make install` puts them. */
static const char *const shipped_places[] = { "../rules", "../share/depmend/rules" };
enum { SHIPPED_PLACES = sizeof(shipped_places) / sizeof(shipped_places[0]) };

char **cli_shipped(void)
{
	char *program = realpath("/proc/self/exe", NULL);
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

enum errc cli_load_rules(const struct cli *cli, const struct settings *settings,
	struct ruleset **ret, struct diags *d, struct err *err)
{
	char **shipped = cli_shipped();
	size_t n_files, n_set;
	const char **files = cli_list(cli, OPTION_RULES, &n_files);
	const char **set = cli_list(cli, OPTION_SET, &n_set);
	struct rules_options opt = { .files = files, .n_files = n_files };
	enum errc rc = ERR_OK;

	opt.shipped_dirs = (const char *const *)shipped;
	opt.set = set;
	opt.n_set = n_set;
	opt.school = settings && settings->apple.school;
	if (n_files == 0 && settings) {
		opt.files = settings->rules;
		opt.n_files = settings->n_rules;
	}
	if (opt.n_files)
		rc = rules_load(ret, &opt, d, err);
	else
		*ret = NULL;
	cli_shipped_free(shipped);
	free(files);
	free(set);
	return rc;
}

/* --- input --- */

/* For filters that may find nothing. */
static bool allows_empty(const struct cli *cli)
{
	for (size_t i = 0; i < cli->n_given; i++)
		if (cli->given[i].id == OPTION_ALLOW &&
			strcmp(cli->given[i].value, "empty=yes") == 0)
			return true;
	return false;
}

enum errc cli_load_input(const struct cli *cli, const struct settings *settings,
	const struct ruleset *rules, const char *path, const char *folder, struct input *ret,
	struct err *err)
{
	struct input_options opt = {
		.path = path,
		.csv.only_libcsv = cli_count(cli, OPTION_PARSER) > 0,
		.spool_folder = folder ? folder : file_temporary_folder(),
		.no_spool = cli_count(cli, OPTION_OFFLINE) > 0,
		.allow_empty = allows_empty(cli),
	};
	enum errc rc;

	if (settings) {
		opt.csv.encoding = settings->input.encoding;
		opt.csv.delimiter = settings->input.delimiter;
		opt.columns.no_header = settings->input.no_header;
		opt.columns.serial_column = settings->input.serial_column;
		opt.strip_barcode_s = settings->input.strip_barcode_s;
	}
	if (rules)
		opt.columns.overrides = rules_columns(rules, &opt.columns.n_overrides);
	if (opt.no_spool)
		return input_open(ret, &opt, err);
	stop_at_once(!file_is_regular(path));
	rc = input_read(ret, &opt, err);
	stop_at_once(false);
	return rc;
}
