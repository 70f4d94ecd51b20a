/*
 * /sim/...: for those who drive the simulator, not for clients of the services (--control).
 */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include "sim/core/state.h"

/* True when the request is one of these; the reply is then whole. */
bool control_handle(struct sim *s, const struct request *q, struct reply *r);
/* For --help. */
void control_describe(struct buf *b);

#endif
