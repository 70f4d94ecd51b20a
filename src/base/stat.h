/*
 * What two looks at a file tell.
 */
#ifndef BASE_STAT_H
#define BASE_STAT_H

#include <stdbool.h>
#include <sys/stat.h>

/* By size and times: nobody has written to it in between. */
bool stat_is_unchanged(const struct stat *a, const struct stat *b);

#endif
