#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum log_level current = LOG_INFO;
static char status[256]; /* what stands on the last line; empty: nothing of ours */

#define ERASE "\r\033[K"

void log_set_level(enum log_level level)
{
	current = level;
}

enum log_level log_get_level(void)
{
	return current;
}

void text_clean(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c < 0x20 || c == 0x7f)
			p[i] = '?';
		else if (c == 0xc2 && i + 1 < n && (unsigned char)p[i + 1] < 0xa0)
			p[i] = p[i + 1] = '?';
	}
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	if (level > current)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	text_clean(line, strlen(line));
	(void)fprintf(stderr, "%s%s\n%s", status[0] ? ERASE : "", line, status);
}

void text_line(FILE *out, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	text_clean(text, (size_t)n);
	log_status(NULL);
	(void)fprintf(out, "%s\n", text);
	free(text);
}

void log_status(const char *line)
{
	const char *erase = status[0] ? ERASE : "";

	(void)snprintf(status, sizeof(status), "%s", line ? line : "");
	if (*erase || status[0])
		(void)fprintf(stderr, "%s%s", erase, status);
}
