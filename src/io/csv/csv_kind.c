/* Files that people name instead of the CSV, told by their first bytes. */
#include <errno.h>
#include <iconv.h>

#include "io/csv/csv_parts.h"

#define BYTES(lit) lit, sizeof(lit) - 1
#define AS_CSV ": open it there and save the list as CSV UTF-8"
#define AGAIN ": export the list again, as CSV (UTF-8)"

static const struct magic {
	const char *bytes;
	size_t n;
	const char *kind;
} magics[] = {
	{ BYTES("\xd0\xcf\x11\xe0"), "this is an Excel workbook (.xls), not a CSV" AS_CSV },
	{ BYTES("\x1f\x8b"), "this is a gzip archive, not a CSV: unpack it first (gunzip)" },
	{ BYTES("BZh"), "this is a bzip2 archive, not a CSV: unpack it first (bunzip2)" },
	{ BYTES("\xfd"
		"7zXZ"),
		"this is an xz archive, not a CSV: unpack it first (unxz)" },
	{ BYTES("7z\xbc\xaf"), "this is a 7-Zip archive, not a CSV: unpack it first" },
	{ BYTES("\x28\xb5\x2f\xfd"),
		"this is a zstd archive, not a CSV: unpack it first (unzstd)" },
	{ BYTES("%PDF"), "this is a PDF, not a CSV" AGAIN },
	{ BYTES("{\\rtf"), "this is a rich text document (RTF), not a CSV: save it as plain text" },
	{ BYTES("bplist"), "this is a property list, not a CSV" AGAIN },
	{ BYTES("SQLite format 3"), "this is a SQLite database, not a CSV" AGAIN },
	{ BYTES("\x89PNG"), "this is a picture, not a CSV" AGAIN },
	{ BYTES("\xff\xd8\xff"), "this is a picture, not a CSV" AGAIN },
	{ BYTES("GIF8"), "this is a picture, not a CSV" AGAIN },
	{ BYTES("\xff\xfe\0\0"), "this is UTF-32, which is not read: save the list as CSV UTF-8" },
	{ BYTES("\0\0\xfe\xff"), "this is UTF-32, which is not read: save the list as CSV UTF-8" },
	{ BYTES("-----BEGIN "), "this is a key, a certificate or a token, not a CSV" AGAIN },
	{ BYTES("MIME-Version:"),
		"this is a mail, not a CSV: save the list that is attached to it" },
	{ BYTES("PAR1"), "this is a Parquet file, not a CSV" AGAIN },
};

static bool has(struct str text, const char *part)
{
	return str_contains_nocase(text, str_from(part));
}

static const char *zip_kind(struct str start)
{
	if (has(start, "opendocument"))
		return "this is an OpenDocument file, not a CSV" AS_CSV;
	if (has(start, "Index/") || has(start, ".iwa"))
		return "this is a Numbers document, not a CSV: export it there as CSV (UTF-8)";
	if (has(start, "[Content_Types]") || has(start, "xl/") || has(start, "_rels"))
		return "this is an Excel workbook (.xlsx), not a CSV" AS_CSV;
	return "this is a ZIP archive, not a CSV: unpack it first, or, if it is a workbook, save "
	       "the list as CSV UTF-8";
}

static const char *markup_kind(struct str start)
{
	static const char *const signs[] = { "sign in", "sign-in", "signin", "log in", "log-in",
		"login", "session", "password", "anmeld", "connexion", "saml" };
	bool page = has(start, "<html") || has(start, "<!doctype html") || has(start, "<head") ||
		    has(start, "<body") || has(start, "<table") || has(start, "<meta");

	for (size_t i = 0; page && i < sizeof(signs) / sizeof(*signs); i++)
		if (has(start, signs[i]))
			return "this is a web page, it seems a sign-in page, not a CSV: sign in, "
			       "then download the list again";
	if (page)
		return "this is a web page (HTML), not a CSV: download the list itself, as CSV";
	if (has(start, "plist"))
		return "this is a property list, not a CSV" AGAIN;
	if (has(start, "spreadsheet") || has(start, "<Workbook"))
		return "this is an Excel workbook (XML), not a CSV" AS_CSV;
	return "this is XML, not a CSV" AGAIN;
}

