/*
 * Sign-in and the shape every request shares (services/README.md UEM A.1 to A.4).
 */
#include <stdio.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "services/uem_wire.h"
#include "services/wire.h"

enum { CREDENTIALS_MAX_BYTES = 4096 };

void uem_token_request(const char *token_url, struct str client_id, struct str client_secret,
	struct http_request *ret)
{
	http_request_init(ret, HTTP_AUTH, "POST");
	ret->url = mem_strdup(token_url);
	wire_header(ret, "Accept", "application/json");
	wire_header(ret, "Content-Type", "application/x-www-form-urlencoded");
	ret->secret_body = true;
	wire_form(&ret->body, "grant_type", STR("client_credentials"));
	wire_form(&ret->body, "client_id", client_id);
	wire_form(&ret->body, "client_secret", client_secret);
}

enum errc uem_token_reply(const struct http_reply *reply, int64_t now_ms, struct buf *ret_token,
	int64_t *ret_expires_ms, struct err *err)
{
	return wire_token_reply(reply, "The UEM's sign-in", "uem.auth.oauth.token_url", now_ms,
		ret_token, ret_expires_ms, err);
}

void uem_basic_header(struct str username, struct str password, struct buf *ret)
{
	struct buf pair;

	buf_init(&pair, CREDENTIALS_MAX_BYTES);
	buf_str(&pair, username);
	buf_char(&pair, ':');
	buf_str(&pair, password);
	buf_z(ret, "Basic ");
	base64(ret, buf_view(&pair));
	buf_wipe(&pair);
}

enum { UEM_PATH_MAX_BYTES = 4096 };

static void uem_path(struct buf *out, const char *pattern, const struct str *ids)
{
	buf_z(out, "/api");
	for (const char *p = pattern; *p; p++) {
		if (*p == '*')
			url_segment(out, *ids++);
		else
			buf_char(out, *p);
	}
}

void uem_call(const struct uem_service *s, const struct uem_call *call, struct http_request *ret)
{
	char accept[48];
	struct buf path;

	buf_init(&path, UEM_PATH_MAX_BYTES);
	uem_path(&path, call->path, call->ids);
	(void)snprintf(accept, sizeof(accept), "application/json;version=%u", call->version);
	http_request_init(ret, call->cls, call->method);
	http_request_url(ret, s->url, buf_view(&path), call->pairs, call->n_pairs);
	wire_header(ret, "Accept", accept);
	if (strcmp(call->method, "GET") != 0)
		wire_header(ret, "Content-Type", "application/json");
	buf_release(&path);
}

size_t uem_page_pairs(struct url_pair *pairs, size_t n_pairs, const char *page_name,
	const char *size_name, unsigned page, char text[2][UEM_NUMBER_TEXT])
{
	(void)snprintf(text[0], UEM_NUMBER_TEXT, "%u", page);
	(void)snprintf(text[1], UEM_NUMBER_TEXT, "%d", UEM_PAGE_SIZE);
	pairs[n_pairs++] = (struct url_pair){ page_name, str_from(text[0]) };
	pairs[n_pairs++] = (struct url_pair){ size_name, str_from(text[1]) };
	return n_pairs;
}
