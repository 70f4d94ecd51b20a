/*
 * What is open between the organization and its services, as the ledger of the store has it:
 * devices off their server, changes whose outcome is not known yet, steps that cannot be undone.
 * For status, plan, doctor, runs and forget.
 */
#ifndef REPORT_OPEN_BUSINESS_H
#define REPORT_OPEN_BUSINESS_H

#include <stdio.h>

#include "model/settings.h"
#include "report/when.h"
#include "store/gap.h"
#include "store/ledger.h"
#include "store/wait.h"

struct open_business {
	struct ledger_custodies off; /* devices off their server */
	struct ledger_intents changes;
	struct ledger_deeds deeds; /* irreversible steps, those that are proved, too */
	size_t n_open_deeds;
	struct waits waits; /* serials that Apple does not list yet: by list, rule and state */
	struct ledger_pause pause;
	struct gap gap; /* an older state took the place of the newest */
};

/* Of one device, or of all (STR_NONE). A protected list that cannot be read is left out. Caller
 * releases *ret, also after a failure. */
MUST_CHECK enum errc open_business_load(struct open_business *ret, struct store *s,
	const struct settings *settings, struct str serial, int64_t now_ms, struct err *err);
void open_business_release(struct open_business *b);
/* Wipes among them that are not known to be over. */
size_t open_business_wipes(const struct open_business *b);

/* Counts in a line each, then at most `most` devices by name; nothing open: no line. */
void open_business_print(const struct open_business *b, const struct settings *s,
	const struct when *when, size_t most, FILE *out);
/* An object per device and thing: off_server, open_change, irreversible; waiting by list. */
void open_business_tell(const struct open_business *b, const struct settings *s, FILE *out);

#endif
