/*
 * What options say together: none that contradicts another, belongs to another command, or does
 * nothing.
 */
#ifndef CLI_ARGS_GIVEN_H
#define CLI_ARGS_GIVEN_H

#include "cli/args/options.h"

/* ERR_USAGE names the option; the command is known. */
MUST_CHECK enum errc given_check(const struct cli *c, struct err *err);

#endif
