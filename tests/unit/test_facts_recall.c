/*
 * facts: lists whose entries are known from an earlier reading give the same facts as lists that
 * are read. Two fleets ask the same server; one of them forgets what it recalls before each
 * reading.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "facts/facts.h"

#define START INT64_C(1800000000000)

enum {
	DEVICES = 30, /* of which the fleets know all but some */
	STRANGERS = 4,
	ENTRIES_MAX = 60,
	PAGE = 7,
	ROUNDS = 250,
	BODY_BYTES = 256 * 1024,
};

static uint64_t seed = 3;

static uint32_t dice(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* --- what the services list --- */

enum kind { DEVICE_LIST, SERVER_A_LIST, SERVER_B_LIST, GROUP_1_LIST, GROUP_2_LIST, KINDS };

static struct list {
	char *v[ENTRIES_MAX];
	size_t n;
	bool told; /* how many there are */
	char damage;
	uint32_t damaged; /* byte of the answer that is another one */
} lists[KINDS];

static const char *pick(const char *const *v, uint32_t n)
{
	return v[dice(n)];
}
#define PICK(...)                                  \
	pick((const char *const[]){ __VA_ARGS__ }, \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static char *new_device(uint32_t i)
{
	return mem_printf("{\"type\":\"orgDevices\",\"id\":\"C02XK%07u\",\"attributes\":{"
			  "\"serialNumber\":%s,\"deviceModel\":%s,\"orderNumber\":%s,"
			  "\"addedToOrgDateTime\":%s,\"releasedFromOrgDateTime\":%s,"
			  "\"updatedDateTime\":\"2026-11-0%uT00:00:00Z\",%s\"status\":%s}}",
		i, dice(20) ? "null" : "\"C02XK0000001\"",
		PICK("\"iPad\"", "\"iPhone 15\"", "\"Mac\\u00e9\"", "7", "null"),
		PICK("\"1\"", "\"2\"", "\"\"", "[]", "{}"),
		PICK("\"2024-01-02T03:04:05Z\"", "\"yesterday\"", "null"),
		dice(8) ? "null" : "\"2025-01-02T03:04:05.678Z\"", 1 + dice(3),
		dice(9) ? "" : "\"isMdmMigrationCapable\":true,\"mdmMigrationStatus\":\"STARTED\",",
		PICK("\"ASSIGNED\"", "\"UNASSIGNED\"", "\"ASSIGNED\"", "\"LOST\"", "3", "null"));
}

static char *new_entry(enum kind kind)
{
	uint32_t i = dice(DEVICES);

	if (dice(40) == 0)
		return mem_strdup(PICK("{\"id\":7}", "{ }", "null", "\"C02XK0000002\""));
	if (kind == DEVICE_LIST)
		return new_device(i);
	if (kind == SERVER_A_LIST || kind == SERVER_B_LIST)
		return mem_printf("{\"type\":\"orgDevices\",\"id\":\"%s%07u\"}",
			PICK("C02XK", "C02XK", "c02xk"), i);
	return mem_printf("{\"deviceSerialNumber\":\"C02XK%07u\",\"profileUuid\":%s,"
			  "\"profileName\":%s,\"enrollmentStatus\":%u}",
		i, PICK("\"u1\"", "\"u2\"", "null"), PICK("\"P\"", "\"Q\"", "\"\"", "null", "5"),
		dice(4));
}

static void drop(struct list *l, size_t i)
{
	free(l->v[i]);
	l->n--;
	memmove(l->v + i, l->v + i + 1, (l->n - i) * sizeof(*l->v));
}

static void change(enum kind kind)
{
	struct list *l = &lists[kind];
	size_t i = l->n ? dice((uint32_t)l->n) : 0, k = l->n ? dice((uint32_t)l->n) : 0;
	uint32_t what = dice(5);
	char *held;

	if (l->n < 15 || (what == 0 && l->n < ENTRIES_MAX)) {
		held = l->n && dice(8) == 0 ? mem_strdup(l->v[i]) : new_entry(kind);
		memmove(l->v + i + 1, l->v + i, (l->n - i) * sizeof(*l->v));
		l->v[i] = held;
		l->n++;
	} else if (what == 1) {
		drop(l, i);
	} else if (what == 2) {
		held = l->v[i];
		l->v[i] = l->v[k];
		l->v[k] = held;
	} else {
		free(l->v[i]);
		l->v[i] = new_entry(kind);
	}
}

static void change_all(void)
{
	for (enum kind k = 0; k < KINDS; k++) {
		for (uint32_t n = dice(3); n; n--)
			change(k);
		lists[k].told = dice(8) > 0;
		lists[k].damage = dice(40) ? '\0' : "\"{}[],:0aZ \\\x01\xff"[dice(14)];
		lists[k].damaged = dice(4000);
	}
}

/* --- a server that lists it --- */

static void write_entries(const struct list *l, size_t from, size_t to, struct buf *out)
{
	for (size_t i = from; i < to; i++)
		buf_printf(out, "%s%s", i > from ? "," : "", l->v[i]);
}

static void write_list(enum kind kind, size_t from, struct buf *out)
{
	const struct list *l = &lists[kind];
	size_t to = from + PAGE < l->n ? from + PAGE : l->n;

	if (kind == GROUP_1_LIST || kind == GROUP_2_LIST) {
		buf_char(out, '[');
		write_entries(l, 0, l->n, out);
		buf_char(out, ']');
		return;
	}
	buf_z(out, "{\"data\":[");
	write_entries(l, from, to, out);
	buf_z(out, "],\"meta\":{\"paging\":{\"limit\":1000");
	if (l->told)
		buf_printf(out, ",\"total\":%zu", l->n);
	if (to < l->n)
		buf_printf(out, ",\"nextCursor\":\"%zu\"", to);
	buf_z(out, "}}}");
}

static int answer(const char *path, const char *cursor, struct buf *out)
{
	enum kind kind = strcmp(path, "/v1/orgDevices") == 0     ? DEVICE_LIST
			 : strstr(path, "/mdmServers/A/")        ? SERVER_A_LIST
			 : strstr(path, "/mdmServers/B/")        ? SERVER_B_LIST
			 : strstr(path, "-000000000001/devices") ? GROUP_1_LIST
			 : strstr(path, "-000000000002/devices") ? GROUP_2_LIST
								 : KINDS;

	if (strstr(path, "token")) {
		buf_z(out,
			"{\"access_token\":\"T\",\"token_type\":\"Bearer\",\"expires_in\":3600}");
		return 200;
	}
	if (kind == KINDS) {
		buf_z(out, "{\"errors\":[{\"status\":\"404\",\"code\":\"NOT_FOUND\"}]}");
		return 404;
	}
	write_list(kind, cursor ? strtoul(cursor, NULL, 10) : 0, out);
	if (lists[kind].damage && lists[kind].damaged < out->n)
		out->p[lists[kind].damaged] = lists[kind].damage;
	return 200;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *c, const char *path,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	static int begun;
	struct MHD_Response *r;
	enum MHD_Result rc;
	struct buf body;
	int status;

	(void)self, (void)method, (void)version, (void)upload;
	if (!*state || *upload_size) {
		*state = &begun;
		*upload_size = 0;
		return MHD_YES;
	}
	buf_init(&body, BODY_BYTES);
	status = answer(
		path, MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "cursor"), &body);
	r = MHD_create_response_from_buffer(body.n, body.p, MHD_RESPMEM_MUST_COPY);
	rc = MHD_queue_response(c, (unsigned)status, r);
	MHD_destroy_response(r);
	buf_release(&body);
	return rc;
}

/* --- who reads --- */

struct side {
	struct fleet fleet;
	struct facts facts;
};

static char folder[64], key_file[96], base[64], apple_token_url[80], uem_token_url[80];
static struct settings settings;
static struct clock *the_clock;
static struct transport *transport;
static struct MHD_Daemon *daemon_;
static struct side recalls, reads;

static void write_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *f = fopen(key_file, "w");

	assert_non_null(key);
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(key_file, 0600), 0);
	EVP_PKEY_free(key);
}

