#include "report/open_business.h"

#include "base/log.h"
#include "base/time.h"
#include "facts/organization.h"
#include "model/outcome.h"
#include "model/step.h"
#include "plan/plan.h"
#include "report/ndjson.h"

enum { NAME_BYTES = 4096 };

/* What the next run takes what is waited for as. */
static enum errc load_waits(struct waits *ret, struct store *s, const struct settings *settings,
	struct str serial, int64_t now_ms, struct err *err)
{
	struct map listed;
	struct err why;
	uint32_t n;
	enum errc rc;

	if (!settings->protect_file || protect_load(&listed, &n, settings, &why))
		map_init(&listed, 0);
	rc = waits_by_list(s, serial, now_ms, &listed, ret, err);
	map_release(&listed);
	return rc;
}

enum errc open_business_load(struct open_business *ret, struct store *s,
	const struct settings *settings, struct str serial, int64_t now_ms, struct err *err)
{
	enum errc rc;

	*ret = (struct open_business){ 0 };
	rc = ledger_custodies(s, serial, &ret->off, err);
	if (!rc)
		rc = ledger_intents(s, serial, &ret->changes, err);
	if (!rc)
		rc = ledger_deeds(s, serial, &ret->deeds, err);
	if (!rc)
		rc = ledger_paused(s, &ret->pause, err);
	if (!rc)
		rc = gap_get(s, &ret->gap, err);
	if (!rc)
		rc = load_waits(&ret->waits, s, settings, serial, now_ms, err);
	for (size_t i = 0; i < ret->deeds.n; i++)
		ret->n_open_deeds += ret->deeds.v[i].state == DEED_OPEN;
	return rc;
}

void open_business_release(struct open_business *b)
{
	ledger_custodies_release(&b->off);
	ledger_intents_release(&b->changes);
	ledger_deeds_release(&b->deeds);
	waits_release(&b->waits);
}

static const char *word_of(int kind)
{
	return step_info((enum step_kind)kind)->word;
}

/* The server's name as it was last known, else its id. False: it is gone. */
static bool is_known(const struct settings *s, struct str id, struct buf *ret_name)
{
	buf_reset(ret_name);
	if (organization_server_name(s, id, ret_name))
		return true;
	if (!ret_name->n)
		buf_str(ret_name, id);
	return false;
}

/* --- for people --- */

static void put_more(size_t n, size_t most, FILE *out)
{
	if (n > most)
		text_line(out, "  and %zu more: depmend status --json", n - most);
}

/* Whether it was taken off is not known as long as that request is open. */
static bool may_be_off(const struct open_business *b, struct str serial)
{
	for (size_t i = 0; i < b->changes.n; i++)
		if (str_eq(b->changes.v[i].serial, serial) &&
			step_info((enum step_kind)b->changes.v[i].kind)->takes_off)
			return true;
	return false;
}

/* Of n devices, n_gone go to a server that is no more. */
static const char *way_back(size_t n, size_t n_gone)
{
	if (n_gone == n)
		return n == 1 ? "its server is gone" : "their servers are gone";
	if (n_gone)
		return "the next `depmend apply` puts back first those whose server is there";
	return n == 1 ? "the next `depmend apply` puts it back first"
		      : "the next `depmend apply` puts them back first";
}

static void print_off(const struct open_business *b, const struct settings *s, const struct when *w,
	size_t most, FILE *out)
{
	char since[WHEN_TEXT];
	struct buf name;
	size_t n_gone = 0;

	if (b->off.n == 0)
		return;
	buf_init(&name, NAME_BYTES);
	for (size_t i = 0; i < b->off.n; i++)
		n_gone += !is_known(s, b->off.v[i].target, &name);
	text_line(out, "off server  %zu %s; %s", b->off.n, b->off.n == 1 ? "device" : "devices",
		way_back(b->off.n, n_gone));
	for (size_t i = 0; i < b->off.n && i < most; i++) {
		const struct ledger_custody *c = &b->off.v[i];
		bool known = is_known(s, c->target, &name);

		text_line(out, "  %.*s  %ssince %s, goes to %s (run %.*s)%s%.*s",
			STR_FMT(c->serial), may_be_off(b, c->serial) ? "perhaps off, " : "",
			when_words(w, c->since_ms, since), buf_cstr(&name), STR_FMT(c->run_name),
			known ? ""
			      : ", which was deleted: assign it in Apple's portal, or depmend "
				"forget ",
			STR_FMT(known ? STR_NONE : c->serial));
	}
	put_more(b->off.n, most, out);
	buf_release(&name);
}

