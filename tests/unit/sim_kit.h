/*
 * A simulator without its socket, on a virtual clock, in a folder of its own.
 */
#ifndef TESTS_SIM_KIT_H
#define TESTS_SIM_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/file.h"
#include "sim/open.h"
#include "sim/sim.h"

#define KIT_CLIENT "BUSINESSAPI.test"

struct kit {
	char folder[40];
	char fleet[80], state[80], audit[80], scenario[80];
	struct sim_options opt;
	const char *settings[8], *scenarios[8];
	struct sim *sim;
	int64_t now;
	char bearer[80];
	struct reply reply;
	struct json *json; /* of the last reply; NULL when it was none */
};

static inline void kit_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static inline void kit_init(struct kit *k, const char *fleet)
{
	*k = (struct kit){ .folder = "/tmp/depmend-sim-XXXXXX", .now = INT64_C(1767225600000) };
	assert_non_null(mkdtemp(k->folder));
	(void)snprintf(k->fleet, sizeof(k->fleet), "%s/fleet.csv", k->folder);
	(void)snprintf(k->state, sizeof(k->state), "%s/state.db", k->folder);
	(void)snprintf(k->audit, sizeof(k->audit), "%s/audit.ndjson", k->folder);
	(void)snprintf(k->scenario, sizeof(k->scenario), "%s/scenario.yaml", k->folder);
	kit_write(k->fleet, fleet);
	k->opt = (struct sim_options){ .fleet = k->fleet,
		.audit = k->audit,
		.any_key = true,
		.clock_rate = 1,
		.seed = 7,
		.settings = k->settings,
		.scenarios = k->scenarios };
	reply_init(&k->reply);
}

static inline void kit_set(struct kit *k, const char *setting)
{
	k->settings[k->opt.n_settings++] = setting;
}

/* A built-in name, or YAML when it has a newline. */
static inline void kit_scenario(struct kit *k, const char *text)
{
	if (strchr(text, '\n')) {
		kit_write(k->scenario, text);
		text = k->scenario;
	}
	k->scenarios[k->opt.n_scenarios++] = text;
}

static inline void kit_start(struct kit *k)
{
	struct err err = { 0 };

	if (sim_open(&k->sim, &k->opt, &err) != ERR_OK)
		fail_msg("%s", err.msg);
}

static inline void kit_stop(struct kit *k)
{
	json_free(k->json);
	k->json = NULL;
	reply_release(&k->reply);
	reply_init(&k->reply);
	sim_close(k->sim);
	k->sim = NULL;
}

static inline void kit_end(struct kit *k)
{
	char command[64];

	kit_stop(k);
	reply_release(&k->reply);
	(void)snprintf(command, sizeof(command), "rm -rf %s", k->folder);
	assert_int_equal(system(command), 0);
}

/* target: path?query. Leaves the reply; returns its status. */
static inline int kit_ask(struct kit *k, const char *method, const char *target, const char *body)
{
	char now[24];
	struct request q = { .method = str_from(method),
		.query = str_from(target),
		.body = str_from(body ? body : "") };
	struct err err = { 0 };

	(void)snprintf(now, sizeof(now), "%lld", (long long)k->now);
	q.path = str_cut(&q.query, '?');
	q.headers[q.n_headers++] = (struct pair){ STR("X-Sim-Now"), str_from(now) };
	q.headers[q.n_headers++] = (struct pair){ STR("Host"), STR("sim") };
	q.headers[q.n_headers++] = (struct pair){ STR("User-Agent"), STR("kit") };
	q.headers[q.n_headers++] = (struct pair){ STR("Content-Length"), STR("0") };
	q.headers[q.n_headers++] = (struct pair){ STR("aw-tenant-code"), STR("t") };
	q.headers[q.n_headers++] = (struct pair){ STR("Authorization"),
		str_starts_nocase(q.path, STR("/api")) ? STR("Basic eDp5") : str_from(k->bearer) };
	json_free(k->json);
	k->json = NULL;
	reply_reset(&k->reply);
	if (sim_handle(k->sim, &q, &k->reply, &err) != ERR_OK)
		fail_msg("%s", err.msg);
	while (k->reply.more && k->reply.more(k->reply.stream, &k->reply.body))
		continue;
	k->reply.more = NULL;
	if (json_parse(&k->json, buf_view(&k->reply.body), &err) != ERR_OK)
		k->json = NULL;
	return k->reply.status;
}

static inline struct str kit_text(const struct kit *k, const char *dotted)
{
	return json_text(json_path(k->json, dotted));
}

static inline void kit_sign_in(struct kit *k)
{
	char claims[256], body[2048];
	struct buf jwt;

	buf_init(&jwt, 2048);
	(void)snprintf(claims, sizeof(claims),
		"{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"https://account.apple.com/auth/oauth2/v2/"
		"token\","
		"\"iat\":%lld,\"exp\":%lld,\"jti\":\"1\"}",
		KIT_CLIENT, KIT_CLIENT, (long long)k->now / 1000, (long long)k->now / 1000 + 900);
	base64url(&jwt, STR("{\"alg\":\"ES256\"}"));
	buf_char(&jwt, '.');
	base64url(&jwt, str_from(claims));
	buf_char(&jwt, '.');
	base64url(&jwt, STR("0123456789012345678901234567890101234567890123456789012345678901"));
	(void)snprintf(body, sizeof(body),
		"grant_type=client_credentials&client_id=" KIT_CLIENT
		"&scope=business.api&client_assertion="
		"%s&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
		buf_cstr(&jwt));
	buf_release(&jwt);
	assert_int_equal(kit_ask(k, "POST", "/auth/oauth2/token", body), 200);
	(void)snprintf(k->bearer, sizeof(k->bearer), "Bearer %s", kit_text(k, "access_token").p);
}

/* Id of the first server. */
static inline void kit_server(struct kit *k, char out[HEX32_TEXT])
{
	assert_int_equal(kit_ask(k, "GET", "/v1/mdmServers", NULL), 200);
	(void)snprintf(out, HEX32_TEXT, "%s",
		json_text(json_get(json_first(json_get(k->json, "data")), "id")).p);
}

/* Status of the POST; one device. */
static inline int kit_activity(
	struct kit *k, const char *type, const char *server, const char *serial)
{
	char body[512];

	(void)snprintf(body, sizeof(body),
		"{\"data\":{\"type\":\"orgDeviceActivities\",\"attributes\":{\"activityType\":\"%"
		"s\"},"
		"\"relationships\":{\"mdmServer\":{\"data\":{\"type\":\"mdmServers\",\"id\":\"%s\"}"
		"},"
		"\"devices\":{\"data\":[{\"type\":\"orgDevices\",\"id\":\"%s\"}]}}}}",
		type, server, serial);
	return kit_ask(k, "POST", "/v1/orgDeviceActivities", body);
}

/* The audit so far; caller frees. */
static inline char *kit_audit(const struct kit *k)
{
	struct buf b;
	struct err err = { 0 };
	char *text;

	buf_init(&b, 16 * 1024 * 1024);
	assert_int_equal(file_read(k->audit, 16 * 1024 * 1024, &b, &err), ERR_OK);
	text = mem_strdup(buf_cstr(&b));
	buf_release(&b);
	return text;
}

static inline size_t kit_count(const char *text, const char *part)
{
	size_t n = 0;

	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		n++;
	return n;
}

#endif
