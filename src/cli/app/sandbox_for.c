#include "cli/app/sandbox_for.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/file.h"
#include "os/sandbox.h"

bool secrets_run_programs(const struct settings *s)
{
	const struct secret *secrets[] = { &s->apple.private_key, &s->uem.tenant_code,
		&s->uem.client_secret, &s->uem.password, &s->uem.pkcs12, &s->notify_url,
		&s->webhook.url };

	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
		if (secrets[i]->kind == SECRET_COMMAND)
			return true;
	for (size_t i = 0; i < s->n_enrollment; i++)
		if (s->enrollment[i].server_token.kind == SECRET_COMMAND ||
			s->enrollment[i].private_key.kind == SECRET_COMMAND)
			return true;
	return false;
}

/* Whether the settings name programs to start, for secrets or for the sync. */
static bool settings_run_programs(const struct settings *s)
{
	return secrets_run_programs(s) || s->sync.command;
}

/* Caller frees with free(). */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return mem_dupz((struct str){ path, slash == path ? 1 : (size_t)(slash - path) });
}

/* The output's folder is often that of temporary files, too. */
static bool is_named(const struct sandbox_limits *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(c->writable[k], c->writable[i]) == 0)
			return true;
	return false;
}

void sandbox_limits_words(const struct sandbox_limits *c, struct buf *out)
{
	if (c->programs) {
		buf_z(out, "none, since the settings run programs");
		return;
	}
	if (c->landlock)
		buf_printf(out, "Landlock %d; nothing is started; written are only", c->landlock);
	else
		buf_z(out, "this kernel offers no Landlock");
	for (size_t i = 0; i < SANDBOX_FOLDERS && c->landlock; i++)
		if (!is_named(c, i))
			buf_printf(out, "%s %s", i ? "," : "", c->writable[i]);
	buf_z(out, c->no_new_privileges ? "; no new privileges" : "");
}

void sandbox_limits_release(struct sandbox_limits *c)
{
	for (size_t i = 0; i < SANDBOX_FOLDERS; i++)
		free(c->writable[i]);
}

/* Of a file that will be written; of none, where anything may be written anyway. */
static char *folder_for(const char *out)
{
	return out && strcmp(out, "-") != 0 ? folder_of(out) : mem_strdup(file_temporary_folder());
}

void sandbox_for(const struct settings *s, const char *out, struct sandbox_limits *ret)
{
	sandbox_for_two(s, out, NULL, ret);
}

void sandbox_for_two(
	const struct settings *s, const char *out, const char *other, struct sandbox_limits *ret)
{
	struct sandbox_limits c = { .programs = settings_run_programs(s),
		.writable = { mem_strdup(s->state), folder_for(out), mem_strdup("/var/tmp"),
			mem_strdup(file_temporary_folder()), folder_for(other) } };
	struct buf words;

	if (!c.programs)
		c.landlock = sandbox_enter(
			(const char *const *)c.writable, SANDBOX_FOLDERS, &c.no_new_privileges);
	buf_init(&words, 64 * 1024);
	sandbox_limits_words(&c, &words);
	log_debug("sandbox: %s", buf_cstr(&words));
	buf_release(&words);
	if (ret)
		*ret = c;
	else
		sandbox_limits_release(&c);
}
