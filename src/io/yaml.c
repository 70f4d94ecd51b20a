#include "io/yaml.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

#include "base/map.h"
#include "base/mem.h"
#include "io/file.h"

/* Past this many structural mistakes nothing new is learned. */
enum { MAX_MISTAKES = 50 };

struct frame {
	struct yaml_node *node, *last;
	bool has_key;
	struct str key;
	struct loc key_at;
	unsigned number; /* tells the keys of one map from those of another */
};

struct builder {
	struct yaml_doc *doc;
	struct diags *d;
	struct map keys; /* frame number + key of every member so far */
	struct buf key;
	struct frame stack[YAML_MAX_DEPTH];
	unsigned depth, n_nodes, n_maps, n_docs, n_mistakes;
	bool stop;
};

/* --- places --- */

/* Length of the line break at p, as libyaml counts lines; 0 for none. */
static size_t break_len(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	if (u[0] == '\r')
		return n > 1 && u[1] == '\n' ? 2 : 1;
	if (u[0] == '\n')
		return 1;
	if (u[0] == 0xc2 && n > 1 && u[1] == 0x85)
		return 2;
	if (u[0] == 0xe2 && n > 2 && u[1] == 0x80 && (u[2] == 0xa8 || u[2] == 0xa9))
		return 3;
	return 0;
}

static void index_lines(struct yaml_doc *doc)
{
	struct str s = doc->source;
	size_t begin = s.n - str_after_bom(s).n;
	size_t n = 1;

	for (int pass = 0; pass < 2; pass++) {
		n = 1;
		for (size_t i = begin; i < s.n;) {
			size_t brk = break_len(s.p + i, s.n - i);

			i += brk ? brk : 1;
			if (brk && pass)
				doc->lines[n] = (uint32_t)i;
			n += brk != 0;
		}
		if (!pass)
			doc->lines = arena_zalloc(&doc->arena, n * sizeof(*doc->lines));
	}
	doc->lines[0] = (uint32_t)begin;
	doc->n_lines = (uint32_t)n;
}

static struct str line_text(const struct yaml_doc *doc, unsigned line)
{
	size_t from, end;

	if (line == 0 || line > doc->n_lines)
		return STR_NONE;
	from = doc->lines[line - 1];
	end = line < doc->n_lines ? doc->lines[line] : doc->source.n;
	/* The longest break that ends there: a line may be long, and have many mistakes. */
	for (size_t n = 3; n; n--)
		if (line < doc->n_lines && end - from >= n &&
			break_len(doc->source.p + end - n, n) == n) {
			end -= n;
			break;
		}
	return str_sub(doc->source, from, end - from);
}

static struct loc loc_of_offset(const struct yaml_doc *doc, size_t offset)
{
	struct loc at = { doc->file, 1, 1 };

	while (at.line < doc->n_lines && doc->lines[at.line] <= offset)
		at.line++;
	for (size_t i = doc->lines[at.line - 1]; i < offset && i < doc->source.n; i++)
		at.col += ((unsigned char)doc->source.p[i] & 0xc0) != 0x80;
	return at;
}

static struct loc loc_of_mark(const struct yaml_doc *doc, yaml_mark_t mark)
{
	return (struct loc){ doc->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
}

struct diag *yaml_diag(struct diags *d, const struct yaml_doc *doc, enum diag_level level,
	const char *code, struct loc at, unsigned width, const char *fmt, ...)
{
	char text[1024];
	struct diag *entry;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	entry = diag_add(d, level, code, at, "%s", text);
	diag_source(d, entry, line_text(doc, at.line), width);
	return entry;
}

static void mistake(struct builder *b, struct loc at, const char *code, const char *text)
{
	(void)yaml_diag(b->d, b->doc, DIAG_ERROR, code, at, 1, "%s", text);
	if (++b->n_mistakes >= MAX_MISTAKES)
		b->stop = true;
}

/* For limits: whatever follows is not looked at. */
static void stop(struct builder *b, struct loc at, const char *code, const char *text)
{
	mistake(b, at, code, text);
	b->stop = true;
}

/* --- events to nodes --- */

static bool key_is_new(struct builder *b, const struct frame *f)
{
	bool is_new;

	buf_reset(&b->key);
	buf_add(&b->key, &f->number, sizeof(f->number));
	buf_str(&b->key, f->key);
	(void)map_add(&b->keys, buf_view(&b->key), &is_new);
	return is_new;
}

static void take_key(struct builder *b, struct frame *f, const yaml_event_t *e, struct loc at)
{
	struct diag *entry;

	f->has_key = true;
	f->key_at = at;
	f->key = STR_NONE;
	if (e->data.scalar.length == 0) {
		mistake(b, at, "yaml.bad-key", "a key is missing before the colon");
		return;
	}
	f->key = arena_dup(&b->doc->arena,
		(struct str){ (const char *)e->data.scalar.value, e->data.scalar.length });
	if (key_is_new(b, f))
		return;
	entry = yaml_diag(b->d, b->doc, DIAG_ERROR, "yaml.duplicate-key", at, (unsigned)f->key.n,
		"'%.*s' appears twice in this mapping", STR_FMT(f->key));
	diag_hint(b->d, entry, "remove one of them");
	b->n_mistakes++;
}

static struct yaml_node *new_node(struct builder *b, enum yaml_kind kind, struct loc at)
{
	struct yaml_node *node = arena_zalloc(&b->doc->arena, sizeof(*node));

