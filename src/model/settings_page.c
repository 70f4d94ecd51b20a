/*
 * The page of settings: one row per key says where its value goes, how it is read, and what
 * depmend-settings(5), the schema for editors and the commented sample tell about it. A key without
 * help, schema and example does not pass the tests.
 */
#include <string.h>

#include "base/invisible.h"
#include "model/settings_read.h"

enum { TENANT_MAX = 64 };

#define AT(member) offsetof(struct settings, member)

/* What services tell accounts apart by is copied from their consoles, and never holds such things.
 */
static void read_id(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct buf spelt;
	uint32_t code;

	if (n->kind != YAML_SCALAR || invisible_find(n->text, &code) == n->text.n) {
		yaml_read_text(r, key, n, to);
		return;
	}
	buf_init(&spelt, 4096);
	invisible_spell(&spelt, n->text);
	(void)yaml_bad(
		r, n, "settings.invisible", "delete the invisible character: %s", buf_cstr(&spelt));
	buf_release(&spelt);
}

static void read_version(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	if (yaml_expect(r, n, YAML_SCALAR) && !str_eq(n->text, STR("1")))
		(void)yaml_bad(r, n, "settings.version",
			"unsupported version '%.*s' (supported: 1)", STR_FMT(n->text));
}

/* The name becomes part of file names and of what other programs are told. */
static void read_tenant(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *name = yaml_text(r, n);
	const char *good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	(void)key;
	if (!name)
		return;
	if (name[strspn(name, good)] || name[0] == '.' || strlen(name) > TENANT_MAX)
		(void)yaml_bad(r, n, "yaml.bad-value",
			"a tenant's name has up to %d letters, digits, '-', '_' and '.'",
			TENANT_MAX);
	else
		*(const char **)to = name;
}

static void read_organization(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "business", "school", NULL };

	(void)key;
	*(bool *)to = yaml_word(r, n, words) == 1;
}

/* The codecs add /v1 themselves. */
static void read_apple_url(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *url = NULL;

	settings_read_url(r, key, n, &url);
	if (url && str_ends_nocase(str_from(url), STR("/v1")))
		(void)yaml_bad(r, n, "settings.bad-address", "leave out /v1: it is added");
	else if (url)
		*(const char **)to = url;
}

static void read_uem_url(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *url = NULL;

	settings_read_url(r, key, n, &url);
	if (url && str_ends_nocase(str_from(url), STR("/api")))
		(void)yaml_bad(r, n, "settings.bad-address", "leave out /API: it is added");
	else if (url)
		*(const char **)to = url;
}

/* --- uem.auth: one of three, their values side by side in the struct --- */

static const struct yaml_key oauth_keys[] = {
	YAML_KEY("token_url", settings_read_url, AT(uem.token_url), .required = true,
		.schema = "address", .example = "https://na.uemauth.workspaceone.com/connect/token",
		.help = "Where Workspace ONE gives out OAuth tokens: the address of your region, "
			"as the console's OAuth Client Management page shows it."),
	YAML_KEY("client_id", read_id, AT(uem.client_id), .required = true, .schema = "text",
		.example = "4f2a9c7be1d84a0c",
		.help = "The client ID that the console showed when the OAuth client for depmend "
			"was made."),
	YAML_KEY("client_secret", settings_read_secret, AT(uem.client_secret), .required = true,
		.schema = "secret", .example = "{file: uem-secret}",
		.help = "The client secret that the console showed once, when the OAuth client was "
			"made."),
	YAML_KEYS_END,
};
static const struct yaml_key basic_keys[] = {
	YAML_KEY("username", read_id, AT(uem.username), .required = true, .schema = "text",
		.example = "svc-depmend",
		.help = "The user name of an administrator account of the UEM that may use the "
			"REST API."),
	YAML_KEY("password", settings_read_secret, AT(uem.password), .required = true,
		.schema = "secret", .example = "{file: uem-password}",
		.help = "The password of that administrator account; accounts with a second factor "
			"cannot be used."),
	YAML_KEYS_END,
};
static const struct yaml_key certificate_keys[] = {
	YAML_KEY("pkcs12", settings_read_secret, AT(uem.pkcs12), .required = true,
		.schema = "secret", .example = "{file: depmend.p12}",
		.help = "The certificate of an API administrator with its private key, as a "
			"PKCS#12 file (.p12, .pfx)."),
	YAML_KEY("password", settings_read_secret, AT(uem.password), .required = true,
		.schema = "secret", .example = "{file: p12-password}",
		.help = "The password that the PKCS#12 file was exported with; it opens the file "
			"on this machine."),
	YAML_KEYS_END,
};
static const struct yaml_key auth_keys[] = {
	YAML_KEY("oauth", yaml_read_map, 0, .keys = oauth_keys, .schema = "oauth",
		.example = "{token_url: https://na.uemauth.workspaceone.com/connect/token, "
			   "client_id: 4f2a9c7be1d84a0c, client_secret: {file: uem-secret}}",
		.help = "Sign in to the UEM with an OAuth client (recommended by Omnissa; one of "
			"oauth, basic, certificate)."),
	YAML_KEY("basic", yaml_read_map, 0, .keys = basic_keys, .schema = "basic",
		.example = "{username: svc-depmend, password: {file: uem-password}}",
		.help = "Sign in to the UEM with the user name and password of an administrator "
			"account."),
	YAML_KEY("certificate", yaml_read_map, 0, .keys = certificate_keys, .schema = "certificate",
		.example = "{pkcs12: {file: depmend.p12}, password: {file: p12-password}}",
		.help = "Sign in to the UEM with the certificate of an API administrator."),
	YAML_KEYS_END,
};

