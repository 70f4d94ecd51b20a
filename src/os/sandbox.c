#include "os/sandbox.h"

#include "os/kernel.h"

#if KERNEL_LINUX

#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The headers of an older kernel lack the newer words; the numbers never change. */
enum {
	FS_EXECUTE = 1 << 0,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_ALL_OF_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,    /* from version 2 */
	FS_TRUNCATE = 1 << 14, /* from version 3 */
	FS_OF_FILES = 1 << 1 | FS_READ_FILE | FS_TRUNCATE,
	NET_BIND_TCP = 1 << 0, /* from version 4 */
	ASK_VERSION = 1,
	RULE_PATH_BENEATH = 1,
};

struct ruleset_attr {
	uint64_t fs, net;
};

struct __attribute__((packed)) path_beneath_attr {
	uint64_t allowed;
	int32_t parent_fd;
};

static struct ruleset_attr handled_by(long version)
{
	struct ruleset_attr attr = { .fs = FS_ALL_OF_1 };

	if (version >= 2)
		attr.fs |= FS_REFER;
	if (version >= 3)
		attr.fs |= FS_TRUNCATE;
	if (version >= 4)
		attr.net = NET_BIND_TCP;
	return attr;
}

static void allow(int ruleset, const char *path, uint64_t what)
{
	struct path_beneath_attr rule = { .parent_fd = open(path, O_PATH | O_CLOEXEC) };
	struct stat st;

	if (rule.parent_fd < 0)
		return;
	rule.allowed = fstat(rule.parent_fd, &st) == 0 && S_ISDIR(st.st_mode) ? what
									      : what & FS_OF_FILES;
	(void)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	(void)close(rule.parent_fd);
}

int sandbox_enter(const char *const *writable, size_t n, bool *ret_no_new_privileges)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	struct ruleset_attr attr = handled_by(version);
	int ruleset;

	*ret_no_new_privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	if (!*ret_no_new_privileges || version <= 0)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
		version >= 4 ? sizeof(attr) : sizeof(attr.fs), 0);
	if (ruleset < 0)
		return 0;
	allow(ruleset, "/", FS_READ_FILE | FS_READ_DIR);
	allow(ruleset, "/dev/null", attr.fs);
	for (size_t i = 0; i < n; i++)
		allow(ruleset, writable[i], attr.fs & ~(uint64_t)FS_EXECUTE);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		version = 0;
	(void)close(ruleset);
	return (int)version;
}

#else

int sandbox_enter(const char *const *writable, size_t n, bool *ret_no_new_privileges)
{
	(void)writable;
	(void)n;
	*ret_no_new_privileges = false;
	return 0;
}

#endif
