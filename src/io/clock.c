#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "os/kernel.h"

struct clock {
	bool is_virtual;
	int64_t now_ms;  /* virtual: the time; real: the wall clock at the start */
	int64_t boot_ms; /* real: time since the boot at the start */
	char boot[KERNEL_BOOT_TEXT];
};

struct clock *clock_real(void)
{
	struct clock *c = mem_zalloc(sizeof(*c));

	c->now_ms = kernel_clock_ms(CLOCK_REALTIME);
	c->boot_ms = kernel_boot_ms();
	kernel_boot(c->boot);
	return c;
}

struct clock *clock_virtual(int64_t start_ms)
{
	struct clock *c = mem_zalloc(sizeof(*c));
	const char *boot = getenv("DEPMEND_BOOT");

	(void)snprintf(c->boot, sizeof(c->boot), "%s", boot && *boot ? boot : "virtual");
	c->is_virtual = true;
	c->now_ms = start_ms;
	return c;
}

void clock_free(struct clock *c)
{
	free(c);
}

bool clock_is_virtual(const struct clock *c)
{
	return c->is_virtual;
}

int64_t clock_now(const struct clock *c)
{
	return c->is_virtual ? c->now_ms : c->now_ms + kernel_boot_ms() - c->boot_ms;
}

int64_t clock_boot_ms(const struct clock *c)
{
	return c->is_virtual ? c->now_ms : kernel_boot_ms();
}

int64_t clock_asleep_ms(const struct clock *c)
{
	return c->is_virtual ? 0 : kernel_asleep_ms();
}

const char *clock_boot(const struct clock *c)
{
	return c->boot;
}

void clock_advance(struct clock *c, int64_t at_ms)
{
	if (c->is_virtual && at_ms > c->now_ms)
		c->now_ms = at_ms;
}
