/*
 * What is open at the end of a command: devices off their server, changes, and what cannot be
 * undone.
 */
#ifndef CLI_APP_OPEN_DEEDS_H
#define CLI_APP_OPEN_DEEDS_H

#include "store/store.h"

/* Names those of the devices in the run's rows, in whatever run they were sent: then an end that
 * would be a clean one is none, and another status comes back; rows that wait for their wipe say so
 * by themselves. Of other devices it only says that there are some. */
int open_deeds_status(struct store *store, int64_t run, int status);

/* Whether devices are off their server, or changes open that other runs asked for, wipes apart:
 * asked again at the end, because the run may have closed what was left when it began. */
bool open_changes_left(struct store *store, int64_t run);

#endif
