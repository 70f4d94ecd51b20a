/* Whether one file or folder may be written by strangers, and what is said of it. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "io/yaml.h"
#include "os/kernel.h"
#include "trust/parts.h"

enum {
	TRUST_FILE_BYTES = 16 * 1024,
	UNMAPPED = 65534, /* in a user namespace: of somebody outside */
};

static const struct {
	const char *name, *are;
} kinds[] = {
	[TRUSTED_SETTINGS] = { "the settings", "are" },
	[TRUSTED_RULES] = { "the rules", "are" },
	[TRUSTED_PROTECTED] = { "the protected list", "is" },
	[TRUSTED_APPROVERS] = { "the list of approvers", "is" },
	[TRUSTED_STATE] = { "the state", "is" },
	[TRUSTED_BACKUP] = { "the backup", "is" },
	[TRUSTED_GROUPS] = { "the list of trusted groups", "is" },
	[TRUSTED_GROUPS_OF_ROOT] = { "the list of trusted groups", "is" },
};

/* --- names --- */

static void add_quoted(struct buf *b, const char *path)
{
	buf_char(b, '\'');
	for (; *path; path++)
		if (*path == '\'')
			buf_z(b, "'\\''");
		else
			buf_char(b, *path);
	buf_char(b, '\'');
}

/* One more word of a command, unless it has it. */
static void add_word(struct buf *b, const char *path)
{
	struct buf word;

	buf_init(&word, TRUST_COMMAND_BYTES);
	buf_char(&word, ' ');
	add_quoted(&word, path);
	if (!str_contains_nocase(buf_view(b), buf_view(&word)))
		buf_str(b, buf_view(&word));
	buf_release(&word);
}

static void user_name(uid_t uid, char out[64])
{
	const struct passwd *pw = getpwuid(uid);

	if (pw)
		(void)snprintf(out, 64, "%.63s", pw->pw_name);
	else
		(void)snprintf(out, 64, "%u", (unsigned)uid);
}

/* --- groups --- */

/* Named like its owner, or of the same number, and of nobody else. */
static bool is_private(uid_t owner, gid_t gid)
{
	const struct passwd *pw = getpwuid(owner);
	char name[64] = "";
	const struct group *gr;

	if (pw && pw->pw_gid != gid)
		return false;
	if (pw)
		(void)snprintf(name, sizeof(name), "%.63s", pw->pw_name);
	gr = getgrgid(gid);
	for (char **m = gr ? gr->gr_mem : NULL; m && *m; m++)
		if (strcmp(*m, name) != 0)
			return false;
	return gid == owner || (gr && name[0] && strcmp(gr->gr_name, name) == 0);
}

static bool is_named(const struct yaml_node *n, gid_t gid)
{
	char *name = mem_dupz(n->text);
	const struct group *gr = getgrnam(name);
	uint64_t number;
	bool is = (gr && gr->gr_gid == gid) || (str_to_u64(n->text, &number) && number == gid);

	free(name);
	return is;
}

static bool names(const struct yaml_node *n, gid_t gid)
{
	bool is = false;

	if (n->kind != YAML_LIST)
		return is_named(n, gid);
	for (const struct yaml_node *m = n->first; m && !is; m = m->next)
		is = is_named(m, gid);
	return is;
}

/* One that strangers could have written names nothing, and the verdict says so. */
static enum errc read_groups(struct trust_case *v, enum trusted what, const char *path, gid_t gid,
	bool *ret_named, struct err *err)
{
	const struct yaml_node *list;
	struct yaml_doc *doc = NULL;
	struct diags d;
	struct buf bytes;
	struct err why;
	enum errc rc;

	if (!file_exists(path))
		return ERR_OK;
	if (v->read(what, path, TRUST_FILE_BYTES, &bytes, &why)) {
		(void)snprintf(v->note, sizeof(v->note), "; %.250s", why.msg);
		return ERR_OK;
	}
	diags_init(&d);
	rc = yaml_load_bytes(&doc, path, buf_view(&bytes), &d, err);
	list = rc ? NULL : yaml_get(doc->root, "trusted_group");
	if (list)
		*ret_named = names(list, gid);
	else
		rc = err_set(err, ERR_SETTINGS,
			"%s: write `trusted_group: NAME` or `trusted_group: [NAME, NAME]`", path);
	yaml_doc_free(doc);
	diags_release(&d);
	buf_release(&bytes);
	return rc;
}

