#include "approve/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "model/settings.h"

enum {
	FILE_MAX_BYTES = 64 * 1024,
	OUTPUT_MAX_BYTES = 64 * 1024,
	SIGN_MS = 300000, /* a person types a passphrase, or touches a key */
	VERIFY_MS = 20000,
	KEEP_DAYS = 30, /* as long as a plan is remembered */
	SKEW_MS = 600000,
	DAY_MS = 86400000,
};

#define BEGIN "-----BEGIN SSH SIGNATURE-----"
#define END "-----END SSH SIGNATURE-----"

/* --- what the SSH signature says of itself (PROTOCOL.sshsig of OpenSSH) --- */

static bool take_u32(struct str *s, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s->p;

	if (s->n < 4)
		return false;
	*ret = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	*s = str_sub(*s, 4, s->n - 4);
	return true;
}

/* The public key that it claims to be made with, in base64. */
static bool find_key(struct str armour, struct buf *ret_key)
{
	struct buf text, raw;
	struct str s;
	uint32_t version, n;
	bool good;

	buf_init(&text, FILE_MAX_BYTES);
	buf_init(&raw, FILE_MAX_BYTES);
	for (size_t i = 0; i < armour.n && armour.p[i] != '='; i++)
		if (!strchr("\r\n", armour.p[i]))
			buf_char(&text, armour.p[i] == '+'   ? '-'
					: armour.p[i] == '/' ? '_'
							     : armour.p[i]);
	good = !base64url_decode(&raw, buf_view(&text), NULL);
	s = buf_view(&raw);
	good = good && s.n > 6 && memcmp(s.p, "SSHSIG", 6) == 0;
	if (good) {
		s = str_sub(s, 6, s.n - 6);
		good = take_u32(&s, &version) && take_u32(&s, &n) && n <= s.n;
	}
	if (good)
		base64(ret_key, str_sub(s, 0, n));
	buf_release(&text);
	buf_release(&raw);
	return good;
}

/* Text and armour of a file, apart. */
static bool split(struct str file, struct str *ret_text, struct str *ret_armour)
{
	const char *begin = memmem(file.p, file.n, BEGIN, strlen(BEGIN));
	const char *end = begin ? memmem(begin, file.n - (size_t)(begin - file.p), END, strlen(END))
				: NULL;

	if (!end)
		return false;
	*ret_text = str_sub(file, 0, (size_t)(begin - file.p));
	*ret_armour = str_sub(file, (size_t)(begin - file.p) + strlen(BEGIN),
		(size_t)(end - begin) - strlen(BEGIN));
	return true;
}

/* --- the text that is signed --- */

static void put_text(const struct signature_text *t, struct buf *out)
{
	char organization[STATE_NAME_BYTES], at[TIME_TEXT], id[UUID_TEXT];

	settings_state_name(t->client_id, organization);
	uuid_random(id);
	buf_printf(out,
		"depmend approval 1\ntenant: %s\norganization: %s\nplan: %s\ndevices: %u\n"
		"signed: %s\nid: %s\n",
		t->tenant, organization, t->fingerprint, t->n_devices, time_rfc3339_s(t->at_ms, at),
		id);
}

/* The value of `name: value`; empty: there is none. */
static struct str value_of(struct str text, const char *name)
{
	while (text.n) {
		struct str rest = str_cut(&text, '\n');

		if (str_eq(str_cut(&rest, ':'), str_from(name)))
			return str_trim(rest);
	}
	return STR_NONE;
}

/* --- a folder for what ssh-keygen reads and writes --- */

struct key_folder {
	char folder[4096];
	char text[4200], signature[4200], signers[4200];
};

static enum errc key_folder_open(struct key_folder *d, struct err *err)
{
	int n = snprintf(
		d->folder, sizeof(d->folder), "%s/depmend-XXXXXX", file_temporary_folder());

	if (n < 0 || (size_t)n >= sizeof(d->folder) || !mkdtemp(d->folder))
		return err_set(err, ERR_CANNOT_CREATE, "%s: %s", d->folder, strerror(errno));
	(void)snprintf(d->text, sizeof(d->text), "%s/approval", d->folder);
	(void)snprintf(d->signature, sizeof(d->signature), "%s/approval.sig", d->folder);
	(void)snprintf(d->signers, sizeof(d->signers), "%s/signers", d->folder);
	return ERR_OK;
}

