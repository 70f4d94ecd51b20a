/* Any bytes are settings whose values can be shown, or are refused with a place. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static int fd = -1;
	static char path[64];
	struct settings *s = NULL;
	struct diags d;

	if (fd < 0) {
		fd = memfd_create("settings", 0);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0 ||
		pwrite(fd, data, n, 0) != (ssize_t)n)
		abort();
	diags_init(&d);
	if (settings_load(&s, path, &d, NULL) == ERR_OK) {
		if (!s->tenant || !s->state || s->batch_apple == 0)
			abort();
	} else if (d.n_errors == 0 || d.v[0].at.line == 0) {
		abort();
	}
	settings_free(s);
	diags_release(&d);
	return 0;
}