/* Lists in brackets, and objects with quoted names; no row of a CSV begins so. */
static bool is_json(struct str s)
{
	struct str rest = str_trim(str_sub(s, 1, s.n - 1));

	if (s.p[0] == '{')
		return rest.n && (rest.p[0] == '"' || rest.p[0] == '}');
	return s.p[0] == '[' && rest.n && strchr("\"{[]", rest.p[0]);
}

static bool is_markup(struct str s)
{
	return s.n > 2 && s.p[0] == '<' &&
	       (s.p[1] == '!' || s.p[1] == '?' ||
		       (ascii_lower(s.p[1]) >= 'a' && ascii_lower(s.p[1]) <= 'z'));
}

const char *csv_wrong_kind(struct str start)
{
	struct str text = str_trim(start);

	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (start.n >= magics[i].n && memcmp(start.p, magics[i].bytes, magics[i].n) == 0)
			return magics[i].kind;
	if (start.n > 4 && memcmp(start.p, "PK", 2) == 0 && start.p[2] <= 8 && start.p[3] <= 8)
		return zip_kind(start);
	if (is_markup(text))
		return markup_kind(text);
	if (text.n && is_json(text))
		return "this is JSON, not a CSV" AGAIN;
	return NULL;
}

enum { EBCDIC_LEAST = 10 };

/* A letter, digit, blank, line end or delimiter as a mainframe writes it. */
static bool is_of_mainframe(unsigned char c)
{
	unsigned char digit = c & 0xf;
	bool letter = (c >= 0x81 && c <= 0xa9) || (c >= 0xc1 && c <= 0xe9);

	return (letter && digit >= 1 && digit <= 9) || (c >= 0xf0 && c <= 0xf9) ||
	       (c && memchr("\x40\x4b\x4f\x5e\x60\x61\x6b\x6d\x7a\x7f\x05\x0d\x15\x25", c, 14));
}

const char *csv_mainframe_kind(struct str start)
{
	size_t n = 0, n_digits = 0;

	for (size_t i = 0; i < start.n; i++) {
		unsigned char c = (unsigned char)start.p[i];

		if (c >= '0' && c <= '9')
			return NULL;
		n += is_of_mainframe(c);
		n_digits += c >= 0xf0 && c <= 0xf9;
	}
	if (start.n < EBCDIC_LEAST || n * 10 < start.n * 9 || n_digits == 0)
		return NULL;
	return "this is EBCDIC, as mainframes write it, not a CSV in UTF-8: have the list written "
	       "as CSV UTF-8 there";
}

static bool decodes(const char *encoding, struct str bytes)
{
	iconv_t c = iconv_open("UTF-8", encoding);
	char *in = (char *)(uintptr_t)bytes.p, out[4096];
	size_t left = bytes.n;
	bool good = (intptr_t)c != -1;

	while (good && left) {
		char *to = out;
		size_t room = sizeof(out);

		/* EINVAL: a character that the end of these bytes cuts. */
		if (iconv(c, &in, &left, &to, &room) == (size_t)-1 && errno != E2BIG) {
			good = errno == EINVAL;
			break;
		}
	}
	if ((intptr_t)c != -1)
		(void)iconv_close(c);
	return good;
}

const char *csv_guess_encoding(struct str bytes)
{
	static const char *const known[] = { "cp1252", "cp932", "gb18030", "cp949", "cp850" };
	bool lines = bytes.n && memchr(bytes.p, '\n', bytes.n);

	/* Excel's "CSV (Macintosh)" has its own letters, and line ends that nothing else has. */
	if (!lines && bytes.n && memchr(bytes.p, '\r', bytes.n) && decodes("macintosh", bytes))
		return "macintosh";
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (decodes(known[i], bytes))
			return known[i];
	return "cp1252";
}
