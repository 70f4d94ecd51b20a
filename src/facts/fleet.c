#include "facts/fleet.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

void fleet_init(struct fleet *f)
{
	*f = (struct fleet){ .org_size = -1, .listed_size = -1 };
	map_init(&f->texts, 0);
	map_init(&f->serials, 0);
	map_init(&f->wiping, 0);
}

void fleet_release(struct fleet *f)
{
	for (uint32_t i = 0; i < f->n_groups; i++)
		buf_release(&f->groups[i].uuid);
	map_release(&f->texts);
	map_release(&f->serials);
	map_release(&f->wiping);
	free(f->devices);
	free(f->listed);
	free(f->servers);
	free(f->profiles);
	*f = (struct fleet){ 0 };
}

uint32_t fleet_add(struct fleet *f, struct str serial)
{
	bool fresh;
	uint32_t slot = map_add(&f->serials, serial, &fresh);

	if (!fresh)
		return slot;
	if (slot >= f->cap) {
		f->cap = f->cap ? f->cap * 2 : 64;
		f->devices = mem_realloc(f->devices, f->cap, sizeof(*f->devices));
		f->listed = mem_realloc(f->listed, f->cap, sizeof(*f->listed));
	}
	f->devices[slot] = (struct device_state){ 0 };
	f->listed[slot] = 0;
	return slot;
}

void fleet_drop_devices(struct fleet *f)
{
	map_release(&f->serials);
	map_init(&f->serials, 0);
}

struct str fleet_serial(const struct fleet *f, uint32_t slot)
{
	return map_key(&f->serials, slot);
}

struct str fleet_text(const struct fleet *f, uint32_t slot)
{
	return map_key(&f->texts, slot);
}

uint32_t fleet_intern(struct fleet *f, struct str text)
{
	return map_add(&f->texts, text, NULL);
}

uint32_t fleet_server_by_id(const struct fleet *f, struct str id)
{
	uint32_t slot = map_find(&f->texts, id);

	for (uint32_t i = 0; slot != MAP_NONE && i < f->n_servers; i++)
		if (f->servers[i].id == slot)
			return i;
	return SERVER_NONE;
}

uint32_t fleet_server_by_name(const struct fleet *f, struct str name)
{
	uint32_t hit = SERVER_NONE;

	for (uint32_t i = 0; i < f->n_servers; i++) {
		if (!str_eq_nocase(fleet_text(f, f->servers[i].name), name))
			continue;
		if (hit != SERVER_NONE)
			return SERVER_NONE;
		hit = i;
	}
	return hit;
}

struct str fleet_server_name(const struct fleet *f, uint32_t server)
{
	return server < f->n_servers ? fleet_text(f, f->servers[server].name) : STR("");
}

struct str fleet_server_id(const struct fleet *f, uint32_t server)
{
	return server < f->n_servers ? fleet_text(f, f->servers[server].id) : STR("");
}

void fleet_bind_groups(struct fleet *f)
{
	for (uint32_t i = 0; i < f->n_servers; i++) {
		struct server *s = &f->servers[i];

		s->groups = 0;
		for (uint32_t g = 0; g < f->n_groups; g++)
			if (f->groups[g].server.n == 0 ||
				str_eq_nocase(f->groups[g].server, fleet_text(f, s->name)))
				s->groups |= 1u << g;
	}
}

uint32_t fleet_groups_of(const struct fleet *f, uint32_t server)
{
	return server < f->n_servers ? f->servers[server].groups : 0;
}

uint32_t fleet_profile_by_name(const struct fleet *f, struct str name)
{
	uint32_t hit = MAP_NONE, groups = 0;

	for (uint32_t i = 0; i < f->n_profiles; i++) {
		const struct profile *p = &f->profiles[i];

		if (!str_eq_nocase(fleet_text(f, p->name), name))
			continue;
		if (groups >> p->group & 1u)
			return MAP_NONE;
		groups |= 1u << p->group;
		hit = p->name;
	}
	return hit;
}

struct str fleet_profile_uuid(const struct fleet *f, uint32_t name, uint32_t group)
{
	for (uint32_t i = 0; i < f->n_profiles; i++)
		if (f->profiles[i].name == name && f->profiles[i].group == group)
			return fleet_text(f, f->profiles[i].uuid);
	return STR("");
}

