/* SPDX-License-Identifier: BSD-2-Clause */
/* test_varlist.c - variable lists: folding, cleaning, reading back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_mode6.h"
#include "ntp_rng.h"

#define SEED UINT64_C(72)

static void
assert_written(struct var_wr *w, const char *want)
{
	assert_int_equal(var_end(w), strlen(want));
	assert_memory_equal(w->p, want, strlen(want));
}

static void
test_forms(void **state)
{
	char buf[500];
	struct var_wr w = var_init(buf, sizeof(buf));

	(void)state;
	var_str(&w, "version", "ntpd 1.0");
	var_int(&w, "precision", -24);
	var_hex(&w, "flash", 0x1600);
	var_hex(&w, "reach", 0);
	var_fixed(&w, "offset", -0.318204, 6);
	var_ts(&w, "rec", 0xeb260f525be76c8c);
	var_raw(&w, "filtdelay", " 0.05 0.04");
	var_raw(&w, "bcast.3", "");
	var_str(&w, "timecode", "");
	var_int(&w, "min", INT64_MIN);
	var_hex(&w, "max", UINT64_MAX);
	var_fixed(&w, "nan", (double)NAN, 3);
	assert_written(&w,
	    "version=\"ntpd 1.0\", precision=-24, flash=0x1600, reach=0x0,\r\n"
	    "offset=-0.318204, rec=0xeb260f52.5be76c8c, filtdelay= 0.05 0.04,\r\n"
	    "bcast.3=, timecode=\"\", min=-9223372036854775808,\r\n"
	    "max=0xffffffffffffffff, nan=0.000\r\n");
	assert_false(w.bad);
}

static void
test_nothing_to_say(void **state)
{
	char buf[8];
	struct var_wr w = var_init(buf, sizeof(buf));

	(void)state;
	assert_int_equal(var_end(&w), 0);
}

/* An item N octets long behind one of 10: when does the line break? */
static bool
folds(size_t n)
{
	char buf[200], value[100];
	struct var_wr w = var_init(buf, sizeof(buf));

	memset(value, '1', n);
	value[n - 2] = '\0'; /* the name and '=' are two */
	var_raw(&w, "a", "12345678");
	var_raw(&w, "b", value);
	assert_int_equal(
	    w.len, 10 + 2 + n + (memchr(buf, '\n', w.len) ? 1 : 0));
	return memchr(buf, '\n', w.len) != NULL;
}

static void
test_fold_column(void **state)
{
	(void)state;
	/* 10 + ", " + 58 + "," are 71, one more would reach 72. */
	assert_false(folds(57));
	assert_false(folds(58));
	assert_true(folds(59));
	assert_true(folds(60));
}

static void
test_long_item_is_not_broken(void **state)
{
	char buf[400], value[201];
	struct var_wr w = var_init(buf, sizeof(buf));
	struct var_rd r;
	struct var_item it;

	(void)state;
	memset(value, 'v', 200);
	value[200] = '\0';
	var_raw(&w, "long", value);
	var_int(&w, "x", 1);
	r = var_rd_init(buf, var_end(&w));
	assert_true(var_next(&r, &it));
	assert_int_equal(it.valuelen, 200);
	assert_memory_equal(it.value + 200, ",\r\nx=1\r\n", 8);
}

static void
test_values_are_cleaned(void **state)
{
	char buf[300];
	struct var_wr w = var_init(buf, sizeof(buf));

	(void)state;
	var_str(&w, "s", "a,b=c\"d\r\n\x1b[31m\x7f\xff");
	var_raw(&w, "r", "\"x,y=\"\t");
	var_raw(&w, "n,a=m\"e", "1");
	assert_written(&w, "s=\"a;b:c'd...[31m..\", r='x;y:'., n;a:m'e=1\r\n");
}

/* CVE-2017-6458: too long is refused whole, and nothing follows. */
static void
test_overflow_keeps_whole_items(void **state)
{
	char buf[12];
	struct var_wr w = var_init(buf, 11);

	(void)state;
	buf[11] = '#';
	var_raw(&w, "a", "1");
	var_raw(&w, "b", "12"); /* "a=1, b=12" and CR LF are 11 */
	assert_false(w.bad);
	assert_written(&w, "a=1, b=12\r\n");
	w = var_init(buf, 11);
	var_raw(&w, "a", "1");
	var_raw(&w, "b", "123");
	assert_true(w.bad);
	var_raw(&w, "c", "");
	assert_written(&w, "a=1\r\n");
	assert_int_equal(buf[11], '#');
	w = var_init(buf, 0);
	var_int(&w, "a", 1);
	assert_true(w.bad);
	assert_int_equal(var_end(&w), 0);
}

