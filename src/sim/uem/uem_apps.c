/*
 * Apps: purchased licences and public apps (services/README.md UEM C.7). A tenant has the same few
 * here.
 */
#include "sim/uem/uem_managed.h"

enum { LICENSE_UNKNOWN, LICENSE_USER, LICENSE_DEVICE, LICENSE_BOTH };

static const struct app {
	const char *name, *bundle;
	int64_t purchased, burned;
	int eligibility; /* 0: a public app without licences */
} apps[] = {
	{ "Keynote", "com.apple.Keynote", 500, 212, LICENSE_DEVICE },
	{ "Pages", "com.apple.Pages", 500, 198, LICENSE_BOTH },
	{ "Field Notes", "com.example.fieldnotes", 50, 44, LICENSE_USER },
	{ "Transit Map", "com.example.transit", 0, 0, 0 },
	{ "Weather Desk", "com.example.weather", 0, 0, 0 },
};
enum { N_APPS = sizeof(apps) / sizeof(apps[0]) };

static bool is_there(const struct sim *s, const struct app *app)
{
	enum { ALL, DEVICE, USER, PUBLIC };
	int64_t which = knob(s, KNOB_UEM_APPS);

	if (app->eligibility == LICENSE_USER)
		return which == ALL || which == USER;
	return app->eligibility || which == ALL || which == PUBLIC;
}

static void put_eligibility(struct call *c, struct json_out *o, const char *key, int v)
{
	static const char *const names[] = { "Unknown", "User", "Device", "UserAndDevice" };

	sim_uem_put_enum(c, o, key, v, names[v]);
}

static void put_app(struct call *c, struct json_out *o, const struct app *app)
{
	char uuid[UUID_TEXT];

	uuid_of("app", str_from(app->bundle), uuid);
	json_obj(o, NULL);
	json_put_z(o, "ApplicationName", app->name);
	json_put_z(o, "BundleId", app->bundle);
	json_put_z(o, "Uuid", uuid);
	json_put_z(o, "ApplicationType", app->eligibility ? "Purchased" : "Public");
	if (app->eligibility) {
		json_obj(o, "ManagedDistribution");
		json_put_int(o, "Purchased", app->purchased);
		json_put_int(o, "Burned", app->burned);
		put_eligibility(c, o, "AppLicenseEligibility", app->eligibility);
		json_obj_end(o);
	}
	json_obj_end(o);
}

static void list_apps(struct call *c, bool purchased)
{
	struct uem_page page = sim_uem_page_read(c, "page", "pageSize", 500);
	struct str name = pairs_get_nocase(&c->query, "applicationName");
	struct str bundle = pairs_get_nocase(&c->query, "bundleId");
	int64_t total = 0, first = page.skip;
	struct json_out o;

	sim_uem_object(c, &o);
	json_arr(&o, "Application");
	for (size_t i = 0; i < N_APPS; i++) {
		if ((apps[i].eligibility != 0) != purchased || !is_there(c->sim, &apps[i]) ||
			!str_contains_nocase(str_from(apps[i].name), name) ||
			(bundle.n && !str_eq_nocase(str_from(apps[i].bundle), bundle)))
			continue;
		if (total >= first && total < first + page.take)
			put_app(c, &o, &apps[i]);
		total++;
	}
	sim_uem_list_end(c, &o, &page, total);
	if (first >= total)
		sim_uem_no_content(c);
}

void sim_uem_apps_public(struct call *c)
{
	list_apps(c, false);
}

void sim_uem_apps_purchased(struct call *c)
{
	list_apps(c, true);
}

/* Each enrolled device has one purchased app, every third a public one besides. */
void sim_uem_device_apps(struct call *c)
{
	int64_t id = sim_managed_find(c->sim, BY_DEVICE_ID, c->part[0]);
	struct json_out o;

	if (id == SQL_NULL) {
		sim_uem_error(c, 404, 5002, "Device not found");
		return;
	}
	sim_uem_object(c, &o);
	json_arr(&o, "DeviceApps");
	for (size_t i = 0; i < N_APPS; i += 3) {
		if (i > 0 && id % 3 != 0)
			break;
		json_obj(&o, NULL);
		json_put_z(&o, "ApplicationName", apps[i].name);
		json_put_z(&o, "ApplicationIdentifier", apps[i].bundle);
		json_put_z(&o, "Type", apps[i].eligibility ? "Purchased" : "Public");
		json_put_bool(&o, "IsManaged", true);
		json_obj_end(&o);
	}
	json_arr_end(&o);
	json_obj_end(&o);
}
