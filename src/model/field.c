#include "model/field.h"

static const struct field_info columns[COLUMN_MAX_] = {
#define X(id, word, type) [COLUMN_##id] = { word, TYPE_##type, READING_CSV },
	COLUMN_LIST(X)
#undef X
};

static const struct field_info facts[FACT_MAX_] = {
#define X(id, word, type, reading) [FACT_##id] = { word, TYPE_##type, READING_##reading },
	FACT_LIST(X)
#undef X
};

static const char *const readings[READING_MAX_] = {
#define X(id, words) [READING_##id] = words,
	READING_LIST(X)
#undef X
};

const struct field_info *column_info(enum column c)
{
	return &columns[c];
}

const struct field_info *fact_info(enum fact f)
{
	return &facts[f];
}

const char *reading_words(enum reading r)
{
	return readings[r];
}

uint64_t reading_facts(enum reading r)
{
#define X(id, word, type, reading) | (READING_##reading == r ? FACT_BIT(FACT_##id) : 0)
	return 0 FACT_LIST(X);
#undef X
}

bool reading_is_uem(enum reading r)
{
	return r >= READING_UEM_LIST && r <= READING_UEM_APPS;
}

bool column_from_word(struct str word, enum column *ret)
{
	for (int i = 0; i < COLUMN_MAX_; i++)
		if (str_eq(str_from(columns[i].word), word)) {
			*ret = (enum column)i;
			return true;
		}
	return false;
}

bool fact_from_word(struct str word, enum fact *ret)
{
	for (int i = 0; i < FACT_MAX_; i++)
		if (str_eq(str_from(facts[i].word), word)) {
			*ret = (enum fact)i;
			return true;
		}
	return false;
}
