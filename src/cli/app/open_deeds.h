/*
 * What cannot be undone, and nobody knows the outcome of, at the end of a command.
 */
#ifndef CLI_APP_OPEN_DEEDS_H
#define CLI_APP_OPEN_DEEDS_H

#include "store/store.h"

/* Names those of the devices in the run's rows, in whatever run they were sent: then an end that
 * would be a clean one is none, and another status comes back; rows that wait for their wipe say so
 * by themselves. Of other devices it only says that there are some. */
int open_deeds_status(struct store *store, int64_t run, int status);

#endif
