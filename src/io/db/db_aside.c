#include "io/db/db_aside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/time.h"

/* The journals first: without its file the log of one would be taken for that of the next. */
static const char *const endings[] = { "-wal", "-shm", "-journal", "" };

/* Even by a link that leads nowhere: what is moved takes the place of whatever is there. */
static bool is_taken(const char *name)
{
	bool taken = false;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		char *path = mem_printf("%s%s", name, endings[i]);
		struct stat st;

		taken = taken || lstat(path, &st) == 0;
		free(path);
	}
	return taken;
}

/* Of one second there may be several. */
char *db_aside_name(const char *path, const char *what, int64_t now_ms)
{
	char at[TIME_TEXT];
	char *name = mem_printf("%s.%s-%s", path, what, time_rfc3339_s(now_ms, at));

	for (unsigned n = 2; is_taken(name); n++) {
		free(name);
		name = mem_printf("%s.%s-%s-%u", path, what, at, n);
	}
	return name;
}

enum errc db_aside_move(const char *path, const char *aside, struct err *err)
{
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings) && !rc; i++) {
		char *from = mem_printf("%s%s", path, endings[i]);
		char *to = mem_printf("%s%s", aside, endings[i]);

		if (rename(from, to) != 0 && errno != ENOENT)
			rc = err_set(err, ERR_STORE, "%s cannot be moved to %s: %s", from, to,
				strerror(errno));
		free(from);
		free(to);
	}
	return rc;
}
