#include "report/status.h"

static const struct status_info table[] = {
#define X(status, meaning) { status, meaning },
	STATUS_LIST(X)
#undef X
};
enum { STATUSES = sizeof(table) / sizeof(table[0]) };

const struct status_info *status_table(size_t *ret_n)
{
	*ret_n = STATUSES;
	return table;
}

const char *status_meaning(int status)
{
	for (size_t i = 0; i < STATUSES; i++)
		if (table[i].status == status)
			return table[i].meaning;
	return NULL;
}

int status_first(int a, int b)
{
	for (size_t i = 0; i < STATUSES; i++)
		if (table[i].status == a || table[i].status == b)
			return table[i].status;
	return a ? a : b;
}