bool fleet_server_of(const struct fleet *f, uint32_t slot, uint32_t *ret)
{
	const struct device_state *d = &f->devices[slot];
	enum value_state state = device_fact_state(d, FACT_APPLE_SERVER);

	if (state == VALUE_ABSENT)
		*ret = SERVER_NONE;
	else if (state == VALUE_KNOWN)
		*ret = d->slots[FACT_APPLE_SERVER];
	return state == VALUE_ABSENT || state == VALUE_KNOWN;
}

void fleet_fact(const struct fleet *f, uint32_t slot, enum fact fact, struct value *ret)
{
	const struct device_state *d = &f->devices[slot];

	*ret = (struct value){ device_fact_state(d, fact), fact_info(fact)->type, STR_NONE, 0 };
	if (ret->state != VALUE_KNOWN)
		return;
	if (ret->type == TYPE_DATE)
		ret->number = d->dates[fact - FACT_FIRST_DATE];
	else if (ret->type == TYPE_FLAG)
		ret->number = device_flag(d, fact);
	else if (ret->type == TYPE_NUMBER)
		ret->number = d->slots[fact];
	else if (fact == FACT_APPLE_SERVER)
		ret->text = fleet_server_name(f, d->slots[fact]);
	else
		ret->text = fleet_text(f, d->slots[fact]);
}

static void describe_one(
	const struct fleet *f, uint32_t slot, enum fact fact, const char *word, struct buf *out)
{
	struct value v;
	char when[TIME_TEXT];

	fleet_fact(f, slot, fact, &v);
	if (v.state == VALUE_UNREAD || (v.state == VALUE_ABSENT && v.type != TYPE_TEXT))
		return;
	if (out->n)
		buf_char(out, ';');
	buf_printf(out, "%s=", word);
	if (v.state == VALUE_UNKNOWN)
		buf_z(out, "unknown");
	else if (v.state == VALUE_ABSENT)
		buf_z(out, "none");
	else if (v.type == TYPE_DATE)
		buf_z(out, time_rfc3339_s(v.number, when));
	else if (v.type == TYPE_FLAG)
		buf_z(out, v.number ? "yes" : "no");
	else
		buf_str(out, v.text);
}

static const struct {
	enum fact fact;
	const char *word;
} parts[] = {
	{ FACT_APPLE_STATUS, "status" },
	{ FACT_APPLE_SERVER, "server" },
	{ FACT_APPLE_RELEASED, "released" },
	{ FACT_APPLE_MIGRATION_STATUS, "migration" },
	{ FACT_UEM_LISTED, "listed" },
	{ FACT_UEM_PROFILE, "profile" },
	{ FACT_UEM_DEVICE, "record" },
	{ FACT_UEM_ENROLLMENT_STATUS, "enrollment" },
};

void fleet_describe(const struct fleet *f, uint32_t slot, struct buf *out)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct value v;

		fleet_fact(f, slot, parts[i].fact, &v);
		if (v.state == VALUE_ABSENT && (parts[i].fact == FACT_APPLE_MIGRATION_STATUS ||
						       parts[i].fact == FACT_UEM_ENROLLMENT_STATUS))
			continue;
		describe_one(f, slot, parts[i].fact, parts[i].word, out);
	}
}

/* Where the value of the part begins at or after `from`; text.n when it is not there. */
static size_t part_at(struct str text, const char *word, size_t from)
{
	size_t n = strlen(word);

	for (size_t i = from; i + n < text.n; i++)
		if ((i == 0 || text.p[i - 1] == ';') && text.p[i + n] == '=' &&
			memcmp(text.p + i, word, n) == 0)
			return i + n + 1;
	return text.n;
}

struct str fleet_described(struct str description, const char *word)
{
	size_t at = part_at(description, word, 0), end = description.n;

	/* A name may hold a ';': only the next part ends it. */
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t next = part_at(description, parts[i].word, at);

		if (next < description.n && next - strlen(parts[i].word) - 2 < end)
			end = next - strlen(parts[i].word) - 2;
	}
	return at < description.n ? str_sub(description, at, end - at) : STR_NONE;
}
