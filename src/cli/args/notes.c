/* What a person asks of each command before it is typed. */
#include "cli/args/options.h"

static const struct command_notes notes[] = {
#define X(id, changes, result, next) [COMMAND_##id] = { changes, result, next },
	COMMAND_NOTES(X)
#undef X
};

const struct command_notes *command_notes(const struct command *c)
{
	return &notes[c->id];
}
