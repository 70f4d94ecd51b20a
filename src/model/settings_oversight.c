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

static void no_step(struct yaml_reader *r, const struct yaml_node *n)
{
	struct diag *entry = yaml_bad(r, n, "yaml.bad-value",
		"this is no step that changes something; such steps are wipe, release and "
		"delete_record");
	struct nearest near = nearest_to(n->text);

	for (int i = 0; n->kind == YAML_SCALAR && i < STEP_MAX_; i++)
		if (step_info((enum step_kind)i)->service != SERVICE_NONE)
			nearest_try(&near, str_from(step_info((enum step_kind)i)->word));
	diag_suggest(r->d, entry, &near);
}

static void read_steps(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	enum step_kind kind;

	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	if (n->n_children == 0)
		(void)yaml_bad(r, n, "yaml.empty", "at least one step is needed");
	for (const struct yaml_node *m = n->first; m; m = m->next)
		if (m->kind == YAML_SCALAR && step_from_word(m->text, &kind) &&
			step_info(kind)->service != SERVICE_NONE)
			*(uint32_t *)to |= 1u << kind;
		else
			no_step(r, m);
}

/* --- webhooks --- */

static const char *const event_words[WEBHOOK_EVENTS + 1] = { "failure", "off_server", "guard",
	"new_open_items", "expiry", NULL };

const char *webhook_event_word(enum webhook_event e)
{
	return event_words[e];
}

static void read_format(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "json", "slack", "teams", NULL };
	int i = yaml_word(r, n, words);

	(void)key;
	if (i >= 0)
		*(enum webhook_format *)to = (enum webhook_format)i;
}

/* Left out: all of them. */
static void read_events(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	uint32_t on = 0;

	(void)key;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		int i = yaml_word(r, m, event_words);

		on |= i < 0 ? 0 : 1u << i;
	}
	if (n->n_children == 0)
		(void)yaml_bad(r, n, "yaml.empty", "at least one occasion is needed");
	*(uint32_t *)to = on;
}

static void read_flag(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)yaml_flag(r, n, to);
}

static const struct yaml_key webhook_keys[] = {
	YAML_KEY("url", settings_read_secret, AT(webhook.url), .required = true, .schema = "secret",
		.example = "{file: hook-url}",
		.help = "The address of an incoming webhook of Slack, of a Teams workflow, or of a "
			"program of your own; it is a secret."),
	YAML_KEY("format", read_format, AT(webhook.format), .required = true,
		.schema = "webhook_format", .example = "teams",
		.help = "The form of the message: slack, teams (an Adaptive Card), or json for a "
			"program."),
	YAML_KEY("on", read_events, AT(webhook.on), .schema = "webhook_events",
		.example = "[failure, off_server, guard, new_open_items, expiry]",
		.help = "The ends of a run that send a message: failure, off_server (devices are "
			"off "
			"their server), guard, new_open_items, expiry (a credential ends soon). "
			"Left "
			"out: all of them."),
	YAML_KEY("serials", read_flag, AT(webhook.serials), .schema = "flag", .example = "false",
		.help = "Whether the message names the serial numbers of rows that are not done. "
			"Without it there are counts and causes only."),
	YAML_KEYS_END,
};

const struct yaml_key settings_notify_keys[] = {
	YAML_KEY("url", settings_read_secret, AT(notify_url), .schema = "secret",
		.example = "{file: ping-url}",
		.help = "The address of a watchdog such as healthchecks.io, called at the start "
			"and the end of each run."),
	YAML_KEY("webhook", yaml_read_map, 0, .keys = webhook_keys, .schema = "webhook",
		.example = "{url: {file: hook-url}, format: teams}",
		.help = "A chat or a program that gets a message when a run did not end well: "
			"counts, "
			"causes and the command that shows more."),
	YAML_KEYS_END,
};

const struct yaml_key settings_keep_keys[] = {
	YAML_KEY("inputs", yaml_read_duration, AT(keep.inputs_ms), .least = "1d", .most = "100y",
		.schema = "duration", .example = "400d",
		.help = "How long the list of a run is kept; under 30d counts as 30d."),
	YAML_KEY("runs", yaml_read_duration, AT(keep.runs_ms), .least = "1d", .most = "100y",
		.schema = "duration", .example = "800d",
		.help = "How long rows of a run are kept; what a device was last done by, and "
			"wipes, releases and deletions stay."),
	YAML_KEY("events", yaml_read_duration, AT(keep.events_ms), .least = "1d", .most = "100y",
		.schema = "duration", .example = "800d",
		.help = "How long the audit trail is kept; report --verify says from when it "
			"holds. Approvals stay."),
	YAML_KEY("coverage", yaml_read_duration, AT(keep.coverage_ms), .least = "1s", .most = "1y",
		.preset = "7d", .schema = "duration", .example = "7d",
		.help = "How long Apple's word on a device's coverage is used before it is asked "
			"again, which takes a request for each device."),
	YAML_KEY("hold", read_flag, AT(keep.hold), .schema = "flag", .example = "false",
		.help = "Whether nothing is removed for now, however old: for a legal hold."),
	YAML_KEYS_END,
};

const struct yaml_key settings_poll_keys[] = {
	YAML_KEY("apple", yaml_read_duration, AT(poll.apple_ms), .least = "50ms", .most = "10m",
		.preset = "5s", .schema = "duration", .example = "5s",
		.help = "How often Apple is asked about an activity at first; the pause grows by "
			"half, up to 60 s."),
	YAML_KEY("uem", yaml_read_duration, AT(poll.uem_ms), .least = "50ms", .most = "10m",
		.preset = "30s", .schema = "duration", .example = "30s",
		.help = "How often the UEM's list is read while devices are awaited; the pause "
			"grows by half, up to 5 min."),
	YAML_KEYS_END,
};

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
