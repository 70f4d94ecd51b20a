#include "facts/dep_server.h"

#include "base/buf.h"
#include "services/dep.h"
#include "wire/answer.h"

enum { NAME_MAX_BYTES = 4096 };

enum errc dep_server_name(struct transport *t, const struct settings *settings, size_t i,
	struct buf *ret, struct err *err)
{
	struct dep_account account = { 0 };
	struct http_request q;
	struct answer a;
	enum errc rc;

	if (i >= TRANSPORT_MAX_DEP)
		return err_set(err, ERR_SETTINGS, "more than %d servers", TRANSPORT_MAX_DEP);
	dep_account_request(settings->enrollment[i].url, &q);
	rc = answer_json(t, TO_DEP + i, &q, &a, err);
	if (!rc)
		rc = dep_account_decode(a.root, &account, err);
	if (!rc) {
		buf_reset(ret);
		buf_str(ret, account.server_name);
		rc = buf_check(ret, "the name of the token's server", err);
	}
	answer_release(&a);
	return rc;
}

enum errc dep_preflight(struct transport *t, const struct settings *settings, struct err *err)
{
	struct buf name;
	enum errc rc = ERR_OK;

	buf_init(&name, NAME_MAX_BYTES);
	for (size_t i = 0; i < settings->n_enrollment && !rc; i++) {
		const char *server = settings->enrollment[i].server;

		rc = dep_server_name(t, settings, i, &name, err);
		if (!rc && !str_eq_nocase(buf_view(&name), str_from(server)))
			rc = err_set(err, ERR_SETTINGS, "its token belongs to the server '%s'",
				buf_cstr(&name));
		if (rc)
			(void)err_wrap(err, "enrollment: server '%s': ", server);
	}
	buf_release(&name);
	return rc;
}

size_t dep_server_of(const struct settings *s, const struct fleet *f, uint32_t server)
{
	for (size_t i = 0; i < s->n_enrollment; i++)
		if (server != SERVER_NONE &&
			fleet_server_by_name(f, str_from(s->enrollment[i].server)) == server)
			return i;
	return SIZE_MAX;
}
