/*
 * Apple's DEP service: server tokens as people hand them in, and every reply.
 */
#include "fuzz/services_fuzz.h"
#include "services/dep.h"

static void decode(const struct json *v)
{
	struct err err = { .msg = "" };
	struct dep_account account;

	check(dep_account_decode(v, &account, &err), &err);
}

static void take_disowned(void *self, struct str serial, enum dep_disowned how)
{
	(void)self;
	(void)how;
	touch(serial);
}

static void read_token(struct str text)
{
	struct err err = { .msg = "" };
	struct dep_token token;
	struct http_request q;
	enum errc rc = dep_token_read(text, &token, &err);

	check(rc, &err);
	if (rc)
		return;
	dep_session_request("https://mdmenrollment.apple.com", &token, 0, &q);
	http_request_release(&q);
	dep_token_wipe(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { .msg = "" };
	struct http_reply reply;
	struct buf session;

	if (!reply_from(&reply, data, n))
		return 0;
	buf_init(&session, 1 << 20);
	read_token(buf_view(&reply.body));
	check(dep_reply_error(&reply, &err), &err);
	(void)dep_session_stale(&reply);
	check(dep_session_reply(&reply, &session, &err), &err);
	check(dep_disown_reply(&reply, take_disowned, NULL, &err), &err);
	each_value(&reply, decode);
	buf_release(&session);
	http_reply_release(&reply);
	return 0;
}
