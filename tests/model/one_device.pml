/*
 * M1: one device to the end. A program takes it off its server and puts it back, or releases it;
 * Apple carries orders out late, fails them or loses the reply; somebody else moves the device;
 * the client may be killed at every step.
 *
 * There are no clocks. A read shows any place where the device was within the last `settle`
 * (assumption: reads lag no longer than that); a request without a known activity is over when
 * Apple has ended it (assumption: within `timeouts.activity`).
 *
 * Each of these takes one rule of the protocol out, and has to lead to a failed assertion:
 *	NO_BLOCK       the next request does not wait for the end of the one before
 *	ONE_READING    one reading drops a put-back
 *	NO_RECOVERY    a run under other rules does not begin with what earlier ones left
 *	EARLY_CUSTODY  custody ends by readings from before the end of its requests
 *	DEED_AGAIN     an irreversible step whose outcome is unknown is sent again
 */
#ifndef KILLS
#define KILLS 2
#endif
#ifndef MOVES
#define MOVES 1
#endif
#ifndef RUNS
#define RUNS 3
#endif

mtype:place = { HOME, OTHER, NOWHERE, RELEASED };
mtype:order = { TAKE, PUT, FREE };
mtype:stage = { UNUSED, OPEN, ACTED, ENDED };
mtype:row = { TO_DO, TAKEN, FREED, DONE, DRIFTED, HELD };

#define SET(place) (1 << (place))

/* --- Apple --- */

mtype:place truth = HOME;
byte recent = SET(HOME);	/* places that a read may show */
byte since = SET(HOME);		/* where the device was since the client's wait began */
bool settling, settled;
bool off_by_us;			/* nobody else has moved it since we took it off */
bool moved;			/* ... since our last look began: what nobody can see in time */
byte incarnation;		/* how often it has come back from a release */

typedef activity {
	mtype:stage stage = UNUSED;
	mtype:order order;
	bool failed;
}
activity apple[2];

#define UNDER_WAY(i) (apple[i].stage == OPEN || apple[i].stage == ACTED)
#define QUARANTINE_OVER (!UNDER_WAY(0) && !UNDER_WAY(1))

/* --- the ledger: what a kill leaves --- */

bool custody, intent, known;	/* known: the intent's activity */
byte mine;			/* which it is */
mtype:order ordered;
bool deed;			/* a release was sent, not proved and not refused */
byte deed_of;			/* ... of this incarnation */
mtype:row row = TO_DO;
bool releases;			/* the program: release, or rebuild */

byte kills = KILLS, moves = MOVES, runs = RUNS, released_of = 255;
bool finished;

inline change(to) {
	truth = to;
	recent = recent | SET(to);
	since = since | SET(to)
}

inline carry_out(i) {
	apple[i].stage = ACTED;
	if
	:: apple[i].order == TAKE && truth == HOME ->
		assert(custody);	/* nothing is off its server and forgotten */
		change(NOWHERE);
		off_by_us = true
	:: apple[i].order == PUT && truth == HOME ->
		assert(moved)		/* it takes the enrollment profile away */
	:: apple[i].order == PUT && (truth == OTHER || truth == NOWHERE) ->
		assert(truth == NOWHERE || moved);	/* somebody else's change */
		change(HOME);
		off_by_us = false
	:: apple[i].order == FREE && truth != RELEASED ->
		change(RELEASED);
		off_by_us = false
	:: else -> apple[i].failed = true
	fi
}

proctype services() {
	byte i;
end:	do
	:: atomic { !finished && apple[0].stage == OPEN -> carry_out(0) }
	:: atomic { !finished && apple[1].stage == OPEN -> carry_out(1) }
	:: atomic { apple[0].stage == OPEN -> apple[0].stage = ENDED; apple[0].failed = true }
	:: atomic { apple[1].stage == OPEN -> apple[1].stage = ENDED; apple[1].failed = true }
	:: atomic { apple[0].stage == ACTED -> apple[0].stage = ENDED }
	:: atomic { apple[1].stage == ACTED -> apple[1].stage = ENDED }
	:: atomic { settling && !settled -> recent = since; settled = true }
	od
}

proctype others() {
end:	do
	:: atomic { moves > 0 && truth != RELEASED ->
		moves--;
		off_by_us = false;
		moved = true;
		if
		:: truth != HOME -> change(HOME)
		:: truth != OTHER -> change(OTHER)
		:: change(RELEASED)
		fi }
	:: atomic { moves > 0 && truth == RELEASED ->
		moves--;
		moved = true;
		incarnation++;
		change(HOME) }
	od
}

