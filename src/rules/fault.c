/* Cells that the conditions cannot compare, whether or not a rule comes to look at them. */
#include "rules/ruleset.h"

bool rules_row_at_fault(struct ruleset *set, const struct rules_row *row, struct rules_fault *ret)
{
	struct judge j = judge_of(set, row);

	for (uint32_t i = 0; i < set->leaves.n; i++) {
		const struct leaf *leaf = &set->leaves.v[i];
		bool dated = leaf->compare == BY_DATE || leaf->compare == BY_AGE;

		if (leaf->source.kind != SOURCE_COLUMN || !leaf_is_at_fault(&j, leaf))
			continue;
		*ret = (struct rules_fault){
			.why = set->why,
			.column = rules_ref_name(&set->refs.v[leaf->source.ref]),
			.cell = judge_cell(&j, leaf->source.ref),
			.wants_date = dated,
		};
		return true;
	}
	return false;
}
