#include "facts/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "io/http_url.h"
#include "os/stop.h"
#include "store/shared.h"

enum { LOCK_LOOK_MS = 2500, CLOCK_OFF_MS = 24 * 3600 * 1000 };

static bool all_loopback(const struct settings *s)
{
	for (size_t i = 0; i < s->n_enrollment; i++)
		if (!http_is_loopback(s->enrollment[i].url))
			return false;
	return s->apple.url && s->apple.token_url && http_is_loopback(s->apple.url) &&
	       http_is_loopback(s->apple.token_url) &&
	       (!s->has_uem || (http_is_loopback(s->uem.url) &&
				       (!s->uem.token_url || http_is_loopback(s->uem.token_url))));
}

enum errc session_clock(const struct settings *s, struct clock **ret, struct err *err)
{
	const char *wish = getenv("DEPMEND_CLOCK");
	int64_t start;

	*ret = clock_real();
	if (!wish || !*wish)
		return ERR_OK;
	if (!str_starts_nocase(str_from(wish), STR("virtual")) || !all_loopback(s))
		return err_set(err, ERR_SETTINGS,
			"DEPMEND_CLOCK: a virtual clock is for simulators on loopback addresses "
			"only");
	start = clock_now(*ret);
	if (wish[7] == ':' && !time_parse(str_from(wish + 8), &start))
		return err_set(err, ERR_SETTINGS, "DEPMEND_CLOCK: '%s' is no time", wish + 8);
	clock_free(*ret);
	*ret = clock_virtual(start);
	return ERR_OK;
}

static enum errc open_clock(struct session *s, const struct session_options *opt, struct err *err)
{
	const char *wish = getenv("DEPMEND_CLOCK");
	int64_t latest;
	enum errc rc;

	if (opt->rehearsal && (!wish || !*wish)) {
		s->clock = clock_virtual(opt->from_ms);
		return ERR_OK;
	}
	rc = session_clock(s->settings, &s->clock, err);
	if (rc || !clock_is_virtual(s->clock))
		return rc;
	/* Time goes on where the process before this one left it. */
	rc = store_latest(s->store, &latest, err);
	if (!rc && latest != TIME_NONE)
		clock_advance(s->clock, latest);
	return rc;
}

enum errc session_lock(struct lock **ret, const struct settings *s, const char *command,
	int64_t wait_ms, struct err *err)
{
	const char *client = s->apple.account;
	struct lock_holder holder;
	enum errc rc = store_lock(ret, s->state, client, command, err);

	if (rc == ERR_LOCKED && wait_ms > 0) {
		log_info("%s; waiting until it has ended (--wait-lock)", err->msg);
		log_flush();
	}
	for (; rc == ERR_LOCKED && wait_ms > 0; wait_ms -= LOCK_LOOK_MS) {
		if (stop_sleep(wait_ms < LOCK_LOOK_MS ? wait_ms : LOCK_LOOK_MS, err))
			return err->code;
		/* A look costs a hundredth of what taking it does: the folders are checked then. */
		if (wait_ms <= LOCK_LOOK_MS || !store_locked_by(s->state, client, &holder))
			rc = store_lock(ret, s->state, client, command, err);
	}
	return rc;
}

void session_tell_upgrade(const struct store *s)
{
	if (store_backup(s))
		log_info("the state was brought up to date; as it was before: %s", store_backup(s));
	if (shared_damaged(store_shared(s)))
		log_warn("shared.db of the state was damaged and is begun anew: requests that were "
			 "sent before are not counted; as it was: %s",
			shared_damaged(store_shared(s)));
	if (store_taken_over(s))
		log_info("an earlier command put devices back while the state could not be "
			 "written: the state knows of it now");
}

/* What is sent is counted there, for all who share the limits of the services. */
static enum errc check_counted(const struct store *s, struct err *err)
{
	if (!store_is_still(s))
		return ERR_OK;
	return err_set(err, ERR_STORE,
		"%s cannot be written, and what is asked of Apple and the UEM is counted there: "
		"make it writable, or set `state:` to a folder that is; status, runs, history, "
		"report and backup read it as it is",
		store_folder(s));
}

static enum errc open_state(struct session *s, const struct session_options *opt, struct err *err)
{
	const struct store_options store = {
		.state_dir = s->settings->state,
		.client_id = s->settings->apple.account,
		.use = opt->exclusive ? STORE_WRITE : STORE_READ,
		.network = opt->network,
	};
	enum errc rc = opt->exclusive ? session_lock(&s->lock, s->settings, opt->exclusive,
						opt->wait_lock_ms, err)
				      : ERR_OK;

	if (!rc)
		rc = opt->lost ? store_open_lost(&s->store, &store, err)
			       : store_open(&s->store, &store, err);
	if (!rc)
		session_tell_upgrade(s->store);
	return rc ? rc : check_counted(s->store, err);
}

enum errc session_open(struct session *s, const struct settings *settings,
	const struct session_options *opt, struct err *err)
{
	struct transport_options to;
	enum errc rc;

	*s = (struct session){ .settings = settings };
	fleet_init(&s->fleet);
	rc = stop_open(err);
	if (!rc)
		rc = open_state(s, opt, err);
	if (!rc)
		rc = open_clock(s, opt, err);
	if (rc)
		return rc;
	to = (struct transport_options){
		.settings = settings,
		.clock = s->clock,
		.store = s->store,
		.first = opt->exclusive != NULL,
		.max_wait_ms = opt->max_wait_ms,
		.max_tries = opt->max_tries,
		.cache_folder = store_folder(s->store),
		.pulse = opt->pulse,
		.pulse_self = opt->pulse_self,
	};
	rc = transport_open(&s->transport, &to, err);
	s->facts = (struct facts){
		.fleet = &s->fleet,
		.transport = s->transport,
		.settings = settings,
		.store = s->store,
		.least = UINT64_MAX,
	};
	return rc;
}

bool session_clock_is_off(const struct transport *t, char out[SESSION_CLOCK_TEXT])
{
	int64_t skew = transport_skew(t);
	char words[TIME_TEXT];

	if (llabs(skew) <= CLOCK_OFF_MS)
		return false;
	(void)snprintf(out, SESSION_CLOCK_TEXT,
		"this machine's clock is %s %s Apple's: ages, coverage and dates are judged "
		"wrongly",
		duration_words(llabs(skew), words), skew < 0 ? "behind" : "ahead of");
	return true;
}

static void tell_clock(const struct session *s)
{
	char text[SESSION_CLOCK_TEXT];

	if (session_clock_is_off(s->transport, text))
		log_warn("%s; set it, best by NTP", text);
}

enum errc session_connect_apple(struct session *s, struct err *err)
{
	enum errc rc = facts_servers_of_apple(&s->facts, err);

	if (!rc)
		tell_clock(s);
	return rc;
}

enum errc session_connect(struct session *s, struct err *err)
{
	enum errc rc = transport_sign_in(s->transport, err);

	if (!rc)
		rc = facts_servers(&s->facts, err);
	if (!rc)
		tell_clock(s);
	return rc;
}

void session_unlock(struct session *s)
{
	lock_free(s->lock);
	s->lock = NULL;
}

void session_close(struct session *s)
{
	transport_close(s->transport);
	clock_free(s->clock);
	store_close(s->store);
	lock_free(s->lock);
	fleet_release(&s->fleet);
	*s = (struct session){ 0 };
}
