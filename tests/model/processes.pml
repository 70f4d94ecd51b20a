/*
 * M3: writers and a reader share a state folder, and so a lock and a budget of sends. Each may be
 * killed, or stopped for ever, at every step.
 *
 * Take one rule out:
 *	LOCK_BY_PID    the lock is a note with a number, broken when its process seems to be gone,
 *	               rather than held by an open file that the kernel closes
 *	OWN_RATES      each process counts its own sends only
 *	READERS_LOCK   a reader may be stopped while it holds what a writer waits for
 *	NO_FIRST_CALL  a reader leaves nothing for the lock's holder
 *	OLD_TOKENS     what was reserved in one window is sent in a later one
 */
#ifndef MISHAPS
#define MISHAPS 2
#endif
#define LIMIT 4			/* sends in one window */
#define NEEDED 2		/* what the lock's holder may want of it */
#define WRITERS 3
#define READER 3
#define NOBODY 9

byte holder = NOBODY;		/* of the lock */
byte rate_lock = NOBODY;	/* of the file of rates, where there is such a thing */
byte taken, sent;		/* in this window: in the file, and in truth */
byte writing;			/* how many believe that the ledger is theirs */
byte mishaps = MISHAPS;
bool alive[4] = true, stopped[4], waits[4];
bool fresh[4];			/* what the process reserved belongs to this window */
byte own[4];
byte waited[4];			/* windows that ended while the process waited for its turn */

inline ends(me) {
	alive[me] = false;
	waits[me] = false;
	if
	:: holder == me ->
		writing--;
#ifndef LOCK_BY_PID
		holder = NOBODY
#endif
	:: else
	fi;
	if
	:: rate_lock == me -> rate_lock = NOBODY
	:: else
	fi
}

#define MISHAP(me) if \
	:: atomic { mishaps > 0 -> mishaps--; ends(me); goto gone } \
	:: atomic { mishaps > 0 -> mishaps--; waits[me] = false; stopped[me] = true; goto gone } \
	:: true fi

inline got(me) {
	fresh[me] = true;
	waits[me] = false;
	waited[me] = 0
}

/* room: how much of the window others leave to this process. */
inline send_one(me, room) {
	waits[me] = true;
#ifdef READERS_LOCK
	atomic { rate_lock == NOBODY -> rate_lock = me };
	MISHAP(me);
#endif
	do
	:: true ->
#ifdef OWN_RATES
		atomic { own[me] < LIMIT -> own[me]++; got(me) };
#else
		atomic { taken < room -> taken++; got(me) };
#endif
		MISHAP(me);
		atomic {
			if
#ifndef OLD_TOKENS
			:: !fresh[me] -> waits[me] = true	/* once more */
			:: fresh[me] ->
#else
			:: true ->
#endif
				sent++;
				assert(sent <= LIMIT);
				break
			fi
		}
	od;
#ifdef READERS_LOCK
	rate_lock = NOBODY;
#endif
	MISHAP(me)
}

proctype writer(byte me) {
	byte n;

	if
	:: atomic { holder == NOBODY -> holder = me; writing++ }
#ifdef LOCK_BY_PID
	:: holder != NOBODY && !alive[holder] ->
		/* Here another may have looked and found the same. */
		atomic { holder = me; writing++ }
	:: atomic { holder != NOBODY && alive[holder] -> goto gone }
#else
	:: atomic { holder != NOBODY -> goto gone }	/* 11 */
#endif
	fi;
	assert(writing == 1);
	MISHAP(me);
	do
	:: n < NEEDED -> send_one(me, LIMIT); n++
	:: n == NEEDED -> break
	od;
	atomic { assert(writing == 1 && holder == me); ends(me) };
gone:	skip
}

proctype reader(byte me) {
end:	do
#ifdef NO_FIRST_CALL
	:: send_one(me, LIMIT)
#else
	:: send_one(me, (holder == NOBODY -> LIMIT : LIMIT - NEEDED))
#endif
	:: break
	od;
	atomic { ends(me) };
gone:	skip
}

/* A window ends. Whoever could not have had a turn in it has waited for it. */
proctype clock() {
	byte i;

end:	do
	:: atomic {
		i = 0;
		do
		:: i < 4 ->
			if
			:: i < WRITERS && waits[i] && 
				(taken == LIMIT || (rate_lock != NOBODY && stopped[rate_lock])) ->
				waited[i]++;
				assert(waited[i] <= 1)	/* nobody waits without end */
			:: else
			fi;
			fresh[i] = false;
			own[i] = 0;
			i++
		:: i == 4 -> break
		od;
		i = 0; taken = 0; sent = 0 }
	od
}

init {
	atomic { run writer(0); run writer(1); run writer(2); run reader(READER); run clock() }
}