static void read_auth(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct settings *s = to;

	if (!n)
		return;
	yaml_read_map(r, key, n, to);
	if (n->kind != YAML_MAP)
		return;
	if (n->n_children != 1)
		(void)yaml_bad(
			r, n, "settings.auth", "one of oauth, basic and certificate is needed");
	if (yaml_get(n, "oauth"))
		s->uem.auth = UEM_AUTH_OAUTH;
	else if (yaml_get(n, "basic"))
		s->uem.auth = UEM_AUTH_BASIC;
	else if (yaml_get(n, "certificate"))
		s->uem.auth = UEM_AUTH_CERTIFICATE;
}

/* --- input --- */

static void read_encoding(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *name = yaml_text(r, n);
	size_t len = name ? strlen(name) : 0;

	(void)key;
	if (name && (len > 40 || !csv_knows_encoding(name)))
		(void)yaml_bad(r, n, "yaml.bad-value",
			"'%s' is no name of an encoding, such as utf-8 or windows-1252", name);
	else if (name)
		*(const char **)to = name;
}

static void read_delimiter(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { ",", ";", "\t", "|", "tab", "comma", "semicolon",
		"pipe", NULL };
	static const char signs[] = ",;\t|\t,;|";
	int i = yaml_word(r, n, words);

	(void)key;
	if (i >= 0)
		*(char *)to = signs[i];
}

static void read_header(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "auto", "first", "none", NULL };
	uint64_t line;
	int i;

	(void)key;
	if (n && n->kind == YAML_SCALAR && str_to_u64(n->text, &line) && line &&
		line < HEADER_ABSENT) {
		*(uint32_t *)to = (uint32_t)line;
		return;
	}
	i = yaml_word(r, n, words);
	*(uint32_t *)to = i == 2 ? HEADER_ABSENT : HEADER_AUTO;
}

static void read_serial_column(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct list_settings *list = to;
	const char *text = n ? yaml_text(r, n) : NULL;
	uint64_t number;

	(void)key;
	if (!text)
		return;
	if (!str_to_u64(str_from(text), &number))
		list->serial_header = text;
	else if (number < 1 || number > CSV_MAX_COLUMNS)
		(void)yaml_bad(r, n, "yaml.bad-value", "columns are numbered from 1 to %d",
			CSV_MAX_COLUMNS);
	else
		list->serial_column = (uint32_t)number;
}

static void read_empty(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "refused", "allowed", NULL };

	(void)key;
	*(bool *)to = yaml_word(r, n, words) == 1;
}