	node->kind = kind;
	node->at = at;
	return node;
}

static void attach(struct builder *b, struct yaml_node *node)
{
	struct frame *f = b->depth ? &b->stack[b->depth - 1] : NULL;

	if (!f) {
		b->doc->root = node;
		return;
	}
	if (f->has_key) {
		node->key = f->key;
		node->key_at = f->key_at;
		f->has_key = false;
	}
	if (f->last)
		f->last->next = node;
	else
		f->node->first = node;
	f->last = node;
	f->node->n_children++;
}

static void push(struct builder *b, struct yaml_node *node)
{
	if (b->depth == YAML_MAX_DEPTH) {
		stop(b, node->at, "yaml.too-deep", "more than 32 levels inside each other");
		return;
	}
	b->stack[b->depth++] = (struct frame){ .node = node, .number = b->n_maps++ };
}

static void add_value(struct builder *b, const yaml_event_t *e, struct loc at)
{
	static const enum yaml_kind kinds[] = {
		[YAML_SCALAR_EVENT] = YAML_SCALAR,
		[YAML_SEQUENCE_START_EVENT] = YAML_LIST,
		[YAML_MAPPING_START_EVENT] = YAML_MAP,
	};
	struct yaml_node *node = new_node(b, kinds[e->type], at);

	attach(b, node);
	if (node->kind != YAML_SCALAR) {
		push(b, node);
		return;
	}
	node->text = arena_dup(&b->doc->arena,
		(struct str){ (const char *)e->data.scalar.value, e->data.scalar.length });
	node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
}

static const char *property_of(const yaml_event_t *e, const char **ret_code)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	*ret_code = anchor ? "yaml.anchor" : "yaml.tag";
	return anchor ? "anchors (&name) are not used here"
	       : tag  ? "tags (!name) are not used here"
		      : NULL;
}

static void on_value(struct builder *b, const yaml_event_t *e)
{
	struct frame *f = b->depth ? &b->stack[b->depth - 1] : NULL;
	struct loc at = loc_of_mark(b->doc, e->start_mark);
	const char *code, *text = property_of(e, &code);

	if (text)
		mistake(b, at, code, text);
	if (++b->n_nodes > YAML_MAX_NODES) {
		stop(b, at, "yaml.too-many-nodes", "more than 100,000 values");
		return;
	}
	if (f && f->node->kind == YAML_MAP && !f->has_key) {
		if (e->type == YAML_SCALAR_EVENT)
			take_key(b, f, e, at);
		else
			stop(b, at, "yaml.bad-key", "a key has to be plain text");
		return;
	}
	add_value(b, e, at);
}

static void on_event(struct builder *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++b->n_docs > 1)
			stop(b, loc_of_mark(b->doc, e->start_mark), "yaml.second-document",
				"a second document starts here: one file holds one");
		break;
	case YAML_ALIAS_EVENT:
		stop(b, loc_of_mark(b->doc, e->start_mark), "yaml.alias",
			"aliases (*name) are not used here");
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		break;
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		on_value(b, e);
		break;
	default:
		break;
	}
}

