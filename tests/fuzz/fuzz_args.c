/* Any command line is understood or refused with words; help and lists of every option follow. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/args/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_WORDS = 64 };

static void use(const struct cli *cli)
{
	for (int id = 0; id < OPTION_MAX_; id++) {
		size_t n;
		const char **list = cli_list(cli, (enum option_id)id, &n);

		if (n != cli_count(cli, (enum option_id)id) ||
			(n && !option_info((enum option_id)id)->arg && list[0]))
			abort();
		free(list);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *argv[MAX_WORDS + 2], *copy = mem_alloc(n + 1);
	char name[] = "depmend";
	struct cli cli = { 0 };
	struct err err;
	int argc = 1;

	memcpy(copy, data, n);
	copy[n] = '\0';
	argv[0] = name;
	for (char *rest = copy; rest && argc < MAX_WORDS;)
		argv[argc++] = strsep(&rest, "\n");
	argv[argc] = NULL;
	if (cli_parse(&cli, argc, argv, &err) == ERR_OK)
		use(&cli);
	else if (!err.msg[0])
		abort();
	cli_release(&cli);
	free(copy);
	return 0;
}
