#include <string.h>

#include "docs/docs.h"

static const char *escape_of(char c)
{
	switch (c) {
	case '\\':
		return "\\e";
	case '`':
		return "\\(ga";
	case '\'':
		return "\\(aq";
	case '-':
		return "\\-";
	default:
		return NULL;
	}
}

void roff_text(const char *text, FILE *out)
{
	if (*text == '.')
		(void)fputs("\\&", out);
	for (const char *p = text; *p; p++) {
		const char *escape = escape_of(*p);

		if (escape)
			(void)fputs(escape, out);
		else
			(void)fputc(*p, out);
	}
}

void roff_line(const char *macro, const char *text, FILE *out)
{
	(void)fprintf(out, "%s ", macro);
	roff_text(text, out);
	(void)fputc('\n', out);
}

void roff_sentences(const char *text, FILE *out)
{
	for (const char *end; (end = strstr(text, ". ")) != NULL; text = end + 2) {
		char one[1024];

		(void)snprintf(one, sizeof(one), "%.*s", (int)(end + 1 - text), text);
		roff_text(one, out);
		(void)fputc('\n', out);
	}
	roff_text(text, out);
}