/* --- the client --- */

#define MAY_DIE if :: kills > 0 -> kills--; goto start :: true fi

/* Any place that a read may show. */
inline look(ret) {
	atomic {
		if
		:: recent & SET(HOME) -> ret = HOME
		:: recent & SET(OTHER) -> ret = OTHER
		:: recent & SET(NOWHERE) -> ret = NOWHERE
		:: recent & SET(RELEASED) -> ret = RELEASED
		fi;
		moved = ret != truth
	}
}

inline settle() {
	atomic { settling = true; settled = false; since = SET(truth) };
	settled;
	settling = false
}

/* The intent is in the ledger. Refused: nothing has happened. Lost: no reply came. */
inline send() {
	if
	:: atomic {
		/* one change at a time */
		assert(QUARANTINE_OVER);
		assert(ordered != FREE || released_of != incarnation);
		if
		:: !UNDER_WAY(0) -> mine = 0
		:: else -> mine = 1
		fi;
		apple[mine].stage = OPEN;
		apple[mine].order = ordered;
		apple[mine].failed = false;
		if
		:: ordered == FREE && !moved -> released_of = incarnation
		:: else
		fi };
		if
		:: kills > 0 -> kills--; goto start
		:: known = true
		:: true				/* the reply is lost */
		fi
	:: atomic { intent = false; deed = deed && ordered != FREE }	/* refused */
	fi
}

inline close() {
	atomic {
		if
		:: known && ordered == FREE && apple[mine].failed ->
			deed = false;
			released_of = 255
#ifdef DEED_AGAIN
		:: !known && ordered == FREE -> deed = false
#endif
		:: else
		fi;
		intent = false;
		known = false
	}
}

proctype client() {
	mtype:place first, second, seen;
	bool gives_up;

start:	atomic { settling = false; gives_up = false; first = NOWHERE; second = NOWHERE };
#ifdef NO_RECOVERY
	if
	:: runs < RUNS -> goto over
	:: else
	fi;
#endif
recover:
	MAY_DIE;
#ifdef EARLY_CUSTODY
	if
	:: custody -> look(first); settle(); look(second);
		if
		:: first == second && first != NOWHERE -> custody = false
		:: else
		fi
	:: else
	fi;
#endif
	if
	:: intent ->
#ifndef NO_BLOCK
		if
		:: known -> apple[mine].stage == ENDED
		:: !known -> QUARANTINE_OVER
		:: gives_up = true; goto over	/* it takes too long for this run */
		fi;
#endif
		close();
		MAY_DIE
	:: else
	fi;
	if
	:: custody ->
		look(first);
#ifdef ONE_READING
		second = first;
#else
		settle();
		MAY_DIE;
		look(second);
#endif
		MAY_DIE;
		if
		:: first != second -> goto recover
		:: first == second && first != NOWHERE ->
			atomic {
				assert(truth != NOWHERE || !off_by_us);
				custody = false;
				seen = first
			}
		:: first == second && first == NOWHERE ->
			atomic { intent = true; known = false; ordered = PUT };
			MAY_DIE;
			send();
			goto recover
		fi
	:: else -> seen = NOWHERE
	fi;
	MAY_DIE;
	if
	:: row == TO_DO -> look(first);
		if
		:: first != HOME -> row = DRIFTED
		:: first == HOME && releases && deed && deed_of == incarnation -> row = HELD
		:: first == HOME && releases && !(deed && deed_of == incarnation) ->
			atomic {
				intent = true; known = false; ordered = FREE;
				deed = true; deed_of = incarnation
			};
			MAY_DIE;
			send();
			goto recover
		:: first == HOME && !releases ->
			atomic {
				intent = true; known = false; ordered = TAKE;
				custody = true; row = TAKEN
			};
			MAY_DIE;
			send();
			goto recover
		fi
	:: row == TAKEN && seen == HOME -> row = DONE
	:: row == TAKEN && seen != HOME -> row = DRIFTED
	:: else
	fi;
over:	atomic {
		/* Whatever ends, what we took off is back, or the ledger names it. */
		assert(truth != NOWHERE || !off_by_us || custody);
		/* A run that does not say "off its server" leaves nothing off. */
		assert(gives_up || truth != NOWHERE || !off_by_us);
		runs--
	};
	if
	:: runs > 0 && row == DONE -> row = TO_DO; goto start
	:: runs > 0 -> goto start
	:: else
	fi;
	finished = true
}

init {
	atomic {
		if
		:: releases = false
		:: releases = true
		fi;
		run services();
		run others();
		run client()
	}
}
