/*
 * A list whose serials decide about devices, the protected one or `in_file`, is read in whole or
 * not at all: a row at fault is an error, and so is what is not read as a serial and could be one.
 */
#ifndef LISTS_SERIAL_STRICT_H
#define LISTS_SERIAL_STRICT_H

#include "base/map.h"
#include "lists/serial_list.h"

/* Adds the serials, upper case, and counts them. Those in other columns of a protected list are
 * among them; of a list of rules they are an error. ERR_INPUT names file and line; *ret_serials may
 * then hold some. */
MUST_CHECK enum errc list_read_strictly(
	struct serial_list *l, struct map *ret_serials, uint32_t *ret_n, struct err *err);

#endif
