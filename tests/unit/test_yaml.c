#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "io/yaml.h"

static struct diags diags;

static int set_up(void **state)
{
	(void)state;
	diags_init(&diags);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	diags_release(&diags);
	return 0;
}

static struct yaml_doc *good(const char *text)
{
	struct yaml_doc *doc = NULL;
	struct err err = { 0 };

	assert_int_equal(yaml_load_bytes(&doc, "t.yaml", str_from(text), &diags, &err), ERR_OK);
	assert_non_null(doc);
	return doc;
}

/* The first mistake of the text is `code` at line:col. */
static void assert_bad_bytes(struct str text, const char *code, unsigned line, unsigned col)
{
	struct yaml_doc *doc = NULL;
	struct err err = { 0 };
	struct diags d;

	diags_init(&d);
	assert_int_equal(yaml_load_bytes(&doc, "t.yaml", text, &d, &err), ERR_SYNTAX);
	assert_null(doc);
	assert_true(d.n >= 1);
	assert_string_equal(d.v[0].code, code);
	assert_string_equal(d.v[0].at.file, "t.yaml");
	assert_int_equal(d.v[0].at.line, line);
	assert_int_equal(d.v[0].at.col, col);
	diags_release(&d);
}

static void assert_bad(const char *text, const char *code, unsigned line, unsigned col)
{
	assert_bad_bytes(str_from(text), code, line, col);
}

static void builds_a_tree_with_places(void **state)
{
	struct yaml_doc *doc = good("a: 1\n"
				    "list:\n"
				    "  - x\n"
				    "  - {k: \"v\", e: }\n");
	const struct yaml_node *list = yaml_get(doc->root, "list"), *second;

	(void)state;
	assert_int_equal(doc->root->kind, YAML_MAP);
	assert_int_equal(doc->root->n_children, 2);
	assert_non_null(list);
	assert_int_equal(list->kind, YAML_LIST);
	assert_int_equal(list->key_at.line, 2);
	assert_int_equal(list->key_at.col, 1);
	assert_int_equal(list->n_children, 2);
	assert_true(str_eq(list->first->text, STR("x")));
	assert_int_equal(list->first->at.line, 3);
	assert_int_equal(list->first->at.col, 5);
	second = list->first->next;
	assert_null(second->next);
	assert_true(str_eq(yaml_get(second, "k")->text, STR("v")));
	assert_true(yaml_get(second, "k")->quoted);
	assert_int_equal(yaml_get(second, "e")->text.n, 0);
	assert_null(yaml_get(second, "x"));
	assert_null(yaml_get(list, "x"));
	assert_null(yaml_get(NULL, "x"));
	yaml_doc_free(doc);
	yaml_doc_free(NULL);
}

static void an_empty_file_has_no_root(void **state)
{
	struct yaml_doc *doc = good("# nothing\n\n");

	(void)state;
	assert_null(doc->root);
	yaml_doc_free(doc);
	doc = good("");
	assert_null(doc->root);
	yaml_doc_free(doc);
}

static void scalars_stay_text(void **state)
{
	static const char *const words[] = { "0777", "1E11", "no", "on", "1.10", "2024-01-01",
		"0x1F", "1_000", "~", "null", ".inf", "12:30:45", "12E4567", "+1", "yes", "NO" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char text[64];
		struct yaml_doc *doc;

		(void)snprintf(text, sizeof(text), "v: %s\n", words[i]);
		doc = good(text);
		assert_true(str_eq(yaml_get(doc->root, "v")->text, str_from(words[i])));
		assert_false(yaml_get(doc->root, "v")->quoted);
		yaml_doc_free(doc);
	}
}

static void blocks_and_folds_arrive_whole(void **state)
{
	struct yaml_doc *doc = good("a: |\n  one\n  two\nb: >-\n  one\n  two\n");

	(void)state;
	assert_true(str_eq(yaml_get(doc->root, "a")->text, STR("one\ntwo\n")));
	assert_true(str_eq(yaml_get(doc->root, "b")->text, STR("one two")));
	assert_true(yaml_get(doc->root, "a")->quoted);
	yaml_doc_free(doc);
}

static void a_byte_order_mark_is_not_content(void **state)
{
	struct yaml_doc *doc = good("\xef\xbb\xbf"
				    "a: 1\n");

	(void)state;
	assert_true(str_eq(yaml_get(doc->root, "a")->text, STR("1")));
	assert_int_equal(doc->root->first->key_at.col, 1);
	yaml_doc_free(doc);
}

static void columns_count_characters(void **state)
{
	struct yaml_doc *doc = good("{\"\xc3\xa4\xc3\xb6\": x}\n");

	(void)state;
	assert_int_equal(doc->root->first->at.col, 8);
	yaml_doc_free(doc);
}

