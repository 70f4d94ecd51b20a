#include "base/fold.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/width.h"

/* Labels, and names in lists of commands and options, end before this column. */
enum { LABEL_MAX = 40 };

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

/* Where a line begins; an option stands below the others although it has a letter. */
static size_t lead_of(struct str line)
{
	size_t lead = count(line, ' ');
	bool letter = line.n > lead + 3 && line.p[lead] == '-' && line.p[lead + 2] == ',';

	return letter ? lead + 4 : lead;
}

/* Where the text behind a label begins; 0: the line has none. */
static size_t text_of(struct str line)
{
	for (size_t i = lead_of(line); i + 1 < line.n && i < LABEL_MAX; i++)
		if (line.p[i] == ' ' && line.p[i + 1] == ' ')
			return i + count(str_sub(line, i, line.n - i), ' ');
	return 0;
}

/* Where the rest of a line begins that has no label, or one that takes more than half of the
 * width. */
static size_t hang_of(struct str line, size_t width)
{
	size_t lead = lead_of(line), hang = lead + 2;

	if (line.n > lead + 3 && memcmp(line.p + lead, "-> ", 3) == 0)
		hang = lead + 3;
	return hang <= width / 2 ? hang : width / 3;
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
	size_t text = text_of(line), least = hang_of(line, width), column = 0;
	bool beside = text && text <= width / 2;
	size_t hang = beside ? text : least;

	while (line.n) {
		size_t blanks = count(line, ' ');
		struct str rest = str_sub(line, blanks, line.n - blanks),
			   word = str_cut(&rest, ' ');
		size_t needs = width_of(word);
		bool below = text && !beside && column && column + blanks == text;

		if (below || (column > hang && column + blanks + needs > width)) {
			(void)fputc('\n', out);
			column = 0;
			blanks = hang + needs <= width ? hang : least;
			text = 0;
		}
		(void)fprintf(out, "%*s%.*s", (int)blanks, "", STR_FMT(word));
		column += blanks + needs;
		line = str_sub(line, (size_t)(word.p - line.p) + word.n,
			line.n - (size_t)(word.p - line.p) - word.n);
	}
}

size_t fold_columns(FILE *out)
{
	struct winsize size;
	int fd = fileno(out);

	return fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
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
