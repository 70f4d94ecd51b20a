#include "sim/core/schema.h"

enum { SCHEMA_VERSION = 3 };

/* Times are ms UTC. Texts that repeat (product, purchase) are stored once: a million devices then
 * fit in 200 MiB of memory. */
static const char tables[] =
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE audit_tail(offset INTEGER NOT NULL, bytes TEXT NOT NULL);"

	/* --- Apple --- */
	"CREATE TABLE server(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
	" type TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'ACTIVE', disown INTEGER NOT NULL "
	"DEFAULT 1,"
	" families TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL, updated INTEGER NOT NULL,"
	" connected INTEGER, og INTEGER, cursor INTEGER NOT NULL DEFAULT 0,"
	" n_devices INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE product(id INTEGER PRIMARY KEY, family TEXT, model TEXT, type TEXT,"
	" capacity TEXT, color TEXT, part TEXT);"
	"CREATE TABLE purchase(id INTEGER PRIMARY KEY, number TEXT, ordered INTEGER, source TEXT,"
	" source_id TEXT);"
	"CREATE TABLE device(id INTEGER PRIMARY KEY, serial TEXT NOT NULL UNIQUE,"
	" product INTEGER NOT NULL, purchase INTEGER NOT NULL, added INTEGER, updated INTEGER,"
	" shown_updated INTEGER, gone INTEGER NOT NULL DEFAULT 0, origin INTEGER,"
	" released INTEGER, releaser TEXT, server INTEGER, assigned INTEGER, shown_server INTEGER,"
	" shown_assigned INTEGER NOT NULL DEFAULT 0, corrupt INTEGER NOT NULL DEFAULT 0, asset "
	"TEXT,"
	" imei TEXT, profile INTEGER, profile_at INTEGER, capable INTEGER NOT NULL DEFAULT 1,"
	" migration TEXT, deadline INTEGER, locked INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX device_shown ON device(shown_server, id) WHERE shown_server IS NOT NULL;"
	"CREATE INDEX device_gone ON device(id) WHERE gone=1;"
	/* What was shown before a change, and the moment that a stale reading looks back to. */
	"CREATE TABLE was(id INTEGER PRIMARY KEY, device INTEGER NOT NULL, at INTEGER NOT NULL,"
	" server INTEGER, assigned INTEGER, released INTEGER, updated INTEGER, gone INTEGER);"
	"CREATE INDEX was_device ON was(device, at);"
	"CREATE TABLE moment(at INTEGER NOT NULL); INSERT INTO moment VALUES(0);"
	"CREATE INDEX device_server ON device(server, id) WHERE server IS NOT NULL;"
	"CREATE TABLE activity(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, type TEXT NOT "
	"NULL,"
	" server INTEGER, deadline INTEGER, created INTEGER NOT NULL, due INTEGER NOT NULL,"
	" status TEXT NOT NULL, sub TEXT NOT NULL, completed INTEGER, actor TEXT NOT NULL,"
	" life INTEGER NOT NULL);"
	"CREATE TABLE activity_device(activity INTEGER NOT NULL, n INTEGER NOT NULL,"
	" serial TEXT NOT NULL, result TEXT, landed INTEGER NOT NULL DEFAULT 0, PRIMARY "
	"KEY(activity, n)) WITHOUT ROWID;"
	"CREATE TABLE event(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, shown INTEGER NOT NULL,"
	" type TEXT NOT NULL, actor TEXT NOT NULL, serial TEXT NOT NULL, server INTEGER, activity "
	"INTEGER);"
	"CREATE TABLE feed(seq INTEGER PRIMARY KEY, server INTEGER NOT NULL, device INTEGER NOT "
	"NULL,"
	" op TEXT NOT NULL, at INTEGER NOT NULL);"
	"CREATE INDEX feed_server ON feed(server, seq);";

