/*
 * How a device can be otherwise than in an earlier export. Words are for scripts: they stay.
 */
#ifndef MODEL_CHANGE_H
#define MODEL_CHANGE_H

/* X(id, word, sentence), in the order in which they are shown. Some share a word,
 * and then follow each other, but no sentence. */
#define CHANGE_LIST(X)                                                                           \
	X(ADDED, "added", "Apple lists it, and the earlier export did not have it")              \
	X(RELEASED, "released", "it has left the organization")                                  \
	X(RETURNED, "returned", "it had left the organization, and is back")                     \
	X(ADDED_AGAIN, "returned", "it left the organization since, and was added again")        \
	X(LOST, "lost", "the earlier export had it, and Apple does not list it")                 \
	X(MOVED, "moved", "it is on another server")                                             \
	X(RENAMED, "renamed", "its server has another name, and is the same one")                \
	X(ASSIGNED, "assigned", "it was on no server, and is on one")                            \
	X(UNASSIGNED, "unassigned", "it was on a server, and is on none")                        \
	X(ENROLLED, "enrolled", "the UEM says that it is enrolled, and the export did not")      \
	X(UNENROLLED, "unenrolled", "the export said that it is enrolled, and the UEM does not") \
	X(UNLISTED, "unlisted", "the UEM listed it, and does not any more")                      \
	X(PROFILE, "profile", "the UEM gives it another profile")                                \
	X(VANISHED, "unknown",                                                                   \
		"the earlier export had it, and Apple's lists are not whole now: lost or not")   \
	X(TURNED_UP, "unknown",                                                                  \
		"Apple lists it, and the earlier export was not whole: added since or not")      \
	X(UEM_CUT, "unknown", "the UEM listed it, and its list is not whole now: listed or not") \
	X(MOVED_OR_RENAMED, "unknown",                                                           \
		"Apple has no server of the earlier name: moved, or its server was renamed")     \
	X(TWICE, "unknown", "the earlier export has several rows of it, which differ")           \
	X(UNREAD, "unreadable", "a row of the earlier export has no serial number that can be read")

enum change {
#define X(id, word, sentence) CHANGE_##id,
	CHANGE_LIST(X)
#undef X
		CHANGE_MAX_
};

struct change_info {
	const char *word, *sentence;
};
const struct change_info *change_info(enum change c);

#endif
