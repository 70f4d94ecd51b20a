/*
 * Pages for people where an API should have answered: the console's sign-in, a firewall or proxy on
 * the way, a server that is down for maintenance. None of them says anything about credentials, and
 * each needs another remedy.
 */
#include <stdio.h>

#include "services/wire.h"

enum { LOOK_BYTES = 8192, TITLE_BYTES = 60 };

bool wire_is_page(const struct http_reply *reply)
{
	struct str body = str_after_bom(buf_view(&reply->body));

	return str_starts_nocase(str_trim(body), STR("<"));
}

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

/* What the sentences speak of. */
struct place {
	const char *who, *setting, *host;
	int status;
	char title[TITLE_BYTES + 4]; /* in quotes, with a blank before; or nothing */
};

static enum errc tell_sign_in(const struct place *p, struct err *err)
{
	return err_set(err, ERR_SETTINGS,
		"%s answered %d with a sign-in page: %s has to name %s, not the console or a proxy "
		"that asks for a password",
		p->who, p->status, p->setting, p->host);
}

static enum errc tell_down(const struct place *p, struct str page, struct err *err)
{
	if (is_maintenance(page))
		return err_set(err, ERR_OUTAGE,
			"%s answered %d with a page: it is down for maintenance", p->who,
			p->status);
	return err_set(
		err, ERR_OUTAGE, "%s answered %d with a page%s", p->who, p->status, p->title);
}

static enum errc tell_firewall(const struct place *p, struct err *err)
{
	return err_set(err, ERR_SETTINGS,
		"%s: a firewall or proxy on the way answered %d%s: ask who runs it to let "
		"this machine reach %s; it says nothing about the credentials",
		p->who, p->status, p->title, p->host);
}

static enum errc tell_moved(const struct place *p, const char *location, struct err *err)
{
	if (is_sign_in(str_from(location)))
		return tell_sign_in(p, err);
	return err_set(err, ERR_PROTOCOL, "%s answered %d and points to %s: check %s", p->who,
		p->status, location, p->setting);
}

static enum errc tell_page(const struct place *p, struct str page, struct err *err)
{
	if ((p->status < 400 || p->status == 511) && is_sign_in(page))
		return tell_sign_in(p, err);
	if (p->status >= 500 || is_maintenance(page))
		return tell_down(p, page, err);
	if (p->status == 404)
		return err_set(err, ERR_PROTOCOL,
			"%s answered 404 with a web page: there is no API at this address, see %s",
			p->who, p->setting);
	if (p->status == 403 || is_firewall(page))
		return tell_firewall(p, err);
	if (p->status >= 400)
		return ERR_OK; /* the status says more than the page */
	return err_set(err, ERR_SETTINGS,
		"%s answered %d with a web page%s, not as an API: check %s, which has to name "
		"%s, and the network between",
		p->who, p->status, p->title, p->setting, p->host);
}

/* One bare word, in quotes or not, as the DEP service answers. */
static bool is_word(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < 'A' || text.p[i] > 'Z') && text.p[i] != '_' && text.p[i] != '"')
			return false;
	return true;
}

/* Gateways and web servers have a 404 of their own, in JSON or in plain words. */
static bool is_strange(struct str body, const char *mark)
{
	struct json *root = NULL;
	bool own = false;

	body = str_trim(str_after_bom(body));
	if (is_word(body))
		return false;
	if (json_parse(&root, body, NULL))
		return true;
	for (const struct json *v = json_first(root); v && !own; v = json_next(v))
		own = str_eq_nocase(json_name(v), str_from(mark));
	json_free(root);
	return !own;
}

enum errc wire_missing_error(const struct http_reply *reply, const char *mark, const char *who,
	const char *setting, struct err *err)
{
	if (reply->fate != HTTP_ANSWERED || reply->status != 404 ||
		!is_strange(buf_view(&reply->body), mark))
		return ERR_OK;
	return err_set(err, ERR_PROTOCOL,
		"%s answered 404, but not in the words of its API: something else answers at this "
		"address, see %s",
		who, setting);
}

enum errc wire_page_error(const struct http_reply *reply, const char *who, const char *setting,
	const char *host, struct err *err)
{
	struct str page = str_head(buf_view(&reply->body), LOOK_BYTES);
	struct place p = { who, setting, host, reply->status, "" };
	struct str title = title_of(page);

	if (reply->fate != HTTP_ANSWERED || reply->status == 401 || reply->status == 429)
		return ERR_OK;
	if (title.n)
		(void)snprintf(p.title, sizeof(p.title), " '%.*s'", STR_FMT(title));
	if (reply->status == 407)
		return err_set(err, ERR_SETTINGS,
			"%s answered 407: a proxy on the way asks for a password: ask who runs it "
			"to let "
			"this machine reach %s",
			who, host);
	if (reply->status >= 300 && reply->status <= 399)
		return tell_moved(&p, reply->location ? reply->location : "nowhere", err);
	return wire_is_page(reply) ? tell_page(&p, page, err) : ERR_OK;
}
