/* The page about all tenants of a folder, from their numbers. */
#ifndef CLI_TENANTS_ROLLUP_PAGE_H
#define CLI_TENANTS_ROLLUP_PAGE_H

#include "cli/tenants/parts.h"

/* ERR_CANNOT_CREATE, ERR_IO. */
MUST_CHECK enum errc rollup_page(const struct tenants *t, const char *path, struct err *err);

#endif