char *trust_groups_file(void)
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	bool has_folder = folder && *folder == '/';

	if (!has_folder && !(home && *home == '/'))
		return NULL;
	return mem_printf("%s%s/depmend/trust.yaml", has_folder ? folder : home,
		has_folder ? "" : "/.config");
}

/* Two files may name groups. */
static enum errc find_named(struct trust_case *v, gid_t gid, bool *ret_named, struct err *err)
{
	char *path = trust_groups_file();
	enum errc rc = read_groups(
		v, TRUSTED_GROUPS_OF_ROOT, "/etc/depmend/trust.yaml", gid, ret_named, err);

	if (!rc && !*ret_named && path)
		rc = read_groups(v, TRUSTED_GROUPS, path, gid, ret_named, err);
	free(path);
	return rc;
}

/* As a volume arrives that is shared by a group. */
static bool is_volume(struct trust_case *v, const struct stat *st)
{
	if (v->what != TRUSTED_STATE || v->me == 0 || st->st_gid == 0)
		return false;
	if (st->st_uid == 0 && S_ISDIR(st->st_mode) && (st->st_mode & S_ISGID) &&
		file_is_our_group(st->st_gid))
		v->state_group = st->st_gid;
	return v->state_group == st->st_gid;
}

static enum errc may_group(struct trust_case *v, uid_t owner, gid_t gid, const struct stat *st,
	bool *ret, struct err *err)
{
	*ret = is_private(owner, gid) || is_volume(v, st);
	if (*ret || v->what >= TRUSTED_GROUPS)
		return ERR_OK;
	return find_named(v, gid, ret, err);
}

/* --- access lists: the group bits of the mode are only their upper bound --- */

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

enum { ACL_USER = 0x02, ACL_GROUP = 0x08, ACL_WRITE = 2, ACL_MAX = 64 };

static enum errc acl_allows(
	struct trust_case *v, int fd, const struct stat *st, bool *ret, struct err *err)
{
	struct {
		uint32_t version;
		struct acl_entry v[ACL_MAX];
	} acl;
	ssize_t n = kernel_access_list(fd, &acl, sizeof(acl));
	enum errc rc = ERR_OK;

	if (n < 0 && errno == ERANGE)
		*ret = false;
	for (size_t i = 0; n > 0 && i < ((size_t)n - 4) / sizeof(acl.v[0]) && *ret && !rc; i++) {
		const struct acl_entry *e = &acl.v[i];

		if (!(e->perm & ACL_WRITE))
			continue;
		if (e->tag == ACL_USER)
			*ret = e->id == v->me || e->id == 0 || e->id == st->st_uid;
		else if (e->tag == ACL_GROUP)
			rc = may_group(v, st->st_uid, e->id, st, ret, err);
	}
	return rc;
}

/* --- judging one file or folder --- */

bool verdict_is_allowed(const struct trust_case *v, uid_t uid)
{
	for (size_t i = 0; i < v->n_allowed; i++)
		if (v->allowed[i].owner == uid)
			return true;
	return uid == v->me || uid == 0;
}

/* Root of the machine, as seen by a user of a namespace that does not know it. */
static bool is_outside(uid_t uid)
{
	struct buf map;
	bool whole;

	if (uid != UNMAPPED || file_read("/proc/self/uid_map", 4096, &map, NULL))
		return false;
	whole = str_contains_nocase(buf_view(&map), STR("4294967295"));
	buf_release(&map);
	return !whole;
}