static void
test_enormous_name_and_value(void **state)
{
	char buf[468], *big = malloc(100001);
	struct var_wr w = var_init(buf, sizeof(buf));

	(void)state;
	assert_non_null(big);
	memset(big, 'x', 100000);
	big[100000] = '\0';
	var_int(&w, "first", 1);
	var_str(&w, "v", big);
	var_int(&w, big, 1);
	assert_true(w.bad);
	assert_written(&w, "first=1\r\n");
	free(big);
}

/* Each capacity: no octet beyond it, and the text is a prefix in items. */
static void
test_every_capacity(void **state)
{
	char full[200], *buf;
	struct var_wr w, all = var_init(full, sizeof(full));
	size_t cap, len, i;

	(void)state;
	for (cap = 0; cap <= 150; cap++) {
		buf = malloc(cap + 1);
		assert_non_null(buf);
		w = var_init(buf, cap);
		all = var_init(full, sizeof(full));
		for (i = 0; i < 9; i++) {
			var_fixed(&w, "variable", 1.5, 3);
			var_fixed(&all, "variable", 1.5, 3);
		}
		len = var_end(&w);
		assert_true(len <= cap);
		assert_true(len == 0 || memcmp(buf + len - 2, "\r\n", 2) == 0);
		if (len > 0)
			assert_memory_equal(buf, full, len - 2);
		free(buf);
	}
	assert_false(all.bad);
}

static void
assert_items(const char *text, size_t len, const char *want)
{
	struct var_rd r = var_rd_init(text, len);
	struct var_item it;
	char got[400] = "";
	size_t n = 0;

	while (var_next(&r, &it)) {
		assert_true(n < sizeof(got) - 1);
		n += (size_t)snprintf(got + n, sizeof(got) - n, "<%.*s>",
		    (int)it.namelen, it.name);
		if (it.value != NULL)
			n += (size_t)snprintf(got + n, sizeof(got) - n,
			    "{%.*s}", (int)it.valuelen, it.value);
	}
	assert_string_equal(got, want);
	assert_false(var_next(&r, &it));
}

static void
assert_read(const char *text, const char *want)
{
	assert_items(text, strlen(text), want);
}

static void
test_reader(void **state)
{
	(void)state;
	assert_read("", "");
	assert_read(" , ,\r\n,", "");
	assert_read("leap,stratum", "<leap><stratum>");
	assert_read(",leap,,  stratum,", "<leap><stratum>");
	/* A space does not separate, and names are taken as they are. */
	assert_read("leap stratum", "<leap stratum>");
	assert_read("leap ,x", "<leap ><x>");
	assert_read("leap=0, x=1\r\n", "<leap>{0}<x>{1}");
	assert_read("a=1,\r\nb=2,\r\nc\r\n", "<a>{1}<b>{2}<c>");
	assert_read("a=1\nb=2\rc=3", "<a>{1}<b>{2}<c>{3}");
	assert_read("f= 0.05 0.04, g=", "<f>{ 0.05 0.04}<g>{}");
	assert_read("a=b=c,d", "<a>{b=c}<d>");
	assert_read("=5,=,x", "<>{5}<>{}<x>");
}

static void
test_reader_strings(void **state)
{
	(void)state;
	assert_read("v=\"a, b\", x=1", "<v>{\"a, b\"}<x>{1}");
	assert_read("v=\"\",x", "<v>{\"\"}<x>");
	assert_read("v=\"a\"b,c", "<v>{\"a\"b}<c>");
	assert_read("v=5\" disk, x=1", "<v>{5\" disk}<x>{1}");
	/* Never closed: it ends with the line. */
	assert_read("v=\"a, b\r\nx=1", "<v>{\"a, b}<x>{1}");
	assert_read("v=\"", "<v>{\"}");
}

static void
test_reader_stops_at_length(void **state)
{
	(void)state;
	assert_items("leap=0,stratum=2", 5, "<leap>{}");
	assert_items("leap=0,stratum=2", 10, "<leap>{0}<str>");
	assert_items("v=\"abc\"", 4, "<v>{\"a}");
	assert_items("leap", 0, "");
}

