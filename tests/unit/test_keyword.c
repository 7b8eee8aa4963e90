/* SPDX-License-Identifier: BSD-2-Clause */
/* test_keyword.c - all words of ntp.conf, its examples, and hostile text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confworld.h"
#include "ntp_confparse.h"
#include "ntp_restrict.h"
#include "ntp_rng.h"

/* --- all of the language ------------------------------------------------- */

static const char *const stock_lines[] = {
    /* Debian, Ubuntu */
    "driftfile /var/lib/ntp/ntp.drift",
    "pool 0.debian.pool.ntp.org iburst",
    "restrict -4 default kod notrap nomodify nopeer noquery limited",
    "restrict -6 default kod notrap nomodify nopeer noquery limited",
    "restrict 127.0.0.1",
    "restrict ::1",
    "restrict source notrap nomodify noquery",
    "filegen loopstats file loopstats type day enable",
    "filegen peerstats file peerstats type day enable",
    "tos maxclock 11",
    "tos minclock 4 minsane 3",
    "restrict default kod nomodify nopeer noquery limited",
    /* RHEL, SUSE */
    "restrict default nomodify notrap nopeer noquery",
    "server 0.rhel.pool.ntp.org iburst",
    "keys /etc/ntp/keys",
    "disable monitor",
    "logfile /var/log/ntp",
    "trustedkey 1",
    "requestkey 1",
    "server 127.127.1.0",
    /* FreeBSD, NetBSD */
    "tos minclock 3 maxclock 6",
    "restrict default limited kod nomodify notrap noquery nopeer",
    "mdnstries 0",
    "pidfile /var/run/ntpd.pid",
    "logconfig =syncall +clockall",
    "logconfig -syncstatus",
    /* virtual machines, configuration management */
    "tinker panic 0",
    "disable auth",
    "restrict -6 ::1",
    "restrict [::1]",
    "restrict 0.0.0.0 mask 0.0.0.0 noquery",
    "tos  minclock 3  maxclock 6  minsane 1  floor 1  ceiling 15  cohort 0",
    "interface ignore wildcard",
    "interface ignore ipv4",
    "interface ignore eth0",
    "interface listen 192.0.2.1",
    "keys /etc/ntp.keys # comment",
    "server H iburst burst prefer minpoll 4 maxpoll 4 noselect version 4 true",
    "server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4",
    "unrestrict default noquery\nrestrict default noquery",
    "mru maxdepth 1000",
    "leapfile /usr/share/zoneinfo/leap-seconds.list",
    "leapfile \"/var/db/ntpd.leap-seconds.list\" ignorehash",
    "restrict 10.1.1.1 noquery serverresponse fuzz",
    "ntpsigndsocket /var/lib/samba/ntp_signd/\nrestrict 10.1.1.1 mssntp",
    "leapsmearinterval 86400",
    "statistics loopstats peerstats clockstats",
    "filegen clockstats file clockstats type day enable",
    "leapsmearinterval 7200 linear",
    "broadcast 192.168.1.255 minpoll 4 ttl 7",
    "broadcast ff05::101",
    "multicastclient",
    "multicastclient 224.0.1.1 ff05::101",
    "broadcastclient",
    "broadcastdelay 0.004",
    "peer 192.0.2.9 maxpoll 8",
    "tos bcpollbstep 3",
    "tos orphan 5 orphanwait 60",
    "tos cohort 1 beacon 600",
    "ttl 31 63",
    "manycastserver 239.255.254.254 ff05::101",
    "manycastclient 239.255.254.254 minpoll 4\ndisable auth",
    "server x preempt",
    "server x xleave",
    "tinker huffpuff 7200",
    "nonvolatile 1e-7",
    "driftfile /x 1e-7",
    "server x preconn",
    "controlkey 0",
    "tos basedate 2020-01-01",
    "limit average 1 burst 20 kod 0.5",
    "extra port 1123",
    "nts enable",
    "nts cert /etc/ntp/cert-chain.pem key /etc/ntp/key.pem",
    "nts mintls TLS1.3 maxtls TLS1.3",
    "nts aead AES_SIV_CMAC_512",
    "server x nts",
    "pool x iburst nts aead AES_SIV_CMAC_256 ca /etc/ssl/certs",
};