static void key_folder_close(struct key_folder *d)
{
	(void)unlink(d->text);
	(void)unlink(d->signature);
	(void)unlink(d->signers);
	(void)rmdir(d->folder);
}

static enum errc put_file(const char *path, struct str bytes, struct err *err)
{
	struct outfile *f;
	enum errc rc = outfile_open(&f, path, 0600, err);

	if (rc)
		return rc;
	outfile_write(f, bytes);
	rc = outfile_commit(f, NULL, err);
	outfile_free(f);
	return rc;
}

/* --- making one --- */

static enum errc sign(const struct key_folder *d, const char *key_file, struct err *err)
{
	const struct file_run_options opt = {
		.asks = true, .max_bytes = OUTPUT_MAX_BYTES, .timeout_ms = SIGN_MS
	};
	char *key = mem_strdup(key_file), *text = mem_strdup(d->text);
	char keygen[] = "ssh-keygen", y[] = "-Y", verb[] = "sign", f[] = "-f", n[] = "-n",
	     q[] = "-q", space[] = SIGNATURE_NAMESPACE;
	char *const argv[] = { keygen, q, y, verb, f, key, n, space, text, NULL };
	struct buf out = { 0 };
	enum errc rc = file_run_with(argv, &opt, &out, err);

	buf_wipe(&out);
	free(key);
	free(text);
	if (rc == ERR_SETTINGS)
		(void)err_wrap(err, "cannot sign with %s: ", key_file);
	return rc;
}

enum errc signature_make(const struct signature_text *text, const char *key_file, struct buf *ret,
	struct buf *ret_key, struct err *err)
{
	struct buf armour = { 0 };
	struct str signed_text, inner;
	struct key_folder d;
	enum errc rc = key_folder_open(&d, err);

	if (rc)
		return rc;
	buf_init(ret, FILE_MAX_BYTES);
	buf_init(ret_key, FILE_MAX_BYTES);
	put_text(text, ret);
	rc = put_file(d.text, buf_view(ret), err);
	if (!rc)
		rc = sign(&d, key_file, err);
	if (!rc)
		rc = file_read(d.signature, FILE_MAX_BYTES, &armour, err);
	if (!rc) {
		buf_str(ret, buf_view(&armour));
		if (!split(buf_view(ret), &signed_text, &inner) || !find_key(inner, ret_key))
			rc = err_set(
				err, ERR_SETTINGS, "ssh-keygen made no signature that can be read");
	}
	buf_release(&armour);
	key_folder_close(&d);
	return rc;
}

/* --- checking one --- */

/* now_ms TIME_NONE: by the clock of ssh-keygen. */
static bool verifies(const struct key_folder *d, const char *name, int64_t now_ms)
{
	const struct file_run_options opt = { .input = d->text,
		.quiet = true,
		.max_bytes = OUTPUT_MAX_BYTES,
		.timeout_ms = VERIFY_MS };
	char keygen[] = "ssh-keygen", y[] = "-Y", verb[] = "verify", f[] = "-f", n[] = "-n",
	     i[] = "-I", s[] = "-s", space[] = SIGNATURE_NAMESPACE, o[64];
	char *signers = mem_strdup(d->signers), *who = mem_strdup(name),
	     *signature = mem_strdup(d->signature);
	char *argv[] = { keygen, y, verb, f, signers, i, who, n, space, s, signature, NULL, NULL };
	struct buf out = { 0 };
	char t[TIME_TEXT];
	bool good;

	if (now_ms != TIME_NONE) {
		(void)time_rfc3339_s(now_ms, t);
		(void)snprintf(o, sizeof(o), "-Overify-time=%.4s%.2s%.2s%.2s%.2s%.2sZ", t, t + 5,
			t + 8, t + 11, t + 14, t + 17);
		argv[11] = o;
	}
	good = !file_run_with(argv, &opt, &out, NULL);
	buf_release(&out);
	free(signers);
	free(who);
	free(signature);
	return good;
}

/* Whether it is a signature of that key, whatever the list says of when and for what it is valid.
 */
