#include "cli/args/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fold.h"
#include "base/log.h"
#include "io/clock.h"
#include "os/stop.h"

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

FILE *cli_page_begin(struct cli_page *page, FILE *out)
{
	*page = (struct cli_page){ .out = out };
	page->whole = open_memstream(&page->text, &page->n);
	if (!page->whole)
		abort();
	return page->whole;
}

/* A page has line breaks and colours of our own; nothing else in it may be obeyed. */
static void clean_lines(char *p, size_t n)
{
	for (size_t from = 0, i = 0; i <= n; i++)
		if (i == n || p[i] == '\n' || p[i] == '\033') {
			text_clean(p + from, i - from);
			from = i + 1;
		}
}

void cli_page_end(struct cli_page *page)
{
	struct buf text;

	if (fclose(page->whole) != 0 || !page->text)
		abort();
	log_status(NULL);
	clean_lines(page->text, page->n);
	buf_init(&text, SIZE_MAX);
	when_text(&page->when, (struct str){ page->text, page->n }, &text);
	/* Lines of the log wait for nobody while devices are off their server. */
	if (page->out == stderr)
		log_text(buf_view(&text));
	else
		fold(buf_view(&text), fold_columns(page->out), page->out);
	buf_release(&text);
	free(page->text);
}

int cli_fail(const struct cli *cli, const struct err *err)
{
	bool color = cli_color(cli, stderr);
	struct clock *clock = clock_real();
	struct cli_page page;
	FILE *out = cli_page_begin(&page, stderr);

	page.when = (struct when){ isatty(STDERR_FILENO), clock_now(clock) };
	clock_free(clock);
	(void)fprintf(out, "%sdepmend:%s ", color ? "\033[31m" : "", color ? "\033[0m" : "");
	text_line(out, "%s", err->msg);
	if (err->code == ERR_USAGE)
		(void)fprintf(out, "'depmend help%s%s' shows what it takes\n",
			cli->command ? " " : "", cli->command ? cli->command->name : "");
	else if (err->code == ERR_LOCKED)
		(void)fputs("--wait-lock 1h waits for it to end\n", out);
	else if (err->damaged)
		(void)fputs("'depmend restore FILE' takes a backup back; without one move the file "
			    "away: 'depmend export --off-server' lists what is off its server\n",
			out);
	else if (err->code == ERR_AUTH)
		(void)fputs("'depmend doctor' tells which key, role or term it is\n", out);
	cli_page_end(&page);
	return cli_status(err->code);
}

int cli_status(enum errc code)
{
	if (code == ERR_STOPPED && stop_signal())
		return 128 + stop_signal();
	return errc_info(code)->exit_status;
}

enum errc cli_read_line(char *answer, size_t size, struct err *err)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = stop_fd(), .events = POLLIN } };

	(void)fflush(stderr);
	answer[0] = '\0';
	stop_at_prompt(true);
	while (poll(p, sizeof(p) / sizeof(*p), -1) < 0 && errno == EINTR)
		continue;
	stop_at_prompt(false);
	if (stop_asked())
		return err_set(err, ERR_STOPPED, "stopped by a signal at the question");
	if (fgets(answer, (int)size, stdin))
		answer[strcspn(answer, "\n")] = '\0';
	return ERR_OK;
}

enum errc cli_read_hidden(char *answer, size_t size, struct err *err)
{
	struct termios shown, hidden;
	bool terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
	enum errc rc;

	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	if (terminal)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &hidden);
	rc = cli_read_line(answer, size, err);
	if (terminal)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &shown);
	(void)fputc('\n', stderr);
	return rc;
}

enum errc cli_check_json(
	const struct cli *cli, enum option_id option, const char *out, struct err *err)
{
	if (!cli_count(cli, OPTION_JSON) || !out || strcmp(out, "-") != 0)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "--json takes the standard output: say --%s FILE",
		option_info(option)->name);
}
