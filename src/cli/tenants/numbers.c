#include "cli/tenants/numbers.h"

#include <stdio.h>
#include <string.h>

#include "io/file.h"
#include "model/outcome.h"

enum { FILE_MAX_BYTES = 4 * 1024 * 1024, LABEL_BYTES = 64 };

void numbers_load(const struct tenant *t, struct buf *ret)
{
	struct err err;
	/* A file of its own may be there from an earlier time. */
	bool told = t->numbers && !t->status && !t->because;

	if (!told || file_read(t->numbers, FILE_MAX_BYTES, ret, &err))
		buf_init(ret, FILE_MAX_BYTES);
}

static bool line_starts(struct str line, struct str head)
{
	return line.n >= head.n && memcmp(line.p, head.p, head.n) == 0;
}

/* depmend_NAME{...} VALUE: the whole part of the value; -1: the line is another one. */
static int64_t value_of(struct str line, const char *name, const char *label)
{
	struct str head = str_from(name), value = line;
	uint64_t whole;

	if (!line_starts(line, head) || line.n <= head.n || line.p[head.n] != '{')
		return -1;
	if (!memmem(line.p, line.n, label, strlen(label)))
		return -1;
	/* Behind the labels, whose texts may have a blank; a part of a second does not count. */
	while (memchr(value.p, ' ', value.n))
		(void)str_cut(&value, ' ');
	return str_to_u64(str_cut(&value, '.'), &whole) && whole < INT64_MAX ? (int64_t)whole : -1;
}

static void add_rows(struct tenant_numbers *n, struct str line)
{
	for (int o = 0; o < OUTCOME_MAX_; o++) {
		const struct outcome_info *info = outcome_info((enum outcome)o);
		char label[LABEL_BYTES];
		int64_t rows;

		(void)snprintf(label, sizeof(label), ",outcome=\"%s\"}", info->word);
		rows = value_of(line, "depmend_rows", label);
		if (rows < 0)
			continue;
		n->rows += rows;
		n->done += o == OUTCOME_DONE ? rows : 0;
		n->open += info->exit_status || o == OUTCOME_PENDING ? rows : 0;
		return;
	}
}

static void note(int64_t *to, struct str line, const char *name)
{
	int64_t value = value_of(line, name, "");

	if (value >= 0)
		*to = value;
}

struct tenant_numbers numbers_read(struct str text)
{
	struct tenant_numbers n = { -1, -1, -1, -1, -1, -1 };

	if (text.n)
		n.rows = n.done = n.open = 0;
	while (text.n) {
		struct str line = str_cut(&text, '\n');

		add_rows(&n, line);
		note(&n.off, line, "depmend_in_flight");
		note(&n.last_s, line, "depmend_last_run_timestamp_seconds");
		note(&n.status, line, "depmend_exit_status");
	}
	return n;
}
