#include "store/pack.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "io/packed.h"

static bool is_large(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= PACK_LEAST_BYTES;
}

static enum errc pack_list(const struct store *s, const char *name, struct err *err)
{
	char *digest = mem_strdup(name), *folder, *path, *end = strchr(digest, '.');
	enum errc rc = ERR_OK;

	if (end)
		*end = '\0';
	path = store_input_path(s, digest, &folder);
	if (end && end - digest == SHA256_HEX - 1 && strcmp(name + (end - digest), ".csv") == 0 &&
		is_large(path))
		rc = packed_replace(path, digest, err);
	free(path);
	free(folder);
	free(digest);
	return rc;
}

enum errc store_pack(const struct store *s, struct err *err)
{
	char *folder, *path = store_input_path(s, "", &folder);
	struct dirent *entry;
	DIR *dir = opendir(folder);
	enum errc ret = ERR_OK;

	while (dir && (entry = readdir(dir))) {
		enum errc rc = pack_list(s, entry->d_name, err);

		ret = rc ? rc : ret;
	}
	if (dir)
		(void)closedir(dir);
	free(path);
	free(folder);
	return ret;
}