static void refuses_what_hides_meaning(void **state)
{
	(void)state;
	assert_bad("a: &x 1\nb: 2\n", "yaml.anchor", 1, 4);
	assert_bad("a: &x [1]\n", "yaml.anchor", 1, 4);
	assert_bad("a: &x {b: 1}\n", "yaml.anchor", 1, 4);
	assert_bad("a: 1\nb: *x\n", "yaml.alias", 2, 4);
	assert_bad("a: !!str 1\n", "yaml.tag", 1, 4);
	assert_bad("a: ! 1\n", "yaml.tag", 1, 4);
	assert_bad("a: !x {b: 1}\n", "yaml.tag", 1, 4);
	assert_bad("a: 1\n---\nb: 1\n", "yaml.second-document", 2, 1);
	assert_bad("%TAG ! tag:x,2000:\n---\na: 1\n", "yaml.directive", 1, 1);
	assert_bad("a: 1\nb: 2\na: 3\n", "yaml.duplicate-key", 3, 1);
	assert_bad("a: {x: 1, y: 2, x: 3}\n", "yaml.duplicate-key", 1, 17);
	assert_bad("? [a]\n: 1\n", "yaml.bad-key", 1, 3);
	assert_bad("?\n: 1\n", "yaml.bad-key", 1, 2);
	assert_bad(": 1\n", "yaml.syntax", 1, 1);
	assert_bad("\"\": 1\n", "yaml.bad-key", 1, 1);
}

/* The same name in two maps, or once as key and once inside, is no duplicate. */
static void tells_maps_apart(void **state)
{
	struct yaml_doc *doc = good("a: {a: 1}\nb: {a: 1, b: 2}\nc: [{a: 1}, {a: 2}]\n");

	(void)state;
	yaml_doc_free(doc);
}

static void every_mistake_of_structure_is_told(void **state)
{
	struct yaml_doc *doc = NULL;
	struct err err;

	(void)state;
	assert_int_equal(
		yaml_load_bytes(&doc, "t", STR("a: &x 1\na: !y 2\nb: 3\nb: 4\n"), &diags, &err),
		ERR_SYNTAX);
	assert_int_equal(diags.n, 4);
	assert_string_equal(err.msg, "t has mistakes");
}

static void syntax_mistakes_have_a_place(void **state)
{
	(void)state;
	assert_bad("a: [1, 2\nb: 3\n", "yaml.syntax", 2, 2);
	assert_bad("a: 'x\n", "yaml.syntax", 2, 1);
	assert_bad("a: 1\n\tb: 2\n", "yaml.syntax", 2, 1);
	assert_bad("a: @x\n", "yaml.syntax", 1, 4);
	assert_bad("a: 1\n  b: 2\n", "yaml.syntax", 2, 4);
	assert_bad("a: \xff\n", "yaml.encoding", 1, 1);
	assert_bad("ok: 1\n\xc3", "yaml.encoding", 2, 1);
	assert_bad("a: x\x01y\n", "yaml.syntax", 1, 5);
	assert_bad_bytes(STR("a: 1\nb: x\0y\n"), "yaml.syntax", 2, 5);
}

static void the_source_line_is_quoted(void **state)
{
	struct yaml_doc *doc = good("a: 1\nlist: [one, two]\n");
	const struct yaml_node *two = yaml_get(doc->root, "list")->first->next;
	struct diag *e;

	(void)state;
	e = yaml_diag(
		&diags, doc, DIAG_WARNING, "x.y", two->at, 3, "about '%.*s'", STR_FMT(two->text));
	assert_true(str_eq(e->source, STR("list: [one, two]")));
	assert_int_equal(e->caret, 13);
	assert_int_equal(e->width, 3);
	yaml_doc_free(doc);
	assert_string_equal(diags.v[0].at.file, "t.yaml");
}

/* --- bombs: each is refused under caps on memory and processor time --- */

static struct buf repeat(const char *unit, size_t times)
{
	struct buf b;

	buf_init(&b, 8 * 1024 * 1024);
	for (size_t i = 0; i < times; i++)
		buf_z(&b, unit);
	return b;
}

static void steps(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i && k < 300; k++)
			buf_char(b, ' ');
		buf_z(b, "a:\n");
	}
}

/* In a child: 2 s of processor time whatever the machine does, 64 MiB of heap growth (the
 * sanitizers reserve terabytes of addresses, so there the cap is left out). */
static void assert_bomb(const struct buf *bomb, const char *code)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit cpu = { 2, 2 };
		struct yaml_doc *doc;
		struct diags d;
		struct err err;

		diags_init(&d);
		if (setrlimit(RLIMIT_CPU, &cpu) != 0)
			_exit(2);
#ifndef __SANITIZE_ADDRESS__
		struct rlimit data = { 64 << 20, 64 << 20 };

		if (setrlimit(RLIMIT_AS, &data) != 0)
			_exit(3);
