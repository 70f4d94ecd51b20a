/*
 * What a process puts in order before anything else.
 */
#ifndef OS_PROCESS_H
#define OS_PROCESS_H

/* Descriptors 0 to 2 are there from now on: one that was closed would be the number of the next
 * file to be opened, and messages would end up in it. A closed stdin or stdout fails when it is
 * used, a closed stderr takes everything. A broken pipe and a file beyond the limit of its size
 * (ulimit -f) are errors of a write, not the end of the process. Nor is a signal that means nothing
 * here, such as SIGUSR1 of who wants to see how far a copy is; in the background of a terminal with
 * `stty tostop` lines are written all the same. How a program that we started has ended can be
 * asked, also where whoever started us did not care for his own. The first process of a container
 * ends by a signal like any other, until stop_open() has other plans. */
void process_begin(void);

#endif
