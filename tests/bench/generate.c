/*
 * generate ROWS [SEED]: a device CSV as a portal would export it, the same for the same seed.
 * 16 columns, 189 bytes a row; a fifth of the rows carry a quote (Mac models have commas), four in
 * a thousand a newline in a cell, eight a doubled quote, fifteen are not ASCII, one is a duplicate.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

/* splitmix64 */
static uint64_t draw(uint64_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

#define PICK(list) ((list)[draw(sizeof(list) / sizeof(*(list)))])

static const struct model {
	const char *name, *family, *type;
} plain_models[] = {
	{ "iPad (9th generation)", "iPad", "iPad12 1" },
	{ "iPad (10th generation)", "iPad", "iPad13 18" },
	{ "iPad Air (5th generation)", "iPad", "iPad13 16" },
	{ "iPad mini (6th generation)", "iPad", "iPad14 1" },
	{ "iPhone 12", "iPhone", "iPhone13 2" },
	{ "iPhone 14", "iPhone", "iPhone14 7" },
	{ "iPhone SE (3rd generation)", "iPhone", "iPhone14 6" },
	{ "Apple TV 4K", "AppleTV", "AppleTV14 1" },
	{ "Mac mini 2023", "Mac", "Mac14 3" },
}, quoted_models[] = {
	{ "\"MacBook Pro (14-inch, 2023)\"", "Mac", "Mac14 5" },
	{ "\"MacBook Air (13-inch, M2, 2022)\"", "Mac", "Mac14 2" },
	{ "\"iMac (24-inch, M1, 2021)\"", "Mac", "iMac21 1" },
};
static const char *const servers[] = { "WS1 EMEA", "WS1 Americas", "WS1 APAC", "Configurator" };
static const char *const users[] = { "warehouse", "front desk", "ward 7", "school bus", "m.keller",
	"a.nowak", "j.doe" };
static const char *const colors[] = { "SILVER", "SPACE GRAY", "BLUE", "MIDNIGHT", "GOLD" };
static const char *const sizes[] = { "64GB", "128GB", "256GB", "512GB", "1TB" };

/* Twelve characters, different for every number. */
static void print_serial(uint64_t n)
{
	static const char digits[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	uint64_t v = n * 1103515245123 % 1785793904896; /* modulo 34^8, to which it is prime */
	char s[13] = "C02X00000000";

	for (int i = 11; i > 3; i--, v /= 34)
		s[i] = digits[v % 34];
	(void)fputs(s, stdout);
}

static void print_date(void)
{
	printf("%u-%02u-%02uT%02u:%02u:%02uZ", 2018 + (unsigned)draw(8), 1 + (unsigned)draw(12),
		1 + (unsigned)draw(28), (unsigned)draw(24), (unsigned)draw(60), (unsigned)draw(60));
}

/* An asset tag and a user: where people write what they like. */
static void print_notes(uint64_t n)
{
	uint64_t kind = draw(1000);

	if (kind < 200)
		printf("LOAN-%05" PRIu64 ",", n % 100000);
	else
		printf("AT%07" PRIu64 ",", n);
	kind = draw(1000);
	if (kind < 4)
		(void)fputs("\"room 4\nleft shelf\"", stdout);
	else if (kind < 12)
		(void)fputs("\"the \"\"blue\"\" box\"", stdout);
	else if (kind < 27)
		(void)fputs("Zoë Müller", stdout);
	else
		(void)fputs(PICK(users), stdout);
}

static void print_row(uint64_t n)
{
	const struct model m = draw(5) == 0 ? PICK(quoted_models) : PICK(plain_models);

	print_serial(n && draw(1000) == 0 ? draw(n) : n);
	printf(",%s,%s,%s,MK%03uLL/A,W%09u,", m.name, m.family, m.type, (unsigned)draw(1000),
		(unsigned)draw(1000000000));
	print_date();
	printf(",%s,", draw(4) ? "RESELLER" : "APPLE");
	print_date();
	printf(",%s,%s,35%013" PRIu64 ",", draw(10) ? "ASSIGNED" : "UNASSIGNED", PICK(servers),
		draw(10000000000000));
	print_notes(n);
	printf(",%s,%s\n", PICK(colors), PICK(sizes));
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	puts("Serial Number,Device Model,Product Family,Product Type,Part Number,Order Number,"
	     "Order Date,Source,Date Added,Status,Assigned Server,IMEI,Asset Tag,User,Color,"
	     "Capacity");
	for (uint64_t i = 0; i < n; i++)
		print_row(i);
	return fflush(stdout) || ferror(stdout) ? 74 : 0;
}
