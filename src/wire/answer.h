/*
 * One question to a service, and its answer: asked, judged by what the service says, and taken
 * apart. For many of them see wire/transport.h, for lists wire/listing.h.
 */
#ifndef WIRE_ANSWER_H
#define WIRE_ANSWER_H

#include "services/apple.h"
#include "wire/transport.h"

struct answer {
	struct http_reply reply;
	struct json *root; /* of answer_json() */
	int64_t uem_code;  /* errorCode of the UEM, of a refusal as well; 0: none */
	bool arrived;      /* there is one, whatever it says */
};

/* Consumes the request. ERR_OK: the service says that it went well. Caller releases *ret with
 * answer_release(), also after a failure. */
MUST_CHECK enum errc answer_get(struct transport *t, enum transport_service to,
	struct http_request *request, struct answer *ret, struct err *err);
/* The same, and the body is one JSON document. */
MUST_CHECK enum errc answer_json(struct transport *t, enum transport_service to,
	struct http_request *request, struct answer *ret, struct err *err);
void answer_release(struct answer *a);

/* Whether Apple answered when it was asked about an activity, and knows of it: one may show late,
 * and is told of for 30 days. */
enum activity_told { ACTIVITY_UNANSWERED, ACTIVITY_MISSING, ACTIVITY_ANSWERED };
/* Caller releases *ret with apple_activity_release(), also after a failure. */
MUST_CHECK enum errc answer_activity(struct transport *t, struct str id, struct apple_activity *ret,
	enum activity_told *ret_told, struct err *err);

#endif
