#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"

static bool is_set(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

bool cli_color(const struct cli *cli, FILE *out)
{
	const char *when = cli_text(cli, OPTION_COLOR), *term = getenv("TERM");

	if (when && strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return isatty(fileno(out)) && !is_set("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

int cli_fail(const struct cli *cli, const struct err *err)
{
	bool color = cli_color(cli, stderr);

	log_status(NULL);
	(void)fprintf(stderr, "%sdepmend:%s ", color ? "\033[31m" : "", color ? "\033[0m" : "");
	text_line(stderr, "%s", err->msg);
	if (err->code == ERR_USAGE)
		(void)fputs("'depmend --help' and 'depmend COMMAND --help' show what it takes\n",
			stderr);
	return errc_info(err->code)->exit_status;
}

enum errc cli_check_json(
	const struct cli *cli, enum option_id option, const char *out, struct err *err)
{
	if (!cli_count(cli, OPTION_JSON) || !out || strcmp(out, "-") != 0)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "--json takes the standard output: say --%s FILE",
		option_info(option)->name);
}
