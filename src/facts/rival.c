#include "facts/rival.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"

enum { KEPT_MAX_BYTES = 1024 * 1024 };
#define KEPT "settings."

/* Caller frees with free(). */
static char *whole_path(const char *path)
{
	char *whole = realpath(path, NULL);

	return whole ? whole : mem_strdup(path);
}

static bool has_line(struct str lines, const char *wanted)
{
	while (lines.n)
		if (str_eq_nocase(str_cut(&lines, '\n'), str_from(wanted)))
			return true;
	return false;
}

/* A file that was mended since, or is gone, is no rival any more. */
static bool still_names(const char *path, const char *client_id)
{
	struct buf text = { 0 };
	struct err err;
	bool names = file_is_regular(path) && !file_read(path, KEPT_MAX_BYTES, &text, &err) &&
		     memmem(buf_view(&text).p, buf_view(&text).n, client_id, strlen(client_id));

	buf_release(&text);
	return names;
}

/* kept: the client id and, behind a tab, the file; then the earlier client ids, a line each. */
static enum errc compare(
	const struct settings *s, const char *own, struct str kept, struct err *err)
{
	struct str file = str_cut(&kept, '\n'), client = str_cut(&file, '\t');
	char *path = mem_dupz(file);
	enum errc rc = ERR_OK;

	if (strcmp(path, own) != 0 && !str_eq_nocase(client, str_from(s->apple.client_id)) &&
		settings_is_own(s, client) && has_line(kept, s->apple.client_id) &&
		still_names(path, s->apple.client_id))
		rc = err_set(err, ERR_SETTINGS,
			"%s and %s name each other's client id (%s, %.*s) in "
			"previous_client_ids: they are one organization, and only the account that "
			"came later goes on with its state; keep that file",
			own, path, s->apple.client_id, STR_FMT(client));
	free(path);
	return rc;
}

static enum errc look_at(
	const struct settings *s, const char *own, const char *name, struct err *err)
{
	struct buf kept = { 0 };
	struct err why;
	char *path;
	enum errc rc = ERR_OK;

	path = mem_printf("%s/%s", s->state, name);
	if (file_is_regular(path) && !file_read(path, KEPT_MAX_BYTES, &kept, &why))
		rc = compare(s, own, buf_view(&kept), err);
	buf_release(&kept);
	free(path);
	return rc;
}

enum errc rival_check(const struct settings *s, struct err *err)
{
	DIR *folder = s->state && s->apple.n_previous ? opendir(s->state) : NULL;
	char *own = whole_path(s->file);
	struct dirent *entry;
	enum errc rc = ERR_OK;

	while (folder && !rc && (entry = readdir(folder)))
		if (strncmp(entry->d_name, KEPT, strlen(KEPT)) == 0)
			rc = look_at(s, own, entry->d_name, err);
	if (folder)
		(void)closedir(folder);
	free(own);
	return rc;
}

enum errc rival_keep(const struct settings *s, struct err *err)
{
	char *path, *own = whole_path(s->file);
	struct outfile *out;
	enum errc rc;

	path = mem_printf("%s/" KEPT "%s", s->state, s->tenant);
	rc = outfile_open(&out, path, 0600, err);
	if (!rc) {
		outfile_write(out, str_from(s->apple.client_id));
		outfile_write(out, STR("\t"));
		outfile_write(out, str_from(own));
		for (size_t i = 0; i < s->apple.n_previous; i++) {
			outfile_write(out, STR("\n"));
			outfile_write(out, str_from(s->apple.previous[i]));
		}
		outfile_write(out, STR("\n"));
		rc = outfile_commit(out, NULL, err);
		outfile_free(out);
	}
	free(path);
	free(own);
	return rc;
}
