/*
 * Organization groups (services/README.md UEM C.6).
 */
#include <stdio.h>

#include "sim/uem/uem.h"
#include "sim/world/fleet.h"

static int64_t devices_in(struct sim *s, int64_t og)
{
	return sql_int(&s->sql, sql_z("SELECT count(*) FROM record WHERE og=?1 OR ?1=?2"),
		sql_i(og), sql_i(GROUP_ROOT));
}

/* Version 1 wraps the number and names the parent; version 2 knows the UUID. Counts are texts;
 * Group IDs may be blank, which is what people come to check. */
static void put_group(struct call *c, struct json_out *o, struct db_stmt *st, int version)
{
	char devices[24];

	(void)snprintf(
		devices, sizeof(devices), "%lld", (long long)devices_in(c->sim, db_col_int(st, 0)));
	json_obj(o, NULL);
	if (version < 2) {
		json_obj(o, "Id");
		json_put_int(o, "Value", db_col_int(st, 0));
		json_obj_end(o);
	} else {
		json_put_int(o, "Id", db_col_int(st, 0));
	}
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
	json_put_z(o, "Devices", devices);
	json_obj_end(o);
}

void sim_uem_groups_search(struct call *c)
{
	struct uem_page page = sim_uem_page_read(c, "page", "pagesize", 500);
	struct str name = pairs_get_nocase(&c->query, "name");
	struct str id = pairs_get_nocase(&c->query, "groupid");
	int version = sim_uem_version(c);
	struct json_out o;
	struct db_stmt *st;
	int64_t total = sql_int(&c->sim->sql,
		sql_z("SELECT count(*) FROM og WHERE (?1 IS NULL OR instr(lower(name), lower(?1))) "
		      "AND "
		      "(?2 IS NULL OR instr(lower(group_id), lower(?2)))"),
		sql_s(name), sql_s(id));

	if (!sim_uem_list_begin(
		    c, &o, &page, total, version < 2 ? "LocationGroups" : "OrganizationGroups"))
		return;
	st = sql_query(&c->sim->sql,
		sql_z("SELECT id, uuid, name, group_id, parent FROM og WHERE "
		      "(?1 IS NULL OR instr(lower(name), lower(?1))) AND "
		      "(?2 IS NULL OR instr(lower(group_id), lower(?2))) ORDER BY id LIMIT ?3 "
		      "OFFSET ?4"),
		sql_s(name), sql_s(id), sql_i(page.take), sql_i(page.skip));
	while (sql_next(&c->sim->sql, st))
		put_group(c, &o, st, version);
	sim_uem_list_end_linked(c, &o, total);
}

/* {id} as number or UUID; SQL_NULL when the reply says 404. */
static int64_t find_group(struct call *c)
{
	struct str text = c->part[0];
	int64_t id = SQL_NULL;
	uint64_t number;

	if (sim_uem_is_uuid(text))
		id = sql_int(
			&c->sim->sql, sql_z("SELECT id FROM og WHERE uuid=lower(?)"), sql_s(text));
	else if (str_to_u64(text, &number) && number < INT32_MAX)
		id = sql_int(&c->sim->sql, sql_z("SELECT id FROM og WHERE id=?"),
			sql_i((int64_t)number));
	if (id == SQL_NULL)
		sim_uem_error(c, 404, 5054, "No organization group has this id");
	return id;
}

void sim_uem_group_get(struct call *c)
{
	int64_t id = find_group(c);
	struct db_stmt *st;
	struct json_out o;

	if (id == SQL_NULL)
		return;
	st = sql_query(&c->sim->sql,
		sql_z("SELECT id, uuid, name, group_id, parent FROM og WHERE id=?"), sql_i(id));
	if (!sql_next(&c->sim->sql, st))
		return;
	c->rep->type = "application/json; charset=utf-8";
	json_out_init(&o, &c->rep->body);
	put_group(c, &o, st, sim_uem_version(c));
	db_reset(st);
}

/* A bare array that begins with the group itself; always version 1 (services/README.md UEM A.2,
 * C.6). */
void sim_uem_group_children(struct call *c)
{
	int64_t id = find_group(c);
	struct db_stmt *st;
	struct json_out o;

	if (id == SQL_NULL)
		return;
	c->rep->type = "application/json; charset=utf-8";
	json_out_init(&o, &c->rep->body);
	json_arr(&o, NULL);
	st = sql_query(&c->sim->sql,
		sql_z("SELECT id, uuid, name, group_id, parent FROM og WHERE id=?1 OR parent=?1 "
		      "ORDER BY id"),
		sql_i(id));
	while (sql_next(&c->sim->sql, st))
		put_group(c, &o, st, 1);
	json_arr_end(&o);
}

/* Everybody who ever enrolled a device; names are addresses, and the search matches parts. */
void sim_uem_users(struct call *c)
{
	struct uem_page page = sim_uem_page_read(c, "page", "pagesize", 500);
	struct str email = pairs_get_nocase(&c->query, "email");
	struct str name = email.n ? email : pairs_get_nocase(&c->query, "username");
	int64_t total = sql_int(&c->sim->sql,
		sql_z("SELECT count(DISTINCT user) FROM managed WHERE user<>'' AND "
		      "(?1 IS NULL OR instr(lower(user), lower(?1)))"),
		sql_s(name));
	struct db_stmt *st;
	struct json_out o;

	if (!sim_uem_list_begin(c, &o, &page, total, "Users"))
		return;
	st = sql_query(&c->sim->sql,
		sql_z("SELECT m.user, g.name, g.uuid, g.id, min(m.id) FROM managed m "
		      "JOIN og g ON g.id=m.og "
		      "WHERE m.user<>'' AND (?1 IS NULL OR instr(lower(m.user), lower(?1))) "
		      "GROUP BY m.user ORDER BY m.user LIMIT ?2 OFFSET ?3"),
		sql_s(name), sql_i(page.take), sql_i(page.skip));
	while (sql_next(&c->sim->sql, st)) {
		json_obj(&o, NULL);
		json_obj(&o, "Id");
		json_put_int(&o, "Value", db_col_int(st, 4));
		json_obj_end(&o);
		json_put_str(&o, "UserName", db_col_str(st, 0));
		json_put_str(&o, "Email", db_col_str(st, 0));
		json_put_str(&o, "Group", db_col_str(st, 1));
		json_put_str(&o, "OrganizationGroupUuid", db_col_str(st, 2));
		json_put_int(&o, "LocationGroupId", db_col_int(st, 3));
		json_put_bool(&o, "Status", true);
		json_obj_end(&o);
	}
	sim_uem_list_end(c, &o, &page, total);
}
