#include "io/db/db_log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

/* https://www.sqlite.org/fileformat2.html#walformat, https://www.sqlite.org/walformat.html */
enum {
	HEADER_BYTES = 32,
	FRAME_BYTES = 24,  /* before each page */
	SUMMED_BYTES = 24, /* of the header */
	FRAME_SUMMED_BYTES = 8,
	AT_PAGE_BYTES = 8,
	AT_SALT = 16, /* of the header; of a frame: */
	AT_FRAME_SALT = 8,
	AT_FRAME_SUM = 16,
	SALT_BYTES = 8,
	PAGE_MIN_BYTES = 512,
	PAGE_MAX_BYTES = 65536,
	INDEX_BYTES = 32768,
	AT_INDEX_FRAMES = 16,
	AT_INDEX_SALT = 32,
	COPIED_FRAMES = 1000, /* as many as SQLite itself lets a log grow to */
	TRIES = 3,            /* another process may begin it anew while it is read */
};

static uint32_t big(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t little(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void add(uint32_t sum[2], const uint8_t *p, size_t n, bool is_big)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		sum[0] += (is_big ? big(p + i) : little(p + i)) + sum[1];
		sum[1] += (is_big ? big(p + i + 4) : little(p + i + 4)) + sum[0];
	}
}

/* As SQLite has them open; NULL: not. */
static sqlite3_file *file_of(sqlite3 *h, int which)
{
	sqlite3_file *f = NULL;

	if (sqlite3_file_control(h, "main", which, &f) != SQLITE_OK || !f)
		return NULL;
	return f->pMethods ? f : NULL;
}

struct index {
	uint32_t frames;
	uint8_t salt[SALT_BYTES];
};

/* False: there is no log yet. */
static bool read_index(struct index *ret, sqlite3 *h)
{
	sqlite3_file *f = file_of(h, SQLITE_FCNTL_FILE_POINTER);
	void volatile *at = NULL;

	if (!f || f->pMethods->iVersion < 2 || !file_of(h, SQLITE_FCNTL_JOURNAL_POINTER) ||
		f->pMethods->xShmMap(f, 0, INDEX_BYTES, 0, &at) != SQLITE_OK || !at)
		return false;
	memcpy(&ret->frames, (const uint8_t *)at + AT_INDEX_FRAMES, sizeof(ret->frames));
	memcpy(ret->salt, (const uint8_t *)at + AT_INDEX_SALT, SALT_BYTES);
	return true;
}

static bool read_at(sqlite3_file *f, void *to, int n, int64_t at)
{
	return f->pMethods->xRead(f, to, n, at) == SQLITE_OK;
}

struct log_reading {
	uint8_t header[HEADER_BYTES];
	uint32_t sum[2], page_bytes;
	bool is_big;
};

static bool read_header(struct log_reading *r, const struct index *index, sqlite3_file *f)
{
	const uint8_t *h = r->header;

	if (!read_at(f, r->header, HEADER_BYTES, 0))
		return false;
	r->is_big = h[3] & 1;
	r->page_bytes = big(h + AT_PAGE_BYTES);
	r->sum[0] = r->sum[1] = 0;
	add(r->sum, h, SUMMED_BYTES, r->is_big);
	return r->sum[0] == big(h + SUMMED_BYTES) && r->sum[1] == big(h + SUMMED_BYTES + 4) &&
	       r->page_bytes >= PAGE_MIN_BYTES && r->page_bytes <= PAGE_MAX_BYTES &&
	       memcmp(h + AT_SALT, index->salt, SALT_BYTES) == 0;
}

/* Each frame carries the sum of all before it. */
static bool frames_are_whole(struct log_reading *r, sqlite3_file *f, uint32_t n)
{
	int size = (int)(FRAME_BYTES + r->page_bytes);
	uint8_t *frame = mem_alloc((size_t)size);
	bool whole = true;

	for (uint32_t i = 0; i < n && whole; i++) {
		whole = read_at(f, frame, size, HEADER_BYTES + (int64_t)i * size) &&
			memcmp(frame + AT_FRAME_SALT, r->header + AT_SALT, SALT_BYTES) == 0;
		add(r->sum, frame, FRAME_SUMMED_BYTES, r->is_big);
		add(r->sum, frame + FRAME_BYTES, r->page_bytes, r->is_big);
		whole = whole && r->sum[0] == big(frame + AT_FRAME_SUM) &&
			r->sum[1] == big(frame + AT_FRAME_SUM + 4);
	}
	free(frame);
	return whole;
}

bool db_log_is_whole(struct db_log *log, sqlite3 *h)
{
	for (int i = 0; log->watched && !log->lost && i < TRIES; i++) {
		sqlite3_file *f = file_of(h, SQLITE_FCNTL_JOURNAL_POINTER);
		struct log_reading r;
		struct index index;

		if (!f || !read_index(&index, h) || !index.frames ||
			(read_header(&r, &index, f) && frames_are_whole(&r, f, index.frames)))
			return true;
	}
	log->lost = log->watched;
	return !log->lost;
}

/* Whether it is the file of before, where it was. */
static bool look(struct db_log *log, sqlite3 *h, struct stat *st)
{
	const char *path = sqlite3_db_filename(h, "main");
	char *name = mem_printf("%s-wal", path ? path : "");
	bool there = lstat(name, st) == 0 && S_ISREG(st->st_mode);

	free(name);
	if (!there || (log->known && (st->st_dev != log->dev || st->st_ino != log->file)))
		return false;
	log->known = true;
	log->dev = st->st_dev;
	log->file = st->st_ino;
	return true;
}

static bool has_frames(
	const struct log_reading *r, const struct index *index, const struct stat *st)
{
	return st->st_size >= HEADER_BYTES + (int64_t)index->frames * (FRAME_BYTES + r->page_bytes);
}

bool db_log_is_there(struct db_log *log, sqlite3 *h)
{
	for (int i = 0; log->watched && !log->lost && i < TRIES; i++) {
		sqlite3_file *f = file_of(h, SQLITE_FCNTL_JOURNAL_POINTER);
		struct log_reading r;
		struct index index;
		struct stat st;

		if (!f || !read_index(&index, h) || !index.frames ||
			(look(log, h, &st) && read_header(&r, &index, f) &&
				has_frames(&r, &index, &st)))
			return true;
	}
	/* One that was removed is still open here. */
	if (log->watched && db_log_is_whole(log, h))
		(void)sqlite3_wal_checkpoint_v2(h, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	log->lost = log->watched;
	return !log->lost;
}

/* After each commit. A failure would be taken for that of the commit. */
static int committed(void *self, sqlite3 *h, const char *name, int frames)
{
	struct db_log *log = self;

	if (frames >= COPIED_FRAMES && db_log_is_whole(log, h))
		(void)sqlite3_wal_checkpoint_v2(h, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

void db_log_watch(struct db_log *log, sqlite3 *h)
{
	log->watched = true;
	(void)sqlite3_wal_hook(h, committed, log);
}
