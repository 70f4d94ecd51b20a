/*
 * Large lists are kept compressed when their run has ended (io/packed.h), whatever `keep:` says:
 * with a list a night they are most of a state.
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "store/store.h"

#define PACK_LEAST_BYTES (1024 * 1024)

/* For the lock's holder. What cannot be compressed, or is damaged, stays as it is: the last failure
 * is told, as packed_replace(). */
MUST_CHECK enum errc store_pack(const struct store *s, struct err *err);

#endif
