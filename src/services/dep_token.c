/*
 * The server token (services/README.md Apple B.1).
 */
#include "services/dep.h"
#include "services/wire.h"

enum { TOKEN_PART_MAX_BYTES = 1024 };

/* The JSON within the MIME text: from the first brace to the last. */
static struct str find_object(struct str text)
{
	size_t from = 0, to = text.n;

	while (from < text.n && text.p[from] != '{')
		from++;
	while (to > from && text.p[to - 1] != '}')
		to--;
	return str_sub(text, from, to - from);
}

static enum errc read_part(
	const struct json *root, const char *name, struct buf *ret, struct err *err)
{
	struct str text = json_text(json_get(root, name));

	buf_init(ret, TOKEN_PART_MAX_BYTES);
	buf_str(ret, text);
	if (text.n == 0 || ret->full)
		return err_set(err, ERR_SETTINGS, "the server token has no usable %s", name);
	return ERR_OK;
}

enum errc dep_token_read(struct str text, struct dep_token *ret, struct err *err)
{
	struct dep_token t = { .expires_ms = TIME_NONE };
	struct json *root = NULL;
	struct err why;
	const struct {
		const char *name;
		struct buf *ret;
	} parts[] = {
		{ "consumer_key", &t.consumer_key },
		{ "consumer_secret", &t.consumer_secret },
		{ "access_token", &t.access_token },
		{ "access_secret", &t.access_secret },
	};
	enum errc rc = json_parse(&root, find_object(text), &why);

	if (rc)
		return err_set(err, ERR_SETTINGS, "the server token is no JSON: %s", why.msg);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && !rc; i++)
		rc = read_part(root, parts[i].name, parts[i].ret, err);
	t.expires_ms = wire_time(json_get(root, "access_token_expiry"), DATE_ORDER_UNKNOWN);
	if (!rc && t.expires_ms == TIME_UNKNOWN)
		rc = err_set(
			err, ERR_SETTINGS, "the server token: access_token_expiry is not a date");
	json_free(root);
	if (rc)
		dep_token_wipe(&t);
	else
		*ret = t;
	return rc;
}

void dep_token_wipe(struct dep_token *t)
{
	buf_wipe(&t->consumer_key);
	buf_wipe(&t->consumer_secret);
	buf_wipe(&t->access_token);
	buf_wipe(&t->access_secret);
}
