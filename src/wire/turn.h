/*
 * Whose turn it is: the rates hold for all processes of an organization together. Each send is
 * written to the shared file first (store/shared.h), in a transaction that sees the sends of all
 * others. When a request left says little of when it arrives, and the service counts what arrives:
 * one counts as sent just now until its answer is there, and then as sent when that began. Who has
 * to wait asks again when the next one may leave. The holder of the store's lock comes first: it
 * reserves the next times, at most TURN_AHEAD of them, and while it does readers take none. A
 * reader that has waited for a whole window reserves the next one behind those, and gets it: nobody
 * starves.
 *
 * When the shared file fails, the process goes by its own sends alone and says so once: devices
 * have to come back to their servers also when the disk is full.
 */
#ifndef WIRE_TURN_H
#define WIRE_TURN_H

#include "store/shared.h"
#include "wire/rate.h"

enum { TURN_AHEAD = 4 };

/* For turn.unseen_ms: no time that another process takes for one of before its clock was set back.
 */
enum { TURN_UNSEEN_MS = 60000 };

/* Of one rate class. */
struct turn {
	struct shared *shared; /* borrowed; NULL: nobody else is there */
	struct rate_log *log;  /* borrowed: what was sent, by whomever */
	int rate_class;
	bool first;        /* this process holds the store's lock */
	int64_t unseen_ms; /* so long after its turn a request may leave, and counts as sent just
			    * now without an answer; 0: time stands still until that is there */
	int64_t known_id;  /* of the newest send that the log has */
	int64_t taken_id;  /* of the one that was taken last; 0: none */
	int64_t since_ms;  /* since when a send of ours waits; TIME_NONE: none does */
	int64_t again_ms;  /* not to be asked before */
	bool reserves;     /* times that are still to come */
};

/* Reads the sends of the last window into the log. */
void turn_open(struct turn *t, int64_t now_ms);
/* The right to send one now, of `n_queued` that wait for it; false: ask again at t->again_ms. */
bool turn_take(struct turn *t, int64_t now_ms, size_t n_queued);
/* The one that was taken at taken_ms, as taken_id, is answered: it had arrived at at_ms. */
void turn_landed(struct turn *t, int64_t id, int64_t taken_ms, int64_t at_ms);
/* It was not sent. */
void turn_give_back(struct turn *t);
/* Nothing more will be sent: gives up what is reserved. */
void turn_close(struct turn *t, int64_t now_ms);

#endif
