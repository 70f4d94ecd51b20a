/*
 * Private to settings*.c: the readers of values that only settings have.
 */
#ifndef MODEL_SETTINGS_READ_H
#define MODEL_SETTINGS_READ_H

#include "io/yaml_table.h"
#include "model/settings.h"
#include "model/settings_schema.h"

enum {
	SETTINGS_MAX_ARGS = 64,
	SETTINGS_MAX_LIST = 100,
	SETTINGS_MAX_BATCH = 10000,
};

/* struct secret */
void settings_read_secret(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* const char *: https, or http for a loopback address; without a slash at the end. */
void settings_read_url(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* const char *: a path, beside the settings file unless absolute. */
void settings_read_path(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* char **: argv of at least one word; a program with a slash is beside the settings file. */
void settings_read_command(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* int64_t: a point in time */
void settings_read_date(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* uint32_t: the mode of a file: 0600, 0640 or 0644. */
void settings_read_mode(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* struct rate */
void settings_read_rate(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);

/* Lists and choices of struct settings; `to` is the whole struct. */
void settings_read_tokens(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void settings_read_profile_status(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void settings_read_enrollment(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void settings_read_rules(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);

/* `windows:`; `to` is the whole struct. */
void settings_read_previous(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void settings_read_windows(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* The keys of `notify:`. */
extern const struct yaml_key settings_notify_keys[];
/* The keys of `keep:`, of `poll:` and of `approval:`. */
extern const struct yaml_key settings_keep_keys[], settings_poll_keys[];
extern const struct yaml_key settings_approval_keys[];

/* `name` beside the file being read, unless absolute; owned by the reader's arena. */
const char *settings_beside(struct yaml_reader *r, const char *name);

#endif
