/*
 * As much of JSON Schema draft-07 as the schemas for editors use, over cJSON; a keyword that is not
 * known here fails the test, so that none is silently ignored. Random documents with one fault.
 */
#ifndef TESTS_SCHEMA_CHECK_H
#define TESTS_SCHEMA_CHECK_H

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "io/yaml.h"

static bool schema_accepts(const cJSON *root, const cJSON *schema, const cJSON *v);

/* Compiling costs far more than matching, and a schema has few patterns; they stay until the end.
 */
static const regex_t *compiled(const char *pattern)
{
	static struct {
		char *text;
		regex_t re;
	} known[128];
	size_t n = 0;

	while (n < sizeof(known) / sizeof(*known) && known[n].text) {
		if (strcmp(known[n].text, pattern) == 0)
			return &known[n].re;
		n++;
	}
	if (n == sizeof(known) / sizeof(*known) ||
		regcomp(&known[n].re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return NULL;
	known[n].text = strdup(pattern);
	return &known[n].re;
}

static bool pattern_fits(const char *pattern, const char *text)
{
	const regex_t *re = compiled(pattern);

	return re && regexec(re, text, 0, NULL, 0) == 0;
}

static bool has_type(const char *type, const cJSON *v)
{
	if (strcmp(type, "object") == 0)
		return cJSON_IsObject(v);
	if (strcmp(type, "array") == 0)
		return cJSON_IsArray(v);
	if (strcmp(type, "string") == 0)
		return cJSON_IsString(v);
	if (strcmp(type, "boolean") == 0)
		return cJSON_IsBool(v);
	if (strcmp(type, "integer") == 0)
		return cJSON_IsNumber(v) && v->valuedouble == (double)(long long)v->valuedouble;
	return strcmp(type, "number") == 0 && cJSON_IsNumber(v);
}

static bool some_type(const cJSON *types, const cJSON *v)
{
	const cJSON *t;

	if (cJSON_IsString(types))
		return has_type(types->valuestring, v);
	cJSON_ArrayForEach(t, types) if (has_type(t->valuestring, v)) return true;
	return false;
}

static bool one_of(const cJSON *list, const cJSON *v)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list) if (cJSON_Compare(one, v, true)) return true;
	return false;
}

static bool any_accepts(const cJSON *root, const cJSON *list, const cJSON *v)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list) if (schema_accepts(root, one, v)) return true;
	return false;
}

static bool all_accept(const cJSON *root, const cJSON *list, const cJSON *v)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list) if (!schema_accepts(root, one, v)) return false;
	return true;
}

static bool has_all(const cJSON *names, const cJSON *v)
{
	const cJSON *name;

	if (!cJSON_IsObject(v))
		return true;
	cJSON_ArrayForEach(
		name, names) if (!cJSON_HasObjectItem(v, name->valuestring)) return false;
	return true;
}

/* properties, patternProperties and additionalProperties are one question per member. */
static bool members_fit(const cJSON *root, const cJSON *schema, const cJSON *v)
{
	const cJSON *named = cJSON_GetObjectItemCaseSensitive(schema, "properties");
	const cJSON *patterns = cJSON_GetObjectItemCaseSensitive(schema, "patternProperties");
	const cJSON *rest = cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties");
	const cJSON *m, *p;

	cJSON_ArrayForEach(m, v)
	{
		const cJSON *own = cJSON_GetObjectItemCaseSensitive(named, m->string);
		bool known = own != NULL;

		if (own && !schema_accepts(root, own, m))
			return false;
		cJSON_ArrayForEach(p, patterns)
		{
			if (!pattern_fits(p->string, m->string))
				continue;
			known = true;
			if (!schema_accepts(root, p, m))
				return false;
		}
		if (!known && rest && !schema_accepts(root, rest, m))
			return false;
	}
	return true;
}

static bool items_fit(const cJSON *root, const cJSON *schema, const cJSON *v)
{
	const cJSON *m;

	cJSON_ArrayForEach(m, v) if (!schema_accepts(root, schema, m)) return false;
	return true;
}

static bool keyword_holds(const cJSON *root, const cJSON *schema, const cJSON *k, const cJSON *v)
{
	const char *name = k->string;
	double size = cJSON_IsObject(v) || cJSON_IsArray(v) ? cJSON_GetArraySize(v) : 0;

#define IS(word) (strcmp(name, word) == 0)
	if (IS("$schema") || IS("title") || IS("description") || IS("definitions"))
		return true;
	if (IS("type"))
		return some_type(k, v);
	if (IS("enum"))
		return one_of(k, v);
	if (IS("anyOf"))
		return any_accepts(root, k, v);
	if (IS("allOf"))
		return all_accept(root, k, v);
	if (IS("not"))
		return !schema_accepts(root, k, v);
	if (IS("required"))
		return has_all(k, v);
	if (IS("properties") || IS("patternProperties") || IS("additionalProperties"))
		return !cJSON_IsObject(v) || members_fit(root, schema, v);
	if (IS("items"))
		return !cJSON_IsArray(v) || items_fit(root, k, v);
	if (IS("minProperties"))
		return !cJSON_IsObject(v) || size >= k->valuedouble;
	if (IS("maxProperties"))
		return !cJSON_IsObject(v) || size <= k->valuedouble;
	if (IS("minItems"))
		return !cJSON_IsArray(v) || size >= k->valuedouble;
	if (IS("maxItems"))
		return !cJSON_IsArray(v) || size <= k->valuedouble;
	if (IS("minLength"))
		return !cJSON_IsString(v) || (double)strlen(v->valuestring) >= k->valuedouble;
	if (IS("pattern"))
		return !cJSON_IsString(v) || pattern_fits(k->valuestring, v->valuestring);
	if (IS("minimum"))
		return !cJSON_IsNumber(v) || v->valuedouble >= k->valuedouble;
	if (IS("maximum"))
		return !cJSON_IsNumber(v) || v->valuedouble <= k->valuedouble;
#undef IS
	(void)fprintf(stderr, "keyword %s is not known here\n", name);
	return false;
}

