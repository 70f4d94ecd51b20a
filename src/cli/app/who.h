/*
 * Who types the command, by name.
 */
#ifndef CLI_APP_WHO_H
#define CLI_APP_WHO_H

#include "base/buf.h"

/* "anna on mini", "root on mini, through sudo from anna"; appended. */
void who_words(struct buf *out);

#endif
