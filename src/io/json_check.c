#include "io/json_check.h"

#include <inttypes.h>

#include "base/bytes.h"

/* cJSON looks at no more of a number. */
enum { MAX_NUMBER_BYTES = 63 };

static bool refuse(struct json_check *c, const char *why)
{
	c->why = why;
	return false;
}

/* What only spoils the value it is in. */
static bool spoilt(struct json_check *c, const char *why)
{
	c->flaw = why;
	return c->lenient || refuse(c, why);
}

static bool is_space(unsigned char b)
{
	return b == ' ' || b == '\t' || b == '\n' || b == '\r';
}

static void value_over(struct json_check *c)
{
	c->state = c->depth ? JSON_NEXT : JSON_OVER;
}

static bool open_container(struct json_check *c, bool object)
{
	uint64_t bit = UINT64_C(1) << (c->depth & 63);

	_Static_assert(JSON_MAX_DEPTH <= 64, "one bit per level");
	if (c->depth == JSON_MAX_DEPTH) {
		c->n_deep = 1;
		c->state = JSON_DEEP;
		return spoilt(c, "nested too deeply");
	}
	c->objects = object ? c->objects | bit : c->objects & ~bit;
	c->n_names[c->depth++] = 0;
	c->state = object ? JSON_NAME_OR_END : JSON_ITEM_OR_END;
	return true;
}

static bool in_object(const struct json_check *c)
{
	return c->depth && (c->objects >> (c->depth - 1)) & 1;
}

static bool close_container(struct json_check *c)
{
	c->depth--;
	value_over(c);
	return true;
}

static void open_string(struct json_check *c, bool is_name)
{
	c->is_name = is_name;
	c->state = JSON_IN_STRING;
}

static bool open_word(struct json_check *c, const char *rest)
{
	c->word = rest;
	c->state = JSON_IN_WORD;
	return true;
}

static bool open_number(struct json_check *c, unsigned char b)
{
	c->n_part = 1;
	c->state = b == '-' ? JSON_NUMBER_MINUS : b == '0' ? JSON_NUMBER_ZERO : JSON_NUMBER_INT;
	return true;
}

static bool on_value(struct json_check *c, unsigned char b)
{
	if (is_space(b))
		return true;
	if (b == '-' || (b >= '0' && b <= '9'))
		return open_number(c, b);
	switch (b) {
	case '{':
		return open_container(c, true);
	case '[':
		return open_container(c, false);
	case '"':
		open_string(c, false);
		return true;
	case 't':
		return open_word(c, "rue");
	case 'f':
		return open_word(c, "alse");
	case 'n':
		return open_word(c, "ull");
	default:
		return refuse(c, "no JSON value");
	}
}

static bool on_start(struct json_check *c, unsigned char b)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };

	if (b == mark[c->n_part]) {
		if (++c->n_part == sizeof(mark))
			c->state = JSON_VALUE;
		return true;
	}
	c->state = JSON_VALUE;
	return c->n_part ? refuse(c, "no JSON value") : on_value(c, b);
}

static bool on_item_or_end(struct json_check *c, unsigned char b)
{
	return b == ']' ? close_container(c) : on_value(c, b);
}

static bool on_name(struct json_check *c, unsigned char b)
{
	if (is_space(b))
		return true;
	if (b != '"')
		return refuse(c, "no name of a member");
	open_string(c, true);
	if (c->n_names[c->depth - 1] == JSON_MAX_KEYS)
		return spoilt(c, "too many members in one object");
	c->n_names[c->depth - 1]++;
	return true;
}

static bool on_name_or_end(struct json_check *c, unsigned char b)
{
	return b == '}' ? close_container(c) : on_name(c, b);
}

static bool on_colon(struct json_check *c, unsigned char b)
{
	if (b == ':')
		c->state = JSON_VALUE;
	return b == ':' || is_space(b) || refuse(c, "no colon behind a name");
}

static bool on_next(struct json_check *c, unsigned char b)
{
	bool object = in_object(c);

	if (b == ',') {
		c->state = object ? JSON_NAME : JSON_VALUE;
		return true;
	}
	if (b == (object ? '}' : ']'))
		return close_container(c);
	return is_space(b) || refuse(c, "neither a comma nor the end of the container");
}