static void open_side(struct side *s)
{
	struct fleet *f = &s->fleet;
	char serial[16];

	fleet_init(f);
	for (uint32_t i = 0; i < 2; i++) {
		MEM_GROW(f->servers, f->n_servers, f->cap_servers);
		f->servers[f->n_servers] = (struct server){
			.id = fleet_intern(f, i ? STR("B") : STR("A")),
			.name = fleet_intern(f, i ? STR("B") : STR("A")),
			.device_count = -1,
		};
		f->n_servers++;
		f->groups[i] = (struct group){ .last_size = -1 };
		buf_init(&f->groups[i].uuid, 64);
		buf_printf(&f->groups[i].uuid, "00000000-0000-4000-8000-%012u", i + 1);
	}
	f->n_groups = 2;
	f->has_servers = true;
	for (uint32_t i = STRANGERS; i < DEVICES; i++) {
		(void)snprintf(serial, sizeof(serial), "C02XK%07u", i);
		(void)fleet_add(f, str_from(serial));
	}
	s->facts = (struct facts){ .fleet = f,
		.transport = transport,
		.settings = &settings,
		.least = 0,
		.patient = true };
}

static int open_all(void **state)
{
	struct transport_options opt = { .settings = &settings, .max_wait_ms = INT64_MAX };
	unsigned port;
	struct err err;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_QUIET);
	(void)snprintf(folder, sizeof(folder), "/tmp/depmend-recall-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(key_file, sizeof(key_file), "%s/key.pem", folder);
	write_key();
	daemon_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, NULL, NULL,
		on_request, NULL, MHD_OPTION_SOCK_ADDR,
		&(struct sockaddr_in){
			.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } },
		MHD_OPTION_END);
	assert_non_null(daemon_);
	port = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port;
	(void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", port);
	(void)snprintf(apple_token_url, sizeof(apple_token_url), "%s/apple-token", base);
	(void)snprintf(uem_token_url, sizeof(uem_token_url), "%s/uem-token", base);
	assert_int_equal(setenv("TEST_UEM_SECRET", "s3cret", 1), 0);
	settings = (struct settings){ .has_uem = true, .batch_apple = 1000 };
	settings.apple.client_id = "BUSINESSAPI.x";
	settings.apple.private_key = (struct secret){ .kind = SECRET_FILE, .value = key_file };
	settings.apple.url = settings.uem.url = base;
	settings.apple.token_url = apple_token_url;
	settings.uem.auth = UEM_AUTH_OAUTH;
	settings.uem.token_url = uem_token_url;
	settings.uem.client_id = "abc";
	settings.uem.client_secret = settings.uem.tenant_code = (struct secret){ .kind = SECRET_ENV,
		.value = "TEST_UEM_SECRET" };
	for (int i = 0; i < RATE_CLASSES; i++)
		settings.rates[i] = (struct rate){ 1000, 1000 };
	settings.uem_reserve_percent = 20;
	settings.timeouts.request_ms = 60000;
	opt.clock = the_clock = clock_virtual(START);
	assert_int_equal(transport_open(&transport, &opt, &err), ERR_OK);
	open_side(&recalls);
	open_side(&reads);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	transport_close(transport);
	clock_free(the_clock);
	fleet_release(&recalls.fleet);
	fleet_release(&reads.fleet);
	MHD_stop_daemon(daemon_);
	for (enum kind k = 0; k < KINDS; k++)
		while (lists[k].n)
			drop(&lists[k], 0);
	(void)unlink(key_file);
	(void)rmdir(folder);
	return 0;
}

