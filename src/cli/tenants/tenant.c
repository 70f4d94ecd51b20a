#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/tenants/parts.h"
#include "report/status.h"

enum { VALUE_MAX_BYTES = 64 * 1024 };

bool tenant_is_named(const char *text)
{
	return text && strstr(text, TENANT_MARK) != NULL;
}

char *tenant_path(const char *text, const char *tenant)
{
	static const char mark[] = TENANT_MARK;
	struct buf b;
	char *ret;

	buf_init(&b, VALUE_MAX_BYTES);
	for (const char *p = text; *p;) {
		if (strncmp(p, mark, strlen(mark)) == 0) {
			buf_z(&b, tenant);
			p += strlen(mark);
		} else {
			buf_char(&b, *p++);
		}
	}
	ret = mem_dupz(buf_view(&b));
	buf_release(&b);
	return ret;
}

const char *tenant_meaning(const struct tenant *t, char text[64])
{
	const char *known = t->because ? t->because : status_meaning(t->status);

	if (known)
		return known;
	(void)snprintf(text, 64, "ended by signal %d", t->status - SIGNALLED);
	return text;
}
