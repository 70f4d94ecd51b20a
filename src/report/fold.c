#include "report/fold.h"

#include <string.h>

#include "report/table.h"

/* Labels end before this column; no line is left less than a third of the width. */
enum { LABEL_MAX = 14 };

static size_t count(struct str s, char c)
{
	size_t n = 0;

	while (n < s.n && s.p[n] == c)
		n++;
	return n;
}

/* Cells of a text with colours in it. */
static size_t width_of(struct str s)
{
	size_t width = 0;

	while (s.n) {
		struct str plain = str_cut(&s, '\033');

		width += text_width(plain);
		(void)str_cut(&s, 'm');
	}
	return width;
}

/* Where the rest of a line begins: below the text behind its label. */
static size_t hang_of(struct str line, size_t width)
{
	size_t lead = count(line, ' '), hang = lead + 2;

	if (line.n > lead + 3 && memcmp(line.p + lead, "-> ", 3) == 0)
		hang = lead + 3;
	for (size_t i = lead; i + 1 < line.n && i < LABEL_MAX; i++)
		if (line.p[i] == ' ' && line.p[i + 1] == ' ') {
			hang = i + count(str_sub(line, i, line.n - i), ' ');
			break;
		}
	return hang < width / 3 ? hang : width / 3;
}

static bool is_to_copy(struct str line)
{
	static const char *const labels[] = { "next ", "result ", "kept " };

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (str_starts_nocase(line, str_from(labels[i])))
			return true;
	return false;
}

static void fold_line(struct str line, size_t width, FILE *out)
{
	size_t hang = hang_of(line, width), column = 0;

	while (line.n) {
		size_t blanks = count(line, ' ');
		struct str rest = str_sub(line, blanks, line.n - blanks),
			   word = str_cut(&rest, ' ');
		size_t needs = width_of(word);

		if (column > hang && column + blanks + needs > width) {
			(void)fputc('\n', out);
			column = 0;
			blanks = hang;
		}
		(void)fprintf(out, "%*s%.*s", (int)blanks, "", STR_FMT(word));
		column += blanks + needs;
		line = str_sub(line, (size_t)(word.p - line.p) + word.n,
			line.n - (size_t)(word.p - line.p) - word.n);
	}
}

void fold(struct str text, size_t width, FILE *out)
{
	while (text.n) {
		struct str line = str_cut(&text, '\n');

		if (width == 0 || is_to_copy(line) || width_of(line) <= width)
			(void)fwrite(line.p, 1, line.n, out);
		else
			fold_line(line, width, out);
		(void)fputc('\n', out);
	}
}
