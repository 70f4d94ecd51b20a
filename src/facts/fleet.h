/*
 * What the services said, about the devices somebody asked for: one struct device_state per serial,
 * the servers, the token groups. Owned by one run, freed with it.
 */
#ifndef FACTS_FLEET_H
#define FACTS_FLEET_H

#include "base/buf.h"
#include "base/map.h"
#include "model/device_state.h"
#include "model/settings.h"
#include "model/snapshot.h"
#include "model/step.h"
#include "wire/recall.h"

#define SERVER_NONE UINT32_MAX
enum { FLEET_MAX_GROUPS = SETTINGS_MAX_TOKENS };

struct server {
	uint32_t id, name;     /* slots of fleet.texts */
	int disown;            /* may release devices: 1, 0, -1: not told, FLAG_ODD */
	uint32_t groups;       /* bit per token group that it feeds */
	bool unfed;            /* the settings say that it feeds none */
	bool gone;             /* it was deleted since the servers were listed */
	int64_t device_count;  /* -1: not told */
	struct recall *recall; /* of its list; NULL: none yet */
};

struct group {
	struct buf uuid;
	struct str server;     /* as in the settings; empty: every server feeds it */
	int64_t last_size;     /* devices in its last complete listing; -1: none yet */
	struct recall *recall; /* of that list; NULL: none yet */
};

struct profile {
	uint32_t name, uuid;   /* slots of fleet.texts */
	uint32_t group;        /* index of the token group it belongs to */
	int64_t landing_group; /* -1: not told; FLAG_ODD */
	int custom_prompt;     /* 1, 0, -1: not told; FLAG_ODD */
};

struct fleet {
	struct map texts;
	struct map serials;
	struct device_state *devices; /* by serial slot */
	uint32_t *listed;             /* by serial slot: bit per group that lists it */
	/* By serial slot: id of its UEM record and when it enrolled last ("12@1763780400000"), slot
	 * of texts; MAP_NONE: not read, or not to be told. */
	uint32_t *incarnations;
	uint32_t cap;
	uint32_t n_dropped;    /* how often all devices were forgotten */
	struct recall *recall; /* of Apple's list of devices; NULL: none yet */
	struct map wiping;     /* serials that a wipe of another run is still open for */
	struct map doubts;     /* serial and reading, for which facts are unknown ... */
	uint32_t *doubt_texts, cap_doubts;       /* ... and why; slots of `texts` */
	struct buf reading_doubts[READING_MAX_]; /* why a whole reading left devices unknown */
	struct map open; /* serials that a request of another run may still act on */
	struct server *servers;
	uint32_t n_servers, cap_servers;
	bool has_servers;
	bool servers_partial; /* an entry of their list could not be read, or is missing */
	struct group groups[FLEET_MAX_GROUPS];
	uint32_t n_groups;
	uint32_t groups_unread; /* a bit for each whose list was not read in whole the last time */
	struct str unfed[FLEET_MAX_GROUPS +
			 SETTINGS_MAX_ENROLLMENT]; /* names of servers, as in the settings */
	uint32_t n_unfed;
	struct profile *profiles;
	uint32_t n_profiles, cap_profiles;
	bool has_profiles;
	bool profiles_partial; /* as servers_partial */
	int64_t listed_size;   /* of Apple's newest listing of devices; -1: not known */
	int64_t org_size; /* devices of the organization that are not released; -1: not known */
};

void fleet_init(struct fleet *f);
void fleet_release(struct fleet *f);
/* The serial's slot; new ones start with nothing read. */
uint32_t fleet_add(struct fleet *f, struct str serial);
/* Forgets all devices; servers, groups, profiles and texts stay. */
void fleet_drop_devices(struct fleet *f);
/* The slot of a serial as a service writes it: neither case nor blanks matter. MAP_NONE: nobody
 * asked for it, or *ret_odd: it is no serial, and so may be any. */
uint32_t fleet_find(const struct fleet *f, struct str serial, bool *ret_odd);
/* One of the fleet's, which is made when it is NULL, for a list that is going to be read: it
 * remembers what the list said of these devices, and no others. */
struct recall *fleet_recall(const struct fleet *f, struct recall **of);
/* Forgets the servers, too. */
void fleet_drop_servers(struct fleet *f);
struct str fleet_serial(const struct fleet *f, uint32_t slot);
struct str fleet_text(const struct fleet *f, uint32_t slot);
uint32_t fleet_intern(struct fleet *f, struct str text);

/* SERVER_NONE when no or, for names, more than one server fits. */
uint32_t fleet_server_by_id(const struct fleet *f, struct str id);
bool fleet_server_gone(const struct fleet *f, uint32_t server); /* or SERVER_NONE */
uint32_t fleet_server_by_name(const struct fleet *f, struct str name);
uint32_t fleet_server_called(const struct fleet *f, struct str text); /* by id, else by name */
struct str fleet_server_name(const struct fleet *f, uint32_t server); /* "" for SERVER_NONE */
struct str fleet_server_id(const struct fleet *f, uint32_t server);
/* Ties groups to servers by name, once both are known. */
void fleet_bind_groups(struct fleet *f);
/* The groups that should list a device of that server. */
uint32_t fleet_groups_of(const struct fleet *f, uint32_t server);
/* The settings say which groups these are, or that there are none. */
bool fleet_is_mapped(const struct fleet *f, uint32_t server);

/* Slot of the profile's name as the UEM spells it; MAP_NONE when there is none, or several in one
 * group. */
uint32_t fleet_profile_by_name(const struct fleet *f, struct str name);
/* The UUID of that profile in the group; empty when the group has none. */
struct str fleet_profile_uuid(const struct fleet *f, uint32_t name, uint32_t group);

/* Keeps why a device's facts of a reading (slot MAP_NONE: those of every device that it left open)
 * are unknown. */
void fleet_doubt(struct fleet *f, uint32_t slot, enum reading r, struct str why);
/* Empty: nothing was kept, or the fact is not unknown. Borrowed until the next fleet_intern(). */
struct str fleet_why_unknown(const struct fleet *f, uint32_t slot, enum fact fact);
/* The fact and why it is unknown; of MAP_NONE the fact alone. */
void fleet_tell_unknown(const struct fleet *f, uint32_t slot, enum fact fact, struct buf *out);

/* The server a device is on: SERVER_NONE for none; false when that is not known. */
bool fleet_server_of(const struct fleet *f, uint32_t slot, uint32_t *ret);
/* Any live fact, for rules and reports. Text is borrowed until the next fleet_intern(). */
void fleet_fact(const struct fleet *f, uint32_t slot, enum fact fact, struct value *ret);
enum { INCARNATION_TEXT = 64 };
/* What tells the device from an earlier or a later one of the same serial, for a step that cannot
 * be undone (store/ledger.h); empty: not known. Returns ret. */
const char *fleet_incarnation(
	const struct fleet *f, uint32_t slot, enum step_kind kind, char ret[INCARNATION_TEXT]);
/* "status=ASSIGNED;server=WS1 EMEA;listed=yes;profile=Corporate iPads": what is known of it. */
void fleet_describe(const struct fleet *f, uint32_t slot, struct buf *out);
/* The same for the store, see model/snapshot.h. */
void fleet_remember(const struct fleet *f, uint32_t slot, struct buf *out);

#endif
