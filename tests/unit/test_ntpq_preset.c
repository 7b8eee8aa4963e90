/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntpq_preset.c - options from .ntprc and the environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../ntpq/ntpq_preset.h"
#include "ntp_rng.h"

static const struct option table[] = {
    {"command", required_argument, NULL, 'c'},
    {"numeric", no_argument, NULL, 'n'},
    {"old-rv", no_argument, NULL, 'o'},
    {"width", required_argument, NULL, 'W'},
    {NULL, 0, NULL, 0},
};

struct lab {
	struct presets p;
	char *said;
	size_t len;
};

static void
begin(struct lab *l)
{
	memset(l, 0, sizeof(*l));
	presets_begin(&l->p, table, open_memstream(&l->said, &l->len));
	assert_non_null(l->p.err);
}

/* The words with blanks between them, and what was said. */
static void
end(struct lab *l, const char *words, const char *said)
{
	char all[1024] = "";
	size_t len = 0;
	unsigned i;

	assert_string_equal(l->p.word[0], "ntpq");
	assert_null(l->p.word[l->p.n]);
	for (i = 1; i < l->p.n; i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s",
		    i > 1 ? " " : "", l->p.word[i]);
	fclose(l->p.err);
	assert_string_equal(all, words);
	assert_string_equal(l->said, said);
	free(l->said);
	presets_end(&l->p);
}

static void
test_lines(void **state)
{
	static const struct {
		const char *text, *words, *said;
	} rows[] = {
	    {"", "", ""},
	    {"numeric", "--numeric", ""},
	    {"  numeric  \r\n# numeric\n\n", "--numeric", ""},
	    {"OLD_RV\nOld-Rv", "--old-rv --old-rv", ""},
	    {"numeric no\nold-rv yes", "--old-rv", ""},
	    {"numeric=0\nold-rv = off", "", ""},
	    {"width 100", "--width=100", ""},
	    {"width=100", "--width=100", ""},
	    {"width : 100", "--width=100", ""},
	    {"command rv 0 a=b", "--command=rv 0 a=b", ""},
	    {"command \"rv &1\"", "--command=rv &1", ""},
	    {"command 'as'\ncommand pe", "--command=as --command=pe", ""},
	    {"width", "", "ntpq: f:1: width needs a value\n"},
	    {"numeric\nnosuch 1", "--numeric",
		"ntpq: f:2: nosuch is no option\n"},
	    {"-n", "", "ntpq: f:1: -n is no option\n"},
	    {"numeric\n[NTPDC]\nnosuch\nwidth 3", "--numeric", ""},
	    {"[NTPDC]\nwidth 3\n[ NTPQ ]\nwidth 90\n[sntp]\nnumeric",
		"--width=90", ""},
	    {"<?program ntpdc>\nx\n<?program ntpq>\nnumeric", "--numeric", ""},
	};
	struct lab l;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = strdup(rows[i].text);
		begin(&l);
		presets_from_text(&l.p, "f", text);
		end(&l, rows[i].words, rows[i].said);
		free(text);
	}
}

static void
test_any_text(void **state)
{
	static const char letters[] = "numeric=: \t\"'[]<>?#\nntpqwidth12";
	struct ntp_rng rng;
	struct lab l;
	char text[64];
	size_t i, len;
	int round;

	(void)state;
	rng_seed(&rng, 7);
	for (round = 0; round < 20000; round++) {
		len = (size_t)rng_below(&rng, sizeof(text) - 1);
		for (i = 0; i < len; i++)
			text[i] = letters[rng_below(&rng, sizeof(letters) - 1)];
		text[len] = '\0';
		begin(&l);
		presets_from_text(&l.p, "f", text);
		assert_true(l.p.n <= len + 1);
		fclose(l.p.err);
		free(l.said);
		presets_end(&l.p);
	}
}

static void
test_environment(void **state)
{
	struct lab l;

	(void)state;
	setenv("NTPQ", " -n  --width=90 \"rv 0\" '", 1);
	setenv("NTPQ_OLD_RV", "", 1);
	setenv("NTPQ_WIDTH", "", 1);
	setenv("NTPQ_NUMERIC", "no", 1);
	setenv("NTPQ_COMMAND", "peers", 1);
	begin(&l);
	presets_from_environment(&l.p);
	end(&l, "-n --width=90 rv 0  --command=peers --old-rv", "");
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void
test_files(void **state)
{
	char dir[] = "/tmp/presetXXXXXX", here[] = "sub";
	struct lab l;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir(here, 0755), 0);
	setenv("HOME", dir, 1);
	begin(&l);
	presets_from_home(&l.p);
	end(&l, "", ""); /* no file is nothing to complain about */

	write_file(".ntprc", "width 90\n", 0600);
	begin(&l);
	presets_from_home(&l.p);
	end(&l, "--width=90", ""); /* once, although it is both */

	assert_int_equal(chdir(here), 0);
	write_file(".ntprc", "width 91\n", 0644);
	begin(&l);
	presets_from_home(&l.p);
	end(&l, "--width=90 --width=91", "");

	write_file(".ntprc", "width 92\n", 0646);
	begin(&l);
	presets_from_home(&l.p);
	end(&l, "--width=90",
	    "ntpq: .ntprc not read: others than you and root can write it\n");
	begin(&l);
	assert_true(presets_from_file(&l.p, ".ntprc", false));
	assert_false(presets_from_file(&l.p, "nosuch", false));
	end(&l, "--width=92",
	    "ntpq: nosuch not read: No such file or directory\n");
	unlink(".ntprc");
	assert_int_equal(chdir(dir), 0);
	rmdir(here);
	unlink(".ntprc");
	rmdir(dir);
}

static void
test_save(void **state)
{
	char path[] = "/tmp/presetXXXXXX";
	struct lab l, back;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	begin(&l);
	presets_add(&l.p, "command", "rv 0 offset=1");
	presets_add(&l.p, "commander", NULL);
	presets_add(&l.p, "numeric", NULL);
	presets_add(&l.p, "width", "100");
	presets_drop(&l.p, "commander");
	assert_true(presets_save(&l.p, path));
	begin(&back);
	assert_true(presets_from_file(&back.p, path, true));
	end(&back, "--command=rv 0 offset=1 --numeric --width=100", "");
	presets_drop(&l.p, "command");
	presets_drop(&l.p, "width");
	write_file(path, "[ntpdc]\nwidth 1\n", 0600);
	assert_false(presets_save(&l.p, path));
	unlink(path);
	assert_false(presets_save(&l.p, "/nonexistent/x"));
	fflush(l.p.err);
	assert_non_null(strstr(l.said, "sections for other programs"));
	assert_non_null(strstr(l.said, "/nonexistent/x: No such"));
	fclose(l.p.err);
	free(l.said);
	assert_int_equal(l.p.n, 2);
	presets_end(&l.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_any_text),
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
