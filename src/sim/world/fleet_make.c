/*
 * --make-fleet: a company's devices, made up. Row i depends on the seed and i alone, so that a
 * million rows need no memory and the same seed gives the same file.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "io/csv/csv_out.h"
#include "sim/world/fleet.h"

struct model {
	const char *family, *model, *type, *code; /* code: end of a serial of the old kind */
	const char *capacities[3], *colors[3], *part;
	int first_year; /* sold from */
	bool cellular;
	unsigned weight;
};

/* Public model names; part numbers are made up in Apple's form. */
static const struct model models[] = {
	{ "iPhone", "iPhone 12", "iPhone13,2", "0DXP", { "64GB", "128GB", "256GB" },
		{ "BLACK", "WHITE", "BLUE" }, "MGJ53", 2020, true, 12 },
	{ "iPhone", "iPhone 13", "iPhone14,5", NULL, { "128GB", "256GB", "512GB" },
		{ "MIDNIGHT", "STARLIGHT", "BLUE" }, "MLPF3", 2021, true, 16 },
	{ "iPhone", "iPhone SE (3rd generation)", "iPhone14,6", NULL, { "64GB", "128GB", "256GB" },
		{ "MIDNIGHT", "STARLIGHT", "RED" }, "MMXF3", 2022, true, 10 },
	{ "iPhone", "iPhone 15", "iPhone15,4", NULL, { "128GB", "256GB", "512GB" },
		{ "BLACK", "BLUE", "GREEN" }, "MTP03", 2023, true, 14 },
	{ "iPad", "iPad (9th generation) Wi-Fi", "iPad12,1", NULL, { "64GB", "256GB", "64GB" },
		{ "SPACE GRAY", "SILVER", "SILVER" }, "MK2K3", 2021, false, 12 },
	{ "iPad", "iPad Air (4th generation), Wi-Fi + Cellular", "iPad13,2", "0WJR",
		{ "64GB", "256GB", "64GB" }, { "SPACE GRAY", "SILVER", "GREEN" }, "MYGW2", 2020,
		true, 6 },
	{ "iPad", "iPad Pro 11\" (4th generation)", "iPad14,3", NULL, { "128GB", "256GB", "1TB" },
		{ "SPACE GRAY", "SILVER", "SILVER" }, "MNXD3", 2022, false, 5 },
	{ "Mac", "iMac 21.5\"", "iMac19,2", "JV3P", { "256GB", "512GB", "1TB" },
		{ "SILVER", "SILVER", "SILVER" }, "MHK23", 2019, false, 4 },
	{ "Mac", "MacBook Air (M1, 2020)", "MacBookAir10,1", "1WG7", { "256GB", "512GB", "256GB" },
		{ "SPACE GRAY", "SILVER", "GOLD" }, "MGN63", 2020, false, 9 },
	{ "Mac", "MacBook Pro 14\", M2 Pro", "Mac14,9", NULL, { "512GB", "1TB", "512GB" },
		{ "SPACE GRAY", "SILVER", "SILVER" }, "MPHE3", 2023, false, 6 },
	{ "Mac", "Mac mini (M2, 2023)", "Mac14,3", NULL, { "256GB", "512GB", "256GB" },
		{ "SILVER", "SILVER", "SILVER" }, "MMFJ3", 2023, false, 3 },
	{ "AppleTV", "Apple TV 4K (3rd generation)", "AppleTV14,1", NULL,
		{ "64GB", "128GB", "64GB" }, { "BLACK", "BLACK", "BLACK" }, "MN873", 2022, false,
		2 },
	{ "Watch", "Apple Watch SE 40mm", "Watch5,9", "Q1RM", { "32GB", "32GB", "32GB" },
		{ "SPACE GRAY", "SILVER", "GOLD" }, "MYDP2", 2020, false, 1 },
};
enum { N_MODELS = sizeof(models) / sizeof(models[0]), LAST_YEAR = 2025 };

static const char *const servers[] = { "WS1 EMEA", "WS1 Americas", "WS1 APAC" };

/* Profiles that an administrator would have per family. */
static const char *profile_for(const char *family)
{
	static const char *const by_family[][2] = { { "iPhone", "Corporate iPhones" },
		{ "iPad", "Corporate iPads" }, { "Mac", "Corporate Macs" } };

	for (size_t i = 0; i < 3; i++)
		if (strcmp(family, by_family[i][0]) == 0)
			return by_family[i][1];
	return "Meeting Rooms";
}

