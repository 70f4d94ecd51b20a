#include "model/step.h"

static const struct step_info infos[STEP_MAX_] = {
#define X(id, word, service, arg, off, back, final) \
	[STEP_##id] = { word, SERVICE_##service, ARG_##arg, off, back, final },
	STEP_LIST(X)
#undef X
};

const struct step_info *step_info(enum step_kind k)
{
	return &infos[k];
}

bool step_from_word(struct str word, enum step_kind *ret)
{
	for (int i = 0; i < STEP_MAX_; i++)
		if (str_eq(str_from(infos[i].word), word)) {
			*ret = (enum step_kind)i;
			return true;
		}
	return false;
}