static bool on_over(struct json_check *c, unsigned char b)
{
	return is_space(b) || refuse(c, "more bytes behind the value");
}

/* Below the deepest level that is read: where its end is, and nothing else. */
static bool on_deep(struct json_check *c, unsigned char b)
{
	if (b == '{' || b == '[')
		c->n_deep++;
	else if (b == '"')
		c->state = JSON_DEEP_STRING;
	else if ((b == '}' || b == ']') && --c->n_deep == 0)
		value_over(c);
	return true;
}

static bool on_deep_string(struct json_check *c, unsigned char b)
{
	c->state = b == '"' ? JSON_DEEP : b == '\\' ? JSON_DEEP_ESCAPE : JSON_DEEP_STRING;
	return true;
}

static bool on_deep_escape(struct json_check *c, unsigned char b)
{
	(void)b;
	c->state = JSON_DEEP_STRING;
	return true;
}

static bool on_string(struct json_check *c, unsigned char b);

/* Ranges after Unicode table 3-7, as in str_is_utf8(), but a character may come in pieces. */
static bool open_character(struct json_check *c, unsigned char b)
{
	if (b < 0xc2 || b > 0xf4)
		return spoilt(c, "no UTF-8");
	c->tail = b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
	c->tail_lo = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
	c->tail_hi = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
	c->state = JSON_IN_CHARACTER;
	return true;
}

static bool on_character(struct json_check *c, unsigned char b)
{
	if (b < c->tail_lo || b > c->tail_hi) {
		c->state = JSON_IN_STRING;
		return spoilt(c, "no UTF-8") && on_string(c, b);
	}
	c->tail_lo = 0x80;
	c->tail_hi = 0xbf;
	if (--c->tail == 0)
		c->state = JSON_IN_STRING;
	return true;
}

static bool on_string(struct json_check *c, unsigned char b)
{
	if (b == '"') {
		if (c->is_name)
			c->state = JSON_COLON;
		else
			value_over(c);
		return true;
	}
	if (b == '\\') {
		c->state = JSON_IN_ESCAPE;
		return true;
	}
	if (b < 0x20)
		return spoilt(c, "a control byte in a string");
	return b < 0x80 || open_character(c, b);
}

static bool on_escape(struct json_check *c, unsigned char b)
{
	if (b == 'u') {
		c->state = JSON_IN_HEX;
		c->n_part = c->hex = 0;
		return true;
	}
	c->state = JSON_IN_STRING;
	return (b && strchr("\"\\/bfnrt", b)) || spoilt(c, "an unknown escape in a string");
}

static bool on_hex(struct json_check *c, unsigned char b)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = b ? strchr(digits, ascii_lower((char)b)) : NULL;

	if (!at) {
		c->state = JSON_IN_STRING;
		return spoilt(c, "an unknown escape in a string") && on_string(c, b);
	}
	c->hex = c->hex * 16 + (unsigned)(at - digits);
	if (++c->n_part < 4)
		return true;
	c->state = JSON_IN_STRING;
	return c->hex != 0 || spoilt(c, "a NUL in a string");
}

static bool on_word(struct json_check *c, unsigned char b)
{
	if (b != (unsigned char)*c->word)
		return refuse(c, "no JSON value");
	if (*++c->word == '\0')
		value_over(c);
	return true;
}

static bool is_number_end(enum json_state s)
{
	return s == JSON_NUMBER_ZERO || s == JSON_NUMBER_INT || s == JSON_NUMBER_FRACTION ||
	       s == JSON_NUMBER_EXPONENT;
}

/* The state behind byte b of a number; JSON_OVER when b does not belong to it. */
static enum json_state number_next(enum json_state s, unsigned char b)
{
	bool digit = b >= '0' && b <= '9';

