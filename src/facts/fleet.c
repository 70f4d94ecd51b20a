#include "facts/fleet.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "model/serial.h"

enum { DOUBT_MAX_BYTES = 1024 };

void fleet_init(struct fleet *f)
{
	*f = (struct fleet){ .org_size = -1, .listed_size = -1 };
	map_init(&f->texts, 0);
	map_init(&f->serials, 0);
	map_init(&f->wiping, 0);
	map_init(&f->doubts, 0);
	for (int r = 0; r < READING_MAX_; r++)
		buf_init(&f->reading_doubts[r], DOUBT_MAX_BYTES);
	map_init(&f->open, 0);
}

void fleet_drop_servers(struct fleet *f)
{
	while (f->n_servers)
		recall_free(f->servers[--f->n_servers].recall);
}

void fleet_release(struct fleet *f)
{
	for (uint32_t i = 0; i < f->n_groups; i++) {
		buf_release(&f->groups[i].uuid);
		recall_free(f->groups[i].recall);
	}
	fleet_drop_servers(f);
	recall_free(f->recall);
	map_release(&f->texts);
	map_release(&f->serials);
	map_release(&f->wiping);
	map_release(&f->doubts);
	for (int r = 0; r < READING_MAX_; r++)
		buf_release(&f->reading_doubts[r]);
	free(f->doubt_texts);
	map_release(&f->open);
	free(f->devices);
	free(f->listed);
	free(f->incarnations);
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
		f->incarnations = mem_realloc(f->incarnations, f->cap, sizeof(*f->incarnations));
	}
	f->devices[slot] = (struct device_state){ 0 };
	f->listed[slot] = 0;
	f->incarnations[slot] = MAP_NONE;
	return slot;
}

void fleet_drop_devices(struct fleet *f)
{
	f->n_dropped++;
	map_release(&f->serials);
	map_init(&f->serials, 0);
	map_release(&f->doubts);
	map_init(&f->doubts, 0);
}

uint32_t fleet_find(const struct fleet *f, struct str serial, bool *ret_odd)
{
	struct serial s;

	*ret_odd = serial_read(serial, &s) != REASON_NONE;
	return *ret_odd ? MAP_NONE : map_find(&f->serials, serial_view(&s));
}

struct recall *fleet_recall(const struct fleet *f, struct recall **of)
{
	recall_begin(recall_at(of), (uint64_t)f->n_dropped << 32 | f->serials.n);
	return *of;
}

/* --- why facts are unknown --- */

enum { DOUBT_KEY_BYTES = SERIAL_MAX + 1 };

/* The serial and a byte for the reading. */
static struct str doubt_key(
	const struct fleet *f, uint32_t slot, enum reading r, char out[DOUBT_KEY_BYTES])
{
	struct str serial = fleet_serial(f, slot);
	size_t n = serial.n < SERIAL_MAX ? serial.n : SERIAL_MAX;

	if (n)
		memcpy(out, serial.p, n);
	out[n] = (char)('a' + (int)r);
	return (struct str){ out, n + 1 };
}

void fleet_doubt(struct fleet *f, uint32_t slot, enum reading r, struct str why)
{
	char key[DOUBT_KEY_BYTES];
	uint32_t at;

	if (slot == MAP_NONE) {
		buf_reset(&f->reading_doubts[r]);
		buf_str(&f->reading_doubts[r], why);
		return;
	}
	at = map_add(&f->doubts, doubt_key(f, slot, r, key), NULL);
	while (at >= f->cap_doubts) {
		f->cap_doubts = f->cap_doubts ? f->cap_doubts * 2 : 16;
		f->doubt_texts = mem_realloc(
			f->doubt_texts, f->cap_doubts, sizeof(*f->doubt_texts));
	}
	f->doubt_texts[at] = fleet_intern(f, why);
}

