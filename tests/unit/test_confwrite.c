/* SPDX-License-Identifier: BSD-2-Clause */
/* test_confwrite.c - a configuration written is the one that is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_confparse.h"

/* Every directive that works and is no mere command. */
static const char everything[] =
    "driftfile /var/lib/ntp/drift\n"
    "logfile /var/log/ntp\n"
    "pidfile /run/ntpd.pid\n"
    "statsdir /var/log/stats\n"
    "saveconfigdir /var/lib/saved\n"
    "ntpsigndsocket /run/samba\n"
    "leapfile /etc/leap ignorehash\n"
    "leapsmearinterval 7200 linear\n"
    "keys /etc/ntp.keys\n"
    "trustedkey 1 ( 5 ... 9 )\n"
    "controlkey 5\n"
    "nts enable cert /etc/chain key /etc/private cookie /var/lib/cookies\n"
    "nts ca /etc/ca tlsciphersuites TLS_AES_128_GCM_SHA256\n"
    "nts tlsecdhcurves X25519 tlscipherserverpreference\n"
    "nts aead AES_SIV_CMAC_384 keport 4461\n"
    "port 1123\n"
    "extra port 1124\n"
    "dscp 10\n"
    "hwtimestamp eth0 enp3s0f1\n"
    "hwtimestamp *\n"
    "threads 4\n"
    "gather 50\n"
    "interface ignore all\n"
    "nic listen eth0\n"
    "listen on 192.0.2.0/24\n"
    "interface drop wildcard\n"
    "multicastclient 224.0.1.1 ff05::101\n"
    "manycastserver 239.0.0.1\n"
    "broadcastclient\n"
    "broadcastdelay 0.004\n"
    "ttl 1 4 9\n"
    "statistics loopstats peerstats\n"
    "filegen loopstats file ls type week nolink enable\n"
    "logconfig =allevents -clockevents\n"
    "setvar rack = \"b 12\" default\n"
    "setvar room = 7\n"
    "phone ATDT5551234 \"atdt 0,5555678\"\nphone ATDP1\n"
    "tos minsane 2 minclock 4 maxclock 6 mindist 0.002 maxdist 3\n"
    "tos maxdisp 8 floor 1 ceiling 12 orphanwait 60\n"
    "tos basedate 2026-06-30\n"
    "tinker stepfwd 0.5 stepback 0.25 stepout 600 panic 0 dispersion 20\n"
    "tinker allan 10 freq -12.5 discipline pll panicaction hold\n"
    "nonvolatile 2.5e-7\n"
    "discard average 4 minimum 1 monitor 60\n"
    "limit average 2.5 burst 30 kod 1.5\n"
    "mru maxdepth 5000 mindepth 100 maxage 60 minage 30 v6prefix 64\n"
    "mru initalloc 100\n"
    "disable ntp kernel stats auth\n"
    "restrict default kod limited nomodify notrap nopeer noquery\n"
    "restrict -6 default version\n"
    "restrict 192.0.2.0 mask 255.255.255.0 ippeerlimit 3 ntpport flake\n"
    "restrict 2001:db8::/32 noserve notrust mssntp nomrulist noepeer\n"
    "restrict a.example ignore serverresponse fuzz lowpriotrap\n"
    "restrict source nomodify\n"
    "server 192.0.2.1 iburst burst minpoll 4 maxpoll 9 key 5 prefer\n"
    "server -6 b.example version 3 port 1230 bias -0.0025 noselect true\n"
    "pool p.example preempt\n"
    "server n.example:4461 nts aead AES_SIV_CMAC_512 ca /etc/their-ca\n"
    "server [2001:db8::1]:4462 nts noval\n"
    "pool 192.0.2.77 nts\n"
    "peer 192.0.2.9 xleave\n"
    "broadcast 192.0.2.255 ttl 3\n"
    "manycastclient 239.0.0.1\n"
    "server 127.127.1.0 minpoll 5\n"
    "server 192.0.2.66 lan minpoll -4 maxpoll -1\n"
    "refclock shm unit 2 mode 1\n"
    "refclock nmea unit 1 path /dev/ttyS1 ppspath /dev/pps0 baud 38400\n"
    "device 127.127.20.1 ppsdata /dev/pps1\n"
    "fudge 127.127.20.1 minjitter 0.002 flag1 1\n"
    "enable calibrate\n"
    "fudge 127.127.1.0 time1 0.25 stratum 9 refid \"A B\" flag2 1\n";

static struct ntp_config *
read_text(const char *text, size_t len)
{
	static const struct config_io io = {0};
	struct ntp_config *c = config_new();

	assert_non_null(c);
	assert_int_equal(config_parse(c, "ntp.conf", text, len, &io), 0);
	config_finish(c, &io);
	assert_int_equal(c->nerrors, 0);
	return c;
}

