#include "plan/step_rules.h"

#include "base/time.h"

enum { SECOND_MS = 1000 }; /* Apple gives deadlines with 0 to 3 fraction digits */

/* Only from the server named, or from one that feeds the UEM: on another there is nothing to do. */
static bool unassign_holds(const struct step_case *c, const struct view *v)
{
	if (v->server == SERVER_NONE)
		return true;
	if (c->step->lifecycle)
		return fleet_groups_of(c->fleet, v->server) == 0;
	return c->target != SERVER_NONE && c->target != v->server;
}

static void unassign_effect(const struct step_case *c, struct view *v)
{
	(void)c;
	v->server = SERVER_NONE;
	v->changed = true;
}

static bool reassign_holds(const struct step_case *c, const struct view *v)
{
	return v->server != SERVER_NONE && v->server == c->target;
}

static void reassign_effect(const struct step_case *c, struct view *v)
{
	v->server = c->target;
	v->changed = true;
}

/* The UEM lists a device exactly when Apple has it on a server that feeds the list's group. What a
 * list showed of before a change at Apple says nothing of what it will show. */
static bool sync_holds(const struct step_case *c, const struct view *v)
{
	return !v->changed && (!c->has_uem || v->listed == fleet_groups_of(c->fleet, v->server));
}

static void sync_effect(const struct step_case *c, struct view *v)
{
	/* A record that comes anew comes without a profile. */
	if (v->listed != fleet_groups_of(c->fleet, v->server))
		v->profile = MAP_NONE;
	v->listed = fleet_groups_of(c->fleet, v->server);
	v->changed = false;
}

static bool assign_profile_holds(const struct step_case *c, const struct view *v)
{
	return v->profile != MAP_NONE && v->profile == c->step->profile;
}

static void assign_profile_effect(const struct step_case *c, struct view *v)
{
	v->profile = c->step->profile;
}

static bool remove_profile_holds(const struct step_case *c, const struct view *v)
{
	(void)c;
	return v->profile == MAP_NONE;
}

static void remove_profile_effect(const struct step_case *c, struct view *v)
{
	(void)c;
	v->profile = MAP_NONE;
}

static bool migrate_holds(const struct step_case *c, const struct view *v)
{
	return v->server == c->target && v->deadline_ms != TIME_NONE &&
	       v->deadline_ms / SECOND_MS == c->step->deadline_ms / SECOND_MS;
}

static void migrate_effect(const struct step_case *c, struct view *v)
{
	v->server = c->target;
	v->deadline_ms = c->step->deadline_ms;
	v->migrated = false;
	v->changed = true;
}

static bool cancel_migration_holds(const struct step_case *c, const struct view *v)
{
	(void)c;
	return v->deadline_ms == TIME_NONE || v->migrated;
}

static void cancel_migration_effect(const struct step_case *c, struct view *v)
{
	(void)c;
	v->deadline_ms = TIME_NONE;
}

static bool release_holds(const struct step_case *c, const struct view *v)
{
	(void)c;
	return v->released;
}

static void release_effect(const struct step_case *c, struct view *v)
{
	(void)c;
	v->released = true;
	v->server = SERVER_NONE;
}

static bool delete_record_holds(const struct step_case *c, const struct view *v)
{
	(void)c;
	return v->record == RECORD_NONE;
}

static void delete_record_effect(const struct step_case *c, struct view *v)
{
	(void)c;
	v->record = RECORD_NONE;
}

static bool wipe_holds(const struct step_case *c, const struct view *v)
{
	(void)c;
	return v->record == RECORD_LEFT || v->record == RECORD_NONE;
}

static void wipe_effect(const struct step_case *c, struct view *v)
{
	(void)c;
	v->record = RECORD_LEFT;
}

static const struct step_rule rules[STEP_MAX_] = {
	[STEP_UNASSIGN] = { unassign_holds, unassign_effect },
	[STEP_REASSIGN] = { reassign_holds, reassign_effect },
	[STEP_SYNC] = { sync_holds, sync_effect },
	[STEP_FETCH] = { sync_holds, sync_effect },
	[STEP_ASSIGN_PROFILE] = { assign_profile_holds, assign_profile_effect },
	[STEP_REMOVE_PROFILE] = { remove_profile_holds, remove_profile_effect },
	[STEP_MIGRATE] = { migrate_holds, migrate_effect },
	[STEP_CANCEL_MIGRATION] = { cancel_migration_holds, cancel_migration_effect },
	[STEP_RELEASE] = { release_holds, release_effect },
	[STEP_DELETE_RECORD] = { delete_record_holds, delete_record_effect },
	[STEP_WIPE] = { wipe_holds, wipe_effect },
};

const struct step_rule *step_rule(enum step_kind kind)
{
	return &rules[kind];
}

/* --- what is not as it was once the step was taken --- */

static uint64_t facts_of(enum reading r)
{
	uint64_t facts = 0;

	for (int f = 0; f < FACT_MAX_; f++)
		if (fact_info((enum fact)f)->reading == r)
			facts |= FACT_BIT(f);
	return facts;
}

/* The UEM's list follows Apple's, by syncs of its own as well. */
static uint64_t list_facts(void)
{
	return facts_of(READING_UEM_LIST) | facts_of(READING_UEM_PROFILES) |
	       facts_of(READING_UEM_TOKEN);
}

uint64_t step_changes(enum step_kind kind)
{
	const struct step_info *info = step_info(kind);

	if (kind == STEP_WIPE || kind == STEP_DELETE_RECORD)
		return facts_of(READING_UEM_DEVICE) | facts_of(READING_UEM_RECORDS) |
		       facts_of(READING_UEM_APPS);
	if (info->service == SERVICE_APPLE)
		return list_facts() | facts_of(READING_APPLE_SERVER) | FACT_BIT(FACT_APPLE_STATUS) |
		       FACT_BIT(FACT_APPLE_UPDATED) | FACT_BIT(FACT_APPLE_MIGRATION_STATUS) |
		       FACT_BIT(FACT_APPLE_MIGRATION_DEADLINE);
	return info->service == SERVICE_UEM ? list_facts() : 0;
}

uint32_t step_looks(enum step_kind kind)
{
	switch (kind) {
	case STEP_WIPE:
	case STEP_DELETE_RECORD:
		return 1u << READING_UEM_DEVICE;
	case STEP_MIGRATE:
	case STEP_CANCEL_MIGRATION:
	case STEP_RELEASE:
		return 1u << READING_APPLE_DEVICE | 1u << READING_APPLE_SERVER;
	default:
		return 1u << READING_APPLE_SERVER;
	}
}