static bool schema_accepts(const cJSON *root, const cJSON *schema, const cJSON *v)
{
	const cJSON *ref = cJSON_GetObjectItemCaseSensitive(schema, "$ref"), *k;

	if (cJSON_IsBool(schema))
		return cJSON_IsTrue(schema);
	if (ref) {
		const cJSON *all = cJSON_GetObjectItemCaseSensitive(root, "definitions");
		const cJSON *to = cJSON_GetObjectItemCaseSensitive(
			all, ref->valuestring + strlen("#/definitions/"));

		if (!to)
			(void)fprintf(stderr, "%s is not defined\n", ref->valuestring);
		return to && schema_accepts(root, to, v);
	}
	cJSON_ArrayForEach(k, schema) if (!keyword_holds(root, schema, k, v)) return false;
	return true;
}

/* Whether the committed file says what the tables say. With DEPMEND_WRITE_SCHEMA it is written. */
static inline bool schema_is_shipped(const cJSON *schema, const char *path)
{
	char *text = cJSON_Print(schema);
	size_t n = strlen(text), have_n = 0;
	char *have = calloc(1, n + 2);
	FILE *f = getenv("DEPMEND_WRITE_SCHEMA") ? fopen(path, "w") : NULL;
	bool same;

	if (f) {
		(void)fprintf(f, "%s\n", text);
		(void)fclose(f);
	}
	f = fopen(path, "r");
	if (f) {
		have_n = fread(have, 1, n + 2, f);
		(void)fclose(f);
	}
	same = have_n == n + 1 && memcmp(have, text, n) == 0 && have[n] == '\n';
	free(have);
	free(text);
	return same;
}

/* --- YAML as an editor sees it: plain scalars have types --- */

static cJSON *json_scalar(const struct yaml_node *n)
{
	char *end;
	double number;

	if (n->quoted)
		return cJSON_CreateString(n->text.p);
	if (str_eq(n->text, STR("true")) || str_eq(n->text, STR("false")))
		return cJSON_CreateBool(n->text.p[0] == 't');
	if (n->text.n == 0 || str_eq(n->text, STR("null")) || str_eq(n->text, STR("~")))
		return cJSON_CreateNull();
	number = strtod(n->text.p, &end);
	return *end == '\0' && strchr("+-0123456789", n->text.p[0]) ? cJSON_CreateNumber(number)
								    : cJSON_CreateString(n->text.p);
}

static cJSON *json_of(const struct yaml_node *n)
{
	cJSON *v;

	if (n->kind == YAML_SCALAR)
		return json_scalar(n);
	v = n->kind == YAML_LIST ? cJSON_CreateArray() : cJSON_CreateObject();
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		if (n->kind == YAML_LIST)
			cJSON_AddItemToArray(v, json_of(m));
		else
			cJSON_AddItemToObject(v, m->key.p, json_of(m));
	}
	return v;
}

static inline bool schema_takes(const cJSON *schema, struct str text)
{
	struct yaml_doc *doc = NULL;
	struct diags d;
	struct err err;
	bool good = false;

	diags_init(&d);
	if (yaml_load_bytes(&doc, "doc", text, &d, &err) == ERR_OK && doc->root) {
		cJSON *v = json_of(doc->root);

		good = schema_accepts(schema, schema, v);
		cJSON_Delete(v);
	}
	yaml_doc_free(doc);
	diags_release(&d);
	return good;
}

/* --- documents: right but for one fault, which sits at a random place or nowhere --- */

struct gen {
	struct buf b;
	uint64_t seed;
	int fault_in; /* places until the fault; negative: done or none */
	bool spoiled;
};

static inline uint32_t roll(struct gen *g, uint32_t n)
{
	g->seed = g->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(g->seed >> 33) % n;
}

static inline bool spoil(struct gen *g)
{
	if (g->fault_in-- != 0)
		return false;
	g->spoiled = true;
	return true;
}

/* One of the good words, or at the place of the fault one of the bad. */
#define PICK(g, good, bad) \
	pick((g), (good), sizeof(good) / sizeof(*(good)), (bad), sizeof(bad) / sizeof(*(bad)))

static inline void pick(
	struct gen *g, const char *const *good, size_t n_good, const char *const *bad, size_t n_bad)
{
	buf_z(&g->b, spoil(g) ? bad[roll(g, (uint32_t)n_bad)] : good[roll(g, (uint32_t)n_good)]);
}

#endif
