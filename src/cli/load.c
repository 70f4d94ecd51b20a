#include "cli/load.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum errc load_settings(
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

/* The shipped rules lie beside the program (bin/../rules) or where `make install` puts them
 * (bin/../share/depmend/rules). */
enum { SHIPPED_DIRS = 2 };

static bool own_folder(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return false;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (slash)
		*slash = '\0';
	return slash != NULL;
}

static void shipped_dirs(char dirs[SHIPPED_DIRS][PATH_MAX + 32])
{
	char bin[PATH_MAX];

	dirs[0][0] = dirs[1][0] = '\0';
	if (!own_folder(bin))
		return;
	(void)snprintf(dirs[0], PATH_MAX + 32, "%s/../rules", bin);
	(void)snprintf(dirs[1], PATH_MAX + 32, "%s/../share/depmend/rules", bin);
}

enum errc load_rules(const struct cli *cli, const struct settings *settings, struct ruleset **ret,
	struct diags *d, struct err *err)
{
	char dirs[SHIPPED_DIRS][PATH_MAX + 32];
	const char *const shipped[] = { dirs[0], dirs[1], NULL };
	size_t n_files, n_set;
	const char **files = cli_list(cli, OPTION_RULES, &n_files);
	const char **set = cli_list(cli, OPTION_SET, &n_set);
	struct rules_options opt = { .files = files, .n_files = n_files, .shipped_dirs = shipped };
	enum errc rc = ERR_OK;

	shipped_dirs(dirs);
	opt.set = set;
	opt.n_set = n_set;
	if (n_files == 0 && settings) {
		opt.files = settings->rules;
		opt.n_files = settings->n_rules;
	}
	if (opt.n_files)
		rc = rules_load(ret, &opt, d, err);
	else
		*ret = NULL;
	free(files);
	free(set);
	return rc;
}

/* --- input --- */

static const char *temporary_folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

enum errc load_input(const struct cli *cli, const struct settings *settings,
	const struct ruleset *rules, const char *path, const char *folder, struct input *ret,
	struct err *err)
{
	struct input_options opt = {
		.path = path,
		.csv.only_libcsv = cli_count(cli, OPTION_PARSER) > 0,
		.spool_folder = folder ? folder : temporary_folder(),
	};

	if (settings) {
		opt.csv.encoding = settings->input.encoding;
		opt.csv.delimiter = settings->input.delimiter;
		opt.columns.no_header = settings->input.no_header;
		opt.columns.serial_column = settings->input.serial_column;
		opt.strip_barcode_s = settings->input.strip_barcode_s;
	}
	if (rules)
		opt.columns.overrides = rules_columns(rules, &opt.columns.n_overrides);
	return input_read(ret, &opt, err);
}
