/* The shipped rules by symptom, with their parameters and what they change; or one file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/app/load.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "io/file.h"
#include "report/ndjson.h"
#include "rules/about.h"

enum { FILE_MAX_BYTES = 1024 * 1024 };

/* One shipped file: what it says of itself, and the set for its parameters. */
struct shipped {
	struct arena arena;
	struct buf text;
	struct rules_about about;
	struct ruleset *set;
	char *path, *name; /* name: without .yaml */
};

static void shipped_release(struct shipped *s)
{
	rules_free(s->set);
	buf_release(&s->text);
	arena_release(&s->arena);
	free(s->path);
	free(s->name);
}

static enum errc shipped_load(
	struct shipped *s, const char *place, const char *file, struct err *err)
{
	char base[4096];
	struct rules_options opt = { .n_files = 1 };
	struct diags d;
	enum errc rc;

	*s = (struct shipped){ 0 };
	arena_init(&s->arena);
	(void)snprintf(base, sizeof(base), "%s/.", place);
	s->path = file_beside(base, file);
	s->name = mem_strdup(file);
	s->name[strlen(file) - strlen(".yaml")] = '\0';
	rc = file_read(s->path, FILE_MAX_BYTES, &s->text, err);
	if (rc)
		return rc;
	rules_about(buf_view(&s->text), &s->arena, &s->about);
	opt.files = (const char *const *)&s->path;
	diags_init(&d);
	rc = rules_load(&s->set, &opt, &d, err);
	diags_release(&d);
	return rc;
}

/* --- for people --- */

static void put_text(const struct shipped *s, FILE *out)
{
	struct rules_parameter p;

	(void)fprintf(out, "%s\n", s->name);
	text_part(out, "  symptom  ", s->about.symptom);
	text_part(out, "  use it   ", s->about.when);
	text_part(out, "  changes  ", s->about.changes);
	text_part(out, "  cannot   ", s->about.cannot);
	for (size_t i = 0; rules_parameter(s->set, i, &p); i++)
		(void)fprintf(out, "  %-9s --set %.*s=VALUE  %.*s%s%.*s%s\n", i ? "" : "options",
			STR_FMT(p.name), STR_FMT(p.help), p.preset.n ? " (default " : "",
			STR_FMT(p.preset), p.preset.n ? ")" : "");
	(void)fputc('\n', out);
}

/* --- for programs --- */

static void put_json(const struct shipped *s, FILE *out)
{
	struct rules_parameter p;
	struct ndjson j;

	ndjson_begin(&j, "rules");
	json_put_z(&j.o, "name", s->name);
	json_put_z(&j.o, "file", s->path);
	ndjson_text(&j, "symptom", s->about.symptom);
	ndjson_text(&j, "when", s->about.when);
	ndjson_text(&j, "changes", s->about.changes);
	ndjson_text(&j, "cannot", s->about.cannot);
	json_arr(&j.o, "parameters");
	for (size_t i = 0; rules_parameter(s->set, i, &p); i++) {
		json_obj(&j.o, NULL);
		json_put_str(&j.o, "name", p.name);
		ndjson_text(&j, "default", p.preset);
		ndjson_text(&j, "help", p.help);
		json_obj_end(&j.o);
	}
	json_arr_end(&j.o);
	ndjson_end(&j, out);
}

/* --- all of them --- */

static enum errc put_place(const struct cli *cli, const char *place, FILE *out, struct err *err)
{
	char **files = NULL;
	enum errc rc = file_list(place, ".yaml", &files, err);

	for (size_t i = 0; !rc && files[i]; i++) {
		struct shipped s;

		rc = shipped_load(&s, place, files[i], err);
		if (!rc)
			(cli_count(cli, OPTION_JSON) ? put_json : put_text)(&s, out);
		shipped_release(&s);
	}
	file_list_free(files);
	return rc;
}

static enum errc list_all(const struct cli *cli, const char *place, struct err *err)
{
	struct cli_page page;
	enum errc rc;

	if (cli_count(cli, OPTION_JSON))
		return put_place(cli, place, stdout, err);
	rc = put_place(cli, place, cli_page_begin(&page, stdout), err);
	if (!rc)
		(void)fputs("Judge by one: depmend plan CSV --rules NAME\n"
			    "Read one:     depmend rules NAME\n",
			page.whole ? page.whole : stdout);
	cli_page_end(&page);
	return rc;
}

/* --- one of them --- */

static enum errc unknown(const char *place, const char *name, struct err *err)
{
	char **files = NULL;
	struct nearest near = nearest_to(str_from(name));
	struct str best;
	enum errc rc = file_list(place, ".yaml", &files, err);

	if (rc)
		return rc;
	for (size_t i = 0; files[i]; i++)
		nearest_try(
			&near, str_head(str_from(files[i]), strlen(files[i]) - strlen(".yaml")));
	best = nearest_best(&near);
	if (best.n)
		rc = err_set(err, ERR_USAGE,
			"no shipped rules are named '%s'; did you mean '%.*s'?", name,
			STR_FMT(best));
	else
		rc = err_set(err, ERR_USAGE,
			"no shipped rules are named '%s'; 'depmend rules' lists them", name);
	file_list_free(files);
	return rc;
}

static enum errc show_one(
	const struct cli *cli, const char *place, const char *name, struct err *err)
{
	char file[256];
	struct shipped s;
	enum errc rc;

	(void)snprintf(file, sizeof(file), "%s.yaml", name);
	if (strchr(name, '/') || strlen(name) > sizeof(file) - 8)
		return unknown(place, name, err);
	rc = shipped_load(&s, place, file, err);
	if (rc == ERR_NO_INPUT)
		rc = unknown(place, name, err);
	else if (!rc && cli_count(cli, OPTION_JSON))
		put_json(&s, stdout);
	else if (!rc)
		(void)fwrite(s.text.p, 1, s.text.n, stdout);
	shipped_release(&s);
	return rc;
}

int cmd_rules(const struct cli *cli)
{
	char **places = cli_shipped();
	struct err err;
	enum errc rc;

	if (!places[0])
		rc = err_set(&err, ERR_NO_INPUT,
			"the shipped rules are not beside this program: install depmend again");
	else if (cli->n_args)
		rc = show_one(cli, places[0], cli->args[0], &err);
	else
		rc = list_all(cli, places[0], &err);
	cli_shipped_free(places);
	return rc ? cli_fail(cli, &err) : 0;
}
