/*
 * `doctor --bundle FILE`: what a supporter needs and nothing else, as one JSON file. Nobody is
 * contacted. No secret is in it, and serials are hashed with a salt that is thrown away.
 */
#ifndef CLI_APP_BUNDLE_H
#define CLI_APP_BUNDLE_H

#include "cli/args/options.h"

MUST_CHECK enum errc bundle_write(const struct cli *cli, const char *path, struct err *err);

#endif