/* --- numbers --- */

struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *d, uint64_t sides)
{
	uint64_t x;

	d->state += UINT64_C(0x9e3779b97f4a7c15);
	x = d->state;
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (x ^ (x >> 31)) % sides;
}

/* Neither I nor O, as on real devices (services/README.md Apple D). */
static const char letters[] = "0123456789ABCDEFGHJKLMNPQRSTUVWX";

/* A permutation of 0 .. 2^bits - 1: different rows get different serials without a list. */
static uint64_t permute(uint64_t i, unsigned bits, uint64_t seed)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1, x = i;

	for (unsigned round = 0; round < 3; round++) {
		x = (x * (seed << 3 | 5) + seed) & mask;
		x ^= x >> bits / 2;
		x = (x * UINT64_C(0x2545f4914f6cdd1d)) & mask;
	}
	return x;
}

static void digits(char *out, uint64_t v, unsigned n)
{
	while (n > 0) {
		out[--n] = letters[v % 32];
		v /= 32;
	}
}

/* Old kind: plant, half-year, week, unit, model; new kind: ten characters without meaning. */
static void make_serial(const struct model *m, bool old, uint64_t i, uint64_t seed, char out[16])
{
	static const char *const plants[] = { "C02", "DMP", "F9F", "G6T", "FVF" };

	if (old) {
		memcpy(out, plants[i % 5], 3);
		digits(out + 3, permute(i, 25, seed), 5);
		memcpy(out + 8, m->code, 5);
	} else {
		digits(out, permute(i, 50, seed), 10);
		out[10] = '\0';
	}
}

static const struct model *pick_model(struct dice *d)
{
	unsigned all = 0;
	uint64_t at;

	for (size_t i = 0; i < N_MODELS; i++)
		all += models[i].weight;
	at = roll(d, all);
	for (size_t i = 0; i < N_MODELS; i++) {
		if (at < models[i].weight)
			return &models[i];
		at -= models[i].weight;
	}
	return &models[0];
}

/* --- rows --- */

struct thing {
	const struct model *model;
	char serial[16], order[24], part[16], asset[32], imei[40], user[40];
	char ordered[TIME_TEXT], added[TIME_TEXT], released[TIME_TEXT], seen[TIME_TEXT];
	const char *server, *capacity, *color, *source, *source_id, *profile, *status, *enrollment;
	bool corrupted;
};

static int64_t day(int64_t year, int64_t day_of_year)
{
	return ((year - 1970) * 1461 / 4 + day_of_year) * 24 * 3600 * 1000;
}

static void make_purchase(struct thing *t, struct dice *d, int year)
{
	static const struct {
		const char *source, *id;
	} sources[] = { { "APPLE", "-2085650007946880" }, { "RESELLER", "8DA4F31" },
		{ "APPLE", "-2085650007946880" }, { "RESELLER", "8DA4F31" },
		{ "MANUALLY_ADDED", "" } };
	unsigned which = (unsigned)roll(d, 5), lot = (unsigned)roll(d, 40);
	unsigned number = (unsigned)(100 + year % 100) * 1000000 + lot * 2039 + which;
	int64_t at = day(year, lot * 9);

	t->source = sources[which].source;
	t->source_id = sources[which].id;
	if (t->source_id[0])
		(void)snprintf(t->order, sizeof(t->order), "W%u", number);
	(void)time_rfc3339_s(at, t->ordered);
	at += (int64_t)(3 + roll(d, 12)) * 24 * 3600 * 1000 + (int64_t)roll(d, 86400000);
	(void)time_rfc3339(at, t->added);
}

