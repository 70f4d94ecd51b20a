/*
 * Settings by which people watch over runs: who has to approve what.
 */
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

const struct yaml_key settings_approval_keys[] = {
	YAML_KEY("steps", read_steps, AT(approval.steps), .required = true, .schema = "steps",
		.example = "[wipe, release, delete_record]",
		.help = "The steps that need approval: a plan with any of them is carried out only "
			"when enough people have signed it."),
	YAML_KEY("people", yaml_read_u32, AT(approval.people), .required = true, .min = 1,
		.max = MAX_PEOPLE, .schema = "people", .example = "2",
		.help = "How many different people have to approve; whoever carries the plan out "
			"does not count, nor does a second key of the same person."),
	YAML_KEY("keys", settings_read_path, AT(approval.keys), .required = true, .schema = "path",
		.example = "approvers.pub",
		.help = "The list of people who may approve and their public SSH keys, in the form "
			"of ssh-keygen's allowed signers: one line a key, first the person's "
			"name."),
	YAML_KEYS_END,
};
