/*
 * What can be known of credentials: without a network whether each secret can be opened and is what
 * it has to be, with one whether the services take them.
 */
#ifndef CLI_APP_CHECK_SECRETS_H
#define CLI_APP_CHECK_SECRETS_H

#include "base/diag.h"
#include "cli/args/options.h"
#include "model/settings.h"

/* No program is started and no secret shown. A credential of the service manager, and a variable,
 * are only a warning where they are not given: they may be where depmend runs. */
void check_secrets(const struct settings *s, struct diags *d);

/* Signs in to Apple and to the UEM and reads one page of each; appends what was found, as words. */
MUST_CHECK enum errc check_online(
	const struct cli *cli, const struct settings *s, struct buf *found, struct err *err);

#endif
