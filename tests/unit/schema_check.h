/*
 * As much of JSON Schema draft-07 as rules/schema.json uses, over cJSON; a keyword that is not
 * known here fails the test, so that none is silently ignored.
 */
#ifndef TESTS_SCHEMA_CHECK_H
#define TESTS_SCHEMA_CHECK_H

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

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

#endif
