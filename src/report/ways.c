#include "report/ways.h"
#include "base/plural.h"

#include <inttypes.h>

/* What a page, and what a device, is asked for. */
static const struct {
	const char *page, *serial;
} nouns[READING_MAX_] = {
	[READING_APPLE_DEVICE] = { "device page", "device" },
	[READING_APPLE_SERVER] = { "server list page", "server" },
	[READING_UEM_LIST] = { "list", "device" },
	[READING_UEM_PROFILES] = { "profile page", "device" },
	[READING_UEM_TOKEN] = { "token page", "token" },
	[READING_UEM_DEVICE] = { "record page", "record" },
	[READING_UEM_RECORDS] = { "record page", "record" },
	[READING_UEM_APPS] = { "app page", "app list" },
	[READING_APPLE_COVERAGE] = { "coverage page", "coverage" },
};

static void add(struct buf *out, uint64_t n, const char *noun, const char *how)
{
	if (n)
		buf_printf(
			out, "%s%" PRIu64 " %s%s%s", out->n ? " + " : "", n, noun, plural(n), how);
}

static void print_service(
	const struct facts *f, bool uem, const char *who, const char *label, FILE *out)
{
	uint64_t n = 0, other = 0;
	bool pages = false, serials = false;
	struct buf parts;

	buf_init(&parts, 1024);
	for (int i = READING_CSV + 1; i < READING_MAX_; i++) {
		const struct reading_way *way = &f->ways[i];

		if (reading_is_uem((enum reading)i) != uem)
			continue;
		n += way->n_requests;
		other += way->n_instead ? way->n_instead : way->n_requests;
		pages |= way->n_instead && way->n_pages;
		serials |= way->n_instead && way->n_serials;
		add(&parts, way->n_pages, nouns[i].page, "");
		add(&parts, way->n_serials, nouns[i].serial, " by serial");
	}
	if (n)
		(void)fprintf(out, "%-11s %s: %s (%" PRIu64 " read%s)", label, who,
			buf_cstr(&parts), n, plural(n));
	if (pages || serials)
		(void)fprintf(out, " rather than %" PRIu64 " %s", other,
			pages && serials ? "the other way"
			: pages          ? "by serial"
					 : "by page");
	if (n)
		(void)fputc('\n', out);
	buf_release(&parts);
}

static uint64_t requests(const struct facts *f, bool uem)
{
	uint64_t n = 0;

	for (int i = READING_CSV + 1; i < READING_MAX_; i++)
		if (reading_is_uem((enum reading)i) == uem)
			n += f->ways[i].n_requests;
	return n;
}

static void print_detail(const struct facts *f, FILE *out)
{
	print_service(f, false, "Apple", "facts", out);
	print_service(f, true, "UEM", requests(f, false) ? "" : "facts", out);
}

void ways_print(const struct facts *f, bool detail, FILE *out)
{
	(void)fprintf(out, "%-11s %" PRIu64 " request%s to Apple, %" PRIu64 " to the UEM\n", "read",
		requests(f, false), plural(requests(f, false)), requests(f, true));
	if (detail)
		print_detail(f, out);
}

void ways_put(const struct facts *f, struct json_out *o)
{
	json_arr(o, "facts");
	for (int i = READING_CSV + 1; i < READING_MAX_; i++) {
		const struct reading_way *way = &f->ways[i];

		if (!way->n_requests)
			continue;
		json_obj(o, NULL);
		json_put_z(o, "reading", reading_words((enum reading)i));
		json_put_int(o, "pages", (int64_t)way->n_pages);
		json_put_int(o, "serials", (int64_t)way->n_serials);
		json_put_int(o, "requests", (int64_t)way->n_requests);
		if (way->n_instead)
			json_put_int(o, "instead", (int64_t)way->n_instead);
		else
			json_put_null(o, "instead");
		json_obj_end(o);
	}
	json_arr_end(o);
}