void verdict_blame_owner(struct trust_case *v, const char *path, const struct stat *st)
{
	char name[64];

	user_name(st->st_uid, name);
	if (!v->why[0])
		v->stranger = st->st_uid;
	if (!v->why[0])
		(void)snprintf(v->why, sizeof(v->why), "%.120s belongs to %s, not to you or root",
			path, name);
	if (S_ISDIR(st->st_mode) && st->st_uid == v->stranger)
		(void)snprintf(v->trust, sizeof(v->trust), "%s", path);
	add_word(&v->chown, path);
}

static void blame_mode(struct trust_case *v, const char *path, const struct stat *st, mode_t bits)
{
	if (!v->why[0])
		(void)snprintf(v->why, sizeof(v->why), "others can write %.120s (mode %04o)", path,
			(unsigned)st->st_mode & 07777u);
	v->write_bits |= bits;
	add_word(&v->chmod, path);
}

static bool is_read_only(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

/* Who else may write it: bits of S_IWGRP and S_IWOTH. */
static enum errc writable_by(
	struct trust_case *v, int fd, const struct stat *st, mode_t *ret, struct err *err)
{
	bool group = false;
	enum errc rc = ERR_OK;

	*ret = st->st_mode & (S_IWGRP | S_IWOTH);
	if (*ret && is_read_only(fd))
		*ret = 0;
	if (!(*ret & S_IWGRP))
		return ERR_OK;
	rc = may_group(v, st->st_uid, st->st_gid, st, &group, err);
	if (!rc && group)
		rc = acl_allows(v, fd, st, &group, err);
	if (group)
		*ret &= ~(mode_t)S_IWGRP;
	return rc;
}

/* above: a folder further up, in which it is enough that nobody can replace what is not his. */
enum errc verdict_judge(struct trust_case *v, const char *path, int fd, const struct stat *st,
	bool above, struct err *err)
{
	bool mate = false;
	mode_t bits = 0;
	enum errc rc = ERR_OK;

	if (!verdict_is_allowed(v, st->st_uid) && !(above && is_outside(st->st_uid))) {
		/* Only a member could have given it to the group. */
		if (v->what < TRUSTED_GROUPS)
			rc = find_named(v, st->st_gid, &mate, err);
		if (!rc && !mate)
			verdict_blame_owner(v, path, st);
	}
	if (!rc && !(above && (st->st_mode & S_ISVTX)))
		rc = writable_by(v, fd, st, &bits, err);
	if (!rc && bits)
		blame_mode(v, path, st, bits);
	return rc;
}

/* The sentence and the command. */
enum errc verdict_blame(const struct trust_case *v, struct err *err)
{
	const char *trusted = getenv("DEPMEND_TRUST");
	struct buf run;
	char me[64];

	buf_init(&run, TRUST_COMMAND_BYTES);
	user_name(v->me, me);
	if (v->trust[0]) {
		buf_printf(&run, "export DEPMEND_TRUST=%s",
			trusted && *trusted ? "\"$DEPMEND_TRUST\":" : "");
		add_quoted(&run, v->trust);
	} else if (v->chown.n) {
		buf_printf(&run, "%schown %s%s", v->me ? "sudo " : "", me, buf_cstr(&v->chown));
	}
	if (v->chmod.n)
		buf_printf(&run, "%schmod %s%s-w%s", run.n ? " && " : "",
			v->write_bits & S_IWGRP ? "g" : "", v->write_bits & S_IWOTH ? "o" : "",
			buf_cstr(&v->chmod));
	(void)err_set(err, ERR_SETTINGS, "%s: %s %s not used: %s; %s%s%s", v->given,
		kinds[v->what].name, kinds[v->what].are, v->why,
		v->chown.n ? "if you trust the owner, run: " : "run: ", buf_cstr(&run), v->note);
	buf_release(&run);
	return ERR_SETTINGS;
}
