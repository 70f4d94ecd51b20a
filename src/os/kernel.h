/*
 * What this kernel has beyond POSIX, and what stands in its place elsewhere. `make PORTABLE=1`
 * builds with the latter on Linux, too, so that the tests can tell that it works.
 */
#ifndef OS_KERNEL_H
#define OS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#if defined(__linux__) && !defined(DEPMEND_PORTABLE)
#define KERNEL_LINUX 1
#else
#define KERNEL_LINUX 0
#endif

enum { KERNEL_BOOT_TEXT = 40, KERNEL_NETWORK_TEXT = 32 };

/* main()'s argv[0], for kernel_program(); kept, not copied. */
void kernel_started_as(const char *argv0);
/* The file of the program that runs, without links; NULL: nobody knows. Caller frees with free().
 */
char *kernel_program(void);

/* Milliseconds of one of the system's clocks. */
int64_t kernel_clock_ms(clockid_t id);
/* Time since the machine started, asleep or not; elsewhere as far as CLOCK_MONOTONIC knows. */
int64_t kernel_boot_ms(void);
/* How much of that it was asleep; 0 where the clocks do not tell them apart. */
int64_t kernel_asleep_ms(void);
/* A name of this boot, "" when there is none. Elsewhere the minute in which it began by the wall
 * clock: after a step of that clock it is another one, which only makes whoever asks more careful.
 */
void kernel_boot(char ret[KERNEL_BOOT_TEXT]);

/* In a child: it gets `sig` when its parent dies. Elsewhere nothing: true. */
bool kernel_follow_parent(int sig);
/* Nobody but root may look into this process. Elsewhere nothing. */
void kernel_keep_secret(void);

/* What was written is on the disk, as fdatasync(); -1 with errno. */
int kernel_sync_data(int fd);
/* Both ends closed on exec; 0, or -1 with errno. */
int kernel_pipe(int ret[2]);
/* Readable when the process has ended; -1: ask waitpid() from time to time. */
int kernel_process(pid_t pid);

/* A file without a name in the folder, which kernel_path_of() leads to; -1: there are none
 * here. */
int kernel_nameless(int folder, mode_t mode);
/* False: this kernel has no paths of open files. */
bool kernel_path_of(int fd, char out[64]);

/* Takes so much room on the disk for the file, as far as its file system can; false with errno:
 * there is none. Elsewhere it looks whether there is. */
bool kernel_reserve(int fd, int64_t bytes);
/* Why no other file can take the place of what has the name in the folder; NULL: nothing that the
 * kernel tells beforehand. Elsewhere only macOS and the BSDs tell. */
const char *kernel_fixed(int folder, const char *name);

/* "INODE.BIRTH": another for each copy of the file. Elsewhere, and where the file system does not
 * tell when a file was made, the inode alone. False: there is no such file. */
enum { KERNEL_FILE_TEXT = 48 };
bool kernel_which_file(const char *path, char ret[KERNEL_FILE_TEXT]);

/* What stands there, links not followed, and a descriptor that can be asked about it but not read;
 * -1 with errno. Elsewhere that of a link, pipe or device is its folder's, and a folder has to be
 * readable. */
int kernel_open_path(int folder, const char *name, struct stat *ret);
/* The target of the link that kernel_open_path() opened, as readlink(). */
ssize_t kernel_read_link(int fd, int folder, const char *name, char *to, size_t size);
/* Opens for reading; a link may not lead out of the file's folder (EXDEV). */
int kernel_open_beneath(const char *path);

/* The file as a whole, for as long as this description of it is open; false with EAGAIN: somebody
 * else has it. */
bool kernel_lock(int fd);
/* Whether somebody has. */
bool kernel_is_locked(int fd);
/* The same of a folder that is open for reading. Beside kernel_lock(), which cannot hold one. */
bool kernel_lock_folder(int fd);

/* Whether the folder lies on a file system that goes over a network or through a program, and its
 * name. Elsewhere false, but where the system tells which ones are its own (macOS, the BSDs). */
bool kernel_network(const char *folder, char ret[KERNEL_NETWORK_TEXT]);
#if KERNEL_LINUX
/* The same by f_type of statfs(2); NULL: none. */
const char *kernel_network_name(uint32_t type);
#endif
/* The access list of a file in the kernel's own form; -1 with errno. Elsewhere ENOTSUP. */
ssize_t kernel_access_list(int fd, void *to, size_t size);

#endif
