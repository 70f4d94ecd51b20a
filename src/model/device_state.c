#include "model/device_state.h"

#include "base/str.h"

void device_forget(struct device_state *d, enum reading r)
{
	uint64_t facts = reading_facts(r);

	d->known &= ~facts;
	d->absent &= ~facts;
}

bool status_is_wipe(struct str enrollment_status)
{
	return str_contains_nocase(enrollment_status, STR("wipe"));
}
