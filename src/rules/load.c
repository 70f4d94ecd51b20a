#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/file.h"
#include "rules/load.h"
#include "trust/trust.h"

enum { NAMES_MAX_BYTES = 64 * 1024 };

static void read_version(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	if (yaml_expect(r, n, YAML_SCALAR) && !str_eq(n->text, STR("1")))
		(void)yaml_bad(r, n, "rules.version", "unsupported version '%.*s' (supported: 1)",
			STR_FMT(n->text));
}

static void read_name(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	(void)yaml_text(r, n);
}

/* In the order in which they have to be read: what rules refer to comes first. */
const struct yaml_key rules_page_keys[] = {
	YAML_KEY("version", read_version, 0, .required = true, .schema = "version",
		.help = "the version of this format"),
	YAML_KEY("name", read_name, 0, .schema = "text",
		.help = "what the file is called in reports"),
	YAML_KEY("parameters", load_parameters, 0, .schema = "parameters",
		.help = "values given with --set NAME=VALUE, used as {param: NAME}"),
	YAML_KEY("columns", load_columns, 0, .schema = "columns",
		.help = "headers of the CSV that are not recognised by themselves"),
	YAML_KEY("dates", load_dates, 0, .schema = "dates",
		.help = "forms of dates in the CSV besides RFC 3339 and ISO"),
	YAML_KEY("limits", load_limits, 0, .schema = "limits",
		.help = "how many devices runs of rules with this name may touch in any 24 hours; "
			"the "
			"limits of the settings hold, too, and count every run"),
	YAML_KEY("waves", load_waves, 0, .schema = "waves",
		.help = "how many rows to act on before looking, stage by stage; the last is 100%. "
			"Absent: "
			"[5, 100%] where a device is taken off its server, else [100%]"),
	YAML_KEY("halt", load_halt, 0, .schema = "halt",
		.help = "how many failures of a wave stop the run; absent: 10 %"),
	YAML_KEY("recipes", load_recipes, 0, .schema = "recipes",
		.help = "names for lists of steps"),
	YAML_KEY("rules", load_rules, 0, .required = true, .schema = "rules",
		.help = "the first that is true or unknown ends the search"),
	YAML_KEY("tests", load_tests, 0, .schema = "tests", .help = "run by `depmend check`"),
	YAML_KEYS_END,
};

/* --- files --- */

static bool is_path(const char *name)
{
	struct str s = str_from(name);

	return strchr(name, '/') || str_ends_nocase(s, STR(".yaml")) ||
	       str_ends_nocase(s, STR(".yml"));
}

/* Caller frees; NULL when no folder has it. */
static char *shipped_path(const struct rules_options *opt, const char *name)
{
	for (const char *const *dir = opt->shipped_dirs; dir && *dir; dir++) {
		char *path = mem_printf("%s/%s.yaml", *dir, name);

		if (file_exists(path))
			return path;
		free(path);
	}
	return NULL;
}

/* Among the files of the shipped folders; empty when none is near. */
static struct str nearest_shipped(
	const struct rules_options *opt, const char *name, struct arena *a)
{
	struct nearest near = nearest_to(str_from(name));

	for (const char *const *dir = opt->shipped_dirs; dir && *dir; dir++) {
		DIR *d = opendir(*dir);
		struct dirent *e;

		while (d && (e = readdir(d))) {
			struct str file = str_from(e->d_name);

			if (!str_ends_nocase(file, STR(".yaml")))
				continue;
			file.n -= strlen(".yaml");
			nearest_try(&near, arena_dup(a, file));
		}
		if (d)
			(void)closedir(d);
	}
	return nearest_best(&near);
}

static void not_shipped(struct loader *l, const char *name, struct err *err)
{
	struct str near = nearest_shipped(l->opt, name, &l->set->arena);
	const char *dir = l->opt->shipped_dirs ? *l->opt->shipped_dirs : NULL;

	if (near.n)
		(void)err_set(err, ERR_NO_INPUT,
			"no rules called '%s' are shipped; did you mean '%.*s'?", name,
			STR_FMT(near));
	else
		(void)err_set(err, ERR_NO_INPUT,
			"no rules called '%s' are in %s: `depmend rules` lists them; a file of "
			"yours is written with a slash or .yaml",
			name, dir ? dir : "share/depmend/rules");
}

