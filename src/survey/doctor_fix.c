/*
 * The one thing doctor changes. A PUT replaces the whole profile, so nothing is sent that was not
 * just read; what became of it is settled by reading again, never by sending again.
 */
#include "services/uem_survey.h"
#include "survey/doctor_parts.h"
#include "wire/answer.h"

#define FLAG "CustomPromptRequired"

struct prompt_change {
	struct doctor *d;
	const struct doctor_profile *profile;
	enum errc code;
	struct err err;
};

static enum errc note(
	const struct prompt_change *c, const char *kind, const char *what, struct err *err)
{
	struct buf text;
	enum errc rc;

	buf_init(&text, 4096);
	buf_printf(&text, "profile %.*s (%.*s): " FLAG " off: %s", STR_FMT(c->profile->uuid),
		STR_FMT(c->profile->name), what);
	rc = store_event(c->d->session->store, 0, doctor_now(c->d), kind, buf_view(&text), err);
	buf_release(&text);
	return rc;
}

static enum errc intend(void *self, int64_t at_ms, struct err *err)
{
	struct prompt_change *c = self;

	(void)at_ms;
	return note(c, "doctor.intent", "about to be sent", err);
}

static enum errc sent(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct prompt_change *c = self;

	(void)rest;
	c->code = code ? code : uem_reply_error(reply, NULL, err);
	if (c->code)
		c->err = *err;
	return ERR_OK;
}

/* *ret_on: whether the profile has the prompt; *ret_text: the whole of it. Caller releases. */
static enum errc read_profile(
	const struct prompt_change *c, bool *ret_on, struct buf *ret_text, struct err *err)
{
	struct transport *t = c->d->session->transport;
	struct http_request q;
	struct answer a;
	struct uem_profile u;
	enum errc rc;

	uem_profile_request(transport_uem(t), c->profile->uuid, &q);
	rc = answer_json(t, TO_UEM, &q, &a, err);
	if (!rc)
		rc = uem_profile_decode(a.root, &u, err);
	if (!rc) {
		*ret_on = u.custom_prompt != 0;
		buf_reset(ret_text);
		buf_str(ret_text, buf_view(&a.reply.body));
	}
	answer_release(&a);
	return rc;
}

static enum errc send_change(struct prompt_change *c, struct str text, struct err *err)
{
	struct transport *t = c->d->session->transport;
	struct transport_call call = {
		.service = TO_UEM, .before = intend, .done = sent, .self = c
	};
	enum errc rc = uem_profile_flag_request(
		transport_uem(t), c->profile->uuid, text, FLAG, false, &call.request, err);

	if (rc)
		return rc;
	transport_submit(t, &call);
	return transport_drain(t, err);
}

/* The UEM takes the change at once and carries it out when it gets to it. */
static enum errc read_back(const struct prompt_change *c, bool *ret_on, struct err *err)
{
	enum { GAP_MS = 5000 };
	int64_t until = doctor_now(c->d) + c->d->session->settings->timeouts.settle_ms;
	struct buf text;
	enum errc rc;

	buf_init(&text, HTTP_MAX_BODY);
	rc = read_profile(c, ret_on, &text, err);
	while (!rc && *ret_on && !c->code && doctor_now(c->d) < until) {
		rc = transport_sleep(c->d->session->transport, doctor_now(c->d) + GAP_MS, err);
		if (!rc)
			rc = read_profile(c, ret_on, &text, err);
	}
	buf_release(&text);
	return rc;
}

static void conclude(const struct prompt_change *c, bool mended, const char *words)
{
	struct finding *f = &c->d->v[c->profile->finding];

	if (mended)
		f->found = FOUND_MENDED;
	*(mended ? &f->proof : &f->remedy) = arena_dup(&c->d->arena, str_from(words));
	if (mended)
		f->remedy = STR_NONE;
}

static enum errc change_one(struct prompt_change *c, struct err *err)
{
	bool on = true;
	struct buf text;
	enum errc rc;

	buf_init(&text, HTTP_MAX_BODY);
	rc = read_profile(c, &on, &text, err);
	if (!rc && on)
		rc = send_change(c, buf_view(&text), err);
	buf_release(&text);
	if (!rc && on)
		rc = read_back(c, &on, err);
	if (rc) {
		conclude(c, false, err->msg);
		return errc_info(rc)->scope == SCOPE_RUN ? rc : ERR_OK;
	}
	if (!on)
		conclude(c, true, "the profile, read back, has no custom prompt");
	else
		conclude(c, false,
			c->code ? c->err.msg
				: "the UEM took the change, but the profile read back still has "
				  "the prompt: look at it in the console");
	return note(c, "doctor.outcome", on ? "still on" : "off", err);
}

enum errc doctor_fix_prompts(struct doctor *d, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < d->n_profiles && !rc; i++) {
		struct prompt_change c = { .d = d, .profile = &d->profiles[i] };

		if (d->profiles[i].prompt == 1)
			rc = change_one(&c, err);
	}
	return rc;
}
