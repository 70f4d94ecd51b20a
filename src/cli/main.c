#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/version.h"
#include "cli/app/outputs.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "cli/tenants/tenants.h"
#include "os/environment.h"
#include "os/kernel.h"
#include "os/process.h"
#include "report/ndjson.h"
#include "report/status.h"

static enum log_level level_wanted(const struct cli *cli)
{
	if (cli_count(cli, OPTION_QUIET))
		return LOG_WARN;
	return cli_count(cli, OPTION_VERBOSE) ? LOG_DEBUG : LOG_INFO;
}

static int (*const commands[COMMAND_MAX_])(const struct cli *cli) = {
#define X(id, word, args, min, max, help) [COMMAND_##id] = cmd_##word,
	COMMAND_LIST(X)
#undef X
};

int cmd_version(const struct cli *cli)
{
	struct ndjson j;

	if (!cli_count(cli, OPTION_JSON)) {
		(void)puts("depmend " DEPMEND_VERSION);
		return 0;
	}
	ndjson_begin(&j, "version");
	json_put_z(&j.o, "version", DEPMEND_VERSION);
	ndjson_end(&j, stdout);
	return 0;
}

static enum errc check_dry_run(const struct cli *cli, struct err *err)
{
	for (size_t i = 0; cli->command->id == COMMAND_APPLY && i < cli->n_given; i++)
		if (cli_is_of_dry_run(cli->given[i].id))
			return err_set(err, ERR_USAGE, "--%s of apply goes with --dry-run",
				option_info(cli->given[i].id)->name);
	return ERR_OK;
}

static int run(struct cli *cli)
{
	struct err err;

	if (cli_count(cli, OPTION_HELP)) {
		struct cli_page page;

		cli_help(cli->command, cli_page_begin(&page, stdout));
		cli_page_end(&page);
		return 0;
	}
	if (cli_count(cli, OPTION_VERSION))
		return cmd_version(cli);
	if (cli_count(cli, OPTION_DRY_RUN))
		cli->command = command_info(COMMAND_PLAN);
	if (check_dry_run(cli, &err))
		return cli_fail(cli, &err);
	log_set_level(level_wanted(cli));
	if (tenants_wanted(cli))
		return tenants_run(cli, outputs_check_named, outputs_check_all);
	if (cli_count(cli, OPTION_JOBS)) {
		(void)err_set(&err, ERR_USAGE,
			"--jobs does nothing without a folder of settings: --settings FOLDER");
		return cli_fail(cli, &err);
	}
	return commands[cli->command->id](cli);
}

/* Data that never reached its reader must not look like success. */
static int flush(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	text_line(stderr, "depmend: cannot write to the standard output: %s", strerror(errno));
	return status_first(status, errc_info(ERR_IO)->exit_status);
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	struct err err;
	int status;

	process_begin();
	kernel_started_as(argv[0]);
	/* A core file would hold keys; a program that collects cores does not mind the limit. */
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	kernel_keep_secret();
	environment_harden();
	/* Texts are UTF-8; numbers and dates stay as they are in every locale. */
	(void)setlocale(LC_CTYPE, "");
	if (cli_parse(&cli, argc, argv, &err) || environment_files(&err)) {
		status = cli_fail(&cli, &err);
	} else {
		status = flush(run(&cli));
		log_repeats();
	}
	cli_release(&cli);
	return status;
}