static const char more_tables[] =
	/* --- UEM --- */
	"CREATE TABLE og(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
	" group_id TEXT NOT NULL, parent INTEGER, account INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE profile(id INTEGER PRIMARY KEY, og INTEGER NOT NULL, name TEXT NOT NULL,"
	" uuid TEXT NOT NULL UNIQUE, apple_id TEXT NOT NULL UNIQUE, server INTEGER,"
	" body TEXT NOT NULL DEFAULT '{}');"
	"CREATE TABLE record(og INTEGER NOT NULL, device INTEGER NOT NULL, profile INTEGER,"
	" status INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY(og, device)) WITHOUT ROWID;"
	"CREATE TABLE record_was(id INTEGER PRIMARY KEY, og INTEGER NOT NULL, device INTEGER NOT "
	"NULL, at INTEGER NOT NULL, listed INTEGER NOT NULL, profile INTEGER, status INTEGER,"
	" since INTEGER);"
	"CREATE INDEX record_was_device ON record_was(og, device, at);"
	"CREATE TABLE managed(id INTEGER PRIMARY KEY, serial TEXT NOT NULL, og INTEGER NOT NULL,"
	" user TEXT NOT NULL, status TEXT NOT NULL, seen INTEGER, ownership TEXT NOT NULL,"
	" enrolled INTEGER, wipes INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX managed_serial ON managed(serial);"

	/* --- both --- */
	"CREATE TABLE bearer(token TEXT PRIMARY KEY, service TEXT NOT NULL, actor TEXT NOT NULL,"
	" scope TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE timer(id INTEGER PRIMARY KEY, due INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" a INTEGER, b INTEGER, c INTEGER, actor TEXT NOT NULL, text TEXT,"
	" overrides INTEGER NOT NULL DEFAULT 0, deeds INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX timer_due ON timer(due, id);"
	"CREATE TABLE nonce(text TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE hit(class INTEGER NOT NULL, at INTEGER NOT NULL);"
	"CREATE INDEX hit_class ON hit(class, at);"

	/* --- as they were shown at that moment --- */
	"CREATE VIEW device_then AS SELECT d.id, d.product, d.purchase, d.added, d.deadline,"
	" d.assigned, d.profile, d.profile_at, d.serial, d.asset, d.imei, d.migration, d.releaser,"
	" d.capable,"
	" CASE WHEN w.id IS NULL THEN d.released ELSE w.released END AS released,"
	" CASE WHEN w.id IS NULL THEN d.shown_updated ELSE w.updated END AS shown_updated,"
	" CASE WHEN w.id IS NULL THEN d.shown_server ELSE w.server END AS shown_server,"
	" CASE WHEN w.id IS NULL THEN d.shown_assigned ELSE w.assigned END AS shown_assigned,"
	" CASE WHEN w.id IS NULL THEN d.gone ELSE w.gone END AS gone "
	"FROM device d LEFT JOIN was w ON w.id=(SELECT id FROM was WHERE device=d.id AND"
	" at>(SELECT at FROM moment) ORDER BY at, id LIMIT 1);"
	"CREATE VIEW record_then AS SELECT k.og, k.device,"
	" CASE WHEN w.id IS NULL THEN r.profile ELSE w.profile END AS profile,"
	" CASE WHEN w.id IS NULL THEN r.status ELSE w.status END AS status,"
	" CASE WHEN w.id IS NULL THEN r.since ELSE w.since END AS since "
	"FROM (SELECT og, device FROM record UNION SELECT og, device FROM record_was) k "
	"LEFT JOIN record r ON r.og=k.og AND r.device=k.device "
	"LEFT JOIN record_was w ON w.id=(SELECT id FROM record_was WHERE og=k.og AND"
	" device=k.device AND at>(SELECT at FROM moment) ORDER BY at, id LIMIT 1) "
	"WHERE CASE WHEN w.id IS NULL THEN r.device NOT NULL ELSE w.listed END;"
	"CREATE TABLE coverage(device INTEGER PRIMARY KEY, state TEXT NOT NULL, ends INTEGER,"
	" kind TEXT);"
	"PRAGMA user_version=3;";

static const char rows[] =
	"DELETE FROM meta; DELETE FROM audit_tail; DELETE FROM server; DELETE FROM product;"
	"DELETE FROM purchase; DELETE FROM device; DELETE FROM was; DELETE FROM activity;"
	"DELETE FROM activity_device; DELETE FROM event; DELETE FROM feed; DELETE FROM og;"
	"DELETE FROM profile; DELETE FROM record; DELETE FROM record_was; DELETE FROM managed;"
	"DELETE FROM bearer; DELETE FROM timer; DELETE FROM nonce; DELETE FROM hit;"
	"DELETE FROM coverage;";

enum errc schema_empty(struct db *d, struct err *err)
{
	return db_exec(d, rows, err);
}

enum errc schema_apply(struct db *d, struct err *err)
{
	int64_t version = 0;
	enum errc e = db_user_version(d, &version, err);

	if (e != ERR_OK || version == SCHEMA_VERSION)
		return e;
	if (version != 0)
		return err_set(
			err, ERR_STORE, "this state belongs to another version of depmend-sim");
	e = db_begin(d, err);
	if (e == ERR_OK)
		e = db_exec(d, tables, err);
	if (e == ERR_OK)
		e = db_exec(d, more_tables, err);
	if (e == ERR_OK)
		return db_commit(d, err);
	db_rollback(d);
	return e;
}
