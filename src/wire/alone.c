/* 429 tells everybody to wait. Told to one request for ever, while its like are answered, it is
 * about that one. */
#include "wire/retry.h"
#include "wire/transport_parts.h"

/* So often it is refused as the first to leave after the wait, and so often after others that were
 * answered. Where the service throttles by chance, a few tries more tell; where each of them waits
 * for long they do not. */
enum { MOST = 2, TRIES = RETRY_MAX_TRIES, LONG_MS = 30 * 60 * 1000 };

bool call_refused_alone(struct transport *t, struct queued_call *j, struct err *err)
{
	const uint32_t *n = j->call.n_answered;
	bool others = n && *n != j->answered;

	if (!n)
		return false;
	(void)err_set(err, ERR_REFUSED,
		"%s answers others, and asks for patience (429) %u times for this one alone",
		transport_who(j->call.service), j->n_busy);
	if (!j->call.alone)
		return true;
	j->answered = *n;
	if (j->n_busy == 1) {
		j->first_seq = j->seq;
		return false;
	}
	j->n_after += others;
	j->n_first += !others;
	if (j->n_after >= MOST && j->n_first >= MOST &&
		(j->n_busy >= TRIES || transport_now(t) - j->troubled_ms >= LONG_MS))
		return true;
	/* There may have been room for some: in turn it goes before the others and after them. */
	if (!others)
		j->call.alone(j->call.self);
	j->seq = others ? j->first_seq : t->seq++;
	return false;
}
