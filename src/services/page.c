/*
 * Pages for people where an API should have answered: the console's sign-in, a firewall or proxy on
 * the way, a server that is down for maintenance. None of them says anything about credentials, and
 * each needs another remedy.
 */
#include "services/wire.h"

enum { LOOK_BYTES = 8192, TITLE_BYTES = 60 };

static bool has_any(struct str page, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_contains_nocase(page, str_from(words[i])))
			return true;
	return false;
}
#define HAS_ANY(page, words) has_any(page, words, sizeof(words) / sizeof(*(words)))

/* A form that asks for a password, or a redirect to one. */
static bool is_sign_in(struct str page)
{
	static const char *const words[] = { "type=\"password\"", "type='password'",
		"type=password", "sign in", "sign-in", "signin", "log in", "/login", "logon",
		"saml", "sso" };

	return HAS_ANY(page, words);
}

static bool is_maintenance(struct str page)
{
	static const char *const words[] = { "maintenance", "be back", "temporarily unavailable",
		"temporarily down", "service unavailable" };

	return HAS_ANY(page, words);
}

static bool is_firewall(struct str page)
{
	static const char *const words[] = { "request rejected", "access denied", "blocked",
		"firewall", "support id", "reference #", "incident id", "ray id", "cloudflare",
		"incapsula", "imperva", "akamai", "zscaler", "forcepoint", "web filter",
		"forbidden" };

	return HAS_ANY(page, words);
}

static struct str title_of(struct str page)
{
	struct str rest = page;

	for (size_t i = 0; i + 7 < page.n; i++)
		if (str_starts_nocase(str_sub(page, i, page.n - i), STR("<title"))) {
			rest = str_sub(page, i, page.n - i);
			(void)str_cut(&rest, '>');
			rest = str_trim(str_cut(&rest, '<'));
			return rest.n > TITLE_BYTES ? str_sub(rest, 0, TITLE_BYTES) : rest;
		}
	return STR_NONE;
}

enum errc wire_page_error(const struct http_reply *reply, const char *who, const char *setting,
	const char *host, struct err *err)
{
	bool moved = reply->fate == HTTP_ANSWERED && reply->status >= 300 && reply->status <= 399;
	struct str page = buf_view(&reply->body), title;

	if (reply->fate != HTTP_ANSWERED || reply->status == 401 || reply->status == 429 ||
		(!moved && !wire_is_page(reply)))
		return ERR_OK;
	if (page.n > LOOK_BYTES)
		page.n = LOOK_BYTES;
	if (moved && reply->location)
		page = str_from(reply->location);
	title = title_of(page);
	if (reply->status < 400 && is_sign_in(page))
		return err_set(err, ERR_SETTINGS,
			"%s answered %d with a sign-in page: %s has to name %s, not the console or "
			"a "
			"proxy that asks for a password",
			who, reply->status, setting, host);
	if (moved)
		return err_set(err, ERR_PROTOCOL, "%s answered %d and points to %s: check %s", who,
			reply->status, reply->location ? reply->location : "nowhere", setting);
	if (reply->status >= 500 || is_maintenance(page))
		return err_set(err, ERR_OUTAGE, "%s answered %d with a page%s%.*s%s", who,
			reply->status,
			is_maintenance(page) ? ": it is down for maintenance"
			: title.n            ? ": "
					     : "",
			STR_FMT(is_maintenance(page) ? STR_NONE : title), "");
	if (reply->status == 404)
		return err_set(err, ERR_PROTOCOL,
			"%s answered 404 with a web page: there is no API at this address, see %s",
			who, setting);
	if (reply->status >= 400 || is_firewall(page))
		return err_set(err, ERR_SETTINGS,
			"%s: a firewall or proxy on the way answered %d%s%.*s%s: ask who runs it "
			"to "
			"let this machine reach %s; it says nothing about the credentials",
			who, reply->status, title.n ? " '" : "", STR_FMT(title), title.n ? "'" : "",
			host);
	return err_set(err, ERR_SETTINGS,
		"%s answered %d with a web page%s%.*s%s, not as an API: check %s, which has to "
		"name "
		"%s, and the network between",
		who, reply->status, title.n ? " '" : "", STR_FMT(title), title.n ? "'" : "",
		setting, host);
}