#endif
		if (yaml_load_bytes(&doc, "bomb", buf_view(bomb), &d, &err) != ERR_SYNTAX)
			_exit(4);
		_exit(d.n && d.v[0].at.line && strcmp(d.v[0].code, code) == 0 ? 0 : 5);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0)
		print_error("expected %s, status %d\n", code, WEXITSTATUS(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void bombs_are_refused_cheaply(void **state)
{
	static const struct {
		const char *unit;
		size_t times;
		const char *code;
	} bombs[] = {
		{ "[", 200000, "yaml.too-deep" },
		{ "{", 200000, "yaml.bad-key" },
		{ "{a: ", 200000, "yaml.too-deep" },
		{ "- ", 3000, "yaml.too-deep" },
		{ "? ", 3000, "yaml.bad-key" },
		{ "x", YAML_MAX_BYTES + 1, "yaml.too-large" },
		{ "- 1\n", 200000, "yaml.too-many-nodes" },
		{ "%TAG !a! b\n", 90000, "yaml.directive" },
		{ "- &a *a\n", 100000, "yaml.anchor" },
		{ "- *a\n", 100000, "yaml.alias" },
		{ "a: 1\n", 200000, "yaml.duplicate-key" },
		{ "- &a 1\n", 100000, "yaml.anchor" },
		{ "---\n", 200000, "yaml.second-document" },
		{ "'", 1000001, "yaml.syntax" },
		{ "a ", 500000, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bombs) / sizeof(*bombs); i++) {
		struct buf b = repeat(bombs[i].unit, bombs[i].times);
		struct yaml_doc *doc;
		struct err err;

		if (bombs[i].code) {
			assert_bomb(&b, bombs[i].code);
		} else {
			assert_int_equal(
				yaml_load_bytes(&doc, "b", buf_view(&b), &diags, &err), ERR_OK);
			yaml_doc_free(doc);
		}
		buf_release(&b);
	}
}

static void a_deep_block_is_refused(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8 * 1024 * 1024);
	steps(&b, 3000);
	assert_bomb(&b, "yaml.too-deep");
	buf_release(&b);
}

static void limits_are_exact(void **state)
{
	struct buf b = repeat("- ", YAML_MAX_DEPTH);
	struct yaml_doc *doc;
	struct err err;

	(void)state;
	assert_int_equal(yaml_load_bytes(&doc, "b", buf_view(&b), &diags, &err), ERR_OK);
	yaml_doc_free(doc);
	buf_release(&b);
	b = repeat("- ", YAML_MAX_DEPTH + 1);
	assert_int_equal(yaml_load_bytes(&doc, "b", buf_view(&b), &diags, &err), ERR_SYNTAX);
	buf_release(&b);
	b = repeat("x", YAML_MAX_BYTES);
	assert_int_equal(yaml_load_bytes(&doc, "b", buf_view(&b), &diags, &err), ERR_OK);
	yaml_doc_free(doc);
	buf_release(&b);
	/* the list itself is a node */
	b = repeat("- 1\n", YAML_MAX_NODES - 1);
	assert_int_equal(yaml_load_bytes(&doc, "b", buf_view(&b), &diags, &err), ERR_OK);
	yaml_doc_free(doc);
	buf_z(&b, "- 1\n");
	assert_int_equal(yaml_load_bytes(&doc, "b", buf_view(&b), &diags, &err), ERR_SYNTAX);
	buf_release(&b);
}

static void files_are_read(void **state)
{
	char path[] = "/tmp/test_yaml_XXXXXX";
	struct yaml_doc *doc = NULL;
	struct err err;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	assert_int_equal(yaml_load(&doc, path, &diags, &err), ERR_OK);
	assert_string_equal(doc->file, path);
	yaml_doc_free(doc);
	assert_int_equal(ftruncate(fd, YAML_MAX_BYTES + 1), 0);
	assert_int_equal(yaml_load(&doc, path, &diags, &err), ERR_SYNTAX);
	assert_string_equal(diags.v[0].code, "yaml.too-large");
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(yaml_load(&doc, path, &diags, &err), ERR_NO_INPUT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(builds_a_tree_with_places),
		TEST(an_empty_file_has_no_root),
		TEST(scalars_stay_text),
		TEST(blocks_and_folds_arrive_whole),
		TEST(a_byte_order_mark_is_not_content),
		TEST(columns_count_characters),
		TEST(refuses_what_hides_meaning),
		TEST(tells_maps_apart),
		TEST(every_mistake_of_structure_is_told),
		TEST(syntax_mistakes_have_a_place),
		TEST(the_source_line_is_quoted),
		TEST(bombs_are_refused_cheaply),
		TEST(a_deep_block_is_refused),
		TEST(limits_are_exact),
		TEST(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
