#include "io/json.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "io/json_check.h"

/* Every whole number below is a double of its own. */
static const double EXACT_BELOW = 9007199254740992.0; /* 2^53 */

/* So few names are compared each with each. */
enum { FEW_NAMES = 24 };

static const cJSON *in(const struct json *v)
{
	return (const cJSON *)v;
}

static const struct json *out(const cJSON *v)
{
	return (const struct json *)v;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether every name is another one, by the pairs, which is soon told of the few that objects have.
 */
static bool all_differ(const char *const *names, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (names[i][0] == names[k][0] && strcmp(names[i], names[k]) == 0)
				return false;
	return true;
}

/* The first name that comes twice, anywhere in the tree; recursion ends at JSON_MAX_DEPTH. */
static const char *repeated_name(const cJSON *v)
{
	const char *names[JSON_MAX_KEYS];
	const char *found = NULL;
	const cJSON *child;
	size_t n = 0;

	cJSON_ArrayForEach(child, v)
	{
		if (child->child && (found = repeated_name(child)))
			return found;
		if (child->string && n < JSON_MAX_KEYS)
			names[n++] = child->string;
	}
	if (n <= FEW_NAMES && all_differ(names, n))
		return NULL;
	if (n > 1)
		qsort(names, n, sizeof(names[0]), compare_names);
	for (size_t i = 1; i < n; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return names[i];
	return NULL;
}

static enum errc check_names(const cJSON *root, struct err *err)
{
	const char *twice = repeated_name(root);

	return !twice ? ERR_OK
		      : err_set(err, ERR_PROTOCOL, "unusable JSON: the name '%.60s' comes twice",
				twice);
}

enum errc json_build(struct json **ret, struct str checked, uint64_t at, struct err *err)
{
	enum errc e;
	cJSON *root;

	checked = str_after_bom(checked);
	/* What the check lets through and cJSON does not take are surrogates without a partner. */
	root = cJSON_ParseWithLengthOpts(checked.p, checked.n, NULL, false);
	if (!root)
		return err_set(err, ERR_PROTOCOL,
			"unusable JSON behind byte %" PRIu64 ": a lone surrogate", at);
	e = check_names(root, err);
	if (e)
		cJSON_Delete(root);
	else
		*ret = (struct json *)root;
	return e;
}

/* --- plain text, in its place: where the next byte to be read is --- */

bool json_is_plain(struct str checked)
{
	return checked.n && !memchr(checked.p, '\\', checked.n);
}

static char *skip_spaces(char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

static char *read_string(char *p, char **ret)
{
	char *end = strchr(p + 1, '"');

	*ret = p + 1;
	*end = '\0';
	return end + 1;
}

/* Whole numbers below are read digit by digit. */
enum { FEW_DIGITS = 15 };

static char *read_number(char *p, cJSON *v)
{
	char *end = p + (*p == '-');
	char *digits = end;
	int64_t n = 0;

	while (*end >= '0' && *end <= '9' && end - digits < FEW_DIGITS)
		n = n * 10 + (*end++ - '0');
	v->type = cJSON_Number;
	v->valuedouble = *p == '-' ? -(double)n : (double)n;
	if ((*end >= '0' && *end <= '9') || *end == '.' || (*end | 0x20) == 'e')
		v->valuedouble = strtod(p, &end);
	v->valueint = v->valuedouble >= INT_MAX   ? INT_MAX
		      : v->valuedouble <= INT_MIN ? INT_MIN
						  : (int)v->valuedouble;
	return end;
}

static char *read_value(struct arena *tree, char *p, cJSON *v);

static char *read_children(struct arena *tree, char *p, cJSON *v) // NOLINT(misc-no-recursion)
{
	cJSON *last = NULL;

	for (p = skip_spaces(p + 1); *p != ']' && *p != '}'; p = skip_spaces(p)) {
		cJSON *child = arena_zalloc(tree, sizeof(*child));

		if (*p == ',')
			p = skip_spaces(p + 1);
		if (v->type == cJSON_Object) {
			p = skip_spaces(read_string(p, &child->string));
			p = skip_spaces(p + 1);
		}
		p = read_value(tree, p, child);
		*(last ? &last->next : &v->child) = child;
		child->prev = last;
		last = child;
	}
	if (v->child)
		v->child->prev = last; /* as cJSON has it */
	return p + 1;
}

/* The check bounds the depth. */
static char *read_value(struct arena *tree, char *p, cJSON *v) // NOLINT(misc-no-recursion)
{
	switch (*p) {
	case '{':
	case '[':
		v->type = *p == '{' ? cJSON_Object : cJSON_Array;
		return read_children(tree, p, v);
	case '"':
		v->type = cJSON_String;
		return read_string(p, &v->valuestring);
	case 't':
		v->type = cJSON_True;
		v->valueint = 1;
		return p + strlen("true");
	case 'f':
		v->type = cJSON_False;
		return p + strlen("false");
	case 'n':
		v->type = cJSON_NULL;
		return p + strlen("null");
	default:
		return read_number(p, v);
	}
}

enum errc json_build_in_place(
	const struct json **ret, struct arena *tree, struct buf *text, struct err *err)
{
	cJSON *root = arena_zalloc(tree, sizeof(*root));
	enum errc e;

	(void)read_value(tree, skip_spaces(text->p), root);
	e = check_names(root, err);
	if (!e)
		*ret = (const struct json *)root;
	return e;
}

enum errc json_parse(struct json **ret, struct str text, struct err *err)
{
	struct json_check c;
	size_t i = 0;

	if (text.n > JSON_MAX_BYTES)
		return err_set(
			err, ERR_PROTOCOL, "unusable JSON: more than %d bytes", JSON_MAX_BYTES);
	json_check_init(&c);
	while (i < text.n) {
		size_t n = json_check_run(&c, str_sub(text, i, text.n - i));

		if (n == 0 && !json_check_byte(&c, text.p[i++]))
			return json_check_error(&c, err);
		i += n;
	}
	if (!json_check_end(&c))
		return json_check_error(&c, err);
	return json_build(ret, text, 0, err);
}

void json_free(struct json *root)
{
	cJSON_Delete((cJSON *)root);
}

static bool is_name(const char *z, struct str name)
{
	size_t i = 0;

	while (i < name.n && z[i] == name.p[i] && z[i])
		i++;
	return i == name.n && z[i] == '\0';
}

static const cJSON *member(const cJSON *object, struct str name)
{
	const cJSON *child = cJSON_IsObject(object) ? object->child : NULL;

	while (child && !is_name(child->string, name))
		child = child->next;
	return child;
}

const struct json *json_get(const struct json *object, const char *key)
{
	return out(member(in(object), str_from(key)));
}

const struct json *json_path(const struct json *root, const char *dotted)
{
	struct str rest = str_from(dotted);
	const cJSON *v = in(root);

	while (v && rest.n)
		v = member(v, str_cut(&rest, '.'));
	return out(v);
}

bool json_is_null(const struct json *v)
{
	return !v || cJSON_IsNull(in(v));
}

bool json_is_object(const struct json *v)
{
	return cJSON_IsObject(in(v));
}

bool json_is_array(const struct json *v)
{
	return cJSON_IsArray(in(v));
}

bool json_is_string(const struct json *v)
{
	return cJSON_IsString(in(v));
}

bool json_is_number(const struct json *v)
{
	return cJSON_IsNumber(in(v)) && fabs(in(v)->valuedouble) < EXACT_BELOW;
}

struct str json_text(const struct json *v)
{
	return cJSON_IsString(in(v)) ? str_from(in(v)->valuestring) : STR_NONE;
}

bool json_bool(const struct json *v, bool otherwise)
{
	return cJSON_IsBool(in(v)) ? cJSON_IsTrue(in(v)) : otherwise;
}

static bool text_to_int(struct str s, int64_t *ret)
{
	bool minus = s.n && s.p[0] == '-';
	uint64_t n;

	if (!str_to_u64(minus ? str_sub(s, 1, s.n - 1) : s, &n) || n >= (uint64_t)EXACT_BELOW)
		return false;
	*ret = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

bool json_int(const struct json *v, int64_t *ret)
{
	if (json_is_string(v))
		return text_to_int(json_text(v), ret);
	if (!json_is_number(v) || trunc(in(v)->valuedouble) != in(v)->valuedouble)
		return false;
	*ret = (int64_t)in(v)->valuedouble;
	return true;
}

static bool is_all(struct str s, char from, char to)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < from || s.p[i] > to)
			return false;
	return true;
}

static const int64_t LARGEST = INT64_C(1) << 53;

static bool text_to_int_up(struct str s, int64_t *ret)
{
	struct str whole = str_cut(&s, '.');
	uint64_t n;

	if (!whole.n || !is_all(whole, '0', '9') || !is_all(s, '0', '9'))
		return false;
	if (!str_to_u64(whole, &n) || n >= (uint64_t)LARGEST)
		n = (uint64_t)LARGEST;
	else
		n += !is_all(s, '0', '0');
	*ret = (int64_t)n;
	return true;
}

bool json_int_up(const struct json *v, int64_t *ret)
{
	double n;

	if (json_is_string(v))
		return text_to_int_up(json_text(v), ret);
	n = v && cJSON_IsNumber(in(v)) ? in(v)->valuedouble : -1;
	if (n < 0)
		return false;
	*ret = n < EXACT_BELOW ? (int64_t)ceil(n) : LARGEST;
	return true;
}

const struct json *json_first(const struct json *v)
{
	return v ? out(in(v)->child) : NULL;
}

const struct json *json_next(const struct json *item)
{
	return out(in(item)->next);
}

struct str json_name(const struct json *item)
{
	return item ? str_from(in(item)->string) : STR_NONE;
}

size_t json_count(const struct json *v)
{
	size_t n = 0;

	for (const struct json *c = json_first(v); c; c = json_next(c))
		n++;
	return n;
}
