#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/log_writer.h"
#include "base/mem.h"

static void write_waiting(struct str text, enum log_worth worth)
{
	(void)worth;
	log_write_all(text);
}

static void (*writer)(struct str text, enum log_worth worth) = write_waiting;
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

void log_set_writer(void (*write)(struct str text, enum log_worth worth))
{
	writer = write ? write : write_waiting;
}

void log_write_all(struct str text)
{
	if (text.n)
		(void)fwrite(text.p, 1, text.n, stderr);
}

void log_flush(void)
{
	(void)fflush(stderr);
}

/* As wide as the terminal, if it is one. Caller frees. */
static char *folded(struct str text, size_t *ret_n)
{
	char *p = NULL;
	FILE *f = open_memstream(&p, ret_n);

	if (!f)
		abort();
	fold(text, fold_columns(stderr), f);
	if (fclose(f) != 0 || !p)
		abort();
	return p;
}

void log_text(struct str text)
{
	size_t n;
	char *lines = folded(text, &n);

	log_status(NULL);
	writer((struct str){ lines, n }, LOG_WORTH_ALL);
	free(lines);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[1024], *lines, *whole;
	size_t n_lines;
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
	lines = folded(line[0] ? str_from(line) : STR("\n"), &n_lines);
	n = asprintf(&whole, "%s%s%s", status[0] ? ERASE : "", lines, status);
	if (n < 0)
		abort();
	writer((struct str){ whole, (size_t)n }, LOG_WORTH_ROOM);
	free(whole);
	free(lines);
}

/* --- lines that come again --- */

enum { KINDS = 32, TELL_EACH = 10 };

static struct repeated {
	char key[200], first[400];
	enum log_level level;
	unsigned n, told, next;
} repeated[KINDS];
static size_t n_repeated;

/* Words with a digit are times, counts, serials: of each only the place stays. */
static void make_key(const char *line, char *key, size_t size)
{
	size_t n = 0, word;

	for (; *line && n + 2 < size; line += word + (line[word] == ' ')) {
		word = strcspn(line, " ");
		if (strcspn(line, "0123456789") < word)
			key[n++] = '#';
		else
			for (size_t i = 0; i < word && n + 2 < size; i++)
				key[n++] = line[i];
		key[n++] = ' ';
	}
	key[n] = '\0';
}

/* NULL: there are too many kinds to keep count of. */
static struct repeated *find_kind(enum log_level level, const char *line)
{
	char key[sizeof(repeated[0].key)];
	size_t i = 0;

	make_key(line, key, sizeof(key));
	while (i < n_repeated && strcmp(repeated[i].key, key) != 0)
		i++;
	if (i == KINDS)
		return NULL;
	if (i == n_repeated) {
		repeated[n_repeated++] = (struct repeated){ .level = level, .next = 1 };
		memcpy(repeated[i].key, key, sizeof(key));
		(void)snprintf(repeated[i].first, sizeof(repeated[i].first), "%.399s", line);
	}
	return &repeated[i];
}

void log_often(enum log_level level, const char *fmt, ...)
{
	struct repeated *kind = NULL;
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (current < LOG_DEBUG)
		kind = find_kind(level, line);
	if (kind && ++kind->n < kind->next)
		return;
	if (kind && kind->n > 1)
		log_line(level, "%s (%u times so far)", line, kind->n);
	else
		log_line(level, "%s", line);
	if (kind) {
		kind->told = kind->n;
		kind->next *= TELL_EACH;
	}
}

void log_repeats(void)
{
	for (size_t i = 0; i < n_repeated; i++)
		if (repeated[i].n > repeated[i].told)
			log_line(repeated[i].level, "repeated %u times: %s", repeated[i].n,
				repeated[i].first);
	n_repeated = 0;
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
	text[n++] = '\n'; /* for the NUL, which is not needed */
	log_status(NULL);
	if (out == stderr)
		log_text((struct str){ text, (size_t)n });
	else
		fold((struct str){ text, (size_t)n }, fold_columns(out), out);
	free(text);
}

void text_part(FILE *out, const char *label, struct str text)
{
	char *z = mem_dupz(text);

	if (text.n)
		text_line(out, "%s %s", label, z);
	free(z);
}

bool log_status_shown(void)
{
	return status[0] != '\0';
}

void log_status(const char *line)
{
	const char *erase = status[0] ? ERASE : "";
	char whole[sizeof(status) + 16];
	int n;

	(void)snprintf(status, sizeof(status), "%s", line ? line : "");
	n = snprintf(whole, sizeof(whole), "%s%s", erase, status);
	if (n > 0)
		writer((struct str){ whole, (size_t)n }, LOG_WORTH_NOW);
}
