#include "os/lines.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log_writer.h"
#include "os/stop.h"

enum {
	PIECE_BYTES = 4096,            /* a pipe that has room has room for so many */
	ROOM_BYTES = 1024 * 1024,      /* for lines that nobody reads */
	MOST_BYTES = 64 * 1024 * 1024, /* with what is kept in any case */
	LONGEST_WRITE_US = 20 * 1000,
};

static struct buf kept;
static uint64_t n_left_out; /* since the last line that was kept */
static bool on;

/* --- without waiting --- */

static void on_timer(int sig)
{
	(void)sig; /* a write that waits ends with EINTR, or with what it has written */
}

/* Again and again, as the first may come before the write begins. */
static void set_timer(suseconds_t us)
{
	struct itimerval every = { .it_interval.tv_usec = us, .it_value.tv_usec = us };

	(void)setitimer(ITIMER_REAL, &every, NULL);
}

/* How much was taken. What cannot be written at all is gone, as with stdio. */
static size_t write_now(struct str s)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	size_t done = 0;
	ssize_t n = 1;

	while (done < s.n && n > 0 && poll(&p, 1, 0) == 1) {
		/* A terminal is ready when it has room for one byte, and waits for the rest. */
		set_timer(LONGEST_WRITE_US);
		n = write(STDERR_FILENO, s.p + done,
			s.n - done < PIECE_BYTES ? s.n - done : PIECE_BYTES);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			n = (ssize_t)(s.n - done);
		set_timer(0);
		done += n > 0 ? (size_t)n : 0;
	}
	return done;
}

static void write_kept(void)
{
	size_t n = write_now(buf_view(&kept));
	struct str rest = { kept.p + n, kept.n - n };

	if (!n)
		return;
	if (rest.n)
		memmove(kept.p, rest.p, rest.n);
	kept.n = rest.n;
}

static void note_left_out(void)
{
	if (n_left_out)
		buf_printf(&kept, "(%llu line%s left out here: the reader took nothing more)\n",
			(unsigned long long)n_left_out, n_left_out == 1 ? " was" : "s were");
	n_left_out = 0;
}

static void keep(struct str text, enum log_worth worth)
{
	if (worth == LOG_WORTH_ROOM && kept.n + text.n > ROOM_BYTES) {
		n_left_out++;
		return;
	}
	note_left_out();
	buf_str(&kept, text);
}

static void write_or_keep(struct str text, enum log_worth worth)
{
	size_t n = 0;

	if (kept.n)
		write_kept();
	if (!kept.n)
		n = write_now(text);
	text = (struct str){ text.p + n, text.n - n };
	if (text.n && worth != LOG_WORTH_NOW)
		keep(text, worth);
}

void lines_begin(void)
{
	/* Without SA_RESTART, which is what it is for. */
	struct sigaction act = { .sa_handler = on_timer };

	if (on || sigaction(SIGALRM, &act, NULL) != 0)
		return;
	buf_init(&kept, MOST_BYTES);
	log_set_writer(write_or_keep);
	on = true;
}

void lines_end(void)
{
	if (!on)
		return;
	on = false;
	log_set_writer(NULL);
	stop_at_once(true);
	note_left_out();
	log_write_all(buf_view(&kept));
	stop_at_once(false);
	buf_release(&kept);
}
