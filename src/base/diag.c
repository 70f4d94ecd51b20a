#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

/* A quoted line shows at most this many characters, of which LEAD before the mistake. */
enum { SHOWN = 120, LEAD = 60 };

/* Of places that share one mistake so many are named after the first. */
enum { PLACES = 5 };

void diags_init(struct diags *d)
{
	*d = (struct diags){ 0 };
	arena_init(&d->arena);
	map_init(&d->groups, 0);
}

void diags_release(struct diags *d)
{
	arena_release(&d->arena);
	map_release(&d->groups);
	free(d->n_alike);
	free(d->v);
	*d = (struct diags){ 0 };
}

static const char *own_file(struct diags *d, const char *file)
{
	const char *last = d->n ? d->v[d->n - 1].at.file : NULL;

	if (!file)
		return NULL;
	return last && strcmp(last, file) == 0 ? last : arena_dup(&d->arena, str_from(file)).p;
}

/* A new group only while there is room for its first entry. */
static uint32_t group_of(struct diags *d, enum diag_level level, const char *code, const char *file,
	const char *text)
{
	uint32_t group;
	bool fresh = false;
	char *key = mem_printf("%d %s %s\n%s", (int)level, code, file ? file : "", text);

	group = d->n < DIAG_MAX ? map_add(&d->groups, str_from(key), &fresh)
				: map_find(&d->groups, str_from(key));
	free(key);
	if (fresh) {
		MEM_GROW(d->n_alike, group, d->cap_alike);
		d->n_alike[group] = 0;
	}
	if (group == MAP_NONE)
		d->n_dropped++;
	else
		d->n_alike[group]++;
	return group;
}

struct diag *diag_add(struct diags *d, enum diag_level level, const char *code, struct loc at,
	const char *fmt, ...)
{
	char text[1024] = "";
	uint32_t group;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*(level == DIAG_ERROR ? &d->n_errors : &d->n_warnings) += 1;
	group = group_of(d, level, code, at.file, text);
	if (d->n >= DIAG_MAX)
		return &d->spare;
	at.file = own_file(d, at.file);
	MEM_GROW(d->v, d->n, d->cap);
	d->v[d->n] = (struct diag){
		.level = level,
		.code = code,
		.at = at,
		.text = arena_dup(&d->arena, str_from(text)),
		.width = 1,
		.group = group,
	};
	return &d->v[d->n++];
}

void diag_hint(struct diags *d, struct diag *entry, const char *fmt, ...)
{
	char text[2048] = "";
	va_list ap;

	if (entry == &d->spare)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	entry->hint = arena_dup(&d->arena, str_from(text));
}

/* Bytes of the first n characters. */
static size_t chars(struct str s, size_t n)
{
	size_t i = 0;

	for (; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80 && n-- == 0)
			break;
	return i;
}

static struct str skip_chars(struct str s, size_t n)
{
	size_t i = chars(s, n);

	return str_sub(s, i, s.n - i);
}

void diag_source(struct diags *d, struct diag *entry, struct str line, unsigned width)
{
	size_t col = entry->at.col ? entry->at.col - 1 : 0, skip = 0;

	if (entry == &d->spare)
		return;
	while (skip < line.n && (line.p[skip] == ' ' || line.p[skip] == '\t'))
		skip++;
	if (skip > col)
		skip = col;
	if (col - skip > LEAD)
		skip = col - LEAD;
	line = skip_chars(line, skip);
	line.n = chars(line, SHOWN);
	entry->source = arena_dup(&d->arena, line);
	entry->caret = (unsigned)(col - skip) + 1;
	entry->width = width ? width : 1;
}

struct nearest nearest_to(struct str word)
{
	/* A third of the word may be wrong, but three letters at most. */
	size_t most = word.n < 4 ? 1 : word.n / 3;

	return (struct nearest){ word, STR_NONE, (unsigned)(most > 3 ? 3 : most) + 1 };
}

void nearest_try(struct nearest *n, struct str candidate)
{
	unsigned distance = str_distance(n->word, candidate);

	/* An abbreviation is as good as a slip of two letters. */
	if (n->word.n >= 3 && distance > 2 && str_starts_nocase(candidate, n->word))
		distance = 2;
	if (distance < n->distance && distance < n->word.n) {
		n->distance = distance;
		n->best = candidate;
	}
}

struct str nearest_best(const struct nearest *n)
{
	return n->best;
}

