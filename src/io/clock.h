/*
 * Where time comes from. Real: wall clock at the start, moved on by CLOCK_BOOTTIME, so that a step
 * of the system clock cannot shorten a wait. Virtual: stands still until somebody sleeps, then
 * jumps; tests and rehearsals pass hours in milliseconds and repeat byte for byte.
 */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock;

/* Caller frees with clock_free(). */
struct clock *clock_real(void);
struct clock *clock_virtual(int64_t start_ms);
void clock_free(struct clock *c);

bool clock_is_virtual(const struct clock *c);
/* Milliseconds UTC; never goes back within a process. */
int64_t clock_now(const struct clock *c);
/* Milliseconds since the boot, the time asleep included: what a quarantine counts by, since the
 * wall clock may be set between two processes. A virtual clock was started with its own zero. */
int64_t clock_boot_ms(const struct clock *c);
/* How much of that the machine was asleep; 0 of a virtual clock. */
int64_t clock_asleep_ms(const struct clock *c);
/* Which boot that is; borrowed until clock_free(). A virtual clock's is named by DEPMEND_BOOT. */
const char *clock_boot(const struct clock *c);
/* Virtual only: move on to at_ms if that is later. No effect on a real clock. */
void clock_advance(struct clock *c, int64_t at_ms);

#endif
