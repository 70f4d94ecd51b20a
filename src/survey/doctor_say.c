/* What the checks say, and the few things that they all look up. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/time.h"
#include "survey/doctor_parts.h"

void doctor_say(struct doctor *d, enum found found, struct str subject, const char *remedy,
	const char *proof, ...)
{
	char text[1024];
	va_list args;

	va_start(args, proof);
	(void)vsnprintf(text, sizeof(text), proof, args);
	va_end(args);
	MEM_GROW(d->v, d->n, d->cap);
	d->v[d->n++] = (struct finding){
		.check = d->check,
		.found = found,
		.subject = arena_dup(&d->arena, subject),
		.proof = arena_dup(&d->arena, str_from(text)),
		.remedy = arena_dup(&d->arena, str_from(remedy)),
	};
}

void doctor_tally(struct doctor *d, struct examples *t, struct str one, uint32_t keep)
{
	t->n++;
	if (t->n_some < keep)
		t->some[t->n_some++] = arena_dup(&d->arena, one);
}

void doctor_tell(struct doctor *d, enum found found, const struct examples *t, const char *remedy,
	const char *proof)
{
	struct buf names;

	if (t->n == 0)
		return;
	buf_init(&names, 4096);
	for (uint32_t i = 0; i < t->n_some && i < EXAMPLES; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STR_FMT(t->some[i]));
	if (t->n > EXAMPLES)
		buf_z(&names, " ...");
	doctor_say(d, found, buf_view(&names), remedy, "%" PRIu64 " %s", t->n, proof);
	buf_release(&names);
}

enum errc doctor_fail(
	struct doctor *d, enum errc code, struct str subject, const char *remedy, struct err *err)
{
	switch (code) {
	case ERR_OK:
		return ERR_OK;
	case ERR_NET:
	case ERR_OUTAGE:
	case ERR_BUSY:
	case ERR_TEMPFAIL:
		remedy = "see that HTTPS to this host gets through network, proxy and firewall, "
			 "and try again later";
		break;
	case ERR_PROTOCOL:
		remedy = "what answers there is not the API, or not as it is known: see the "
			 "address in the settings, and the network between";
		break;
	case ERR_AUTH:
	case ERR_SETTINGS:
		break;
	default:
		if (errc_info(code)->scope == SCOPE_RUN)
			return code;
	}
	doctor_say(d, FOUND_TROUBLE, subject, remedy, "%s", err->msg);
	return ERR_OK;
}

int64_t doctor_now(const struct doctor *d)
{
	return clock_now(d->session->clock);
}

void doctor_when(const struct doctor *d, int64_t at_ms, char out[TIME_TEXT])
{
	int64_t left = at_ms - doctor_now(d);
	char words[TIME_TEXT];

	(void)duration_words(left < 0 ? -left : left, words);
	(void)snprintf(out, TIME_TEXT, left < 0 ? "%.20s ago" : "in %.20s", words);
}

bool doctor_on_premises(const char *uem_url)
{
	struct str host = str_from(uem_url);

	for (int i = 0; i < 2; i++)
		(void)str_cut(&host, '/');
	host = str_cut(&host, '/');
	return !str_ends_nocase(str_cut(&host, ':'), STR(".awmdm.com"));
}