static const char *const warned_lines[] = {
    "includefile /etc/ntp/crypto/pw",
    "tinker panic 0 stepout 5",
    "tinker panic 0 allan 1500 dispersion 15",
    "broadcast 224.0.1.1 autokey ttl 7",
    "broadcastclient novolley",
    "manycastclient 239.255.254.254 autokey",
    "slewalways no",
    "authprov /usr/lib/x ntp-peer",
    "pollskewlist 6 2|2 default 3|3",
    "delrestrict 10.5.5.5",
    "delrestrict source 10.5.5.5",
    "disable peer_clear_digest_early",
    "rlimit memlock 64 stacksize 50 filenum 100",
    "nts mintls TLS1.2",
    "nts aead AES_GCM",
    "server x nts noval",
    "server x noval",
    "server x nts ask y",
    "refclock oncore unit 0 path /dev/ttyS0 baud 9600 mode 1",
    "crypto pw secret",
    "crypto host x randfile /dev/urandom",
    "authenticate yes",
    "pps /dev/pps0 assert hardpps",
    "driftfile /x 60",
    "trap 192.0.2.3 port 18447 interface 192.0.2.4",
    "fudge 127.127.30.0 flag1 1 flag3 true time2 0.4",
    "fudge 127.127.20.0 flag1 1 flag3 true time2 0.4",
    "device 127.127.20.0 timedata /dev/gps0",
    "restrict 10.1.1.1 mssntp",
    "mdnstries 5",
    "trustedkey 0",
    "tracefile /etc/ntp.trace",
};

static void
stock_lines_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stock_lines) / sizeof(stock_lines[0]);
	     i++) {
		struct world w;

		(void)parse(&w, stock_lines[i]);
		if (w.n != 0)
			fail_msg("%s: %s", stock_lines[i], w.m[0].text);
		end(&w);
	}
}

static void
idle_lines_are_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(warned_lines) / sizeof(warned_lines[0]);
	     i++) {
		struct world w;
		struct ntp_config *c = parse(&w, warned_lines[i]);

		if (c->nerrors != 0 || w.n == 0)
			fail_msg("%s: %s", warned_lines[i],
			    w.n == 0 ? "no warning" : w.m[0].text);
		assert_in_range(w.n, 1, 3);
		end(&w);
	}
}

/* Where a word of each context may stand. */
static const char *const places[] = {
    [KEYWORD_DIRECTIVE] = "",
    [KEYWORD_ASSOC] = "server x ",
    [KEYWORD_FUDGE] = "server 127.127.1.0\nfudge 127.127.1.0 ",
    [KEYWORD_DEVICE] = "server 127.127.28.0\ndevice 127.127.28.0 ",
    [KEYWORD_DRIVER] = "refclock ",
    [KEYWORD_RESTRICT] = "restrict 10.0.0.0 limited ",
    [KEYWORD_TARGET] = "restrict ",
    [KEYWORD_DISCARD] = "discard ",
    [KEYWORD_MRU] = "mru ",
    [KEYWORD_LIMIT] = "limit ",
    [KEYWORD_EXTRA] = "extra ",
    [KEYWORD_RLIMIT] = "rlimit ",
    [KEYWORD_RESET] = "reset ",
    [KEYWORD_CRYPTO] = "crypto ",
    [KEYWORD_NTS] = "nts ",
    [KEYWORD_STATS] = "statistics ",
    [KEYWORD_FILEGEN] = "filegen loopstats ",
    [KEYWORD_FILETYPE] = "filegen loopstats type ",
    [KEYWORD_DISCIPLINE] = "tinker discipline ",
    [KEYWORD_PANICACTION] = "tinker panicaction ",
    [KEYWORD_TOS] = "tos ",
    [KEYWORD_TINKER] = "tinker ",
    [KEYWORD_FLAG] = "enable ",
    [KEYWORD_IFACE] = "interface ",
    [KEYWORD_MATCH] = "interface listen ",
    [KEYWORD_LOGCLASS] = "logconfig all",
    [KEYWORD_LOGTYPE] = "logconfig all",
    [KEYWORD_LEAPHASH] = "leapfile x ",
    [KEYWORD_SMEAR] = "leapsmearinterval 86400 ",
};

