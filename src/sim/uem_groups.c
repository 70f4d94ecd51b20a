/*
 * Organization groups (contract: UEM C.6).
 */
#include <stdio.h>

#include "sim/fleet.h"
#include "sim/uem.h"

static int64_t devices_in(struct sim *s, int64_t og)
{
	return sql_int(&s->sql, sql_z("SELECT count(*) FROM record WHERE og=?1 OR ?1=?2"),
		sql_i(og), sql_i(GROUP_ROOT));
}

/* Counts are texts; Group IDs may be blank, which is what people come to check. */
static void put_group(struct call *c, struct json_out *o, struct db_stmt *st)
{
	char devices[24];

	(void)snprintf(
		devices, sizeof(devices), "%lld", (long long)devices_in(c->sim, db_col_int(st, 0)));
	json_obj(o, NULL);
	json_put_int(o, "Id", db_col_int(st, 0));
	json_put_str(o, "Uuid", db_col_str(st, 1));
	json_put_str(o, "Name", db_col_str(st, 2));
	json_put_str(o, "GroupId", knob(c->sim, KNOB_UEM_GROUP_ID) ? STR("") : db_col_str(st, 3));
	json_put_z(o, "LocationGroupType", db_col_is_null(st, 4) ? "Customer" : "Container");
	json_put_z(o, "Country", "Germany");
	json_put_z(o, "Locale", "English (United States)");
	json_put_z(o, "CreatedOn", "10/27/2023 3:05:53 PM");
	json_put_int(o, "LgLevel", !db_col_is_null(st, 4));
	json_put_z(o, "Users", "2");
	json_put_z(o, "Admins", "4");
	json_put_str(o, "Devices", str_from(devices));
	json_obj_end(o);
}

void sim_uem_groups_search(struct call *c)
{
	struct uem_page page = sim_uem_page_read(c, "page", "pagesize", 500, 500);
	struct str name = pairs_get_nocase(&c->query, "name");
	struct str id = pairs_get_nocase(&c->query, "groupid");
	struct json_out o;
	struct db_stmt *st;
	int64_t total = sql_int(&c->sim->sql,
		sql_z("SELECT count(*) FROM og WHERE (?1 IS NULL OR instr(lower(name), lower(?1))) "
		      "AND "
		      "(?2 IS NULL OR instr(lower(group_id), lower(?2)))"),
		sql_s(name), sql_s(id));

	if (page.number * page.size >= total) {
		sim_uem_no_content(c);
		return;
	}
	sim_uem_object(c, &o);
	json_arr(&o, "OrganizationGroups");
	st = sql_query(&c->sim->sql,
		sql_z("SELECT id, uuid, name, group_id, parent FROM og WHERE "
		      "(?1 IS NULL OR instr(lower(name), lower(?1))) AND "
		      "(?2 IS NULL OR instr(lower(group_id), lower(?2))) ORDER BY id LIMIT ?3 "
		      "OFFSET ?4"),
		sql_s(name), sql_s(id), sql_i(page.size), sql_i(page.number * page.size));
	while (sql_next(&c->sim->sql, st))
		put_group(c, &o, st);
	json_arr_end(&o);
	json_obj(&o, "AdditionalInfo");
	json_arr(&o, "Links");
	json_arr_end(&o);
	json_obj_end(&o);
	json_put_int(&o, "TotalResults", total);
	json_obj_end(&o);
}
