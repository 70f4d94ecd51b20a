#include "store/gap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/clock.h"
#include "io/crypto.h"
#include "io/file.h"
#include "store/counter.h"
#include "store/sql.h"

enum { TEXT_BYTES = 128, EXPLAINED_MS = 24 * 3600 * 1000, NEW_MS = 60000 };
#define KEY "gap"

/* --- since when --- */

static char *in_folder(const char *folder)
{
	return mem_printf("%s/born", folder);
}

void gap_born(const char *folder)
{
	struct clock *clock = clock_real();
	char *path = in_folder(folder), now[32];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int n = snprintf(now, sizeof(now), "%lld", (long long)clock_now(clock));

	if (fd >= 0) {
		if (write(fd, now, (size_t)n) != n)
			(void)unlink(path);
		(void)close(fd);
	}
	clock_free(clock);
	free(path);
}

/* --- the ledger's own entries --- */

/* By the computer's clock; TIME_NONE: it is not told. */
static int64_t born_ms(const struct store *s)
{
	char *path = in_folder(s->folder);
	struct buf text;
	uint64_t at = 0;
	bool told = file_is_regular(path) && !file_read(path, TEXT_BYTES, &text, NULL);

	free(path);
	if (!told)
		return TIME_NONE;
	told = str_to_u64(buf_view(&text), &at);
	buf_release(&text);
	return told ? (int64_t)at : TIME_NONE;
}

enum errc store_last_entry(struct store *s, int64_t now_ms, int64_t *ret_ms, struct err *err)
{
	enum errc rc = page_once_number(s->db,
		"SELECT at FROM event WHERE run > 0 ORDER BY id DESC LIMIT 1", DB_NO_VALUES,
		TIME_NONE, ret_ms, err);

	if (!rc && *ret_ms == TIME_NONE) {
		*ret_ms = born_ms(s);
		if (*ret_ms > now_ms - NEW_MS)
			*ret_ms = TIME_NONE;
	}
	return rc;
}

/* Whether the audit trail has that entry. */
static enum errc has_entry(struct store *s, const struct counter *c, bool *ret, struct err *err)
{
	int64_t found = 0;
	enum errc rc = page_once_number(s->db, "SELECT hash = ?2 FROM event WHERE id = ?1",
		DB_VALUES(db_int(c->n), db_str(c->hash)), 0, &found, err);

	*ret = found != 0;
	return rc;
}

/* Whether the ledger was in another file when the counter was written. */
static bool is_copy(const struct store *s, const struct counter *c)
{
	return c->file.n && s->file[0] && !str_eq(c->file, str_from(s->file));
}

/* --- the gap --- */

/* "OPEN SEARCHED FROM TO COPIED"; earlier versions wrote no COPIED. */
static bool parse_gap(struct str text, struct gap *ret)
{
	int64_t is_open, searched;

	if (!counter_number(&text, &is_open) || !counter_number(&text, &searched) ||
		!counter_number(&text, &ret->from_ms) || !counter_number(&text, &ret->to_ms))
		return false;
	ret->open = is_open != 0;
	ret->searched = searched != 0;
	ret->copied = str_eq(text, STR("1"));
	return true;
}

static enum errc read_gap(struct store *s, struct gap *ret, struct err *err)
{
	char *text = NULL;
	enum errc rc = store_meta_get(s, KEY, &text, err);

	*ret = (struct gap){ .from_ms = TIME_NONE, .to_ms = TIME_NONE };
	if (!rc && text && !parse_gap(str_from(text), ret))
		rc = err_set(err, ERR_STORE, "what is kept of a restored state cannot be read");
	free(text);
	return rc;
}

/* The counter is read before the ledger, which goes ahead of it. */
static enum errc find_gap(struct store *s, bool *ret_new, struct gap *ret, struct err *err)
{
	char text[COUNTER_BYTES + 1];
	struct counter c;
	bool counted = counter_read(s->folder, text, &c), whole = true, copied;
	enum errc rc = read_gap(s, ret, err);

	*ret_new = false;
	if (!rc && counted)
		rc = has_entry(s, &c, &whole, err);
	copied = !rc && counted && whole && is_copy(s, &c);
	if (rc || (whole && !copied) || (copied && ret->open))
		return rc;
	*ret_new = true;
	/* One that was found before, and not looked into, goes on. */
	if (ret->open && !ret->searched) {
		ret->to_ms = c.at_ms > ret->to_ms ? c.at_ms : ret->to_ms;
		return ERR_OK;
	}
	*ret = (struct gap){ .open = true, .copied = copied, .to_ms = c.at_ms };
	return store_last_entry(s, ret->to_ms, &ret->from_ms, err);
}