struct str fleet_why_unknown(const struct fleet *f, uint32_t slot, enum fact fact)
{
	enum reading r = fact_info(fact)->reading;
	char key[DOUBT_KEY_BYTES];
	uint32_t at;

	if (slot == MAP_NONE || device_fact_state(&f->devices[slot], fact) != VALUE_UNKNOWN)
		return STR_NONE;
	at = map_find(&f->doubts, doubt_key(f, slot, r, key));
	return at == MAP_NONE ? buf_view(&f->reading_doubts[r]) : fleet_text(f, f->doubt_texts[at]);
}

void fleet_tell_unknown(const struct fleet *f, uint32_t slot, enum fact fact, struct buf *out)
{
	struct str why = fleet_why_unknown(f, slot, fact);

	buf_printf(out, "%s%s%.*s", fact_info(fact)->word, why.n ? ": " : "", STR_FMT(why));
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

uint32_t fleet_server_called(const struct fleet *f, struct str text)
{
	uint32_t server = fleet_server_by_id(f, text);

	return server != SERVER_NONE || !text.n ? server : fleet_server_by_name(f, text);
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
		s->unfed = false;
		for (uint32_t k = 0; k < f->n_unfed; k++)
			s->unfed |= str_eq_nocase(f->unfed[k], fleet_text(f, s->name));
	}
}

uint32_t fleet_groups_of(const struct fleet *f, uint32_t server)
{
	return server < f->n_servers ? f->servers[server].groups : 0;
}

bool fleet_server_gone(const struct fleet *f, uint32_t server)
{
	return server >= f->n_servers || f->servers[server].gone;
}

bool fleet_is_mapped(const struct fleet *f, uint32_t server)
{
	return fleet_groups_of(f, server) != 0 ||
	       (server < f->n_servers && f->servers[server].unfed);
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

static void take_part(const struct fleet *f, uint32_t slot, enum snapshot_part part,
	struct arena *a, struct snapshot *ret)
{
	struct value v;
	char when[TIME_TEXT];

	fleet_fact(f, slot, snapshot_fact(part), &v);
	ret->v[part].state = v.state;
	if (v.state != VALUE_KNOWN)
		return;
	if (v.type == TYPE_DATE)
		ret->v[part].text = arena_dup(a, str_from(time_rfc3339_s(v.number, when)));
	else if (v.type == TYPE_FLAG)
		ret->v[part].text = v.number ? STR("yes") : STR("no");
	else
		ret->v[part].text = v.text;
}

static void take(const struct fleet *f, uint32_t slot, struct buf *out,
	void (*put)(const struct snapshot *s, struct buf *out))
{
	struct snapshot s = { 0 };
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < SNAPSHOT_MAX_; i++)
		take_part(f, slot, (enum snapshot_part)i, &a, &s);
	put(&s, out);
	arena_release(&a);
}

void fleet_describe(const struct fleet *f, uint32_t slot, struct buf *out)
{
	take(f, slot, out, snapshot_words);
}

void fleet_remember(const struct fleet *f, uint32_t slot, struct buf *out)
{
	take(f, slot, out, snapshot_encode);
}

const char *fleet_incarnation(
	const struct fleet *f, uint32_t slot, enum step_kind kind, char ret[INCARNATION_TEXT])
{
	uint32_t record = f->incarnations[slot];
	struct str text = STR("");
	struct value v;

	ret[0] = '\0';
	if (kind == STEP_WIPE && record != MAP_NONE) {
		text = fleet_text(f, record);
	} else if (kind == STEP_DELETE_RECORD) {
		fleet_fact(f, slot, FACT_UEM_DEVICE, &v);
		text = v.text;
	} else if (kind == STEP_RELEASE) {
		fleet_fact(f, slot, FACT_APPLE_ADDED, &v);
		if (v.state == VALUE_KNOWN)
			return time_rfc3339(v.number, ret);
	}
	(void)snprintf(ret, INCARNATION_TEXT, "%.*s", STR_FMT(text));
	return ret;
}