static void on_parser_error(struct builder *b, const yaml_parser_t *p)
{
	struct loc at = p->error == YAML_READER_ERROR
				? loc_of_offset(b->doc, b->doc->lines[0] + p->problem_offset)
				: loc_of_mark(b->doc, p->problem_mark);
	struct diag *entry = yaml_diag(b->d, b->doc, DIAG_ERROR, "yaml.syntax", at, 1, "%s",
		p->problem ? p->problem : "this is no YAML");

	if (p->error == YAML_MEMORY_ERROR)
		abort();
	if (p->context && p->context_mark.line != p->problem_mark.line)
		diag_hint(b->d, entry, "%s that starts on line %zu", p->context,
			p->context_mark.line + 1);
	else if (p->error == YAML_SCANNER_ERROR && strstr(entry->text.p, "cannot start any token"))
		diag_hint(b->d, entry, "quote text that starts with a special character");
	b->stop = true;
}

static void parse(struct builder *b)
{
	yaml_parser_t parser;
	yaml_event_t event;
	struct str all = b->doc->source;
	struct str text = str_sub(all, b->doc->lines[0], all.n - b->doc->lines[0]);
	bool end = false;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	while (!end && !b->stop) {
		if (!yaml_parser_parse(&parser, &event)) {
			on_parser_error(b, &parser);
			break;
		}
		on_event(b, &event);
		end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
}

/* --- documents --- */

/* What has to be refused before libyaml sees the bytes: it takes other encodings, and looks up
 * every %TAG directive in the list of all earlier ones. */
static bool bytes_acceptable(struct builder *b)
{
	for (unsigned line = 1; line <= b->doc->n_lines; line++) {
		struct loc at = { b->doc->file, line, 1 };
		struct str text = line_text(b->doc, line);

		if (!str_is_utf8(text)) {
			(void)diag_add(
				b->d, DIAG_ERROR, "yaml.encoding", at, "bytes that are not UTF-8");
			return false;
		}
		if (text.n && text.p[0] == '%') {
			mistake(b, at, "yaml.directive", "directives (%NAME) are not used here");
			return false;
		}
	}
	return true;
}

static struct yaml_doc *doc_new(const char *name, struct str bytes)
{
	struct yaml_doc *doc = mem_zalloc(sizeof(*doc));

	arena_init(&doc->arena);
	doc->file = arena_dup(&doc->arena, str_from(name)).p;
	doc->source = arena_dup(&doc->arena, bytes);
	index_lines(doc);
	return doc;
}

static enum errc too_large(const char *name, struct diags *d, struct err *err)
{
	struct loc at = { name, 1, 1 };

	(void)diag_add(d, DIAG_ERROR, "yaml.too-large", at, "larger than 1 MiB");
	return err_set(err, ERR_SYNTAX, "%s is larger than 1 MiB", name);
}

enum errc yaml_load_bytes(
	struct yaml_doc **ret, const char *name, struct str bytes, struct diags *d, struct err *err)
{
	size_t before = d->n_errors;
	struct builder b = { .d = d };
	enum errc rc = ERR_OK;

	if (bytes.n > YAML_MAX_BYTES)
		return too_large(name, d, err);
	b.doc = doc_new(name, bytes);
	map_init(&b.keys, 0);
	buf_init(&b.key, YAML_MAX_BYTES + sizeof(unsigned));
	if (bytes_acceptable(&b))
		parse(&b);
	map_release(&b.keys);
	buf_release(&b.key);
	if (d->n_errors > before) {
		rc = err_set(err, ERR_SYNTAX, "%s has mistakes", name);
		yaml_doc_free(b.doc);
	} else {
		*ret = b.doc;
	}
	return rc;
}

enum errc yaml_load_fd(
	struct yaml_doc **ret, int fd, const char *path, struct diags *d, struct err *err)
{
	struct buf bytes;
	enum errc rc = file_read_fd(fd, path, YAML_MAX_BYTES, &bytes, err);

	if (rc == ERR_LIMIT)
		return too_large(path, d, err);
	if (rc != ERR_OK)
		return rc;
	rc = yaml_load_bytes(ret, path, buf_view(&bytes), d, err);
	buf_release(&bytes);
	return rc;
}

enum errc yaml_load(struct yaml_doc **ret, const char *path, struct diags *d, struct err *err)
{
	enum errc rc = file_refuse_pipe(path, err);
	int fd = rc ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (!rc)
		rc = yaml_load_fd(ret, fd, path, d, err);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

void yaml_doc_free(struct yaml_doc *doc)
{
	if (!doc)
		return;
	arena_release(&doc->arena);
	free(doc);
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *n = map->first; n; n = n->next)
		if (str_eq(n->key, str_from(key)))
			return n;
	return NULL;
}

const char *yaml_kind_word(enum yaml_kind kind)
{
	static const char *const words[] = { "text", "a list", "a mapping" };

	return words[kind];
}