static void forget(struct recall **r)
{
	recall_free(*r);
	*r = NULL;
}

static void forget_all(struct fleet *f)
{
	forget(&f->recall);
	for (uint32_t i = 0; i < 2; i++) {
		forget(&f->servers[i].recall);
		forget(&f->groups[i].recall);
	}
}

static void tell(const struct side *s, struct buf *out)
{
	const struct fleet *f = &s->fleet;
	struct value v;

	for (uint32_t slot = 0; slot < f->serials.n; slot++) {
		for (int i = 0; i < FACT_MAX_; i++) {
			struct str why = fleet_why_unknown(f, slot, (enum fact)i);

			fleet_fact(f, slot, (enum fact)i, &v);
			if (v.state != VALUE_UNREAD)
				buf_printf(out, "%.*s %s: %d '%.*s' %lld %.*s\n",
					STR_FMT(fleet_serial(f, slot)),
					fact_info((enum fact)i)->word, (int)v.state,
					STR_FMT(v.text), (long long)v.number, STR_FMT(why));
		}
		buf_printf(out, "listed %x\n", f->listed[slot]);
	}
	buf_printf(out, "%lld %lld\n", (long long)f->listed_size, (long long)f->org_size);
	for (uint32_t i = 0; i < 2; i++)
		buf_printf(out, "%lld %lld\n", (long long)f->servers[i].device_count,
			(long long)f->groups[i].last_size);
}

static void read_one(
	struct side *s, enum reading r, const uint32_t *slots, uint32_t n, struct buf *out)
{
	struct err err = { .code = ERR_OK };
	enum errc rc = facts_read(&s->facts, r, slots, n, &err);

	buf_printf(out, "%d %s\n", (int)rc, rc ? err.msg : "");
}

static void read_all(struct side *s, const uint32_t *slots, uint32_t n, struct buf *out)
{
	buf_reset(out);
	read_one(s, READING_APPLE_DEVICE, slots, n, out);
	read_one(s, READING_APPLE_SERVER, slots, n, out);
	read_one(s, READING_UEM_LIST, slots, n, out);
	tell(s, out);
}

static void known_entries_give_the_facts_of_read_ones(void **state)
{
	uint32_t slots[DEVICES], n, n_told = 0;
	struct buf a, b;

	(void)state;
	buf_init(&a, BODY_BYTES);
	buf_init(&b, BODY_BYTES);
	for (unsigned round = 0; round < ROUNDS; round++) {
		change_all();
		n = 0;
		for (uint32_t slot = 0; slot < recalls.fleet.serials.n; slot++)
			if (n < 20 || dice(2))
				slots[n++] = slot;
		forget_all(&reads.fleet);
		read_all(&recalls, slots, n, &a);
		read_all(&reads, slots, n, &b);
		if (!str_eq(buf_view(&a), buf_view(&b)))
			fail_msg("round %u:\n%s\n---\n%s", round, buf_cstr(&a), buf_cstr(&b));
		n_told += strstr(buf_cstr(&a), "apple.status: 3 'UNASSIGNED'") != NULL;
	}
	/* Neither is it that nothing was recalled, nor that nothing could be read. */
	assert_true(recall_size(recalls.fleet.recall) > 10);
	assert_true(recall_size(recalls.fleet.servers[0].recall) > 10);
	assert_true(recall_size(recalls.fleet.groups[0].recall) > 10);
	assert_int_equal(recall_size(reads.fleet.recall), 0);
	assert_true(n_told > ROUNDS / 4);
	buf_release(&a);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_entries_give_the_facts_of_read_ones),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