	switch (s) {
	case JSON_NUMBER_MINUS:
		return b == '0' ? JSON_NUMBER_ZERO : digit ? JSON_NUMBER_INT : JSON_OVER;
	case JSON_NUMBER_INT:
		if (digit)
			return s;
		/* fall through */
	case JSON_NUMBER_ZERO:
		if (b == '.')
			return JSON_NUMBER_DOT;
		break;
	case JSON_NUMBER_DOT:
	case JSON_NUMBER_FRACTION:
		if (digit)
			return JSON_NUMBER_FRACTION;
		break;
	default: /* the exponent */
		if (digit)
			return JSON_NUMBER_EXPONENT;
		return s == JSON_NUMBER_E && (b == '+' || b == '-') ? JSON_NUMBER_SIGN : JSON_OVER;
	}
	return (b | 0x20) == 'e' && is_number_end(s) ? JSON_NUMBER_E : JSON_OVER;
}

static bool on_number(struct json_check *c, unsigned char b)
{
	enum json_state next = number_next(c->state, b);

	if (next != JSON_OVER) {
		c->state = next;
		if (c->n_part++ < MAX_NUMBER_BYTES)
			return true;
		return spoilt(c, "a number that is too long");
	}
	if (!is_number_end(c->state))
		return refuse(c, "no number");
	value_over(c);
	return c->depth ? on_next(c, b) : on_over(c, b);
}

static bool (*const handlers[JSON_STATES])(struct json_check *, unsigned char) = {
	[JSON_START] = on_start,
	[JSON_VALUE] = on_value,
	[JSON_ITEM_OR_END] = on_item_or_end,
	[JSON_NAME_OR_END] = on_name_or_end,
	[JSON_NAME] = on_name,
	[JSON_COLON] = on_colon,
	[JSON_NEXT] = on_next,
	[JSON_OVER] = on_over,
	[JSON_IN_STRING] = on_string,
	[JSON_IN_ESCAPE] = on_escape,
	[JSON_IN_HEX] = on_hex,
	[JSON_IN_CHARACTER] = on_character,
	[JSON_IN_WORD] = on_word,
	[JSON_DEEP] = on_deep,
	[JSON_DEEP_STRING] = on_deep_string,
	[JSON_DEEP_ESCAPE] = on_deep_escape,
	[JSON_NUMBER_MINUS] = on_number,
	[JSON_NUMBER_ZERO] = on_number,
	[JSON_NUMBER_INT] = on_number,
	[JSON_NUMBER_DOT] = on_number,
	[JSON_NUMBER_FRACTION] = on_number,
	[JSON_NUMBER_E] = on_number,
	[JSON_NUMBER_SIGN] = on_number,
	[JSON_NUMBER_EXPONENT] = on_number,
};

void json_check_init(struct json_check *c)
{
	*c = (struct json_check){ .state = JSON_START };
}

bool json_check_byte(struct json_check *c, char byte)
{
	if (!handlers[c->state](c, (unsigned char)byte))
		return false;
	c->at++;
	return true;
}

/* How many of eight bytes at the start merely continue a string. */
static unsigned n_plain(const char *p)
{
	const uint64_t low = UINT64_MAX / 255, high = low << 7;
	uint64_t b = bytes_read8(p), quote = b ^ (low * '"'), slash = b ^ (low * '\\');
	/* A borrow can tell of a byte too much, but only behind one that is told rightly. */
	uint64_t ends = (b | (b - low * 0x20) | (quote - low) | (slash - low)) & high;
	return ends ? (unsigned)__builtin_ctzll(ends) / 8 : 8;
}

size_t json_check_run(struct json_check *c, struct str bytes)
{
	size_t n = 0;

	if (c->state != JSON_IN_STRING)
		return 0;
	while (bytes.n - n >= 8) {
		unsigned more = n_plain(bytes.p + n);

		n += more;
		if (more < 8) {
			c->at += n;
			return n;
		}
	}
	while (n < bytes.n) {
		unsigned char b = (unsigned char)bytes.p[n];

		if (b < 0x20 || b >= 0x80 || b == '"' || b == '\\')
			break;
		n++;
	}
	c->at += n;
	return n;
}

void json_check_pass(struct json_check *c, size_t n)
{
	c->at += n;
	c->is_name = false;
	value_over(c);
}

bool json_check_end(struct json_check *c)
{
	if (c->state == JSON_OVER || (c->depth == 0 && is_number_end(c->state)))
		return true;
	return refuse(c, "cut short");
}

enum errc json_check_error(const struct json_check *c, struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "unusable JSON at byte %" PRIu64 ": %s", c->at, c->why);
}
