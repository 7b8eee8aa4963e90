/* SPDX-License-Identifier: BSD-2-Clause */
/* test_scanner.c - lexical rules of ntp.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ntp_rng.h"
#include "ntp_scanner.h"

struct expect {
	const char *text; /* NULL: end of line */
	unsigned line, column;
	enum scan_kind kind;
	bool quoted;
};

static void
check(
    const char *text, enum scan_mode mode, const struct expect *want, size_t n)
{
	struct scanner s;
	struct scan_token t;

	scan_init(&s, text, strlen(text));
	assert_true(scan_line(&s));
	for (size_t i = 0; i < n; i++) {
		scan_next(&s, mode, &t);
		assert_int_equal(t.line, want[i].line);
		if (want[i].text == NULL) {
			assert_int_equal(t.kind, SCAN_EOL);
			(void)scan_line(&s);
			continue;
		}
		assert_string_equal(t.text, want[i].text);
		assert_int_equal(t.kind, want[i].kind);
		assert_int_equal(t.column, want[i].column);
		assert_int_equal(t.quoted, want[i].quoted);
	}
	assert_false(scan_line(&s));
}

#define CHECK(text, mode, want)                                                \
	check(text, mode, want, sizeof(want) / sizeof((want)[0]))

static void
words_and_positions(void **state)
{
	static const struct expect want[] = {
	    {"server", 1, 3, SCAN_WORD, false},
	    {"a.example", 1, 10, SCAN_WORD, false},
	    {NULL, 1, 0, SCAN_EOL, false},
	    {NULL, 2, 0, SCAN_EOL, false},
	    {"driftfile", 3, 1, SCAN_WORD, false},
	    {"/x", 3, 11, SCAN_WORD, false},
	    {NULL, 3, 0, SCAN_EOL, false},
	};

	(void)state;
	CHECK("  server\ta.example#x y\n\r\ndriftfile /x\r", SCAN_TOKENS, want);
}

static void
quotes(void **state)
{
	static const struct expect want[] = {
	    {"abc d#", 1, 1, SCAN_WORD, true},
	    {"default", 1, 10, SCAN_WORD, true},
	    {"open to the end", 1, 23, SCAN_WORD, true},
	    {NULL, 1, 0, SCAN_EOL, false},
	    {"next", 2, 1, SCAN_WORD, false},
	    {NULL, 2, 0, SCAN_EOL, false},
	};

	(void)state;
	CHECK("ab\"c d#\" \"default\" \"\" \"open to the end\nnext",
	    SCAN_TOKENS, want);
}

static void
punctuation_is_a_token(void **state)
{
	static const struct expect tokens[] = {
	    {"a", 1, 1, SCAN_WORD, false},
	    {"=", 1, 2, SCAN_PUNCT, false},
	    {"b", 1, 3, SCAN_WORD, false},
	    {"(", 1, 5, SCAN_PUNCT, false},
	    {"1...9", 1, 6, SCAN_WORD, false},
	    {")", 1, 11, SCAN_PUNCT, false},
	    {NULL, 1, 0, SCAN_EOL, false},
	};

	(void)state;
	CHECK("a=b (1...9)", SCAN_TOKENS, tokens);
}

static void
punctuation_in_forced_strings(void **state)
{
	static const struct expect string[] = {
	    {"a=b;", 1, 1, SCAN_WORD, false},
	    {"(1...9)", 1, 6, SCAN_WORD, false},
	    {NULL, 1, 0, SCAN_EOL, false},
	};

	(void)state;
	CHECK("a=b; (1...9)#", SCAN_STRING, string);
}

static void
odd_octets(void **state)
{
	static const char text[] = "\xef\xbb\xbfse\xc3\xa9rver\0x\x7f \xff\n";
	struct scanner s;
	struct scan_token t;

	(void)state;
	scan_init(&s, text, sizeof(text) - 1);
	assert_true(scan_line(&s));
	scan_next(&s, SCAN_TOKENS, &t);
	assert_string_equal(t.text, "server");
	scan_next(&s, SCAN_TOKENS, &t);
	assert_string_equal(t.text, "x");
	scan_next(&s, SCAN_TOKENS, &t);
	assert_int_equal(t.kind, SCAN_EOL);
}

static void
long_words(void **state)
{
	char text[SCAN_WORD_MAX + 8];
	struct scanner s;
	struct scan_token t;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[SCAN_WORD_MAX] = ' ';
	scan_init(&s, text, sizeof(text));
	assert_true(scan_line(&s));
	scan_next(&s, SCAN_TOKENS, &t);
	assert_int_equal(t.kind, SCAN_WORD);
	assert_int_equal(strlen(t.text), SCAN_WORD_MAX);
	text[SCAN_WORD_MAX] = 'a';
	text[SCAN_WORD_MAX + 1] = ' ';
	scan_init(&s, text, sizeof(text));
	assert_true(scan_line(&s));
	scan_next(&s, SCAN_TOKENS, &t);
	assert_int_equal(t.kind, SCAN_LONG);
	scan_next(&s, SCAN_TOKENS, &t);
	assert_string_equal(t.text, "aaaaaa");
}

static void
empty_text_has_no_line(void **state)
{
	struct scanner s;

	(void)state;
	scan_init(&s, "", 0);
	assert_false(scan_line(&s));
	assert_false(scan_line(&s));
}

/* Whatever the octets: printable words, true positions, and an end. */
static void
random_text(void **state)
{
	static const char often[] = "ab \"#\n=(){};,|\t\r";
	struct ntp_rng r;
	char text[200];

	(void)state;
	rng_seed(&r, 1);
	for (unsigned round = 0; round < 20000; round++) {
		struct scanner s;
		struct scan_token t;
		unsigned lines = 0, newlines = 0;

		for (size_t i = 0; i < sizeof(text); i++) {
			text[i] = rng_below(&r, 4) == 0
			    ? (char)rng_u64(&r)
			    : often[rng_below(&r, sizeof(often) - 1)];
			newlines += text[i] == '\n';
		}
		newlines += text[sizeof(text) - 1] != '\n';
		scan_init(&s, text, sizeof(text));
		while (scan_line(&s)) {
			unsigned column = 0;

			assert_int_equal(s.line, ++lines);
			do {
				scan_next(&s, SCAN_TOKENS, &t);
				assert_true(t.column > column);
				assert_int_equal(t.line, lines);
				column = t.column;
				for (char *c = t.text; *c != '\0'; c++)
					assert_in_range(*c, ' ', '~');
			} while (t.kind != SCAN_EOL);
		}
		assert_int_equal(lines, newlines);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_and_positions),
	    cmocka_unit_test(quotes),
	    cmocka_unit_test(punctuation_is_a_token),
	    cmocka_unit_test(punctuation_in_forced_strings),
	    cmocka_unit_test(odd_octets),
	    cmocka_unit_test(long_words),
	    cmocka_unit_test(empty_text_has_no_line),
	    cmocka_unit_test(random_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
