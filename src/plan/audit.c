#include "plan/audit.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/version.h"
#include "io/json.h"
#include "rules/about.h"

static void put_parameter(struct json_out *o, const struct rules_parameter *p)
{
	char *name = mem_dupz(p->name);

	json_put_str(o, name, p->value);
	free(name);
}

static void put_plan(struct json_out *o, const struct plan *p)
{
	struct rules_parameter parameter;

	json_put_z(o, "input_sha256", p->input->digest);
	json_arr(o, "rules");
	for (size_t i = 0; p->rules && rules_file(p->rules, i); i++)
		json_put_z(o, NULL, rules_file(p->rules, i));
	json_arr_end(o);
	json_obj(o, "parameters");
	for (size_t i = 0; p->rules && rules_parameter(p->rules, i, &parameter); i++)
		put_parameter(o, &parameter);
	json_obj_end(o);
	json_put_z(o, "rules_sha256", plan_rules_digest(p));
	json_put_z(o, "fingerprint", p->fingerprint);
	json_put_int(o, "devices", p->n_planned);
}

static void put_approval(struct json_out *o, const struct approval *by)
{
	struct str rest = by->confirmed;

	json_arr(o, "confirmed");
	while (rest.n)
		json_put_str(o, NULL, str_cut(&rest, '\n'));
	json_arr_end(o);
	json_arr(o, "allowed");
	for (size_t i = 0; by->allowed && by->allowed[i]; i++)
		json_put_z(o, NULL, by->allowed[i]);
	json_arr_end(o);
	if (by->signatures.n)
		json_put_raw(o, "approvals", by->signatures);
}

/* By name, since a number says nothing to who reads it elsewhere. */
static void put_who(struct json_out *o)
{
	struct passwd entry, *found = NULL;
	char text[4096], host[256] = "";

	(void)getpwuid_r(getuid(), &entry, text, sizeof(text), &found);
	json_put_z(o, "user", found ? found->pw_name : NULL);
	(void)gethostname(host, sizeof(host) - 1);
	json_put_z(o, "host", host);
}

void audit_describe(
	const struct plan *p, const struct settings *s, const struct approval *by, struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_int(&o, "uid", getuid());
	if (by) /* a rehearsal asks no one, not even for the name of the user */
		put_who(&o);
	json_put_z(&o, "sudo_user", getenv("SUDO_USER"));
	json_put_z(&o, "invocation", getenv("INVOCATION_ID"));
	json_put_z(&o, "version", DEPMEND_VERSION);
	json_put_z(&o, "settings_sha256", s->digest);
	if (p)
		put_plan(&o, p);
	if (by)
		put_approval(&o, by);
	json_obj_end(&o);
}