/* Random items, hostile octets included, survive as as many items with the
 * same names, on lines below 72. */
static void
random_text(struct ntp_rng *r, char *s, size_t max)
{
	size_t i, n = rng_below(r, max);

	for (i = 0; i < n; i++)
		s[i] = (char)(rng_below(r, 255) + 1);
	s[n] = '\0';
}

static void
check_lines(const char *text, size_t len)
{
	size_t i, col = 0;

	for (i = 0; i < len; i++) {
		if (text[i] == '\n')
			col = 0;
		else if (text[i] != '\r')
			col++;
		assert_true(col < 72);
	}
}

static void
test_random_round_trip(void **state)
{
	struct ntp_rng r;
	struct var_wr w;
	struct var_rd rd;
	struct var_item it;
	char buf[1000], value[40], name[16];
	int round, i;

	(void)state;
	rng_seed(&r, SEED);
	for (round = 0; round < 2000; round++) {
		w = var_init(buf, sizeof(buf));
		for (i = 0; i < 16; i++) {
			snprintf(name, sizeof(name), "n%d", i);
			random_text(&r, value, sizeof(value));
			if (rng_below(&r, 2) == 0)
				var_str(&w, name, value);
			else
				var_raw(&w, name, value);
		}
		assert_false(w.bad);
		rd = var_rd_init(buf, var_end(&w));
		check_lines(buf, rd.len);
		for (i = 0; i < 16; i++) {
			snprintf(name, sizeof(name), "n%d", i);
			assert_true(var_next(&rd, &it));
			assert_int_equal(it.namelen, strlen(name));
			assert_memory_equal(it.name, name, it.namelen);
			assert_non_null(it.value);
			assert_null(memchr(it.value, ',', it.valuelen));
			assert_null(memchr(it.value, '=', it.valuelen));
		}
		assert_false(var_next(&rd, &it));
	}
}

static struct var_item
only_item(const char *text)
{
	struct var_rd rd = var_rd_init(text, strlen(text));
	struct var_item it;

	assert_true(var_next(&rd, &it));
	return it;
}

static void
test_names(void **state)
{
	struct var_item it = only_item("reach=377");

	(void)state;
	assert_true(var_is(&it, "reach"));
	assert_false(var_is(&it, "reac"));
	assert_false(var_is(&it, "reaches"));
	assert_false(var_is(&it, ""));
}

static void
test_unquote(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {{"a=\"b c\"", "b c"}, {"a=\"\"", ""}, {"a=b", "b"},
	    {"a=\"", "\""}, {"a=\"b", "\"b"}, {"a=b\"", "b\""}};
	struct var_item it;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		it = only_item(rows[i].text);
		var_unquote(&it);
		assert_int_equal(it.valuelen, strlen(rows[i].value));
		assert_memory_equal(it.value, rows[i].value, it.valuelen);
	}
	it = only_item("a");
	var_unquote(&it);
	assert_null(it.value);
}

static void
test_rows(void **state)
{
	static const char *const wrong[] = {
	    "addr", "addr.", "addr.x", "addr.-1", "addr.65536", "addr.1x"};
	struct var_item it = only_item("a.b.65535=1");
	unsigned n = 7;

	(void)state;
	assert_true(var_split_row(&it, &n));
	assert_int_equal(n, 65535);
	assert_true(var_is(&it, "a.b"));
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		it = only_item(wrong[i]);
		assert_false(var_split_row(&it, &n));
		assert_true(var_is(&it, wrong[i]));
	}
	assert_int_equal(n, 65535);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_nothing_to_say),
	    cmocka_unit_test(test_fold_column),
	    cmocka_unit_test(test_long_item_is_not_broken),
	    cmocka_unit_test(test_values_are_cleaned),
	    cmocka_unit_test(test_overflow_keeps_whole_items),
	    cmocka_unit_test(test_enormous_name_and_value),
	    cmocka_unit_test(test_every_capacity),
	    cmocka_unit_test(test_reader),
	    cmocka_unit_test(test_reader_strings),
	    cmocka_unit_test(test_reader_stops_at_length),
	    cmocka_unit_test(test_random_round_trip),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_unquote),
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
