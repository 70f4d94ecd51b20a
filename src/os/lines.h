/*
 * What is said on stderr while devices may be off their server. A terminal that stands still
 * (Ctrl-S, a text that is being marked, a connection that hangs) and a pipe that nobody reads, such
 * as a pager's, must keep no device there and no signal unheard: what is not taken at once is kept
 * meanwhile.
 */
#ifndef OS_LINES_H
#define OS_LINES_H

/* From now on nothing that goes through base/log.h waits for its reader. */
void lines_begin(void);
/* All that was kept is written, however long that takes: nothing is under way any more, and the
 * first signal ends the process meanwhile. Without lines_begin() nothing is done. */
void lines_end(void);

#endif