/* As safe as the program itself, by whatever name it is reached. */
static bool is_shipped(const struct rules_options *opt, const char *path)
{
	char *real = realpath(path, NULL);
	bool is = false;

	for (const char *const *dir = opt->shipped_dirs; real && dir && *dir && !is; dir++) {
		size_t n = strlen(*dir);

		is = strncmp(real, *dir, n) == 0 && real[n] == '/' && !strchr(real + n + 1, '/');
	}
	free(real);
	return is;
}

static enum errc open_file(
	struct loader *l, const char *name, struct yaml_doc **ret, struct err *err)
{
	char *path = is_path(name) ? mem_strdup(name) : shipped_path(l->opt, name);
	enum errc rc;

	if (!path) {
		not_shipped(l, name, err);
		return ERR_NO_INPUT;
	}
	if (!is_path(name) || is_shipped(l->opt, path))
		rc = yaml_load(ret, path, l->r.d, err);
	else
		rc = trust_load_yaml(TRUSTED_RULES, path, ret, l->r.d, err);
	free(path);
	return rc;
}

static void read_doc(struct loader *l, struct yaml_doc *doc)
{
	struct yaml_key page = { .keys = rules_page_keys };

	*LIST_ADD(l->set->docs) = doc;
	sha256_add(l->digest, doc->source);
	l->r.doc = doc;
	if (doc->root)
		yaml_read_map(&l->r, &page, doc->root, l->set);
	else
		(void)diag_add(l->r.d, DIAG_ERROR, "yaml.empty", (struct loc){ doc->file, 1, 1 },
			"the file is empty");
}

/* A file with mistakes of YAML itself does not hide those of the next; a missing one ends it. */
static enum errc read_files(struct loader *l, struct err *err)
{
	for (size_t i = 0; i < l->opt->n_files; i++) {
		struct yaml_doc *doc = NULL;
		enum errc rc = open_file(l, l->opt->files[i], &doc, err);

		if (rc == ERR_OK)
			read_doc(l, doc);
		else if (rc != ERR_SYNTAX)
			return rc;
	}
	return ERR_OK;
}

/* --- the set --- */

static struct ruleset *set_new(const struct rules_options *opt)
{
	struct ruleset *set = mem_zalloc(sizeof(*set));

	arena_init(&set->arena);
	map_init(&set->leaf_texts, 0);
	set->school = opt->school;
	set->lists = opt->lists;
	if (set->lists.encoding)
		set->lists.encoding = arena_dup(&set->arena, str_from(opt->lists.encoding)).p;
	set->policy = (struct rules_policy){ .limit_devices = UINT32_MAX,
		.limit_percent = UINT32_MAX,
		.halt_failed_percent = UINT32_MAX };
	return set;
}

/* The part of a path that is its name. */
static struct str file_name(const char *path)
{
	struct str rest = str_from(path), name = rest;

	while (rest.n)
		name = str_cut(&rest, '/');
	if (str_ends_nocase(name, STR(".yaml")))
		name.n -= 5;
	return name;
}

/* "quarterly-cleanup", or those of several files. */
static void name_policy(struct ruleset *set)
{
	struct buf b;

	buf_init(&b, NAMES_MAX_BYTES);
	for (size_t i = 0; i < set->docs.n; i++) {
		const struct yaml_node *root = set->docs.v[i]->root;
		const struct yaml_node *name = root ? yaml_get(root, "name") : NULL;

		buf_z(&b, i ? ", " : "");
		buf_str(&b, name && name->kind == YAML_SCALAR ? name->text
							      : file_name(set->docs.v[i]->file));
	}
	set->policy.name = arena_dup(&set->arena, buf_view(&b)).p;
	buf_release(&b);
}