static char *
write_text(const struct ntp_config *c, size_t *len)
{
	char *text;

	assert_int_equal(config_write(c, &text, len), 0);
	assert_int_equal(strlen(text), *len);
	return text;
}

static void
test_defaults_are_not_written(void **state)
{
	struct ntp_config *c = read_text("", 0);
	size_t len;
	char *text = write_text(c, &len);

	(void)state;
	assert_string_equal(text, "# the configuration of a running ntpd\n");
	free(text);
	config_free(&c);
}

static void
test_round_trip(void **state)
{
	struct ntp_config *a = read_text(everything, strlen(everything)), *b;
	struct ntp_config *copy = config_copy(a);
	size_t lena, lenb, lenc;
	char *texta = write_text(a, &lena), *textb, *textc;

	(void)state;
	assert_non_null(copy);
	b = read_text(texta, lena);
	textb = write_text(b, &lenb);
	textc = write_text(copy, &lenc);
	assert_string_equal(texta, textb);
	assert_string_equal(texta, textc);
	assert_int_equal(a->nassoc, b->nassoc);
	assert_int_equal(a->nrestricts, b->nrestricts);
	assert_int_equal(a->logmask, b->logmask);
	assert_int_equal(a->mru.maxdepth, b->mru.maxdepth);
	for (size_t i = 0; i < a->nassoc; i++) {
		assert_true(config_assoc_same(&a->assoc[i], &b->assoc[i]));
		assert_int_equal(a->assoc[i].flags, b->assoc[i].flags);
		assert_int_equal(a->assoc[i].ref_flags, b->assoc[i].ref_flags);
		assert_int_equal(a->assoc[i].ref_mode, b->assoc[i].ref_mode);
	}
	for (size_t i = 0; i < a->nrestricts; i++) {
		assert_int_equal(a->restricts[i].flags, b->restricts[i].flags);
		assert_true(
		    addr_equal(&a->restricts[i].mask, &b->restricts[i].mask));
	}
	free(texta);
	free(textb);
	free(textc);
	config_free(&a);
	config_free(&b);
	config_free(&copy);
}

/* A directive that works must be in the text above, so that whoever adds one
 * thinks of saving it. */
static void
test_no_directive_is_forgotten(void **state)
{
	static const char *const commands[] = {"unpeer", "unconfig",
	    "unrestrict", "delrestrict", "includefile", "end", "enable",
	    "reset"};
	const struct keyword *k;
	char line[64];

	(void)state;
	for (size_t i = 0; (k = keyword_at(i)) != NULL; i++) {
		bool command =
		    k->ctx != KEYWORD_DIRECTIVE || k->state != KW_WORKS;

		for (size_t n = 0; n < sizeof commands / sizeof commands[0];
		     n++)
			command = command ||
			    strcmp(keyword_word(k), commands[n]) == 0;
		if (command)
			continue;
		snprintf(line, sizeof line, "\n%s", keyword_word(k));
		if (strstr(everything, line) == NULL &&
		    strncmp(everything, keyword_word(k),
			strlen(keyword_word(k))) != 0)
			fail_msg("saving `%s` is not tested", keyword_word(k));
	}
}

/* --- shown ------------------------------------------------------------------ */

/* What config_show() says, without its origins. */
static char *
show_text(const struct ntp_config *c)
{
	char *text, *out, *line, *rest, *all;
	size_t len;

	assert_int_equal(config_show(c, &text, &len), 0);
	all = rest = out = calloc(1, len + 2);
	assert_non_null(out);
	*out++ = '\n';
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *origin = line;

		for (char *s = strstr(line, " # "); s != NULL;
		     s = strstr(s + 1, " # "))
			origin = s;
		while (origin > line && origin[-1] == ' ')
			origin--;
		memcpy(out, line, (size_t)(origin - line));
		out += origin - line;
		*out++ = '\n';
	}
	free(text);
	return all;
}

static void
test_shown_reads_the_same(void **state)
{
	struct ntp_config *a = read_text(everything, strlen(everything)), *b;
	char *texta = show_text(a), *textb;

	(void)state;
	b = read_text(texta, strlen(texta));
	textb = show_text(b);
	assert_string_equal(texta, textb);
	free(texta);
	free(textb);
	config_free(&a);
	config_free(&b);
}

/* In TEXT a line, or one that says that there is none. */
static bool
is_shown(const char *text, const char *line, const char *word)
{
	char want[96];

	(void)snprintf(want, sizeof want, "\n%s%s", line, word);
	if (strstr(text, want) != NULL)
		return true;
	(void)snprintf(want, sizeof want, "\n# no %s%s", line, word);
	return strstr(text, want) != NULL;
}

