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

/* *ret_over: the activity is terminal, or so old that Apple does not tell of it any more. */
static enum errc ask_activity(
	struct transport *t, const struct ledger_intent *in, bool *ret_over, struct err *err)
{
	struct apple_activity a;
	enum activity_told told;
	enum errc rc = answer_activity(t, in->activity, in->intent_ms, &a, &told, err);

	if (told == ACTIVITY_UNANSWERED)
		return rc;
	*ret_over = told == ACTIVITY_FORGOTTEN || (!rc && a.state != ACTIVITY_RUNNING);
	apple_activity_release(&a);
	return errc_info(rc)->scope == SCOPE_RUN || rc == ERR_NET || rc == ERR_OUTAGE ? rc : ERR_OK;
}

static enum errc ask_one(struct store *store, struct transport *transport,
	const struct settings *settings, const struct ledger_intent *in, struct err *err)
{
	bool over = false;
	int64_t until;
	enum errc rc;

	if (in->activity.n) {
		rc = ask_activity(transport, in, &over, err);
	} else {
		rc = intent_until(store, transport, settings, in, &until, err);
		over = !rc && transport_now(transport) >= until;
	}
	return rc || !over ? rc : ledger_close(store, in->request, STR_NONE, err);
}

enum errc intents_close(struct store *store, struct transport *transport,
	const struct settings *settings, struct err *err)
{
	struct ledger_intents in;
	int64_t last = 0;
	enum errc rc = ledger_intents(store, STR_NONE, &in, err);

	for (size_t i = 0; i < in.n && !rc; i++) {
		if (in.v[i].request == last || in.v[i].state != REQUEST_SETTLED)
			continue; /* its run asks about it by itself */
		last = in.v[i].request;
		rc = ask_one(store, transport, settings, &in.v[i], err);
	}
	ledger_intents_release(&in);
	return rc;
}
