#include "model/change.h"

static const struct change_info changes[CHANGE_MAX_] = {
#define X(id, word, sentence) [CHANGE_##id] = { word, sentence },
	CHANGE_LIST(X)
#undef X
};

const struct change_info *change_info(enum change c)
{
	return &changes[c];
}
