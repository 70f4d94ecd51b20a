#include "io/csv/csv_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stat.h"
#include "base/utf16.h"
#include "io/packed.h"

enum { READ_BYTES = 64 * 1024, KIND_BYTES = 1024 };

struct csv_source {
	/* Reads the file; NULL: it is not compressed. */
	struct packed *packed;

	int fd;             /* -1: memory */
	struct str memory;  /* what is left of it */
	struct str all;     /* of the memory */
	struct stat opened; /* what the file was then */
	off_t start;        /* of what is ours in it */
	size_t read_bytes;  /* at most, at a time */
	iconv_t converter;  /* NULL: the input is UTF-8 */
	bool utf16, big;    /* it is UTF-16, with the high byte first */
	char encoding[48];  /* what it is read as */
	const char *kind;   /* of another file than a CSV; NULL: of none that is known */
	size_t from, to;    /* bytes in `in` that are still to be given */
	bool at_end;        /* nothing comes after `in` */
	bool flushed;
	char in[READ_BYTES];
};

static enum errc read_raw(struct csv_source *s, char *p, size_t cap, size_t *ret_n, struct err *err)
{
	size_t n = cap < s->read_bytes ? cap : s->read_bytes;
	ssize_t got;

	if (s->fd < 0) {
		n = n < s->memory.n ? n : s->memory.n;
		if (n)
			memcpy(p, s->memory.p, n);
		s->memory = str_sub(s->memory, n, s->memory.n - n);
		*ret_n = n;
		return ERR_OK;
	}
	if (s->packed)
		return packed_read(s->packed, s->fd, p, n, ret_n, err);
	do
		got = read(s->fd, p, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_set(err, ERR_NO_INPUT, "cannot read: %s", strerror(errno));
	*ret_n = (size_t)got;
	return ERR_OK;
}

/* Adds to `in`, behind what is left there. */
static enum errc refill(struct csv_source *s, struct err *err)
{
	size_t n;
	enum errc rc;

	if (s->from) {
		memmove(s->in, s->in + s->from, s->to - s->from);
		s->to -= s->from;
		s->from = 0;
	}
	rc = read_raw(s, s->in + s->to, sizeof(s->in) - s->to, &n, err);
	if (rc)
		return rc;
	s->to += n;
	s->at_end = n == 0;
	return ERR_OK;
}

static bool is_utf8_name(const char *encoding)
{
	struct str name = str_from(encoding);

	return str_eq_nocase(name, STR("utf-8")) || str_eq_nocase(name, STR("utf8"));
}

/* What the first bytes say: a BOM is certain, so it beats what the user said. */
static const char *skip_bom(struct csv_source *s, const char *encoding)
{
	static const struct bom {
		const char *bytes, *encoding;
	} boms[] = { { "\xef\xbb\xbf", "UTF-8" }, { "\xff\xfe", "UTF-16LE" },
		{ "\xfe\xff", "UTF-16BE" } };
	struct str start = { s->in, s->to };

	for (size_t i = 0; i < sizeof(boms) / sizeof(*boms); i++) {
		struct str bom = str_from(boms[i].bytes);

		if (start.n >= bom.n && str_eq(str_sub(start, 0, bom.n), bom)) {
			s->from = bom.n;
			return boms[i].encoding;
		}
	}
	if (encoding && !is_utf8_name(encoding))
		return encoding;
	encoding = utf16_guess(start);
	return encoding ? encoding : "UTF-8";
}

/* NULL: no encoding of this machine. */
static iconv_t converter_from(const char *encoding)
{
	/* A slash begins //IGNORE and //TRANSLIT, which would hide what cannot be decoded. */
	iconv_t c = strchr(encoding, '/') ? (iconv_t)-1 : iconv_open("UTF-8", encoding);

	return (intptr_t)c == -1 ? NULL : c;
}

bool csv_knows_encoding(const char *name)
{
	iconv_t c = converter_from(name);

	if (c)
		(void)iconv_close(c);
	return c || is_utf8_name(name);
}

static enum errc choose_converter(struct csv_source *s, const char *encoding, struct err *err)
{
	struct str name = str_from(encoding);
	iconv_t converter;

	(void)snprintf(s->encoding, sizeof(s->encoding), "%.*s", STR_FMT(name));
	if (is_utf8_name(encoding))
		return ERR_OK;
	converter = converter_from(encoding);
	if (!converter)
		return err_set(err, ERR_INPUT, "the encoding '%.*s' is not known", STR_FMT(name));
	s->converter = converter;
	s->big = str_eq_nocase(name, STR("UTF-16BE"));
	s->utf16 = s->big || str_eq_nocase(name, STR("UTF-16LE"));
	return ERR_OK;
}

static enum errc open_path(
	struct csv_source *s, const char *path, const struct csv_options *opt, struct err *err)
{
	if (strcmp(path, "-") == 0)
		s->fd = STDIN_FILENO;
	else if (opt->kept)
		s->fd = packed_open(path, &s->packed);
	else
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &s->opened) != 0)
		return err_set(err, ERR_NO_INPUT, "cannot open: %s", strerror(errno));
	if (S_ISDIR(s->opened.st_mode))
		return err_set(err, ERR_NO_INPUT, "is a folder");
	s->start = lseek(s->fd, 0, SEEK_CUR);
	return ERR_OK;
}

