/* SPDX-License-Identifier: BSD-2-Clause */
/* test_conffiles.c - ntp.conf: files, statistics, log, includes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "confworld.h"

static void
files_and_statistics(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "driftfile /var/lib/ntp/ntp.drift # comment\n"
	    "logfile stderr\npidfile \"/run/a b\"\nkeys /etc/ntp.keys\n"
	    "statsdir /var/log/ntpstats\nstatistics loopstats peerstats\n"
	    "filegen loopstats file loop type week nolink\n"
	    "filegen peerstats file ../x\nfilegen peerstats type bad nolink\n"
	    "filegen peerstats type none disable\n");

	(void)state;
	assert_string_equal(c->driftfile, "/var/lib/ntp/ntp.drift");
	assert_string_equal(c->logfile, "stderr");
	assert_string_equal(c->pidfile, "/run/a b");
	assert_string_equal(c->keysfile, "/etc/ntp.keys");
	assert_string_equal(c->statsdir, "/var/log/ntpstats/");
	assert_true(c->filegen[STATS_LOOP].enabled);
	assert_string_equal(c->filegen[STATS_LOOP].file, "loop");
	assert_int_equal(c->filegen[STATS_LOOP].type, FILEGEN_WEEK);
	assert_false(c->filegen[STATS_LOOP].link);
	assert_false(c->filegen[STATS_PEER].enabled);
	assert_null(c->filegen[STATS_PEER].file);
	assert_int_equal(c->filegen[STATS_PEER].type, FILEGEN_NONE);
	assert_true(c->filegen[STATS_PEER].link);
	assert_int_equal(c->nerrors, 2);
	end(&w);
	c = parse(&w, "driftfile a\ndriftfile \"\"\n");
	assert_null(c->driftfile);
	end(&w);
}

static void
drift_thresholds(void **state)
{
	struct world w;
	struct ntp_config *c =
	    parse(&w, "driftfile a 2.5e-7\nnonvolatile 1.5e-6\n");

	(void)state;
	assert_int_equal(w.n, 0);
	assert_true(c->nonvolatile == 1.5e-6);
	end(&w);
	c = parse(&w, "driftfile a 0.0035\ndriftfile b 60 +0.500\n");
	assert_true(c->nonvolatile == 0.0035);
	assert_string_equal(c->driftfile, "b");
	assert_int_equal(w.n, 1);
	said(&w, 0, CONFIG_WARNING, 2, 13, "the minutes after 'driftfile'");
	end(&w);
	c = parse(&w, "nonvolatile -1\nnonvolatile x\nnonvolatile\n");
	assert_int_equal(c->nerrors, 2);
	end(&w);
}

static void
logconfig_words(void **state)
{
	struct world w;
	struct ntp_config *c = parse(&w,
	    "logconfig =syncall +clockall -syncstatus all allevents allpeer "
	    "peerstatistics\nlogconfig=syncstatus\nlogconfig + sysevents\n"
	    "logconfig sy sysx all+\n");

	(void)state;
	assert_int_equal(w.n, 1 + 3);
	said(&w, 0, CONFIG_WARNING, 3, 11,
	    "logconfig: '+' not recognized - ignored");
	assert_int_equal(c->logmask, LOGBIT_SYSEVENTS);
	end(&w);
}

static void
logconfig_masks(void **state)
{
	static const struct {
		const char *line;
		unsigned mask;
	} row[] = {
	    {"logconfig +sysevents", 0xf002},
	    {"logconfig -syncstatus", 0xb000},
	    {"logconfig =all", 0x000f},
	    {"logconfig =allall", 0xffff},
	    {"logconfig =allinfo", 0x1111},
	    {"logconfig =allclock", 0x0f00},
	    {"logconfig =peerstatistics +clockstatus", 0x0480},
	    {"logconfig allsync -syncinfo", 0xe000},
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct ntp_config *c = parse(&w, row[i].line);

		assert_int_equal(c->logmask, row[i].mask);
		assert_int_equal(w.n, 0);
		end(&w);
	}
}

static void
includes_are_spliced_in(void **state)
{
	static const struct file files[] = {
	    {"sub/a", "server b\nbogus\nincludefile c\n"},
	    {"c", "server c\n"},
	    {NULL, NULL},
	};
	struct world w;
	struct ntp_config *c;

	(void)state;
	begin(&w);
	w.files = files;
	c = finish(&w,
	    "server a\nincludefile sub/a\nserver d\nincludefile /none # x\n"
	    "server e\n");
	assert_int_equal(c->nassoc, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(c->assoc[i].host[0], 'a' + (int)i);
		assert_int_equal(c->assoc[i].host[1], '\0');
	}
	assert_string_equal(c->assoc[1].file, "sub/a");
	assert_string_equal(w.m[0].file, "sub/a");
	said(&w, 0, CONFIG_ERROR, 2, 1, "unexpected 'bogus'");
	said(&w, 1, CONFIG_WARNING, 4, 13, "cannot read '/none'");
	assert_string_equal(w.from, "ntp.conf");
	assert_int_equal(c->nfiles, 3);
	end(&w);
}

static void
includes_end(void **state)
{
	static const struct file files[] = {
	    {"self", "includefile self\nserver x\n"},
	    {"twice",
		"includefile twice\nincludefile twice\n"
		"includefile twice\nincludefile twice\n"
		"includefile twice\nincludefile twice\n"},
	    {"stop", "server y\nend\nserver z\n"},
	    {NULL, NULL},
	};
	struct world w;
	struct ntp_config *c;

	(void)state;
	begin(&w);
	w.files = files;
	c = finish(&w, "includefile self\n");
	assert_int_equal(w.loads, 5);
	assert_int_equal(c->nassoc, 5);
	assert_int_equal(c->nerrors, 1);
	said(&w, 0, CONFIG_ERROR, 1, 13, "files are included more than 5 deep");
	end(&w);

	begin(&w);
	w.files = files;
	(void)finish(&w, "includefile twice\n");
	assert_true(w.loads <= 1024);
	end(&w);

	begin(&w);
	w.files = files;
	c = finish(&w, "includefile stop\nserver a\n");
	assert_int_equal(c->nassoc, 1);
	assert_string_equal(c->assoc[0].host, "y");
	end(&w);
}

static void
directories_are_read_in_order(void **state)
{
	static const struct file files[] = {
	    {"conf.d/1.conf", "port 1001\n"},
	    {"conf.d/2.conf", "port 1002\n"},
	    {NULL, NULL},
	};
	static const char *const dir[] = {
	    "conf.d/1.conf", "conf.d/2.conf", NULL};
	struct world w;
	struct ntp_config *c;

	(void)state;
	begin(&w);
	w.files = files;
	w.dir = dir;
	c = finish(&w, "includefile conf.d\n");
	assert_int_equal(c->port, 1002);
	assert_int_equal(w.n, 0);
	assert_int_equal(c->nfiles, 3);
	end(&w);
}

static void
without_a_loader(void **state)
{
	struct ntp_config *c = config_new();
	const char *text = "includefile x\nserver y\n";

	(void)state;
	assert_int_equal(config_parse(c, "t", text, strlen(text), NULL), 0);
	config_finish(c, NULL);
	assert_int_equal(c->nerrors, 1);
	assert_int_equal(c->nassoc, 1);
	config_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_and_statistics),
	    cmocka_unit_test(drift_thresholds),
	    cmocka_unit_test(logconfig_words),
	    cmocka_unit_test(logconfig_masks),
	    cmocka_unit_test(includes_are_spliced_in),
	    cmocka_unit_test(includes_end),
	    cmocka_unit_test(directories_are_read_in_order),
	    cmocka_unit_test(without_a_loader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