static const char *
argument_of(const struct keyword *k)
{
	if (k->id == KW_RESTRICT_MASK)
		return " 255.0.0.0";
	if (k->id == KW_RESTRICT_SRVRSPFUZ)
		return " fuzz";
	if (k->id == KW_FILEGEN_TYPE)
		return " day";
	if (k->id == KW_TINKER_PANICACTION)
		return " hold";
	if (k->id == KW_TINKER_DISCIPLINE)
		return " pll";
	if (k->id == KW_TOS_BASEDATE)
		return " 2026-06-30";
	if (k->id == KW_NTS_AEAD || k->id == KW_ASSOC_AEAD)
		return " AES_SIV_CMAC_384";
	if (k->ctx == KEYWORD_IFACE)
		return " all";
	if (k->arg == ARG_STR)
		return " word";
	if (k->arg == ARG_NONE)
		return "";
	return k->id == KW_TINKER_STEPOUT ? " 300" : " 1";
}

static void
every_keyword_parses(void **state)
{
	const struct keyword *k;
	unsigned rows = 0;

	(void)state;
	for (size_t i = 0; (k = keyword_at(i)) != NULL; i++) {
		struct world w;
		struct ntp_config *c;
		char line[160];

		if (k->ctx == KEYWORD_DIRECTIVE)
			continue; /* the lists above know their arguments */
		rows++;
		snprintf(line, sizeof(line), "%s%s%s\n", places[k->ctx],
		    keyword_word(k), argument_of(k));
		c = parse(&w, line);
		if (c->nerrors != 0)
			fail_msg("%s%s", line, w.n ? w.m[0].text : "no error");
		if (c->nwarnings == 0 &&
		    (k->state == KW_NOTYET || k->state == KW_OBSOLETE ||
			k->state == KW_REFUSED))
			fail_msg("%sno warning", line);
		if (k->state == KW_REFUSED && c->nassoc != 0)
			fail_msg("%sis not refused", line);
		end(&w);
	}
	assert_true(rows > 200);
}

static void
every_directive_is_known(void **state)
{
	const struct keyword *k;

	(void)state;
	for (size_t i = 0; (k = keyword_at(i)) != NULL; i++) {
		struct world w;

		if (k->ctx != KEYWORD_DIRECTIVE)
			continue;
		(void)parse(&w, keyword_word(k));
		if (w.n > 0)
			assert_null(strstr(w.m[0].text, "unexpected"));
		end(&w);
	}
}

/* --- files of the source tree -------------------------------------------- */

static char *
read_source(const char *name)
{
	const char *root = getenv("top_srcdir");
	char path[512], *text;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : ".", name);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("cannot open %s", path);
	text = calloc(1, 1U << 18);
	assert_non_null(text);
	n = fread(text, 1, (1U << 18) - 1, f);
	assert_true(n > 0);
	fclose(f);
	return text;
}

static void
example_files(void **state)
{
	static const char *const names[] = {
	    "conf/ntp.conf", "conf/ntp.conf.lan", "conf/ntp.conf.client"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world w;
		char *text = read_source(names[i]);
		struct ntp_config *c = parse(&w, text);

		if (w.n != 0)
			fail_msg(
			    "%s:%u: %s", names[i], w.m[0].line, w.m[0].text);
		assert_true(c->nassoc > 0);
		assert_true(c->nrestricts > 0);
		end(&w);
		free(text);
	}
}