enum errc csv_source_open(struct csv_source **ret, const char *path, struct str bytes,
	const struct csv_options *opt, struct err *err)
{
	struct csv_source *s = mem_alloc(sizeof(*s));
	enum errc rc = ERR_OK;

	s->fd = -1;
	s->packed = NULL;
	s->opened = (struct stat){ 0 };
	s->memory = s->all = bytes;
	s->read_bytes = opt->read_bytes ? opt->read_bytes : READ_BYTES;
	s->converter = NULL;
	s->utf16 = false;
	s->kind = NULL;
	s->from = s->to = 0;
	s->at_end = s->flushed = false;
	if (path)
		rc = open_path(s, path, opt, err);
	while (!rc && s->to < KIND_BYTES && !s->at_end)
		rc = refill(s, err);
	if (!rc)
		rc = choose_converter(s, skip_bom(s, opt->encoding), err);
	/* With the mark, which may be that of UTF-32, and without. */
	s->kind = csv_wrong_kind((struct str){ s->in, s->to });
	if (!s->kind)
		s->kind = csv_wrong_kind((struct str){ s->in + s->from, s->to - s->from });
	if (!s->kind && !opt->encoding)
		s->kind = csv_mainframe_kind((struct str){ s->in, s->to });
	if (rc)
		csv_source_close(s);
	else
		*ret = s;
	return rc;
}

const char *csv_source_kind(const struct csv_source *s)
{
	return s->kind;
}

const char *csv_source_encoding(const struct csv_source *s)
{
	return s->encoding;
}

bool csv_source_can_rewind(const struct csv_source *s)
{
	return s->fd < 0 || (S_ISREG(s->opened.st_mode) && s->start >= 0);
}

size_t csv_source_bytes(const struct csv_source *s)
{
	return s->fd < 0 ? s->all.n : S_ISREG(s->opened.st_mode) ? (size_t)s->opened.st_size : 0;
}

enum errc csv_source_rewind(struct csv_source *s, struct err *err)
{
	struct stat now = s->opened;
	enum errc rc = ERR_OK;

	if (s->fd >= 0 && (fstat(s->fd, &now) != 0 || lseek(s->fd, s->start, SEEK_SET) < 0))
		return err_set(err, ERR_NO_INPUT, "cannot read: %s", strerror(errno));
	if (!stat_is_unchanged(&now, &s->opened))
		return err_set(err, ERR_INPUT, "the file was changed while it was read");
	packed_rewind(s->packed);
	s->memory = s->all;
	s->from = s->to = 0;
	s->at_end = s->flushed = false;
	if (s->converter)
		(void)iconv(s->converter, NULL, NULL, NULL, NULL);
	while (!rc && s->to < KIND_BYTES && !s->at_end)
		rc = refill(s, err);
	if (!rc)
		(void)skip_bom(s, NULL);
	return rc;
}

void csv_source_close(struct csv_source *s)
{
	if (!s)
		return;
	if (s->fd > STDIN_FILENO)
		(void)close(s->fd);
	packed_close(s->packed);
	if (s->converter)
		(void)iconv_close(s->converter);
	free(s);
}

/* What is left of the first bytes, then straight into the reader's window. */
static enum errc pass_on(struct csv_source *s, char *p, size_t cap, size_t *ret_n, struct err *err)
{
	size_t n = s->to - s->from < cap ? s->to - s->from : cap;

	if (n == 0)
		return read_raw(s, p, cap, ret_n, err);
	memcpy(p, s->in + s->from, n);
	s->from += n;
	*ret_n = n;
	return ERR_OK;
}

/* Converts what is in `in`; at the end also what the converter holds back. Returns 0 or why it
 * stopped: E2BIG, EINVAL (an unfinished character), EILSEQ. */
static int convert(struct csv_source *s, char **out, size_t *room)
{
	int why = 0;

	do {
		char *in = s->in + s->from;
		size_t n = s->to - s->from, left;

		if (s->utf16) {
			size_t taken = utf16_take(in, n, s->big, out, room);

			/* iconv gets the next pair of surrogates, and what is wrong. */
			in += taken;
			s->from += taken;
			n = n - taken < UTF16_PAIR ? n - taken : UTF16_PAIR;
		}
		left = n;
		if (n && iconv(s->converter, &in, &left, out, room) == (size_t)-1)
			why = errno;
		s->from += n - left;
	} while (why == 0 && s->from < s->to);
	if (why == 0 && s->at_end && !s->flushed) {
		if (iconv(s->converter, NULL, NULL, out, room) == (size_t)-1)
			return errno;
		s->flushed = true;
	}
	return why;
}

enum errc csv_source_read(struct csv_source *s, char *p, size_t cap, size_t *ret_n, struct err *err)
{
	char *out = p;
	size_t room = cap;
	enum errc rc;

	if (!s->converter)
		return pass_on(s, p, cap, ret_n, err);
	for (;;) {
		int why = convert(s, &out, &room);
		bool stuck = why == EILSEQ || (why == EINVAL && s->at_end);

		*ret_n = cap - room;
		if (*ret_n || (why == 0 && s->at_end))
			return ERR_OK;
		if (stuck)
			return err_set(err, ERR_INPUT,
				"these bytes are not %s: save the file as CSV UTF-8", s->encoding);
		rc = refill(s, err);
		if (rc)
			return rc;
	}
}
