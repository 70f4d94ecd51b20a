#include "cli/app/who.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

void who_words(struct buf *out)
{
	struct passwd entry, *found = NULL;
	char text[4096], host[256] = "";
	const char *sudo = getenv("SUDO_USER");

	(void)getpwuid_r(getuid(), &entry, text, sizeof(text), &found);
	(void)gethostname(host, sizeof(host) - 1);
	if (found)
		buf_z(out, found->pw_name);
	else
		buf_printf(out, "uid %u", (unsigned)getuid());
	buf_printf(out, " on %s", host);
	if (sudo && *sudo)
		buf_printf(out, ", through sudo from %s", sudo);
}