static bool fits_key(const struct key_folder *d, const struct approver *by, const char *name)
{
	struct buf line;
	bool good;

	buf_init(&line, FILE_MAX_BYTES);
	buf_printf(&line, "%s ", name);
	buf_str(&line, by->type);
	buf_char(&line, ' ');
	buf_str(&line, by->key);
	buf_char(&line, '\n');
	good = !put_file(d->signers, buf_view(&line), NULL) && verifies(d, name, TIME_NONE);
	buf_release(&line);
	return good;
}

static void check_signature(struct signature *s, const struct key_folder *d,
	const struct approver *by, const struct signature_time *when)
{
	char *name = mem_dupz(by->name);

	if (verifies(d, name, when->is_virtual ? when->now_ms : TIME_NONE))
		s->person = by->person;
	else if (fits_key(d, by, name))
		(void)snprintf(s->why, sizeof(s->why),
			"the key of %s is not valid now: it has ended, has not begun or is for "
			"other things, as the list of approvers says",
			name);
	else
		(void)snprintf(s->why, sizeof(s->why),
			"the signature does not fit: the text was changed, or it is not signed "
			"with the key of %s",
			name);
	free(name);
}

static const char *text_fault(struct str text, const struct signature_text *of)
{
	char organization[STATE_NAME_BYTES];

	settings_state_name(of->client_id, organization);
	if (!str_starts_nocase(text, STR("depmend approval 1\n")))
		return "it is no approval";
	if (!str_eq(value_of(text, "tenant"), str_from(of->tenant)))
		return "it is for another tenant";
	if (!str_eq(value_of(text, "organization"), str_from(organization)))
		return "it is for another API account";
	return NULL;
}

static const char *age_fault(const struct signature *s, const struct signature_time *when)
{
	if (s->at_ms > when->now_ms + SKEW_MS)
		return "it was signed at a time that is still to come";
	if (s->at_ms < when->now_ms - (int64_t)KEEP_DAYS * DAY_MS)
		return "it is older than 30 days";
	return NULL;
}

static const char *read_text(struct signature *s, struct str text, const struct signature_text *of)
{
	const char *fault = text_fault(text, of);
	struct str plan = value_of(text, "plan");

	if (fault)
		return fault;
	if (plan.n != SHA256_HEX - 1 || !time_parse(value_of(text, "signed"), &s->at_ms))
		return "it names no plan, or no time";
	(void)snprintf(s->plan, sizeof(s->plan), "%.*s", STR_FMT(plan));
	return NULL;
}

static enum errc check(struct signature *s, const struct approvers *who,
	const struct signature_text *of, const struct signature_time *when, struct err *err)
{
	const struct approver *by = NULL;
	struct str text, armour, whole = buf_view(&s->file);
	const char *fault = NULL;
	struct key_folder d;
	enum errc rc;

	if (!split(whole, &text, &armour) || !find_key(armour, &s->key))
		fault = "no SSH signature is in it";
	else
		fault = read_text(s, text, of);
	if (!fault)
		fault = age_fault(s, when);
	if (!fault && !(by = approvers_by_key(who, buf_view(&s->key))))
		fault = "its key is not in the list of approvers";
	if (fault) {
		(void)snprintf(s->why, sizeof(s->why), "%s", fault);
		return ERR_OK;
	}
	sha256_hex(text, s->digest);
	buf_str(&s->name, by->name);
	rc = key_folder_open(&d, err);
	if (rc)
		return rc;
	rc = put_file(d.text, text, err);
	if (!rc)
		rc = put_file(d.signature, str_sub(whole, text.n, whole.n - text.n), err);
	if (!rc)
		rc = put_file(d.signers, buf_view(&who->text), err);
	if (!rc)
		check_signature(s, &d, by, when);
	key_folder_close(&d);
	return rc;
}

enum errc signature_read(struct signature *ret, const char *path, const struct approvers *who,
	const struct signature_text *of, const struct signature_time *when, struct err *err)
{
	enum errc rc;

	*ret = (struct signature){ .path = mem_strdup(path), .person = MAP_NONE };
	buf_init(&ret->key, FILE_MAX_BYTES);
	buf_init(&ret->name, FILE_MAX_BYTES);
	rc = file_read(path, FILE_MAX_BYTES, &ret->file, err);
	return rc ? rc : check(ret, who, of, when, err);
}

void signature_release(struct signature *s)
{
	free(s->path);
	buf_release(&s->file);
	buf_release(&s->key);
	buf_release(&s->name);
}
