/*
 * What each command runs: one function in a file of its own, which returns the exit status.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/args/options.h"

#define X(id, word, args, min, max, help) int cmd_##word(const struct cli *cli);
COMMAND_LIST(X)
#undef X

#endif
