/*
 * Names that people give to a list that they make anew each night.
 */
#ifndef LISTS_LIST_NAME_H
#define LISTS_LIST_NAME_H

#include <stdbool.h>

#include "base/str.h"

/* Whether two whole paths are the same but for a date: devices-2026-11-27.csv and
 * devices-2026-11-28.csv, 2026/11/27/new.csv and 2026/11/28/new.csv. */
bool list_is_dated_alike(struct str a, struct str b);
/* Whether there is no such file any more; one that may not be looked at is still there. */
bool list_is_gone(struct str path);

#endif
