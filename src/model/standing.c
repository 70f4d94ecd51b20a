#include "model/standing.h"

enum device_standing standing_after(enum device_standing now, enum standing_event event)
{
	static const enum device_standing after[STANDINGS][STANDING_EVENTS] = {
		[STANDING_READY] = {
			[ON_NAMED] = STANDING_BUSY,
			[ON_FREED] = STANDING_READY,
			[ON_GIVEN_UP] = STANDING_LEFT,
			[ON_SETTLED] = STANDING_SETTLED,
			[ON_REOPENED] = STANDING_READY,
		},
		[STANDING_BUSY] = {
			[ON_NAMED] = STANDING_BUSY,
			[ON_FREED] = STANDING_READY,
			[ON_GIVEN_UP] = STANDING_LEFT_BUSY,
			[ON_SETTLED] = STANDING_SETTLED,
			[ON_REOPENED] = STANDING_BUSY,
		},
		[STANDING_LEFT] = {
			[ON_NAMED] = STANDING_LEFT_BUSY,
			[ON_FREED] = STANDING_LEFT,
			[ON_GIVEN_UP] = STANDING_LEFT,
			[ON_SETTLED] = STANDING_SETTLED,
			[ON_REOPENED] = STANDING_LEFT,
		},
		[STANDING_LEFT_BUSY] = {
			[ON_NAMED] = STANDING_LEFT_BUSY,
			[ON_FREED] = STANDING_LEFT,
			[ON_GIVEN_UP] = STANDING_LEFT_BUSY,
			[ON_SETTLED] = STANDING_SETTLED,
			[ON_REOPENED] = STANDING_LEFT_BUSY,
		},
		[STANDING_SETTLED] = {
			[ON_NAMED] = STANDING_SETTLED,
			[ON_FREED] = STANDING_SETTLED,
			[ON_GIVEN_UP] = STANDING_SETTLED,
			[ON_SETTLED] = STANDING_SETTLED,
			[ON_REOPENED] = STANDING_READY,
		},
	};

	return after[now][event];
}

bool standing_is_busy(enum device_standing now)
{
	return now == STANDING_BUSY || now == STANDING_LEFT_BUSY;
}

bool standing_goes_on(enum device_standing now)
{
	return now == STANDING_READY || now == STANDING_BUSY;
}
