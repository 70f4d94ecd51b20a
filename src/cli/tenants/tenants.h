/*
 * Many tenants in one install: --settings names a folder, and the command runs once for each tenant
 * in it, in a process of its own.
 */
#ifndef CLI_TENANTS_TENANTS_H
#define CLI_TENANTS_TENANTS_H

#include "cli/args/options.h"

/* Whether --settings names a folder. */
bool tenants_wanted(const struct cli *cli);
/* Whether the outputs of a command line are inputs of its --settings. */
typedef enum errc tenants_check(const struct cli *cli, struct err *err);
/* Whether an output of one of these is an input of another. */
typedef enum errc tenants_check_all(const struct cli *v, size_t n, struct err *err);
/* Runs the command for each page of the folder (NAME.yaml, NAME/depmend.yaml) that has `tenant:`,
 * at most --jobs at a time; shows what each said, then one summary. Returns the worst exit status.
 * `check` is asked about each tenant before the first begins, where one file is for all,
 * `check_all` about what each of them writes itself. */
int tenants_run(const struct cli *cli, tenants_check *check, tenants_check_all *check_all);

#endif
