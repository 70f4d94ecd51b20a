/*
 * M2: two devices of one server in one activity. Apple may carry out one half of an activity, or
 * refuse a request and name one device; the budget of writes is small and does not grow before the
 * run has to end; the client may be killed at every step and is started again.
 *
 * Take one rule out:
 *	NO_RESERVE     a device is taken off though no token is left to put it back
 *	NO_FIRST_CALL  what earlier runs left off is served after the run's own
 *	NO_INTENT      custody is written after the request, not before
 *	SPLIT          a put-back is sent one by one though no token is left for the rest
 *	ALL_OR_NOTHING custody ends for both when one device is seen back
 */
#ifndef KILLS
#define KILLS 2
#endif
#ifndef TOKENS
#define TOKENS 4
#endif

#define N 2
#define ALL 3			/* both, as a set of bits */
#define HAS(set, i) ((set) & (1 << (i)))

byte off;			/* truth: who is on no server */
byte refuses;			/* whom Apple refuses to move */
byte refused;			/* whom it has refused to put back, in so many words */
byte tokens, kills = KILLS;
bool killed;
bool mischief = true;		/* one activity may still end half done */
bool halved;			/* a put-back did */

/* The one activity under way: no other is sent until its end is told (see M1). */
bool under_way, takes;
byte targets, acted;

/* The ledger. */
byte custody, intent;
bool intent_takes;
byte done_with;			/* rows that were taken off once: not again */
byte left_off, had;		/* custody of earlier runs and tokens, at this run's start */

proctype services() {
	byte i;
end:	do
	:: atomic { under_way ->
		i = 0;
		do
		:: i < N && HAS(targets, i) ->
			if
			:: HAS(targets, i) && takes ->
				assert(HAS(custody, i));
				off = off | (1 << i)
			:: HAS(targets, i) && !takes -> off = off & ~(1 << i)
			:: mischief && targets == ALL -> mischief = false; halved = halved || !takes
			fi;
			i++
		:: i < N && !HAS(targets, i) -> i++
		:: i == N -> break
		od;
		i = 0;
		under_way = false }
	od
}

#define MAY_DIE if :: kills > 0 -> kills--; killed = true; goto start :: true fi

byte answer;			/* 0: accepted, or lost; else who was named */

inline send(set, taking) {
	atomic {
		assert(!under_way && tokens > 0 && (set) != 0);
		tokens--;
		if
		:: (set) & refuses ->
			if
			:: HAS(set, 0) && HAS(refuses, 0) -> answer = 1
			:: else -> answer = 2
			fi
		:: else ->
			answer = 0;
			under_way = true;
			takes = taking;
			targets = set
		fi
	}
}

proctype client() {
	byte set;

start:	atomic { left_off = custody; had = tokens; set = 0; answer = 0 };
again:	/* one intent after the other: its activity has to end first */
	if
	:: intent -> !under_way; intent = 0
	:: else
	fi;
	MAY_DIE;
	/* Who is seen on the server after all needs no put-back: readings as in M1. */
#ifdef ALL_OR_NOTHING
	atomic {
		if
		:: (custody & off) != custody -> custody = 0
		:: else
		fi
	};
#else
	custody = custody & off;
#endif
	MAY_DIE;
#ifdef NO_FIRST_CALL
	set = custody & ~left_off;
	if
	:: set == 0 && done_with == ALL -> set = custody
	:: else
	fi;
#else
	set = custody;
#endif
	if
	:: set & ~refused ->
		set = set & ~refused;
#ifdef SPLIT
		if
		:: set == ALL -> set = 1
		:: else
		fi;
#endif
		if
		:: tokens == 0 -> goto over
		:: else
		fi;
		atomic { intent = set; intent_takes = false };
		MAY_DIE;
		send(set, false);
		if
		:: answer -> refused = refused | answer; intent = 0
		:: else
		fi;
		MAY_DIE;
		goto again
	:: else
	fi;
	set = ALL & ~done_with & ~custody;
	if
	:: set == ALL -> set = 1	/* a wave */
	:: true
	fi;
#ifdef NO_RESERVE
	if
	:: set && tokens >= 1 ->
#else
	/* One to take them off, one to put them back. */
	if
	:: set && tokens >= 2 ->
#endif
#ifdef NO_INTENT
		atomic { intent = set; intent_takes = true; done_with = done_with | set };
		send(set, true);
		if
		:: kills > 0 -> kills--; killed = true; goto start
		:: custody = custody | set
		fi;
#else
		atomic {
			custody = custody | set;
			intent = set; intent_takes = true; done_with = done_with | set
		};
		MAY_DIE;
		send(set, true);
#endif
		if
		:: answer ->
			/* Nothing has happened; the others may be tried again. */
			atomic {
				custody = custody & ~set;
				intent = 0;
				done_with = (done_with & ~set) | answer
			}
		:: else
		fi;
		MAY_DIE;
		goto again
	:: else
	fi;
over:	atomic {
		/* Nothing is off and forgotten. */
		assert((off & ~custody) == 0 || under_way);
		/* Nothing is off, unless Apple refused to put it back or did half, or a kill cost
		 * tokens. */
		assert(off == 0 || killed || refused || halved);
		/* What earlier runs left off stays off only for want of tokens. */
		assert((left_off & off) == 0 || had == 0 || refused || halved)
	}
}

init {
	atomic {
		if
		:: refuses = 0
		:: refuses = 1
		:: refuses = 2
		fi;
		if
		:: tokens = 1
		:: tokens = 2
		:: tokens = TOKENS
		fi;
		run services();
		run client()
	}
}

/* Apple may change its mind about whom it refuses, between two requests. */
active proctype moods() {
end:	do
	:: atomic { refuses == 0 -> refuses = 1; break }
	:: atomic { refuses != 0 -> refuses = 0; break }
	od
}
