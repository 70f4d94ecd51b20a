#include "model/outcome.h"

static const struct outcome_info outcomes[OUTCOME_MAX_] = {
#define X(id, word, exit_status, meaning) [OUTCOME_##id] = { word, meaning, exit_status },
	OUTCOME_LIST(X)
#undef X
};

static const struct reason_info reasons[REASON_MAX_] = {
#define X(id, code, sentence, remedy) [REASON_##id] = { code, sentence, remedy },
	REASON_LIST(X)
#undef X
};

const struct outcome_info *outcome_info(enum outcome o)
{
	return &outcomes[o];
}

bool outcome_from_word(struct str word, enum outcome *ret)
{
	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (str_eq(str_from(outcomes[i].word), word)) {
			*ret = (enum outcome)i;
			return true;
		}
	return false;
}

const struct reason_info *reason_info(enum reason r)
{
	return &reasons[r];
}

enum reason reason_of_end(enum errc code)
{
	switch (code) {
	case ERR_STOPPED:
		return REASON_RUN_STOPPED;
	case ERR_GUARD:
		return REASON_RUN_GUARDED;
	case ERR_LOCKED:
		return REASON_RUN_LOCKED;
	default:
		return errc_info(code)->retry == RETRY_LATER ? REASON_RUN_WAITING
							     : REASON_RUN_NOT_BEGUN;
	}
}