static void print_changes(
	const struct open_business *b, const struct when *w, size_t most, FILE *out)
{
	char at[WHEN_TEXT];

	if (b->changes.n == 0)
		return;
	text_line(out,
		"unknown     %zu %s whose outcome is not known yet; nothing else is sent for "
		"these devices",
		b->changes.n, b->changes.n == 1 ? "change" : "changes");
	for (size_t i = 0; i < b->changes.n && i < most; i++) {
		const struct ledger_intent *c = &b->changes.v[i];

		text_line(out, "  %.*s  %s, sent %s%s%.*s (run %.*s)", STR_FMT(c->serial),
			word_of(c->kind),
			when_words(w, c->sent_ms == TIME_NONE ? c->intent_ms : c->sent_ms, at),
			c->activity.n ? ", activity " : "", STR_FMT(c->activity),
			STR_FMT(c->run_name));
	}
	put_more(b->changes.n, most, out);
}

size_t open_business_wipes(const struct open_business *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->deeds.n; i++)
		n += b->deeds.v[i].state == DEED_OPEN && b->deeds.v[i].kind == STEP_WIPE;
	return n;
}

static void print_deeds(const struct open_business *b, const struct when *w, size_t most, FILE *out)
{
	size_t shown = 0;
	char at[WHEN_TEXT];

	if (b->n_open_deeds == 0)
		return;
	text_line(out, "irreversible  %zu %s whose outcome is not known yet; %s not sent again",
		b->n_open_deeds, b->n_open_deeds == 1 ? "step" : "steps",
		b->n_open_deeds == 1 ? "it is" : "they are");
	for (size_t i = 0; i < b->deeds.n && shown < most; i++) {
		const struct ledger_deed *d = &b->deeds.v[i];

		if (d->state != DEED_OPEN)
			continue;
		text_line(out, "  %.*s  %s, sent %s (run %.*s)", STR_FMT(d->serial),
			word_of(d->kind), when_words(w, d->at_ms, at), STR_FMT(d->run_name));
		shown++;
	}
	put_more(b->n_open_deeds, most, out);
	if (open_business_wipes(b))
		text_line(out, "  a wipe waits for its device; to call it off, in the console: %s",
			CONSOLE_WIPE_LOG);
}

static const struct {
	const char *word, *what, *next;
} wait_words[WAIT_STATES] = {
	[WAIT_ON] = { "waiting", "not at Apple yet", "" },
	[WAIT_OVER] = { "over", "not at Apple in time", ": a person has to look" },
	[WAIT_TWICE] = { "two_lists", "which another list waits for, too",
		": keep it on one of them" },
	[WAIT_PROTECTED] = { "protected", "on the protected list now",
		": nothing is done when Apple lists it" },
};

static void print_waits(const struct open_business *b, const struct when *w, size_t most, FILE *out)
{
	char since[WHEN_TEXT], until[WHEN_TEXT];

	for (size_t i = 0; i < b->waits.n && i < most; i++) {
		const struct waiting *one = &b->waits.v[i];

		text_line(out, "waiting     %lld %s of %.*s, %s: rule '%.*s', since %s, until %s%s",
			(long long)one->n, one->n == 1 ? "serial" : "serials", STR_FMT(one->list),
			wait_words[one->state].what, STR_FMT(one->rule),
			when_words(w, one->since_ms, since), when_words(w, one->until_ms, until),
			wait_words[one->state].next);
	}
	if (most)
		put_more(b->waits.n, most, out);
}

