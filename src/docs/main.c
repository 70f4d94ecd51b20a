/*
 * depmend-docs KIND: writes one page or one completion to the standard output. Only the build runs
 * it.
 */
#include <string.h>

#include "docs/docs.h"
#include "docs/runbook.h"

static void man_sim(FILE *out)
{
	docs_man_sim(stdin, out);
}

static const struct {
	const char *kind;
	void (*write)(FILE *out);
} pages[] = {
	{ "depmend.1", docs_man },
	{ "depmend-rules.5", docs_man_rules },
	{ "depmend-runbook.7", docs_man_runbook },
	{ "depmend-settings.5", docs_man_settings },
	{ "depmend-sim.1", man_sim },
	{ "depmend.full.yaml", docs_sample_settings },
	{ "depmend.bash", docs_bash },
	{ "_depmend", docs_zsh },
	{ "depmend.fish", docs_fish },
};

int main(int argc, char **argv)
{
	if (!runbook_check(stderr))
		return 1;
	for (size_t i = 0; argc == 2 && i < sizeof(pages) / sizeof(*pages); i++)
		if (strcmp(argv[1], pages[i].kind) == 0) {
			pages[i].write(stdout);
			return fflush(stdout) != 0 || ferror(stdout);
		}
	(void)fputs("usage: depmend-docs", stderr);
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		(void)fprintf(stderr, "%s%s", i ? "|" : " ", pages[i].kind);
	(void)fputc('\n', stderr);
	return 64;
}
