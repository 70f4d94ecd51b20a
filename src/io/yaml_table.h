/*
 * Mappings read by tables: one row per key says where its value goes, how it is read, whether it
 * has to be there and what it is when it is not. Unknown keys, missing keys and unusable values are
 * told with their place; reading goes on, so that every mistake of a file is told at once.
 */
#ifndef IO_YAML_TABLE_H
#define IO_YAML_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "io/yaml.h"

enum { YAML_PATH_MAX = 200 };

struct yaml_key;

struct yaml_reader {
	const struct yaml_doc *doc;
	struct diags *d;
	struct arena *arena; /* owns what the readers keep */
	void *self;          /* for the file's own readers */
	/* Told about every value of a mapping, given or preset (at.file NULL); may be NULL. */
	void (*note)(struct yaml_reader *r, const struct yaml_node *value);
	char path[YAML_PATH_MAX]; /* "limits.devices": where reading stands */
};

struct yaml_key {
	const char *name; /* NULL ends the table */
	void (*read)(struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n,
		void *to);
	size_t offset;      /* of the target in the mapping's struct */
	const char *preset; /* text read when the key is missing; NULL: the target stays */
	bool required;
	const struct yaml_key *keys; /* of yaml_read_map() */
	uint32_t min, max;           /* of yaml_read_u32() and yaml_read_percent() */
	const char *least, *most;    /* of yaml_read_duration(): as one writes them */
	/* For editors and manuals: a sentence, the name of the definition that describes the value,
	 * and a value as one writes it. */
	const char *help, *schema, *example;
};

/* YAML_KEY("name", reader, offset, .preset = "...", ...) */
#define YAML_KEY(name_, read_, ...)                                     \
	{                                                               \
		.name = (name_), .read = (read_), .offset = __VA_ARGS__ \
	}
#define YAML_KEYS_END        \
	{                    \
		.name = NULL \
	}

/* Reads a mapping; n NULL: none was given, so only presets are read. `to` is the mapping's struct.
 */
void yaml_read_map(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* const char *: not empty, no control bytes. */
void yaml_read_text(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* uint32_t within key->min and key->max. */
void yaml_read_u32(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* uint32_t: key->min to key->max (0: 100), with or without `%`. */
void yaml_read_percent(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* int64_t milliseconds, more than 0, and between key->least and key->most unless they are NULL. */
void yaml_read_duration(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);

/* --- for readers --- */
/* An error at the node, underlined as far as it goes. */
struct diag *yaml_bad(struct yaml_reader *r, const struct yaml_node *n, const char *code,
	const char *fmt, ...) PRINTF(4, 5);
/* Complains unless the node has that kind. */
bool yaml_expect(struct yaml_reader *r, const struct yaml_node *n, enum yaml_kind kind);
/* Complains unless the node is text that is not empty and has no control bytes; a copy with a NUL
 * in the reader's arena, NULL on a complaint. */
const char *yaml_text(struct yaml_reader *r, const struct yaml_node *n);
/* Warns of characters that nobody sees. Some names do hold one, so that is no mistake by itself. */
void yaml_warn_invisible(struct yaml_reader *r, const struct yaml_node *n);
/* Index of the text in the NULL-terminated list; complains and -1 when it is not there. */
int yaml_word(struct yaml_reader *r, const struct yaml_node *n, const char *const *words);
/* `true` or `false`. */
bool yaml_flag(struct yaml_reader *r, const struct yaml_node *n, bool *ret);

#endif
