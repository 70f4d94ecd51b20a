#include "cli/app/bundle.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/version.h"
#include "cli/app/saved_run.h"
#include "io/crypto.h"
#include "io/file.h"
#include "io/json.h"
#include "store/shape.h"

enum { MAX_BYTES = 16 * 1024 * 1024, SECRETS = 16, SHORTEST_SECRET = 6 };

struct bundle {
	struct saved_run s;
	char salt[UUID_TEXT];
	struct map serials;
	struct buf secrets[SECRETS];
	size_t n_secrets;
	struct buf text;
};

/* --- what must not be in it --- */

static void add_serial(void *self, struct str serial)
{
	struct bundle *b = self;

	(void)map_add(&b->serials, serial, NULL);
}

static void name_serial(void *self, struct str serial, struct buf *out)
{
	const struct bundle *b = self;
	char hash[SHA256_HEX];
	struct buf salted;

	if (!serial.n)
		return;
	buf_init(&salted, 4096);
	buf_z(&salted, b->salt);
	buf_str(&salted, serial);
	sha256_hex(buf_view(&salted), hash);
	buf_printf(out, "serial-%.10s", hash);
	buf_release(&salted);
}

/* To be looked for; no program is started for one. */
static void add_secret(struct bundle *b, const struct secret *s)
{
	struct buf text = { 0 };

	if (s->kind == SECRET_NONE || s->kind == SECRET_COMMAND || b->n_secrets == SECRETS ||
		secret_open(s, &text, NULL))
		return;
	b->secrets[b->n_secrets++] = text;
}

static void add_secrets(struct bundle *b)
{
	const struct settings *s = b->s.settings;

	add_secret(b, &s->apple.private_key);
	add_secret(b, &s->uem.tenant_code);
	add_secret(b, &s->uem.client_secret);
	add_secret(b, &s->uem.password);
	add_secret(b, &s->notify_url);
	add_secret(b, &s->webhook.url);
	for (size_t i = 0; i < s->n_enrollment; i++) {
		add_secret(b, &s->enrollment[i].server_token);
		add_secret(b, &s->enrollment[i].private_key);
	}
}

static bool in_word(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Words that are serials, in whatever case, become their hashes. */
static void hide_serials(const struct bundle *b, struct str text, struct buf *out)
{
	char word[32];

	for (size_t i = 0, n; i < text.n; i += n) {
		n = 0;
		while (i + n < text.n && in_word(text.p[i + n]))
			n++;
		if (n == 0) {
			n = 1;
			buf_char(out, text.p[i]);
			continue;
		}
		for (size_t k = 0; k < n && k < sizeof(word); k++)
			word[k] = ascii_upper(text.p[i + k]);
		if (n <= sizeof(word) && map_find(&b->serials, (struct str){ word, n }) != MAP_NONE)
			name_serial((void *)(uintptr_t)b, (struct str){ word, n }, out);
		else
			buf_str(out, str_sub(text, i, n));
	}
}

static const struct buf *secret_at(const struct bundle *b, struct str rest)
{
	for (size_t k = 0; k < b->n_secrets; k++)
		if (b->secrets[k].n >= SHORTEST_SECRET && b->secrets[k].n <= rest.n &&
			memcmp(rest.p, b->secrets[k].p, b->secrets[k].n) == 0)
			return &b->secrets[k];
	return NULL;
}

static void hide_secrets(const struct bundle *b, struct str text, struct buf *out)
{
	for (size_t i = 0, n; i < text.n; i += n) {
		const struct buf *secret = secret_at(b, str_sub(text, i, text.n - i));

		n = secret ? secret->n : 1;
		if (secret)
			buf_z(out, "[secret]");
		else
			buf_char(out, text.p[i]);
	}
}

/* --- what is in it --- */

static void put_versions(struct json_out *o)
{
	struct utsname u;

	json_obj(o, "versions");
	json_put_z(o, "depmend", DEPMEND_VERSION);
	if (uname(&u) == 0) {
		json_put_z(o, "system", u.sysname);
		json_put_z(o, "release", u.release);
		json_put_z(o, "machine", u.machine);
	}
	json_obj_end(o);
}

/* Of a secret the list has only how it is kept. */
static void put_settings(const struct settings *s, struct json_out *o)
{
	json_obj(o, "settings");
	json_put_z(o, "sha256", s->digest);
	for (size_t i = 0; i < s->n_values; i++)
		json_put_z(o, s->values[i].path, s->values[i].text);
	json_obj_end(o);
}

static enum errc fill(struct bundle *b, struct err *err)
{
	struct json_out o;
	enum errc rc;

	json_out_init(&o, &b->text);
	json_obj(&o, NULL);
	json_put_z(&o, "type", "bundle");
	put_versions(&o);
	put_settings(b->s.settings, &o);
	json_obj(&o, "store");
	rc = store_shape(b->s.store, &o, name_serial, b, err);
	json_obj_end(&o);
	json_obj_end(&o);
	buf_char(&b->text, '\n');
	return rc;
}

static enum errc write_hidden(const struct bundle *b, const char *path, struct err *err)
{
	struct buf once, twice;
	struct outfile *f;
	enum errc rc;

	buf_init(&once, MAX_BYTES);
	buf_init(&twice, MAX_BYTES);
	hide_secrets(b, buf_view(&b->text), &once);
	hide_serials(b, buf_view(&once), &twice);
	rc = buf_check(&twice, "the bundle", err);
	if (!rc)
		rc = outfile_open(&f, path, 0600, err);
	if (!rc) {
		outfile_write(f, buf_view(&twice));
		rc = outfile_commit(f, NULL, err);
		outfile_free(f);
	}
	buf_release(&once);
	buf_release(&twice);
	return rc;
}

enum errc bundle_write(const struct cli *cli, const char *path, struct err *err)
{
	struct bundle b = { .n_secrets = 0 };
	enum errc rc = saved_run_open(&b.s, cli, err);

	map_init(&b.serials, 0);
	buf_init(&b.text, MAX_BYTES);
	uuid_random(b.salt);
	if (!rc)
		rc = store_each_serial(b.s.store, add_serial, &b, err);
	if (!rc) {
		add_secrets(&b);
		rc = fill(&b, err);
	}
	if (!rc)
		rc = write_hidden(&b, path, err);
	for (size_t i = 0; i < b.n_secrets; i++)
		buf_wipe(&b.secrets[i]);
	map_release(&b.serials);
	buf_release(&b.text);
	saved_run_close(&b.s);
	if (!rc && !cli_count(cli, OPTION_QUIET))
		text_line(stderr,
			"%s: versions, settings without secrets, the shape of the state; "
			"serials are hashed. Read it before you send it.",
			path);
	return rc;
}