static void read_barcode(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "ask", "keep", "strip", NULL };
	int i = yaml_word(r, n, words);

	(void)key;
	*(enum barcode_s *)to = i < 0 ? BARCODE_ASK : (enum barcode_s)i;
}

/* --- the page --- */

static const struct yaml_key apple_keys[] = {
	YAML_KEY("organization", read_organization, AT(apple.school), .preset = "business",
		.schema = "organization", .example = "business",
		.help = "Whether the API account belongs to Apple Business or to Apple School "
			"Manager; it decides hosts and how a device is released."),
	YAML_KEY("client_id", read_id, AT(apple.client_id), .required = true, .schema = "text",
		.example = "BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152",
		.help = "The client ID of the API account, as Apple Business or Apple School "
			"Manager shows it under Preferences, API."),
	YAML_KEY("previous_client_ids", settings_read_previous, 0, .schema = "ids",
		.example = "[BUSINESSAPI.0c1f3a52-7c0e-4a0e-9a57-2f0f6a0f1a11]",
		.help = "Client IDs of earlier API accounts: what depmend remembers goes on."),
	YAML_KEY("key_id", read_id, AT(apple.key_id), .schema = "text",
		.example = "d136aa66-0c3b-4bd4-9892-c20e8db024ab",
		.help = "The key ID of the API account's private key. Apple accepts tokens without "
			"it as long as the account has one key."),
	YAML_KEY("private_key", settings_read_secret, AT(apple.private_key), .required = true,
		.schema = "secret", .example = "{file: apple.pem}",
		.help = "The private key (P-256, PEM) that was downloaded once when the API "
			"account was made."),
	YAML_KEY("url", read_apple_url, AT(apple.url), .schema = "address",
		.example = "https://api-business.apple.com",
		.help = "Another address for Apple's API, without /v1: for a proxy that opens TLS, "
			"or for the simulator."),
	YAML_KEY("token_url", settings_read_url, AT(apple.token_url),
		.preset = "https://account.apple.com/auth/oauth2/token", .schema = "address",
		.example = "https://account.apple.com/auth/oauth2/token",
		.help = "Another address for Apple's sign-in: for a proxy that opens TLS, or for "
			"the simulator."),
	YAML_KEYS_END,
};
static const struct yaml_key token_keys[] = {
	YAML_KEY("server", yaml_read_text, offsetof(struct token_group, server), .schema = "text",
		.example = "WS1 EMEA",
		.help = "The name of the device management service at Apple; it may be left out "
			"when there is one entry only."),
	YAML_KEY("group", read_id, offsetof(struct token_group, group), .required = true,
		.schema = "text", .example = "WS1EMEA",
		.help = "The organization group that holds the server's token: its UUID or its "
			"Group ID. none: this server feeds no group of the UEM, on purpose, and no "
			"proof of the UEM is asked for."),
	YAML_KEY("expires", settings_read_date, offsetof(struct token_group, expires_ms),
		.schema = "date", .example = "2027-03-01",
		.help = "When the token of this server ends at Apple; doctor and reports warn "
			"before that day."),
	YAML_KEYS_END,
};
static const struct yaml_key enrollment_keys[] = {
	YAML_KEY("server", yaml_read_text, offsetof(struct enrollment_server, server),
		.required = true, .schema = "text", .example = "depmend desk",
		.help = "The name of the device management service at Apple that was made for "
			"depmend."),
	YAML_KEY("server_token", settings_read_secret,
		offsetof(struct enrollment_server, server_token), .required = true,
		.schema = "secret", .example = "{file: token.p7m}",
		.help = "The server token that Apple let you download for that service (.p7m, or "
			"its decrypted text)."),
	YAML_KEY("private_key", settings_read_secret,
		offsetof(struct enrollment_server, private_key), .schema = "secret",
		.example = "{file: token.key}",
		.help = "The private key of the certificate that was uploaded to Apple; it "
			"decrypts the .p7m file."),
	YAML_KEY("url", settings_read_url, offsetof(struct enrollment_server, url),
		.preset = "https://mdmenrollment.apple.com", .schema = "address",
		.example = "https://mdmenrollment.apple.com",
		.help = "Another address for Apple's enrollment service: for a proxy that opens "
			"TLS, or for the simulator."),
	YAML_KEYS_END,
};
static void read_date_order(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	static const char *const words[] = { "dmy", "mdy", NULL };
	int i = yaml_word(r, n, words);

	(void)key;
	if (i >= 0)
		*(enum date_order *)to = i == 0 ? DATE_ORDER_DMY : DATE_ORDER_MDY;
}