/* The words that are shown as another. */
static const char *
shown_as(const struct keyword *k)
{
	static const struct {
		enum keyword_id id;
		const char *word; /* NULL: a command */
	} as[] = {{KW_DIRECTIVE_POOL, "server"}, {KW_DIRECTIVE_PEER, "server"},
	    {KW_DIRECTIVE_REFCLOCK, "server"}, {KW_DIRECTIVE_FUDGE, "server"},
	    {KW_DIRECTIVE_DEVICE, "server"}, {KW_DIRECTIVE_BROADCAST, "server"},
	    {KW_DIRECTIVE_MANYCASTCLIENT, "server"},
	    {KW_DIRECTIVE_MANYCASTSERVER, "multicastclient, manycastserver"},
	    {KW_DIRECTIVE_NIC, "interface"}, {KW_DIRECTIVE_LISTEN, "interface"},
	    {KW_DIRECTIVE_STATISTICS, "filegen"},
	    {KW_DIRECTIVE_BROADCASTCLIENT, "disable bclient"},
	    {KW_DIRECTIVE_LIMIT, "limit"}, {KW_LIMIT_AVERAGE, ""},
	    {KW_LIMIT_BURST, ""}, {KW_LIMIT_KOD, ""},
	    {KW_TINKER_STEP, "stepfwd"}, {KW_MRU_MAXMEM, "maxdepth"},
	    {KW_MRU_INITMEM, "initalloc"}, {KW_DIRECTIVE_UNPEER, NULL},
	    {KW_DIRECTIVE_UNCONFIG, NULL}, {KW_DIRECTIVE_UNRESTRICT, NULL},
	    {KW_DIRECTIVE_DELRESTRICT, NULL}, {KW_DIRECTIVE_INCLUDEFILE, NULL},
	    {KW_DIRECTIVE_END, NULL}, {KW_DIRECTIVE_RESET, NULL}};

	for (size_t i = 0; i < sizeof as / sizeof as[0]; i++) {
		if (as[i].id == k->id)
			return as[i].word;
	}
	return keyword_word(k);
}

/* Of a word of CTX the line that shows it begins so; NULL: other contexts. */
static const char *
line_of(enum keyword_ctx ctx)
{
	static const struct {
		enum keyword_ctx ctx;
		const char *line;
	} lines[] = {{KEYWORD_DIRECTIVE, ""}, {KEYWORD_TOS, "tos "},
	    {KEYWORD_TINKER, "tinker "}, {KEYWORD_DISCARD, "discard "},
	    {KEYWORD_MRU, "mru "}, {KEYWORD_LIMIT, "limit"},
	    {KEYWORD_EXTRA, "extra "}, {KEYWORD_FLAG, "able "},
	    {KEYWORD_STATS, "filegen "}};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (lines[i].ctx == ctx)
			return lines[i].line;
	}
	return NULL;
}

static void
assert_shown(const char *text, const struct keyword *k)
{
	const char *line = line_of(k->ctx), *word = shown_as(k);
	char flag[64];

	if (line == NULL || word == NULL || k->state != KW_WORKS)
		return;
	(void)snprintf(flag, sizeof flag, "able %s\n", word);
	if (k->ctx == KEYWORD_FLAG ? strstr(text, flag) == NULL
				   : !is_shown(text, line, word))
		fail_msg("`%s%s` is not shown", line, keyword_word(k));
}

static void
test_no_value_is_hidden(void **state)
{
	struct ntp_config *c = read_text("", 0);
	const struct keyword *k;
	char *text = show_text(c);

	(void)state;
	for (size_t i = 0; (k = keyword_at(i)) != NULL; i++)
		assert_shown(text, k);
	free(text);
	config_free(&c);
}

/* Where a value comes from when two words can set it. */
static void
test_last_word_counts(void **state)
{
	static const char lines[] =
	    "tinker stepfwd 3\ntinker step 4\nmru maxdepth 5\nmru maxmem 9\n"
	    "extra port 7\nnts port 8\nenable bclient\nbroadcastclient\n";
	static const char *const want[] = {"tinker stepfwd 4 2",
	    "tinker stepback 4 2", "extra port 8 6", "enable bclient 8"};
	struct ntp_config *c = read_text(lines, strlen(lines));
	char *text, words[32];
	size_t len;
	unsigned line;

	(void)state;
	assert_int_equal(config_show(c, &text, &len), 0);
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		size_t n = (size_t)(strrchr(want[i], ' ') - want[i]);
		const char *at;

		(void)snprintf(words, sizeof words, "%.*s ", (int)n, want[i]);
		at = strstr(text, words);
		assert_non_null(at);
		assert_int_equal(sscanf(strchr(at, ':') + 1, "%u", &line), 1);
		assert_int_equal(line, want[i][n + 1] - '0');
	}
	free(text);
	config_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults_are_not_written),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_no_directive_is_forgotten),
	    cmocka_unit_test(test_shown_reads_the_same),
	    cmocka_unit_test(test_no_value_is_hidden),
	    cmocka_unit_test(test_last_word_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
