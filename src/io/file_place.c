/* Where files may not be relied on: what goes over a network, or is copied behind our back. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"
#include "os/kernel.h"

const char *file_network_name(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} known[] = {
		{ 0x6969, "NFS" },
		{ 0x517b, "SMB" },
		{ 0xff534d42, "CIFS" },
		{ 0xfe534d42, "SMB" },
		{ 0x01021997, "9P" },
		{ 0x65735546, "FUSE" },
		{ 0x6a656a63, "virtiofs" },
		{ 0x00c36400, "Ceph" },
		{ 0x5346414f, "AFS" },
		{ 0x6b414653, "AFS" },
		{ 0x73757245, "Coda" },
		{ 0x0bd00bd0, "Lustre" },
		{ 0x47504653, "GPFS" },
		{ 0x0bad1dea, "FhGFS" },
		{ 0x564c, "NCP" },
		{ 0x01161970, "GFS2" },
		{ 0x7461636f, "OCFS2" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].type == type)
			return known[i].name;
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
	static const char *const names[] = { "Dropbox", "OneDrive", "Google Drive", "GoogleDrive",
		"iCloud Drive", "Nextcloud", "ownCloud", "Seafile", "pCloudDrive" };
	const char *slash = strrchr(folder, '/'), *by = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !by; i++)
		if (str_eq_nocase(str_from(slash ? slash + 1 : folder), str_from(names[i])))
			by = names[i];
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
	const char *name = file_network_name(kernel_filesystem(folder));

	if (!name)
		return check_synced(folder, err);
	return err_set(err, ERR_SETTINGS,
		"%s lies on a network filesystem (%s), which may lose what depmend has to remember",
		folder, name);
}
