#include "facts/open_intents.h"

#include "services/apple.h"
#include "wire/answer.h"

enum errc intent_until(struct store *store, const struct transport *transport,
	const struct settings *settings, const struct ledger_intent *in, int64_t *ret_ms,
	struct err *err)
{
	const struct clock *c = transport_clock(transport);
	int64_t now = clock_boot_ms(c), from = in->boot_ms;
	enum errc rc = ERR_OK;

	if (!str_eq(in->boot, str_from(clock_boot(c)))) {
		from = now;
		rc = ledger_count_from(store, in->request, str_from(clock_boot(c)), from, err);
	}
	*ret_ms = transport_now(transport) + from - now + settings->timeouts.activity_ms;
	return rc;
}

struct closing {
	struct store *store;
	struct transport *transport;
	const struct settings *settings;
	bool last;         /* nobody asks once more */
	uint32_t n_missed; /* of which Apple did not know, although they could not act any more */
};

/* *ret_over: it cannot act any more. An activity that Apple does not know is over when it says so
 * twice, a while apart, both after the time that it could have taken. */
static enum errc ask_activity(
	struct closing *c, const struct ledger_intent *in, bool *ret_over, struct err *err)
{
	struct apple_activity a;
	enum activity_told told;
	int64_t until = INT64_MAX;
	enum errc rc = answer_activity(c->transport, in->activity, &a, &told, err);
	bool ended = !rc && a.state != ACTIVITY_RUNNING;

	if (told == ACTIVITY_UNANSWERED)
		return rc;
	apple_activity_release(&a);
	if (told == ACTIVITY_MISSING)
		rc = intent_until(c->store, c->transport, c->settings, in, &until, err);
	else if (errc_info(rc)->scope != SCOPE_RUN && rc != ERR_NET && rc != ERR_OUTAGE)
		rc = ERR_OK;
	c->n_missed += transport_now(c->transport) >= until;
	*ret_over = ended || (c->last && transport_now(c->transport) >= until);
	return rc;
}

static enum errc ask_one(struct closing *c, const struct ledger_intent *in, struct err *err)
{
	bool over = false;
	int64_t until;
	enum errc rc;

	if (in->activity.n) {
		rc = ask_activity(c, in, &over, err);
	} else {
		rc = intent_until(c->store, c->transport, c->settings, in, &until, err);
		over = !rc && transport_now(c->transport) >= until;
	}
	return rc || !over ? rc : ledger_close(c->store, in->request, STR_NONE, err);
}

static enum errc ask_all(struct closing *c, struct err *err)
{
	struct ledger_intents in;
	int64_t last = 0;
	enum errc rc = ledger_intents(c->store, STR_NONE, &in, err);

	for (size_t i = 0; i < in.n && !rc; i++) {
		if (in.v[i].request == last || in.v[i].state != REQUEST_SETTLED)
			continue; /* its run asks about it by itself */
		last = in.v[i].request;
		rc = ask_one(c, &in.v[i], err);
	}
	ledger_intents_release(&in);
	return rc;
}

enum errc intents_close(struct store *store, struct transport *transport,
	const struct settings *settings, struct err *err)
{
	struct closing c = { store, transport, settings, false, 0 };
	enum errc rc = ask_all(&c, err);

	if (rc || !c.n_missed)
		return rc;
	c.last = true;
	rc = transport_sleep(
		transport, transport_now(transport) + settings->timeouts.settle_ms, err);
	if (rc == ERR_TEMPFAIL) /* the next apply has the time */
		return ERR_OK;
	return rc ? rc : ask_all(&c, err);
}