static const struct yaml_key uem_keys[] = {
	YAML_KEY("url", read_uem_url, AT(uem.url), .required = true, .schema = "address",
		.example = "https://as1234.awmdm.com",
		.help = "The address of the UEM's API server (the one whose name often starts with "
			"as), without /API."),
	YAML_KEY("tenant_code", settings_read_secret, AT(uem.tenant_code), .schema = "secret",
		.example = "{file: tenant-code}",
		.help = "The REST API key of the organization group (Groups & Settings, System, "
			"Advanced, API), sent as aw-tenant-code."),
	YAML_KEY("tokens", settings_read_tokens, 0, .required = true, .keys = token_keys,
		.schema = "tokens", .example = "[{server: WS1 EMEA, group: WS1EMEA}]",
		.help = "Which of Apple's device management services feeds which organization "
			"group of the UEM."),
	YAML_KEY("auth", read_auth, 0, .required = true, .keys = auth_keys, .schema = "auth",
		.example = "{basic: {username: svc-depmend, password: {file: uem-password}}}",
		.help = "How depmend signs in to the UEM: exactly one of oauth, basic and "
			"certificate."),
	YAML_KEY("date_order", read_date_order, AT(uem.date_order), .schema = "date_order",
		.example = "dmy",
		.help = "How this UEM writes dates with slashes: dmy for 31/12/2026, mdy for "
			"12/31/2026. Without it a date such as 05/11/2026 counts as unknown."),
	YAML_KEY("profile_status", settings_read_profile_status, 0, .schema = "profile_status",
		.example = "{3: Assignment in progress}",
		.help = "Words for the numbers that this UEM sends as profile status, so that "
			"rules can name them."),
	YAML_KEYS_END,
};
static const struct yaml_key sync_keys[] = {
	YAML_KEY("wait", yaml_read_duration, AT(sync.wait_ms), .least = "1s", .most = "7d",
		.schema = "duration", .example = "30m",
		.help = "How long to wait after a change until the device management service has "
			"read it from Apple."),
	YAML_KEY("command", settings_read_command, AT(sync.command), .schema = "command",
		.example = "[/usr/local/bin/sync-now, --all]",
		.help = "A program that makes your device management service read Apple's list; it "
			"must end with status 0."),
	YAML_KEYS_END,
};
static const struct yaml_key limit_keys[] = {
	YAML_KEY("devices", yaml_read_u32, AT(limits[LIMIT_DEVICES]), .preset = "500",
		.max = UINT32_MAX - 1, .schema = "count", .example = "500",
		.help = "How many different devices may be changed in any 24 hours, over all runs "
			"of the organization."),
	YAML_KEY("percent", yaml_read_percent, AT(limits[LIMIT_PERCENT]), .preset = "10",
		.schema = "percent", .example = "10",
		.help = "How large a part of Apple's devices that are not released may be changed "
			"in any 24 hours."),
	YAML_KEY("release", yaml_read_u32, AT(limits[LIMIT_RELEASE]), .preset = "0",
		.max = UINT32_MAX - 1, .schema = "count", .example = "0",
		.help = "How many devices may be released from the organization in any 24 hours; 0 "
			"allows none."),
	YAML_KEY("delete_record", yaml_read_u32, AT(limits[LIMIT_DELETE_RECORD]), .preset = "0",
		.max = UINT32_MAX - 1, .schema = "count", .example = "0",
		.help = "How many device records may be deleted from the UEM in any 24 hours; 0 "
			"allows none."),
	YAML_KEY("wipe", yaml_read_u32, AT(limits[LIMIT_WIPE]), .preset = "0",
		.max = UINT32_MAX - 1, .schema = "count", .example = "0",
		.help = "How many devices may be wiped in any 24 hours; 0 allows none."),
	YAML_KEY("in_flight", yaml_read_u32, AT(limits[LIMIT_IN_FLIGHT]), .preset = "200", .min = 1,
		.max = UINT32_MAX - 1, .schema = "some", .example = "200",
		.help = "How many devices may be off their server at the same time, to be put back "
			"later. They cannot enroll meanwhile; more at a time need fewer requests."),
	YAML_KEYS_END,
};
static const struct yaml_key rate_keys[] = {
	YAML_KEY("apple_read", settings_read_rate, AT(rates[RATE_APPLE_READ]), .most = "1h",
		.preset = "20/min", .schema = "rate", .example = "20/min",
		.help = "The most reads sent to Apple in any trailing window, over all depmend "
			"processes of the organization."),
	YAML_KEY("apple_write", settings_read_rate, AT(rates[RATE_APPLE_WRITE]), .most = "1d",
		.preset = "10/hour", .schema = "rate", .example = "10/hour",
		.help = "The most changes sent to Apple in any trailing window; Apple allows about "
			"ten an hour."),
	YAML_KEY("uem", settings_read_rate, AT(rates[RATE_UEM]), .most = "1h", .preset = "300/min",
		.schema = "rate", .example = "300/min",
		.help = "The most requests sent to the UEM in any trailing window, over all "
			"depmend processes."),
	YAML_KEY("uem_reserve", yaml_read_percent, AT(uem_reserve_percent), .preset = "20%",
		.max = 90, .schema = "part", .example = "20%",
		.help = "The part of the UEM's daily request quota that depmend leaves to the "
			"other users of its API."),
	YAML_KEYS_END,
};
static const struct yaml_key batch_keys[] = {
	YAML_KEY("apple", yaml_read_u32, AT(batch_apple), .preset = "1000", .min = 1,
		.max = SETTINGS_MAX_BATCH, .schema = "size", .example = "1000",
		.help = "How many serial numbers one request to Apple names at the most."),
	YAML_KEYS_END,
};
static const struct yaml_key timeout_keys[] = {
	YAML_KEY("activity", yaml_read_duration, AT(timeouts.activity_ms), .least = "1s",
		.most = "7d", .preset = "30m", .schema = "duration", .example = "30m",
		.help = "How long one of Apple's activities may take; a request without a reply is "
			"not repeated before it has passed."),
	YAML_KEY("sync", yaml_read_duration, AT(timeouts.sync_ms), .least = "1s", .most = "7d",
		.preset = "45m", .schema = "duration", .example = "45m",
		.help = "How long to wait until the UEM's list shows what Apple's list shows; a "
			"Fetch is asked for after half of it."),
	YAML_KEY("sync_gap", yaml_read_duration, AT(timeouts.sync_gap_ms), .least = "1s",
		.most = "1d", .preset = "10m", .schema = "duration", .example = "10m",
		.help = "The pause between two sync requests to the same organization group while "
			"a device is awaited."),
	YAML_KEY("settle", yaml_read_duration, AT(timeouts.settle_ms), .least = "100ms",
		.most = "1h", .preset = "60s", .schema = "duration", .example = "60s",
		.help = "How far a service's answers may lag behind its state; two equal answers "
			"this far apart count as proof."),
	YAML_KEY("wipe", yaml_read_duration, AT(timeouts.wipe_ms), .least = "1m", .most = "1y",
		.preset = "7d", .schema = "duration", .example = "7d",
		.help = "How long a run waits for the answer to a wipe before the row ends "
			"unverified."),
	YAML_KEY("request", yaml_read_duration, AT(timeouts.request_ms), .least = "1s",
		.most = "10m", .preset = "60s", .schema = "duration", .example = "60s",
		.help = "How long one request may take until it counts as unanswered."),
	YAML_KEY("fresh", yaml_read_duration, AT(timeouts.fresh_ms), .least = "1s", .most = "1h",
		.preset = "60s", .schema = "duration", .example = "60s",
		.help = "How long after the look at a device a change of it may leave; later it is "
			"looked at again."),
	YAML_KEY("throttled", yaml_read_duration, AT(timeouts.throttled_ms), .least = "1m",
		.most = "1y", .preset = "24h", .schema = "duration", .example = "24h",
		.help = "How long Apple throttles a device's profile, counted from when depmend "
			"saw it first; a time that a service names is never shortened."),
	YAML_KEY("assignment", yaml_read_duration, AT(timeouts.assignment_ms), .least = "1m",
		.most = "1y", .preset = "4h", .schema = "duration", .example = "4h",
		.help = "How long the assignment of a profile may be in progress until trying "
			"again makes sense, counted from when depmend saw it first."),
	YAML_KEYS_END,
};
static const struct yaml_key protect_keys[] = {
	YAML_KEY("file", settings_read_path, AT(protect_file), .required = true, .schema = "path",
		.example = "protected.csv",
		.help = "A list of serial numbers that no run may ever touch; a missing, empty or "
			"damaged list stops every run."),
	YAML_KEY("delimiter", read_delimiter, AT(protect_list.delimiter), .schema = "delimiter",
		.example = "semicolon",
		.help = "The sign between the cells of the protected list; left out, it is found."),
	YAML_KEY("header", read_header, AT(protect_list.header_line), .preset = "auto",
		.schema = "header", .example = "auto",
		.help = "Where the header of the protected list is: auto, none, or its line."),
	YAML_KEY("serial_column", read_serial_column, AT(protect_list), .schema = "column",
		.example = "1",
		.help = "The column of the protected list that holds the serial numbers, by its "
			"number or its header."),
	YAML_KEY("empty", read_empty, AT(protect_may_be_empty), .preset = "refused",
		.schema = "empty", .example = "refused",
		.help = "Whether a protected list without any serial is allowed, or stops every "
			"run."),
	YAML_KEYS_END,
};
static const struct yaml_key input_keys[] = {
	YAML_KEY("encoding", read_encoding, AT(encoding), .preset = "utf-8", .schema = "encoding",
		.example = "utf-8",
		.help = "The character encoding of the lists of serial numbers, where they have no "
			"byte order mark."),
	YAML_KEY("delimiter", read_delimiter, AT(input.delimiter), .schema = "delimiter",
		.example = "semicolon",
		.help = "The sign between the cells of a list; left out, it is found by looking at "
			"the list."),
	YAML_KEY("header", read_header, AT(input.header_line), .preset = "auto", .schema = "header",
		.example = "auto",
		.help = "Where the header of the list is: auto finds it, none means that the first "
			"line is a device, a number is its line."),
	YAML_KEY("barcode_s", read_barcode, AT(barcode_s), .preset = "ask", .schema = "barcode",
		.example = "keep",
		.help = "Whether the letter S that barcode scanners put before a serial number is "
			"kept or stripped; ask stops where every serial of a list begins with it."),
	YAML_KEY("serial_column", read_serial_column, AT(input), .schema = "column", .example = "2",
		.help = "The column that holds the serial numbers, by its number from 1 or its "
			"header; left out, it is found."),
	YAML_KEYS_END,
};
const struct yaml_key settings_page_keys[] = {
	YAML_KEY("version", read_version, 0, .required = true, .schema = "version", .example = "1",
		.help = "The version of this file's format. It is 1; later versions of depmend "
			"still read it."),
	YAML_KEY("tenant", read_tenant, AT(tenant), .required = true, .schema = "tenant",
		.example = "acme",
		.help = "A short name for this organization: it names the state of its runs and "
			"appears in reports and file names."),
	YAML_KEY("apple", yaml_read_map, 0, .required = true, .keys = apple_keys, .schema = "apple",
		.example = "{client_id: BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152, "
			   "private_key: {file: apple.pem}}",
		.help = "The API account of Apple Business or Apple School Manager that depmend "
			"signs in with."),
	YAML_KEY("uem", yaml_read_map, 0, .keys = uem_keys, .schema = "uem",
		.example = "{url: https://as1234.awmdm.com, tokens: [{group: WS1EMEA}], auth: "
			   "{basic: {username: svc-depmend, password: {file: uem-password}}}}",
		.help = "The Workspace ONE UEM (AirWatch) whose records are repaired; leave it out "
			"for another device management service."),
	YAML_KEY("sync", yaml_read_map, 0, .keys = sync_keys, .schema = "sync",
		.example = "{wait: 30m}",
		.help = "What replaces the UEM's sync when there is no uem: a pause, a "
			"program, or both."),
	YAML_KEY("enrollment", settings_read_enrollment, 0, .keys = enrollment_keys,
		.schema = "enrollment",
		.example = "[{server: depmend desk, server_token: {file: token.p7m}, private_key: "
			   "{file: token.key}}]",
		.help = "Apple device management services that were made for depmend alone: they "
			"show open terms and release devices in Apple School Manager."),
	YAML_KEY("limits", yaml_read_map, 0, .keys = limit_keys, .schema = "limits",
		.example = "{devices: 100, percent: 5}",
		.help = "How much may change in any 24 hours, over all runs of the organization; "
			"--allow lifts one for one run."),
	YAML_KEY("rate", yaml_read_map, 0, .keys = rate_keys, .schema = "rates",
		.example = "{apple_write: 10/hour}",
		.help = "How many requests may be sent; every depmend process of the organization "
			"shares them."),
	YAML_KEY("batch", yaml_read_map, 0, .keys = batch_keys, .schema = "batch",
		.example = "{apple: 500}",
		.help = "How many devices one request may name, for each service that takes "
			"several."),
	YAML_KEY("timeouts", yaml_read_map, 0, .keys = timeout_keys, .schema = "timeouts",
		.example = "{sync: 60m, settle: 90s}",
		.help = "How long depmend waits for what the services take their time for."),
	YAML_KEY("poll", yaml_read_map, 0, .keys = settings_poll_keys, .schema = "poll",
		.example = "{apple: 10s, uem: 60s}",
		.help = "How often the services are asked whether something has ended."),
	YAML_KEY("keep", yaml_read_map, 0, .keys = settings_keep_keys, .schema = "keep",
		.example = "{inputs: 400d, runs: 800d}",
		.help = "How long the state keeps what nothing needs any more; inputs, runs and "
			"events that are not written here are kept for ever."),
	YAML_KEY("protect", yaml_read_map, 0, .keys = protect_keys, .schema = "protect",
		.example = "{file: protected.csv}",
		.help = "The list of devices that must never be changed, whatever rules and lists "
			"say."),
	YAML_KEY("input", yaml_read_map, 0, .keys = input_keys, .schema = "input",
		.example = "{encoding: windows-1252, delimiter: semicolon}",
		.help = "How the lists of serial numbers are written, where looking at them does "
			"not tell."),
	YAML_KEY("notify", yaml_read_map, 0, .keys = settings_notify_keys, .schema = "notify",
		.example = "{url: {file: ping-url}}",
		.help = "Where depmend reports the start and the end of each run, for a watchdog "
			"that alerts when one is missing."),
	YAML_KEY("approval", yaml_read_map, 0, .keys = settings_approval_keys, .schema = "approval",
		.example = "{steps: [wipe, release], people: 2, keys: approvers.pub}",
		.help = "Which steps other people have to sign before a plan with them goes."),
	YAML_KEY("windows", settings_read_windows, 0, .schema = "windows",
		.example = "[\"22:00-06:00 Europe/Berlin\"]",
		.help = "When devices may be off their server: outside these times none is taken "
			"off, nor when it could not be back in time."),
	YAML_KEY("metrics_mode", settings_read_mode, AT(metrics_mode), .schema = "mode",
		.example = "\"0640\"",
		.help = "The mode of the file that report --metrics writes, so that the group of "
			"node_exporter can read it; left out, the umask decides."),
	YAML_KEY("state", settings_read_path, AT(state), .schema = "path",
		.example = "/var/lib/depmend",
		.help = "The folder that remembers runs, what is off its server, limits and rates. "
			"Keep it: it belongs to the organization."),
	YAML_KEY("rules", settings_read_rules, 0, .schema = "rules", .example = "[orphans]",
		.help = "The rules that plan and apply use when --rules is not given: names of "
			"shipped rules, or paths of files."),
	YAML_KEYS_END,
};

bool settings_is_list(const struct yaml_key *key)
{
	return key->read == settings_read_tokens || key->read == settings_read_enrollment;
}

bool settings_is_choice(const struct yaml_key *key)
{
	return key->read == read_auth;
}
