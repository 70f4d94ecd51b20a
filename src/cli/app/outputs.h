/*
 * No output of a command may be one of its own inputs, by whatever path, link or case, nor lie in
 * the state: a result written over the key, the rules or the protected list cannot be taken back.
 * And each is tried, so that a name that is too long or a full disk is not found out when the work
 * is done.
 */
#ifndef CLI_APP_OUTPUTS_H
#define CLI_APP_OUTPUTS_H

#include "cli/args/options.h"
#include "model/settings.h"
#include "rules/rules.h"
#include "store/store.h"

/* ERR_USAGE names both; ERR_CANNOT_CREATE. settings and rules may be NULL. */
MUST_CHECK enum errc outputs_check(const struct cli *cli, const struct settings *settings,
	const struct ruleset *rules, struct err *err);

/* The same of the settings that the command line names, as far as they can be read. */
MUST_CHECK enum errc outputs_check_named(const struct cli *cli, struct err *err);

/* Nor is the output of one tenant what another one reads: the command lines of all, before the
 * first begins. What a tenant reads itself, its own process finds. ERR_USAGE. */
MUST_CHECK enum errc outputs_check_all(const struct cli *v, size_t n, struct err *err);

/* Nor what the run was made of, where a command looks back at one: its input, its rules. */
MUST_CHECK enum errc outputs_check_run(
	const struct cli *cli, struct store *store, const struct run_record *run, struct err *err);

#endif
