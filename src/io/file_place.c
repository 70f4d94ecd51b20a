/* Where files may not be relied on: what goes over a network, or is copied behind our back. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "io/file.h"
#include "os/kernel.h"

/* By the folder's name: "OneDrive", "OneDrive - Contoso", "Dropbox (Contoso)"; NULL: nobody known.
 */
static const char *synced_name(const char *folder)
{
	static const struct {
		const char *name, *by;
	} names[] = {
		{ "Dropbox", "Dropbox" },
		{ "OneDrive", "OneDrive" },
		{ "Google Drive", "Google Drive" },
		{ "GoogleDrive", "Google Drive" },
		{ "iCloud Drive", "iCloud" },
		{ "Mobile Documents", "iCloud" },
		{ "CloudStorage", "macOS" },
		{ "Nextcloud", "Nextcloud" },
		{ "ownCloud", "ownCloud" },
		{ "Seafile", "Seafile" },
		{ "pCloudDrive", "pCloud" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *name = names[i].name, *more;

		if (strncasecmp(folder, name, strlen(name)) != 0)
			continue;
		more = folder + strlen(name);
		if (!*more || strncmp(more, " - ", 3) == 0 || strncmp(more, " (", 2) == 0)
			return names[i].by;
	}
	return NULL;
}

/* What programs that copy folders to a service leave in the topmost of them. */
static const char *synced_by(const char *folder)
{
	static const struct {
		const char *file, *by;
	} marks[] = {
		{ ".stfolder", "Syncthing" },
		{ ".dropbox", "Dropbox" },
		{ ".dropbox.cache", "Dropbox" },
		{ ".nextcloudsync.log", "Nextcloud" },
		{ ".owncloudsync.log", "ownCloud" },
		{ ".sync", "Resilio" },
		{ ".SeaDrive", "Seafile" },
	};
	const char *slash = strrchr(folder, '/');
	const char *by = synced_name(slash ? slash + 1 : folder);

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks) && !by; i++) {
		char *path = mem_printf("%s/%s", folder, marks[i].file);

		if (file_exists(path))
			by = marks[i].by;
		free(path);
	}
	return by;
}

static enum errc check_synced(const char *folder, struct err *err)
{
	char *at = realpath(folder, NULL), *slash;
	const char *by = at ? synced_by(at) : NULL;

	while (at && !by && (slash = strrchr(at, '/')) && slash != at) {
		*slash = '\0';
		by = synced_by(at);
	}
	if (by)
		(void)err_set(err, ERR_SETTINGS,
			"%s lies in a folder that %s copies (%s), which would mix what depmend has "
			"to remember with older copies",
			folder, by, at);
	free(at);
	return by ? ERR_SETTINGS : ERR_OK;
}

enum errc file_check_local(const char *folder, struct err *err)
{
	char name[KERNEL_NETWORK_TEXT];

	if (!kernel_network(folder, name))
		return check_synced(folder, err);
	return err_set(err, ERR_SETTINGS,
		"%s lies on a network filesystem (%s), which may lose what depmend has to remember",
		folder, name);
}