static bool
is_mentioned(const char *page, const char *word)
{
	size_t len = strlen(word);

	for (const char *s = page; (s = strstr(s, word)) != NULL; s++)
		if ((s == page || strchr(" \n\t", s[-1]) != NULL) &&
		    strchr(" \n\t", s[len]) != NULL)
			return true;
	return false;
}

static void
manual_knows_every_word(void **state)
{
	char *page = read_source("ntpd/ntp.conf.5");
	const struct keyword *k;

	(void)state;
	for (size_t i = 0; (k = keyword_at(i)) != NULL; i++)
		if (!is_mentioned(page, keyword_word(k)))
			fail_msg(
			    "ntp.conf.5 does not mention %s", keyword_word(k));
	free(page);
}

/* --- hostile text -------------------------------------------------------- */

static void
long_words_spoil_one_line(void **state)
{
	struct world w;
	struct ntp_config *c;
	char *text = calloc(1, 5000);

	(void)state;
	assert_non_null(text);
	strncpy(text, "restrict default noquery ", 5000);
	memset(text + strlen(text), 'a', 2000);
	strncat(text, " nomodify\nserver a\n", 40);
	c = parse(&w, text);
	assert_int_equal(c->nassoc, 1);
	assert_int_equal(c->nrestricts, 2);
	assert_int_equal(c->restricts[0].flags & RES_NOQUERY, RES_NOQUERY);
	said(&w, 0, CONFIG_ERROR, 1, 26, "word longer than 1024 characters");
	end(&w);
	free(text);
}

/* Lines of keywords, numbers and noise in any order. */
static size_t
random_line(struct ntp_rng *r, char *out, size_t cap)
{
	static const char *const noise[] = {"1", "-1", "0x7f", "1e9", "\"x y\"",
	    "192.0.2.1", "10.0.0.0/8", "::1", "127.127.1.0", "\xff", "{", "}",
	    "(", ")", "=", "...", "99999999999", "nan", "-4", "-6", "default",
	    "source", "\"", "#"};
	size_t n = 0;

	for (uint64_t words = 1 + rng_below(r, 8); words > 0; words--) {
		const struct keyword *k = keyword_at(rng_below(r, 300));
		const char *s =
		    noise[rng_below(r, sizeof(noise) / sizeof(noise[0]))];

		if (k != NULL && rng_below(r, 3) != 0)
			s = keyword_word(k);
		n += (size_t)snprintf(out + n, cap - n, "%s ", s);
	}
	out[n - 1] = '\n';
	return n;
}

static void
random_text(void **state)
{
	struct ntp_rng r;
	char text[8192];

	(void)state;
	rng_seed(&r, 42);
	for (unsigned round = 0; round < 150; round++) {
		struct world w;
		size_t n = 0;

		begin(&w);
		while (n < sizeof(text) - 512)
			n += random_line(&r, text + n, sizeof(text) - n);
		if (rng_below(&r, 2) == 0)
			for (unsigned i = 0; i < 40; i++)
				text[rng_below(&r, n)] = (char)rng_u64(&r);
		assert_int_equal(
		    config_parse(w.cfg, "random", text, n, &w.io), 0);
		config_finish(w.cfg, &w.io);
		for (size_t i = 0; i < w.cfg->nassoc; i++) {
			const struct config_assoc *a = &w.cfg->assoc[i];

			assert_in_range(a->minpoll, 0, a->maxpoll);
			assert_in_range(a->maxpoll, 0, 17);
			assert_in_range(a->version, 1, 4);
			assert_true(a->port != 0);
		}
		assert_in_range(w.cfg->tos.ceiling, 1, 15);
		assert_true(w.cfg->tinker.stepout >= 300);
		end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stock_lines_pass),
	    cmocka_unit_test(idle_lines_are_told_once),
	    cmocka_unit_test(every_keyword_parses),
	    cmocka_unit_test(every_directive_is_known),
	    cmocka_unit_test(example_files),
	    cmocka_unit_test(manual_knows_every_word),
	    cmocka_unit_test(long_words_spoil_one_line),
	    cmocka_unit_test(random_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