void diag_suggest(struct diags *d, struct diag *entry, const struct nearest *n)
{
	if (n->best.n)
		diag_hint(d, entry, "did you mean '%.*s'?", STR_FMT(n->best));
}

static void print_clean(struct str s, FILE *out)
{
	char copy[1024];
	size_t n = s.n < sizeof(copy) ? s.n : sizeof(copy);

	for (size_t i = 0; i < n; i++)
		copy[i] = s.p[i] == '\t' ? ' ' : s.p[i];
	text_clean(copy, n);
	(void)fwrite(copy, 1, n, out);
}

static void print_place(struct loc at, FILE *out)
{
	if (!at.file)
		return;
	print_clean(str_from(at.file), out);
	if (at.line)
		(void)fprintf(out, ":%u", at.line);
	if (at.line && at.col)
		(void)fprintf(out, ":%u", at.col);
	(void)fputs(": ", out);
}

static void print_source(const struct diag *e, FILE *out)
{
	size_t room = SHOWN + 1 - (e->caret < SHOWN ? e->caret : SHOWN);

	(void)fputs("    ", out);
	print_clean(e->source, out);
	(void)fprintf(out, "\n    %*s", (int)e->caret, "^");
	for (size_t i = 1; i < e->width && i < room; i++)
		(void)fputc('~', out);
	(void)fputc('\n', out);
}

static void print_one(const struct diag *e, FILE *out)
{
	print_place(e->at, out);
	(void)fprintf(out, "%s: ", e->level == DIAG_ERROR ? "error" : "warning");
	print_clean(e->text, out);
	(void)fprintf(out, " [%s]\n", e->code);
	if (e->source.n)
		print_source(e, out);
	for (struct str rest = e->hint; rest.n;) {
		(void)fputs("  ", out);
		print_clean(str_cut(&rest, '\n'), out);
		(void)fputc('\n', out);
	}
}

/* One entry with what decides its place in the print. */
struct ranked {
	const struct diag *e;
	size_t file, n; /* first entry of the same file; own number */
};

static int rank_cmp(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->e->at.line != b->e->at.line)
		return a->e->at.line < b->e->at.line ? -1 : 1;
	if (a->e->at.col != b->e->at.col)
		return a->e->at.col < b->e->at.col ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

static bool same_file(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Where else: `the same on lines 9, 12 and 40 more`, with columns `the same at 9:3 and 12:7`. */
static void print_places(const struct diags *d, const struct ranked *order, size_t first, FILE *out)
{
	const struct diag *e = order[first].e;
	size_t left = d->n_alike[e->group] - 1, named = 0;

	if (!left)
		return;
	if (!e->at.line) {
		(void)fprintf(out, "  and %zu more of the same\n", left);
		return;
	}
	(void)fprintf(out, "  the same %s", e->at.col ? "at" : left > 1 ? "on lines" : "on line");
	for (size_t i = first + 1; i < d->n && named < PLACES; i++) {
		const struct diag *other = order[i].e;

		if (other->group != e->group)
			continue;
		(void)fprintf(out, "%s %u", !named ? "" : left > 1 ? "," : " and", other->at.line);
		if (other->at.col)
			(void)fprintf(out, ":%u", other->at.col);
		named++;
		left--;
	}
	if (left)
		(void)fprintf(out, " and %zu more", left);
	(void)fputc('\n', out);
}

void diags_print(const struct diags *d, FILE *out)
{
	bool *told = mem_zalloc(d->groups.n + 1);
	struct ranked *order = mem_alloc((d->n + 1) * sizeof(*order));

	for (size_t i = 0; i < d->n; i++) {
		size_t file = 0;

		while (!same_file(d->v[file].at.file, d->v[i].at.file))
			file++;
		order[i] = (struct ranked){ &d->v[i], file, i };
	}
	qsort(order, d->n, sizeof(*order), rank_cmp);
	for (size_t i = 0; i < d->n; i++) {
		bool *known = &told[order[i].e->group];

		if (*known)
			continue;
		*known = true;
		print_one(order[i].e, out);
		print_places(d, order, i, out);
	}
	if (d->n_dropped)
		(void)fprintf(out, "and %zu more\n", d->n_dropped);
	free(told);
	free(order);
}

void diags_tell(const struct diags *d)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		abort();
	diags_print(d, out);
	if (fclose(out) != 0 || !text) /* glibc tells so alone that memory lacked at its end */
		abort();
	if (n)
		log_text((struct str){ text, n });
	free(text);
}
