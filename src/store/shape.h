/*
 * What a store looks like from outside, for support: how much of what is in it, its last runs,
 * requests and events. No text that anybody wrote is in it, and serials only as `name` names them.
 */
#ifndef STORE_SHAPE_H
#define STORE_SHAPE_H

#include "io/json.h"
#include "store/store.h"

/* Members of an object: schema, tables, runs, requests, events. name: appends what stands for a
 * serial. */
MUST_CHECK enum errc store_shape(struct store *s, struct json_out *o,
	void (*name)(void *self, struct str serial, struct buf *out), void *self, struct err *err);
/* Every serial that the store knows, some more than once. */
MUST_CHECK enum errc store_each_serial(
	struct store *s, void (*each)(void *self, struct str serial), void *self, struct err *err);

#endif
