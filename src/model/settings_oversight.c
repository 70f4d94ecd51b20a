/*
 * Settings by which people watch over runs: who has to approve what, and when devices may be off.
 */
#include <stdio.h>
#include <stdlib.h>

#include "io/file.h"
#include "model/settings_read.h"
#include "model/step.h"

#define AT(member) offsetof(struct settings, member)

enum { MAX_PEOPLE = 9 };

static bool read_step(struct yaml_reader *r, const struct yaml_node *n, uint32_t *to)
{
	enum step_kind kind;

	if (!yaml_expect(r, n, YAML_SCALAR))
		return false;
	if (!step_from_word(n->text, &kind) || step_info(kind)->service == SERVICE_NONE) {
		(void)yaml_bad(r, n, "yaml.bad-value",
			"'%.*s' is no step that changes something; such steps are wipe, release "
			"and delete_record",
			STR_FMT(n->text));
		return false;
	}
	*to |= 1u << kind;
	return true;
}

static void read_steps(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	if (n->n_children == 0)
		(void)yaml_bad(r, n, "yaml.empty", "at least one step is needed");
	for (const struct yaml_node *m = n->first; m; m = m->next)
		if (!read_step(r, m, to))
			return;
}

/* --- windows --- */

const char *settings_zones(void)
{
	const char *given = getenv("TZDIR");

	return given && given[0] == '/' ? given : "/usr/share/zoneinfo";
}

/* "22:00"; 24:00 is the end of a day. */
static bool read_clock(struct str s, uint16_t *ret)
{
	uint64_t hour, minute;
	struct str rest = s, before = str_cut(&rest, ':');

	if (before.n != 2 || rest.n != 2 || !str_to_u64(before, &hour) ||
		!str_to_u64(rest, &minute) || minute > 59 || hour * 60 + minute > 1440)
		return false;
	*ret = (uint16_t)(hour * 60 + minute);
	return true;
}

static bool has_zone(const char *zone)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_+/-";
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", settings_zones(), zone);
	return *zone && *zone != '/' && zone[strspn(zone, plain)] == '\0' && file_is_regular(path);
}

static void read_window(
	struct yaml_reader *r, const struct yaml_node *n, struct window_settings *to)
{
	const char *text = yaml_text(r, n);
	struct str rest = str_from(text), times = str_cut(&rest, ' '), from;

	if (!text)
		return;
	from = str_cut(&times, '-');
	to->text = text;
	to->zone = rest.p;
	if (!read_clock(from, &to->from_min) || !read_clock(times, &to->to_min) ||
		to->from_min == to->to_min || to->from_min == 1440 || !rest.n)
		(void)yaml_bad(r, n, "yaml.bad-value",
			"'%s' is no window such as \"22:00-06:00 Europe/Berlin\" (all day: "
			"00:00-24:00)",
			text);
	else if (!has_zone(to->zone))
		(void)yaml_bad(r, n, "yaml.bad-value",
			"'%s' is no time zone of this machine (%s, package tzdata); such names are "
			"Europe/Berlin and America/New_York",
			to->zone, settings_zones());
}

void settings_read_windows(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct settings *s = to;

	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	if (n->n_children == 0 || n->n_children > SETTINGS_MAX_WINDOWS) {
		(void)yaml_bad(r, n, "yaml.bad-value", "1 to %d windows are possible",
			SETTINGS_MAX_WINDOWS);
		return;
	}
	s->windows = arena_zalloc(r->arena, n->n_children * sizeof(*s->windows));
	for (const struct yaml_node *m = n->first; m; m = m->next)
		read_window(r, m, &s->windows[s->n_windows++]);
}

const struct yaml_key settings_approval_keys[] = {
	YAML_KEY("steps", read_steps, AT(approval.steps), .required = true, .schema = "steps",
		.example = "[wipe, release, delete_record]",
		.help = "The steps that need approval: a plan with any of them is carried out only "
			"when enough people have signed it."),
	YAML_KEY("people", yaml_read_u32, AT(approval.people), .required = true, .min = 1,
		.max = MAX_PEOPLE, .schema = "people", .example = "2",
		.help = "How many different people have to approve; the user who carries the "
			"plan out does not count, nor does a second key of the same person."),
	YAML_KEY("keys", settings_read_path, AT(approval.keys), .required = true, .schema = "path",
		.example = "approvers.pub",
		.help = "The list of people who may approve and their public SSH keys, in the form "
			"of ssh-keygen's allowed signers: one line a key, first the person's "
			"name."),
	YAML_KEYS_END,
};
