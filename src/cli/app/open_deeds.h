/*
 * What cannot be undone, and nobody knows the outcome of, at the end of a command.
 */
#ifndef CLI_APP_OPEN_DEEDS_H
#define CLI_APP_OPEN_DEEDS_H

#include "store/store.h"

/* Names those of the devices in the run's rows, in whatever run they were sent: then no end of the
 * command is a clean one, and true comes back. Of other devices it only says that there are some.
 */
bool open_deeds_tell(struct store *store, int64_t run);

#endif