const char *gap_words(const struct gap *g)
{
	return g->copied ? "the state is a copy, perhaps older than what was last done with it"
			 : "the state is older than what was last done with it";
}

enum errc gap_file(struct store *s, struct err *err)
{
	char text[COUNTER_BYTES + 1];
	struct counter c;
	bool whole = false;
	enum errc rc = counter_read(s->folder, text, &c) ? has_entry(s, &c, &whole, err) : ERR_OK;

	if (!rc && whole) {
		c.file = str_from(s->file);
		counter_write(s->folder, &c);
	}
	return rc;
}

enum errc gap_get(struct store *s, struct gap *ret, struct err *err)
{
	bool is_new;

	return find_gap(s, &is_new, ret, err);
}

static const char *number_text(int64_t n, char out[32])
{
	(void)snprintf(out, 32, n == TIME_NONE ? "-" : "%lld", (long long)n);
	return out;
}

static enum errc write_gap(struct store *s, const struct gap *g, struct err *err)
{
	char text[TEXT_BYTES], from[32], to[32];

	(void)snprintf(text, sizeof(text), "%d %d %s %s %d", g->open, g->searched,
		number_text(g->from_ms, from), number_text(g->to_ms, to), g->copied);
	return store_meta_put(s, KEY, str_from(text), err);
}

enum errc gap_put(struct store *s, const struct gap *g, int64_t now_ms, struct err *err)
{
	char from[TIME_TEXT], to[TIME_TEXT], say[TEXT_BYTES];
	enum errc rc = write_gap(s, g, err);

	(void)snprintf(say, sizeof(say), "from %s to %s: %s",
		g->from_ms == TIME_NONE ? "the beginning" : time_rfc3339_s(g->from_ms, from),
		time_rfc3339_s(g->to_ms, to),
		!g->open      ? (g->copied ? "a copy of the newest state" : "a person goes on")
		: g->searched ? "looked into"
			      : "an older state");
	return rc ? rc : store_event(s, 0, now_ms, "restored_state", str_from(say), err);
}

/* Before anything is added to the audit trail, after which the counter says nothing of it. The
 * trail itself stays as it was: a newer state may still take the place of this one. */
enum errc gap_check(struct store *s, struct err *err)
{
	struct gap g;
	bool is_new;
	enum errc rc = find_gap(s, &is_new, &g, err);

	return rc || !is_new ? rc : write_gap(s, &g, err);
}

/* --- what explains a change --- */

enum errc gap_explains(struct store *s, struct str serial, uint32_t kinds, int64_t at_ms,
	int64_t loose_ms, bool *ret, struct err *err)
{
	/* One before the newest has an effect until the next one is sent, and never after. */
	static const char sql[] =
		"SELECT 1 FROM intent i JOIN request r ON r.id = i.request WHERE i.serial = ?1 "
		"AND ?2 >> r.kind & 1 UNION ALL SELECT 1 FROM (SELECT r.kind AS kind, r.intent AS "
		"at FROM request_device v JOIN request r ON r.id = v.request WHERE v.serial = ?1 "
		"AND r.state <> ?4 ORDER BY r.id DESC LIMIT 1) WHERE ?2 >> kind & 1 AND at >= ?3 "
		"UNION ALL SELECT 1 FROM request_device v JOIN request r ON r.id = v.request WHERE "
		"v.serial = ?1 AND r.state <> ?4 AND ?2 >> r.kind & 1 AND r.intent BETWEEN ?3 AND "
		"?6 AND ?5 <= (SELECT n.intent FROM request_device w JOIN request n ON n.id = "
		"w.request WHERE w.serial = ?1 AND n.state <> ?4 AND n.id > r.id ORDER BY n.id "
		"LIMIT 1) LIMIT 1";
	int64_t found = 0;
	enum errc rc = page_once_number(s->db, sql,
		DB_VALUES(db_str(serial), db_int(kinds), db_int(at_ms - EXPLAINED_MS),
			db_int(REQUEST_REFUSED), db_int(at_ms - loose_ms),
			db_int(at_ms + loose_ms)),
		0, &found, err);

	*ret = found != 0;
	return rc;
}
