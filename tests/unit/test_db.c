#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/db/db.h"

static char folder[] = "/tmp/depmend-db-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	char cmd[64];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
	return system(cmd);
}

static char *in_folder(const char *name)
{
	char *p = mem_alloc(128);

	(void)snprintf(p, 128, "%s/%s", folder, name);
	return p;
}

static struct db *open_ok(const char *path, enum db_mode mode)
{
	struct db *d = NULL;
	struct err err;

	assert_int_equal(db_open(&d, path, mode, &err), ERR_OK);
	return d;
}

static void exec_ok(struct db *d, const char *sql)
{
	struct err err = { 0 };

	if (db_exec(d, sql, &err) != ERR_OK)
		fail_msg("%s", err.msg);
}

static int64_t number(struct db *d, const char *sql)
{
	struct db_stmt *s = NULL;
	bool row = false;
	int64_t n;

	assert_int_equal(db_prepare(d, sql, &s, NULL), ERR_OK);
	assert_int_equal(db_step(s, &row, NULL), ERR_OK);
	assert_true(row);
	n = db_col_int(s, 0);
	db_stmt_free(s);
	return n;
}

static void test_store_mode(void **state)
{
	char *path = in_folder("mode.db");
	char *wal = in_folder("mode.db-wal");
	struct db *d = open_ok(path, DB_STORE);
	struct stat st;

	(void)state;
	exec_ok(d, "CREATE TABLE t (a INTEGER)");
	assert_int_equal(number(d, "PRAGMA synchronous"), 2);
	assert_int_equal(number(d, "PRAGMA foreign_keys"), 1);
	assert_true(number(d, "PRAGMA busy_timeout") >= 1000);
	assert_int_equal(number(d, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	db_close(d);
	d = open_ok(path, DB_FAST);
	assert_int_equal(number(d, "PRAGMA synchronous"), 1);
	db_close(d);
	free(path);
	free(wal);
}

/* Nor does one that closes the file last empty its log: that is the writer's. */
static void test_a_reader_changes_nothing(void **state)
{
	char *path = in_folder("read.db"), *wal = in_folder("read.db-wal");
	struct db *d = open_ok(path, DB_STORE), *reader;
	struct stat before, after;
	struct err err;

	(void)state;
	exec_ok(d, "CREATE TABLE t (a INTEGER)");
	reader = open_ok(path, DB_READ);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
	assert_int_equal(db_exec(reader, "INSERT INTO t VALUES (1)", &err), ERR_STORE);
	assert_int_equal(db_exec(reader, "PRAGMA user_version=7", &err), ERR_STORE);
	assert_int_equal(number(d, "SELECT count(*) FROM t"), 0);
	db_close(d);
	assert_int_equal(stat(wal, &before), 0);
	assert_true(before.st_size > 0);
	db_close(reader);
	assert_int_equal(stat(wal, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	free(path);
	free(wal);
}

/* What is committed is in the log alone, and somebody spoils that; what another process does by
 * right is no harm. */
static void test_log_is_spoilt(void **state)
{
	char *path = in_folder("log.db"), *log = mem_printf("%s-wal", path);

	(void)state;
	for (int how = 0; how < 3; how++) {
		struct db *d = open_ok(path, DB_STORE), *other;
		struct err err;
		int64_t kept;

		exec_ok(d, "CREATE TABLE IF NOT EXISTS t (a INTEGER)");
		other = open_ok(path, DB_STORE);
		exec_ok(other, "PRAGMA wal_checkpoint(TRUNCATE)");
		db_close(other);
		assert_int_equal(db_check_place(d, &err), ERR_OK);
		kept = number(d, "SELECT count(*) FROM t");
		exec_ok(d, "INSERT INTO t VALUES (1)");
		exec_ok(d, "INSERT INTO t VALUES (2)");
		assert_int_equal(db_check_kept(d, &err), ERR_OK);
		assert_int_equal(how == 0   ? truncate(log, 0)
				 : how == 1 ? truncate(log, 32 + 4096)
					    : unlink(log),
			0);
		assert_int_equal(db_check_place(d, &err), ERR_STORE);
		assert_non_null(strstr(err.msg, log));
		assert_int_equal(db_check_kept(d, &err), ERR_STORE);
		db_close(d);
		d = open_ok(path, DB_STORE);
		assert_int_equal(db_check_sound(d, &err), ERR_OK);
		/* One that was removed was open still. */
		assert_int_equal(number(d, "SELECT count(*) FROM t"), how == 2 ? kept + 2 : kept);
		db_close(d);
	}
	free(path);
	free(log);
}

static void test_another_file_in_its_place(void **state)
{
	char *path = in_folder("place.db"), *other = in_folder("other.db");
	struct db *d = open_ok(path, DB_STORE), *memory = open_ok("", DB_MEMORY);
	struct err err;

	(void)state;
	exec_ok(d, "CREATE TABLE t (a INTEGER)");
	assert_int_equal(db_check_place(d, &err), ERR_OK);
	assert_int_equal(db_check_place(memory, &err), ERR_OK);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(db_check_place(d, &err), ERR_STORE);
	assert_non_null(strstr(err.msg, path));
	assert_int_equal(close(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)), 0);
	assert_int_equal(db_check_place(d, &err), ERR_STORE);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(db_check_place(d, &err), ERR_OK);
	db_close(d);
	db_close(memory);
	free(path);
	free(other);
}

/* Somebody looked while nobody might write: what that left is no obstacle afterwards. */
static void test_journals_that_nobody_may_write(void **state)
{
	char *path = in_folder("frozen.db"), *wal = in_folder("frozen.db-wal");
	struct db *reader, *d = open_ok(path, DB_STORE);
	struct stat st;

	(void)state;
	exec_ok(d, "CREATE TABLE t (a INTEGER)");
	db_close(d);
	assert_int_equal(chmod(path, 0400), 0);
	reader = open_ok(path, DB_READ);
	(void)number(reader, "SELECT count(*) FROM t");
	db_close(reader);
	assert_int_equal(chmod(wal, 0400), 0); /* root's reader has made it otherwise */
	assert_int_equal(chmod(path, 0600), 0);
	d = open_ok(path, DB_STORE);
	exec_ok(d, "INSERT INTO t VALUES(1)");
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	db_close(d);
	free(path);
	free(wal);
}

static void test_open_failures(void **state)
{
	char *path = in_folder("none/x.db");
	char *link_path = in_folder("link.db");
	char *junk = in_folder("junk.db");
	struct db *d = NULL;
	struct err err;
	FILE *f;

	(void)state;
	assert_int_equal(db_open(&d, path, DB_STORE, &err), ERR_STORE);
	assert_non_null(strstr(err.msg, path));
	assert_int_equal(symlink("elsewhere", link_path), 0);
	assert_int_equal(db_open(&d, link_path, DB_STORE, &err), ERR_STORE);
	f = fopen(junk, "w");
	assert_non_null(f);
	for (int i = 0; i < 2000; i++)
		(void)fputs("junk", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(db_open(&d, junk, DB_STORE, &err), ERR_STORE);
	assert_non_null(strstr(err.msg, "not a database"));
	assert_null(d);
	free(path);
	free(link_path);
	free(junk);
}

static void open_fails(const char *name, bool damaged)
{
	char *path = in_folder(name);
	struct db *d = NULL;
	struct err err = { .damaged = !damaged };

	assert_int_equal(db_open(&d, path, DB_STORE, &err), ERR_STORE);
	assert_null(d);
	assert_int_equal(err.damaged, damaged);
	assert_int_equal(err_wrap(&err, "there: "), ERR_STORE);
	assert_int_equal(err.damaged, damaged);
	assert_int_equal(err_set(&err, ERR_STORE, "a is damaged: b"), ERR_STORE);
	assert_false(err.damaged);
	free(path);
}

/* By what was found, not by words: they may stand in the name of a file. */
static void test_damage_is_marked(void **state)
{
	char *junk = in_folder("rubbish.db"), *as_folder = in_folder("folder.db");
	char *log = in_folder("log.db-wal"), *cut = in_folder("cut.db");
	struct err err = { 0 };
	struct db *d;
	FILE *f;

	(void)state;
	f = fopen(junk, "w");
	assert_non_null(f);
	for (int i = 0; i < 2000; i++)
		(void)fputs("junk", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(mkdir(as_folder, 0700), 0);
	assert_int_equal(mkdir(log, 0700), 0);
	open_fails("rubbish.db", true);
	open_fails("folder.db", true);
	open_fails("log.db", true);
	open_fails("no is damaged: no/x.db", false);

	d = open_ok(cut, DB_NETWORK);
	exec_ok(d, "CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(40000)); CREATE TABLE u(a)");
	assert_int_equal(db_exec(d, "SELECT nothing", &err), ERR_STORE);
	assert_false(err.damaged);
	db_close(d);
	assert_int_equal(truncate(cut, 8192), 0);
	d = open_ok(cut, DB_READ);
	assert_int_equal(db_check_sound(d, &err), ERR_STORE);
	assert_true(err.damaged);
	db_close(d);
	free(junk);
	free(as_folder);
	free(log);
	free(cut);
}

static void test_values_round_trip(void **state)
{
	struct db *d = open_ok("ignored", DB_MEMORY);
	struct db_stmt *in = NULL, *out = NULL;
	bool row = false;

	(void)state;
	exec_ok(d, "CREATE TABLE t (a, b, c, d, e); CREATE INDEX i ON t (a)");
	assert_int_equal(
		db_prepare(d, "INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)", &in, NULL), ERR_OK);
	db_bind(in, DB_VALUES(db_int(INT64_MIN), db_str(STR("a\0b")), db_z(""),
			    db_blob(STR("\xff\0")), db_str(STR_NONE)));
	assert_int_equal(db_run(in, NULL), ERR_OK);
	assert_int_equal(db_last_id(d), 1);
	assert_int_equal(db_changes(d), 1);
	/* What is not bound anew stays; a time that is none is NULL. */
	db_bind(in, DB_VALUES(db_int(INT64_MIN), db_time(INT64_MIN), db_z(""), db_blob(STR(""))));
	assert_int_equal(db_run(in, NULL), ERR_OK);
	db_stmt_free(in);

	assert_int_equal(db_prepare(d, "SELECT * FROM t ORDER BY rowid", &out, NULL), ERR_OK);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(db_step(out, &row, NULL), ERR_OK);
		assert_true(row);
		assert_true(db_col_int(out, 0) == INT64_MIN);
		assert_true(str_eq(db_col_str(out, 1), STR("a\0b")));
		assert_true(str_eq(db_col_str(out, 2), STR("")));
		assert_non_null(db_col_str(out, 2).p);
		assert_true(str_eq(db_col_str(out, 3), STR("\xff\0")));
		assert_null(db_col_str(out, 4).p);
		assert_true(db_col_is_null(out, 4));
		assert_int_equal(db_step(out, &row, NULL), ERR_OK);
		assert_true(row);
		assert_null(db_col_str(out, 1).p);
		assert_non_null(db_col_str(out, 3).p);
		assert_int_equal(db_col_str(out, 3).n, 0);
		if (round == 0)
			db_reset(out); /* leave early: the next step starts again */
	}
	assert_int_equal(db_step(out, &row, NULL), ERR_OK);
	assert_false(row);
	assert_int_equal(db_step(out, &row, NULL), ERR_OK);
	assert_true(row);
	db_stmt_free(out);
	db_close(d);
}

static void test_failures_are_told(void **state)
{
	struct db *d = open_ok(NULL, DB_MEMORY);
	struct db_stmt *s = NULL;
	bool row = true;
	struct err err;

	(void)state;
	exec_ok(d, "CREATE TABLE p (id INTEGER PRIMARY KEY);"
		   "CREATE TABLE c (p INTEGER NOT NULL REFERENCES p (id))");
	assert_int_equal(db_exec(d, "INSERT INTO c VALUES (7)", &err), ERR_STORE);
	assert_non_null(strstr(err.msg, "FOREIGN KEY"));
	assert_int_equal(db_exec(d, "SELECT \"no such column\"", &err), ERR_STORE);
	assert_int_equal(db_prepare(d, "SELEC 1", &s, &err), ERR_STORE);
	assert_null(s);

	assert_int_equal(db_prepare(d, "INSERT INTO p VALUES (?1)", &s, NULL), ERR_OK);
	db_bind(s, DB_VALUES(db_int(1), db_int(1))); /* there is no second parameter */
	assert_int_equal(db_run(s, &err), ERR_STORE);
	assert_int_equal(db_run(s, &err), ERR_OK);
	assert_int_equal(db_run(s, &err), ERR_STORE);
	assert_non_null(strstr(err.msg, "UNIQUE"));
	assert_int_equal(db_step(s, &row, &err), ERR_STORE);
	assert_true(row); /* untouched */
	db_bind(s, DB_VALUES(db_time(2)));
	assert_int_equal(db_step(s, &row, &err), ERR_OK);
	assert_false(row);
	db_stmt_free(s);
	db_close(d);
}

static void test_transactions(void **state)
{
	struct db *d = open_ok(NULL, DB_MEMORY);

	(void)state;
	db_rollback(d);
	exec_ok(d, "CREATE TABLE t (a)");
	assert_int_equal(db_begin(d, NULL), ERR_OK);
	assert_int_equal(db_begin(d, NULL), ERR_STORE);
	exec_ok(d, "INSERT INTO t VALUES (1)");
	db_rollback(d);
	assert_int_equal(number(d, "SELECT count(*) FROM t"), 0);
	assert_int_equal(db_begin(d, NULL), ERR_OK);
	exec_ok(d, "INSERT INTO t VALUES (1)");
	assert_int_equal(db_commit(d, NULL), ERR_OK);
	assert_int_equal(db_commit(d, NULL), ERR_STORE);
	assert_int_equal(number(d, "SELECT count(*) FROM t"), 1);
	db_close(d);
}

static void test_commit_survives_a_kill(void **state)
{
	char *path = in_folder("kill.db");
	struct db *d;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		d = open_ok(path, DB_STORE);
		exec_ok(d, "CREATE TABLE t (a); INSERT INTO t VALUES (1); BEGIN;"
			   "INSERT INTO t VALUES (2)");
		_exit(0);
	}
	assert_true(pid > 0 && waitpid(pid, NULL, 0) == pid);
	d = open_ok(path, DB_STORE);
	assert_int_equal(number(d, "SELECT sum(a) FROM t"), 1);
	db_close(d);
	free(path);
}

/* A file that may not grow stands for a full disk. */
static void test_full_disk_is_told(void **state)
{
	const struct rlimit most = { 256 * 1024, 256 * 1024 };
	char *path = in_folder("full.db");
	enum errc e = ERR_OK;
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct db *d = open_ok(path, DB_STORE);

		exec_ok(d, "CREATE TABLE t (a)");
		if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &most) != 0)
			_exit(2);
		for (int i = 0; i < 1000 && e == ERR_OK; i++)
			e = db_exec(d, "INSERT INTO t VALUES (zeroblob(4000))", NULL);
		_exit(e == ERR_STORE ? 0 : 1);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	free(path);
}

static void test_durable(void **state)
{
	char *path = in_folder("durable.db");
	struct db *d = open_ok(path, DB_STORE);

	(void)state;
	assert_int_equal(number(d, "PRAGMA synchronous"), 2); /* FULL */
	assert_int_equal(db_durable(d, false, NULL), ERR_OK);
	assert_int_equal(number(d, "PRAGMA synchronous"), 1); /* NORMAL */
	assert_int_equal(db_durable(d, true, NULL), ERR_OK);
	assert_int_equal(number(d, "PRAGMA synchronous"), 2);
	assert_int_equal(db_begin(d, NULL), ERR_OK);
	assert_int_equal(db_durable(d, false, NULL), ERR_STORE);
	db_rollback(d);
	db_close(d);
	free(path);
}

static void test_backup(void **state)
{
	char *path = in_folder("backup.db");
	char *tmp = in_folder("backup.db.tmp");
	char *bad = in_folder("none/backup.db");
	struct db *d = open_ok(NULL, DB_MEMORY), *copy;
	int64_t version = 0;
	struct stat st;
	struct err err;

	(void)state;
	exec_ok(d, "PRAGMA user_version=7; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
	assert_int_equal(db_backup(d, path, NULL), ERR_OK);
	exec_ok(d, "INSERT INTO t VALUES (2)");
	assert_int_equal(db_backup(d, path, NULL), ERR_OK); /* replaces an older one */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_not_equal(access(tmp, F_OK), 0);
	copy = open_ok(path, DB_STORE);
	assert_int_equal(number(copy, "SELECT sum(a) FROM t"), 3);
	assert_int_equal(db_user_version(copy, &version, NULL), ERR_OK);
	assert_int_equal(version, 7);
	db_close(copy);

	assert_int_equal(db_backup(d, bad, &err), ERR_STORE);
	assert_int_equal(db_begin(d, NULL), ERR_OK);
	assert_int_equal(db_backup(d, path, &err), ERR_STORE); /* not inside a transaction */
	assert_int_not_equal(access(tmp, F_OK), 0);
	db_rollback(d);
	db_close(d);
	free(path);
	free(tmp);
	free(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store_mode),
		cmocka_unit_test(test_a_reader_changes_nothing),
		cmocka_unit_test(test_another_file_in_its_place),
		cmocka_unit_test(test_log_is_spoilt),
		cmocka_unit_test(test_journals_that_nobody_may_write),
		cmocka_unit_test(test_open_failures),
		cmocka_unit_test(test_damage_is_marked),
		cmocka_unit_test(test_values_round_trip),
		cmocka_unit_test(test_failures_are_told),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_commit_survives_a_kill),
		cmocka_unit_test(test_full_disk_is_told),
		cmocka_unit_test(test_durable),
		cmocka_unit_test(test_backup),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