static void print_gap(const struct gap *g, const struct when *w, FILE *out)
{
	char from[WHEN_TEXT];

	if (!g->open)
		return;
	text_line(out, "restored    %s: what happened %s%s is not known", gap_words(g),
		g->from_ms == TIME_NONE ? "before" : "since ",
		g->from_ms == TIME_NONE ? "" : when_words(w, g->from_ms, from));
	if (!g->searched)
		(void)fputs("            the next `depmend apply` looks for devices that it forgot "
			    "off their servers\n",
			out);
	(void)fputs("            steps that cannot be undone wait for --allow "
		    "restored_state=yes\n",
		out);
}

void open_business_print(const struct open_business *b, const struct settings *s,
	const struct when *when, size_t most, FILE *out)
{
	char since[WHEN_TEXT];

	if (b->pause.paused)
		text_line(out, "paused      since %s%s%s, until `depmend resume`: %s",
			when_words(when, b->pause.since_ms, since), b->pause.by[0] ? " by " : "",
			b->pause.by, b->pause.reason);
	print_gap(&b->gap, when, out);
	print_off(b, s, when, most, out);
	print_changes(b, when, most, out);
	print_deeds(b, when, most, out);
	print_waits(b, when, most, out);
}

/* --- for programs --- */

static void tell_off(const struct ledger_custody *c, const struct settings *s, FILE *out)
{
	struct ndjson j;
	struct buf name;

	buf_init(&name, NAME_BYTES);
	ndjson_begin(&j, "off_server");
	json_put_str(&j.o, "serial", c->serial);
	ndjson_text(&j, "home", c->home);
	ndjson_text(&j, "target", c->target);
	(void)is_known(s, c->target, &name);
	json_put_z(&j.o, "server", buf_cstr(&name));
	ndjson_time(&j, "since", c->since_ms);
	ndjson_text(&j, "run", c->run_name);
	ndjson_end(&j, out);
	buf_release(&name);
}

static void tell_change(const struct ledger_intent *c, FILE *out)
{
	struct ndjson j;

	ndjson_begin(&j, "open_change");
	json_put_str(&j.o, "serial", c->serial);
	json_put_z(&j.o, "step", word_of(c->kind));
	ndjson_text(&j, "target", c->target);
	ndjson_text(&j, "activity", c->activity);
	ndjson_time(&j, "intent", c->intent_ms);
	ndjson_time(&j, "sent", c->sent_ms);
	ndjson_text(&j, "run", c->run_name);
	ndjson_end(&j, out);
}

static void tell_deed(const struct ledger_deed *d, FILE *out)
{
	struct ndjson j;

	ndjson_begin(&j, "irreversible");
	json_put_str(&j.o, "serial", d->serial);
	json_put_z(&j.o, "step", word_of(d->kind));
	json_put_bool(&j.o, "proved", d->state == DEED_DONE);
	ndjson_text(&j, "incarnation", d->incarnation);
	ndjson_time(&j, "sent", d->at_ms);
	ndjson_text(&j, "run", d->run_name);
	ndjson_end(&j, out);
}

static void tell_wait(const struct waiting *w, FILE *out)
{
	struct ndjson j;

	ndjson_begin(&j, "waiting");
	json_put_str(&j.o, "list", w->list);
	json_put_str(&j.o, "rule", w->rule);
	json_put_z(&j.o, "state", wait_words[w->state].word);
	json_put_int(&j.o, "serials", w->n);
	ndjson_time(&j, "since", w->since_ms);
	ndjson_time(&j, "until", w->until_ms);
	ndjson_end(&j, out);
}

void open_business_tell(const struct open_business *b, const struct settings *s, FILE *out)
{
	for (size_t i = 0; i < b->off.n; i++)
		tell_off(&b->off.v[i], s, out);
	for (size_t i = 0; i < b->changes.n; i++)
		tell_change(&b->changes.v[i], out);
	for (size_t i = 0; i < b->deeds.n; i++)
		tell_deed(&b->deeds.v[i], out);
	for (size_t i = 0; i < b->waits.n; i++)
		tell_wait(&b->waits.v[i], out);
}
