/* depmend-settings(5) and the full sample, both from the table that reads the settings. */
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "docs/docs.h"
#include "model/settings_schema.h"

static const char top[] =
	".Dd November 28, 2026\n"
	".Dt DEPMEND-SETTINGS 5\n"
	".Os depmend " DEPMEND_VERSION "\n"
	".Sh NAME\n"
	".Nm depmend-settings\n"
	".Nd accounts, limits and habits of one organization\n"
	".Sh DESCRIPTION\n"
	"One YAML file describes one organization.\n"
	"It is found by\n"
	".Fl \\-settings ,\n"
	".Ev DEPMEND_SETTINGS ,\n"
	".Pa ./depmend.yaml ,\n"
	".Pa $XDG_CONFIG_HOME/depmend/depmend.yaml\n"
	"and\n"
	".Pa /etc/depmend/depmend.yaml ,\n"
	"the first of these that there is.\n"
	"A command line beats the environment, the environment beats the file, the file beats the\n"
	"defaults;\n"
	".Ic depmend check \\-v\n"
	"shows where each value comes from.\n"
	"Unknown and repeated keys, aliases, anchors and tags are errors.\n"
	".Pp\n"
	"A secret is never written in this file.\n"
	"Its value names where it is kept:\n"
	".Bl -tag -width Ds\n"
	".It {file: PATH}\n"
	"A file of the user or of root without rights for others.\n"
	"Its group may read it where root owns it and the group is one of ours, which is how a\n"
	"Kubernetes Secret arrives.\n"
	".It {credential: NAME}\n"
	"A credential of the service manager, below\n"
	".Ev CREDENTIALS_DIRECTORY .\n"
	".It {command: [PROGRAM, ARGUMENT]}\n"
	"The output of a program, which is started without a shell when the value is needed.\n"
	".It {env: NAME}\n"
	"A variable of the environment.\n"
	".El\n";

static const char bottom[] = ".Sh FILES\n"
			     ".Pa depmend.full.yaml\n"
			     "shows every key with its default;\n"
			     ".Pa settings.schema.json\n"
			     "lets an editor complete and check the file.\n"
			     ".Sh SEE ALSO\n"
			     ".Xr depmend 1 ,\n"
			     ".Xr depmend-rules 5\n";

/* A key that nobody described ends the build. */
static const char *described(const struct yaml_key *k)
{
	enum { LEAST = 40 };
	bool bound = k->read != yaml_read_duration || (k->least && k->most);

	if (k->help && strlen(k->help) >= LEAST && k->schema && k->example && bound)
		return k->help;
	(void)fprintf(stderr,
		"depmend-docs: the setting '%s' has no help, type, example or bounds\n", k->name);
	abort();
}

static const char *type_words(const struct yaml_key *k)
{
	const struct settings_type *t = settings_type(k->schema);

	if (t)
		return t->words;
	if (!k->keys) {
		(void)fprintf(stderr, "depmend-docs: the type '%s' is not described\n", k->schema);
		abort();
	}
	if (settings_is_choice(k))
		return "a mapping of exactly one of the keys below";
	return settings_is_list(k) ? "a list of the mappings below" : "a mapping of the keys below";
}

/* --- the manual --- */

static void put_key(const struct yaml_key *k, const char *path, FILE *out)
{
	roff_line(".It", path, out);
	roff_sentences(described(k), out);
	(void)fputs("\n.br\nType: ", out);
	roff_text(type_words(k), out);
	if (k->least)
		(void)fprintf(out, ", from %s to %s", k->least, k->most);
	else if (k->most)
		(void)fprintf(out, ", one in %s at least", k->most);
	(void)fputs(".\n", out);
	if (k->required)
		(void)fputs("Required.\n", out);
	if (k->preset) {
		(void)fputs("Default:\n.Ql ", out);
		roff_text(k->preset, out);
		(void)fputs(" .\n", out);
	}
	if (!k->keys) {
		(void)fputs("Example:\n.Ql ", out);
		roff_text(k->example, out);
		(void)fputs(" .\n", out);
	}
}

static void put_keys(const struct yaml_key *keys, const char *above, FILE *out)
{
	char path[YAML_PATH_MAX], below[YAML_PATH_MAX + 2];

	for (const struct yaml_key *k = keys; k->name; k++) {
		(void)snprintf(path, sizeof(path), "%s%s%s", above, *above ? "." : "", k->name);
		put_key(k, path, out);
		(void)snprintf(below, sizeof(below), "%s%s", path, settings_is_list(k) ? "[]" : "");
		if (k->keys)
			put_keys(k->keys, below, out);
	}
}

void docs_man_settings(FILE *out)
{
	(void)fputs(top, out);
	(void)fputs(".Sh KEYS\n.Bl -tag -width Ds\n", out);
	put_keys(settings_page_keys, "", out);
	(void)fputs(".El\n", out);
	(void)fputs(bottom, out);
}

/* --- the full sample --- */

/* What a file needs, and what has a default that the sample may show. */
static bool is_shown(const struct yaml_key *k)
{
	if (k->required || k->preset)
		return true;
	for (const struct yaml_key *below = k->keys; below && below->name; below++)
		if (!settings_is_list(k) && (below->preset || (below->keys && below->required)))
			return true;
	return false;
}

static void put_comment(const char *text, int depth, FILE *out)
{
	struct buf b;

	buf_init(&b, 64 * 1024);
	settings_put_comment(text, depth, &b);
	(void)fputs(buf_cstr(&b), out);
	buf_release(&b);
}

static void put_sample(const struct yaml_key *k, int depth, bool off, FILE *out)
{
	bool one_of = settings_is_choice(k);

	put_comment(described(k), depth, out);
	if (settings_type(k->schema))
		put_comment(type_words(k), depth, out);
	/* A person may uncomment what is not shown. */
	(void)fprintf(out, "%*s%s", depth, "", off ? "#" : "");
	if (!k->keys || settings_is_list(k)) {
		(void)fprintf(out, "%s: %s\n", k->name, k->preset ? k->preset : k->example);
		return;
	}
	(void)fprintf(out, "%s:\n", k->name);
	for (const struct yaml_key *below = k->keys; below->name; below++)
		put_sample(below, depth + 2, off || (one_of ? below != k->keys : !is_shown(below)),
			out);
}

void docs_sample_settings(FILE *out)
{
	(void)fputs(
		"# yaml-language-server: $schema=../rules/settings.schema.json\n"
		"# Every setting of depmend, with its default where it has one. Lines that start "
		"with '# ' and a key\n# can be uncommented. A real file needs only version, "
		"tenant, "
		"apple and, with Workspace ONE UEM, uem.\n# The manual: depmend-settings(5).\n",
		out);
	for (const struct yaml_key *k = settings_page_keys; k->name; k++) {
		(void)fputc('\n', out);
		put_sample(k, 0, !is_shown(k), out);
	}
}
