#include "wire/answer.h"

enum errc answer_get(struct transport *t, enum transport_service to, struct http_request *request,
	struct answer *ret, struct err *err)
{
	enum errc rc;

	*ret = (struct answer){ 0 };
	http_reply_init(&ret->reply);
	rc = transport_get(t, to, request, &ret->reply, err);
	ret->arrived = !rc;
	return rc ? rc : transport_reply_error(to, &ret->reply, &ret->uem_code, err);
}

enum errc answer_json(struct transport *t, enum transport_service to, struct http_request *request,
	struct answer *ret, struct err *err)
{
	enum errc rc = answer_get(t, to, request, ret, err);

	return rc ? rc : json_parse(&ret->root, buf_view(&ret->reply.body), err);
}

void answer_release(struct answer *a)
{
	json_free(a->root);
	http_reply_release(&a->reply);
}

enum errc answer_activity(struct transport *t, struct str id, struct apple_activity *ret,
	enum activity_told *ret_told, struct err *err)
{
	struct http_request q;
	struct answer a;
	enum errc rc;

	*ret = (struct apple_activity){ .id = "" };
	apple_activity_get(transport_apple(t), id, &q);
	rc = answer_get(t, TO_APPLE, &q, &a, err);
	if (!rc)
		rc = apple_activity_reply(&a.reply, ret, err);
	*ret_told = a.arrived ? ACTIVITY_ANSWERED : ACTIVITY_UNANSWERED;
	if (a.arrived && rc == ERR_NOT_FOUND)
		*ret_told = ACTIVITY_MISSING;
	answer_release(&a);
	return rc;
}