static void finish(struct loader *l)
{
	struct ruleset *set = l->set;

	name_policy(set);
	if (set->policy.halt_failed_percent == UINT32_MAX)
		set->policy.halt_failed_percent = 10;
	for (size_t i = 0; i < set->parameters.n; i++) {
		sha256_add(l->digest, set->parameters.v[i].name);
		sha256_add(l->digest, STR("="));
		sha256_add(l->digest, set->parameters.v[i].value);
		sha256_add(l->digest, STR("\n"));
	}
}

enum errc rules_load(
	struct ruleset **ret, const struct rules_options *opt, struct diags *d, struct err *err)
{
	struct loader l = { .r = { .d = d }, .opt = opt };
	size_t before = d->n_errors;
	enum errc rc;

	l.set = set_new(opt);
	l.r.self = &l;
	l.r.arena = &l.set->arena;
	l.digest = sha256_new();
	rc = read_files(&l, err);
	if (rc == ERR_OK && l.stranger.code) {
		*err = l.stranger;
		rc = err->code;
	}
	if (rc == ERR_OK) {
		check_parameters(&l);
		if (d->n_errors > before)
			rc = err_set(err, ERR_RULES, "the rules have mistakes");
		else if (l.set->rules.n == 0)
			rc = err_set(err, ERR_RULES, "there are no rules");
	}
	finish(&l);
	sha256_end_hex(l.digest, l.set->digest);
	if (rc != ERR_OK) {
		rules_free(l.set);
		return rc;
	}
	rules_keys(l.set);
	rules_chain(l.set);
	find_shadows(&l);
	*ret = l.set;
	return ERR_OK;
}

void rules_free(struct ruleset *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->leaves.n; i++)
		members_free(&set->leaves.v[i]);
	for (size_t i = 0; i < set->docs.n; i++)
		yaml_doc_free(set->docs.v[i]);
	free(set->docs.v);
	free(set->parameters.v);
	free(set->columns.v);
	free(set->column_places.v);
	free(set->recipes.v);
	free(set->rules.v);
	free(set->ops.v);
	free(set->chain.v);
	free(set->key_columns.v);
	free(set->keys.v);
	free(set->leaves.v);
	free(set->refs.v);
	free(set->used.v);
	free(set->names.v);
	free(set->tests.v);
	map_release(&set->leaf_texts);
	arena_release(&set->arena);
	free(set);
}

/* --- what others ask --- */

const char *rules_digest(const struct ruleset *set)
{
	return set->digest;
}

bool rules_ask(const struct ruleset *set, enum reading r)
{
	for (size_t i = 0; i < set->leaves.n; i++) {
		const struct source *s = &set->leaves.v[i].source;

		if (s->kind == SOURCE_FACT && fact_info(s->fact)->reading == r)
			return true;
	}
	return false;
}

size_t rules_count(const struct ruleset *set)
{
	return set->rules.n;
}

const struct rule_info *rules_info(const struct ruleset *set, size_t rule)
{
	return &set->rules.v[rule].info;
}

const struct rules_policy *rules_policy(const struct ruleset *set)
{
	return &set->policy;
}

const struct column_override *rules_columns(const struct ruleset *set, size_t *ret_n)
{
	*ret_n = set->columns.n;
	return set->columns.v;
}

const struct rules_name *rules_names(const struct ruleset *set, size_t *ret_n)
{
	*ret_n = set->names.n;
	return set->names.v;
}

static const struct rule_step *find_step(const struct steps *s, enum step_kind kind)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i].kind == kind)
			return &s->v[i];
	return NULL;
}

bool rules_use_step(const struct ruleset *set, enum step_kind kind, struct loc *ret_at)
{
	for (size_t i = 0; i < set->rules.n; i++) {
		const struct rule_step *step = find_step(&set->rules.v[i].to_do, kind);

		if (!step)
			step = find_step(&set->rules.v[i].failed, kind);
		if (!step)
			continue;
		if (ret_at)
			*ret_at = step->at;
		return true;
	}
	return false;
}
