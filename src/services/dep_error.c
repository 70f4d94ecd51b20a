/*
 * Error words (services/README.md Apple B.2, B.3): bare (EXPIRED_CURSOR), quoted, or inside JSON.
 */
#include "services/dep.h"
#include "services/wire.h"

enum { WORD_SEARCH_BYTES = 1024 };

static const struct {
	const char *word;
	enum errc code;
	const char *meaning;
} words[] = { [DEP_NO_WORD] = { "", ERR_OK, "" },
#define X(id, word, code, meaning) [DEP_##id] = { word, ERR_##code, meaning },
	DEP_WORD_LIST(X)
#undef X
};

enum dep_word dep_reply_word(const struct http_reply *reply)
{
	struct str body = buf_view(&reply->body);

	if (reply->fate != HTTP_ANSWERED)
		return DEP_NO_WORD;
	if (body.n > WORD_SEARCH_BYTES)
		body.n = WORD_SEARCH_BYTES;
	for (size_t i = DEP_NO_WORD + 1; i < sizeof(words) / sizeof(*words); i++)
		if (str_contains_nocase(body, str_from(words[i].word)))
			return (enum dep_word)i;
	return DEP_NO_WORD;
}

enum errc dep_reply_error(const struct http_reply *reply, struct err *err)
{
	enum dep_word word = dep_reply_word(reply);
	enum errc code = words[word].code, rc;

	if (wire_ok(reply))
		return ERR_OK;
	if (reply->fate != HTTP_ANSWERED)
		return err_set(err, ERR_NET, "Apple's DEP service: %s", reply->why);
	/* 503 asks for patience, in whatever form. */
	rc = reply->status == 503
		     ? ERR_OK
		     : wire_page_error(reply, "Apple's DEP service", "enrollment: url", "it", err);
	if (rc)
		return rc;
	if (code == ERR_OK)
		code = reply->status == 503 ? ERR_BUSY : wire_status(reply);
	return err_set(err, code, "Apple's DEP service answered %d%s%s%s%s", reply->status,
		word ? " " : "", words[word].word, *words[word].meaning ? ": " : "",
		words[word].meaning);
}
