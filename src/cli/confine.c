#include "cli/confine.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/sandbox.h"

bool settings_run_programs(const struct settings *s)
{
	const struct secret *secrets[] = { &s->apple.private_key, &s->uem.tenant_code,
		&s->uem.client_secret, &s->uem.password, &s->uem.pkcs12, &s->notify_url };

	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
		if (secrets[i]->kind == SECRET_COMMAND)
			return true;
	for (size_t i = 0; i < s->n_enrollment; i++)
		if (s->enrollment[i].server_token.kind == SECRET_COMMAND ||
			s->enrollment[i].private_key.kind == SECRET_COMMAND)
			return true;
	return s->sync.command != NULL;
}

/* Caller frees with free(). */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return mem_dupz((struct str){ path, slash == path ? 1 : (size_t)(slash - path) });
}

void cli_confine(const struct settings *s, const char *out)
{
	const char *temporary = getenv("TMPDIR");
	char *folder = folder_of(out && strcmp(out, "-") != 0 ? out : "/tmp/");
	const char *writable[] = { s->state, folder, temporary && *temporary ? temporary : "/tmp",
		"/var/tmp" };
	int version;

	if (settings_run_programs(s)) {
		log_debug("sandbox: none, since the settings run programs");
	} else {
		version = sandbox_enter(writable, sizeof(writable) / sizeof(*writable));
		if (version)
			log_debug("sandbox: Landlock %d; nothing is started; written are only "
				  "%s, %s, %s, %s",
				version, writable[0], writable[1], writable[2], writable[3]);
		else
			log_debug("sandbox: this kernel offers no Landlock; no new privileges");
	}
	free(folder);
}
