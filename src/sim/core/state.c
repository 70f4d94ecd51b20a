#include "sim/core/state.h"

#include <stdio.h>

/* splitmix64: the n-th number depends on nothing but the seed and n. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* The next number of the seeded sequence; part of the state. */
static uint64_t sim_draw(struct sim *s)
{
	sim_meta_set(s, "draws", (int64_t)++s->draws);
	return mix(mix(s->opt.seed) ^ s->draws);
}

/* Version 4 and variant bits, so that clients that check them are content. */
static void uuid_text(uint64_t hi, uint64_t lo, char out[UUID_TEXT])
{
	(void)snprintf(out, UUID_TEXT, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(hi >> 32),
		(unsigned)(hi >> 16) & 0xffffu, (unsigned)hi & 0xfffu,
		((unsigned)(lo >> 48) & 0x3fffu) | 0x8000u,
		(unsigned long long)(lo & UINT64_C(0xffffffffffff)));
}

void sim_uuid(struct sim *s, char out[UUID_TEXT])
{
	uint64_t hi = sim_draw(s);

	uuid_text(hi, mix(hi), out);
}

void uuid_of(const char *kind, struct str name, char out[UUID_TEXT])
{
	struct sha256_stream *h = sha256_new();
	char hex[SHA256_HEX];
	uint64_t part[2] = { 0, 0 };

	sha256_add(h, str_from(kind));
	sha256_add(h, STR(":"));
	sha256_add(h, name);
	sha256_end_hex(h, hex);
	for (size_t i = 0; i < 32; i++) {
		unsigned digit = (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);

		part[i / 16] = part[i / 16] << 4 | digit;
	}
	uuid_text(part[0], part[1], out);
}

void uuid_to_hex(const char *uuid, char out[HEX32_TEXT])
{
	size_t n = 0;

	for (; *uuid && n < HEX32_TEXT - 1; uuid++)
		if (*uuid != '-')
			out[n++] = ascii_upper(*uuid);
	out[n] = '\0';
}

int64_t sim_meta(struct sim *s, const char *name)
{
	int64_t v = sql_int(&s->sql, sql_z("SELECT value FROM meta WHERE name=?"), sql_z(name));

	return v == SQL_NULL ? 0 : v;
}

void sim_meta_set(struct sim *s, const char *name, int64_t v)
{
	sql_run(&s->sql,
		sql_z("INSERT INTO meta(name, value) VALUES(?1, ?2) "
		      "ON CONFLICT(name) DO UPDATE SET value=?2"),
		sql_z(name), sql_i(v));
}

void sim_effect(struct sim *s, const struct effect *e)
{
	struct json_out o;

	sql_begin(&s->sql);
	audit_begin(&s->audit, &o, s->now, "effect");
	json_put_str(&o, "serial", e->serial);
	json_put_z(&o, "what", e->what);
	json_put_str(&o, "before", e->before);
	json_put_str(&o, "after", e->after);
	json_put_bool(&o, "effective", e->effective);
	json_put_z(&o, "actor", s->actor);
	if (s->activity_id)
		json_put_z(&o, "activity", s->activity_id);
	audit_end(&s->audit, &o);
}

bool sim_look_back(struct sim *s, enum knob age)
{
	if (!knob(s, age))
		return false;
	sql_run(&s->sql, sql_z("UPDATE moment SET at=?"), sql_i(s->now - knob(s, age)));
	return true;
}