static void make_place(struct thing *t, struct dice *d, bool corrupted)
{
	uint64_t fate = roll(d, 100);

	t->server = servers[roll(d, 3)];
	t->corrupted = corrupted;
	if (corrupted) {
		t->status = roll(d, 2) ? "Assignment in progress" : "Failed";
		return;
	}
	if (fate < 4) { /* left on the shelf */
		t->server = "";
		return;
	}
	if (fate < 6) { /* sold or recycled */
		t->server = "";
		(void)time_rfc3339_s(day(2025, (int64_t)roll(d, 300)), t->released);
		return;
	}
	if (fate < 12)
		return; /* not given a profile yet */
	t->profile = profile_for(t->model->family);
	t->status = "Assigned";
	if (fate < 20)
		return;
	t->enrollment = fate < 95 ? "Enrolled" : "Unenrolled";
	(void)snprintf(t->user, sizeof(t->user), "user%03llu@example.com",
		(unsigned long long)roll(d, 1000));
	(void)time_rfc3339_s(day(fate < 85 ? 2026 : 2025, (int64_t)roll(d, 300)), t->seen);
}

static void make_thing(const struct fleet_recipe *recipe, uint64_t i, struct thing *t)
{
	struct dice d = { recipe->seed * UINT64_C(0x9e3779b97f4a7c15) +
			  i * UINT64_C(0xd1342543de82ef95) };
	/* Spread evenly: each row adds its share, a row is corrupted when the sum passes a whole.
	 */
	bool corrupted = (i + 1) * recipe->corrupted_permille / 1000 !=
			 i * recipe->corrupted_permille / 1000;
	uint64_t variant;
	unsigned years;
	int year;

	*t = (struct thing){
		.model = pick_model(&d), .server = "", .profile = "", .status = "", .enrollment = ""
	};
	variant = roll(&d, 3);
	t->capacity = t->model->capacities[variant];
	t->color = t->model->colors[roll(&d, 3)];
	(void)snprintf(t->part, sizeof(t->part), "%.4s%c%s", t->model->part, (int)('3' + variant),
		roll(&d, 2) ? "LL/A" : "ZD/A");
	years = (unsigned)(LAST_YEAR - t->model->first_year + 1);
	year = t->model->first_year + (int)roll(&d, years);
	make_serial(t->model, t->model->code && year < 2021, i, recipe->seed, t->serial);
	make_purchase(t, &d, year);
	make_place(t, &d, corrupted);
	if (roll(&d, 3) == 0)
		(void)snprintf(t->asset, sizeof(t->asset), "%s-%05llu",
			roll(&d, 20) ? "IT" : "LOAN", (unsigned long long)i + 1);
	if (t->model->cellular)
		(void)snprintf(t->imei, sizeof(t->imei), "35%013llu",
			(unsigned long long)roll(&d, UINT64_C(10000000000000)));
}

static void put_row(struct buf *out, const char *const *cells, size_t n)
{
	for (size_t c = 0; c < n; c++) {
		if (c)
			buf_char(out, ',');
		csv_cell(out, str_from(cells[c]), false);
	}
	buf_char(out, '\n');
}

static const char *const header[] = { "serial", "server", "family", "model", "type", "capacity",
	"color", "part_number", "order_number", "order_date", "source", "source_id", "added",
	"released", "asset_tag", "imei", "profile", "profile_status", "corrupted",
	"enrollment_status", "user", "last_seen" };

void fleet_make_row(const struct fleet_recipe *recipe, int64_t i, struct buf *out)
{
	struct thing t;

	if (i < 0) {
		put_row(out, header, sizeof(header) / sizeof(header[0]));
		return;
	}
	make_thing(recipe, (uint64_t)i, &t);
	put_row(out,
		(const char *const[]){ t.serial, t.server, t.model->family, t.model->model,
			t.model->type, t.capacity, t.color, t.part, t.order, t.ordered, t.source,
			t.source_id, t.added, t.released, t.asset, t.imei, t.profile, t.status,
			t.corrupted ? "yes" : "", t.enrollment, t.user, t.seen },
		sizeof(header) / sizeof(header[0]));
}

enum errc fleet_make(const struct fleet_recipe *recipe, struct err *err)
{
	enum { MAX_ROW_BYTES = 64 * 1024 };
	bool good = true;
	struct buf row;

	buf_init(&row, MAX_ROW_BYTES);
	for (int64_t i = -1; good && i < (int64_t)recipe->n; i++) {
		buf_reset(&row);
		fleet_make_row(recipe, i, &row);
		good = fwrite(row.p, 1, row.n, stdout) == row.n;
	}
	good = fflush(stdout) == 0 && good;
	buf_release(&row);
	return good ? ERR_OK : err_set(err, ERR_IO, "cannot write the fleet: %s", strerror(errno));
}
