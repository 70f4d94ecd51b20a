#include "facts/facts.h"

#include <string.h>

#include "facts/facts_parts.h"

enum errc facts_servers_of_apple(struct facts *f, struct err *err)
{
	return f->fleet->has_servers ? ERR_OK : facts_apple_servers(f, err);
}

enum errc facts_servers(struct facts *f, struct err *err)
{
	enum errc rc = facts_servers_of_apple(f, err);

	if (!rc && f->settings->has_uem)
		rc = facts_uem_groups(f, err);
	if (!rc)
		fleet_bind_groups(f->fleet);
	return rc;
}

static facts_read_fn *const readings[READING_MAX_] = {
	[READING_APPLE_DEVICE] = facts_apple_devices,
	[READING_APPLE_SERVER] = facts_apple_server,
	[READING_UEM_LIST] = facts_uem_listed,
	[READING_UEM_PROFILES] = facts_uem_profiles,
	[READING_UEM_TOKEN] = facts_uem_tokens,
	[READING_UEM_DEVICE] = facts_uem_devices,
	[READING_UEM_RECORDS] = facts_uem_records,
	[READING_UEM_APPS] = facts_uem_apps,
	[READING_APPLE_COVERAGE] = facts_apple_coverage,
};

enum errc facts_read(
	struct facts *f, enum reading r, const uint32_t *slots, uint32_t n, struct err *err)
{
	return r == READING_CSV ? ERR_OK : facts_read_by(f, r, readings[r], slots, n, err);
}

void facts_forget_ways(struct facts *f)
{
	memset(f->ways, 0, sizeof(f->ways));
}
