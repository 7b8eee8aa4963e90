/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_k.c - a hostile server against ntpq (rows K of threats.md).
 *
 * Whatever it answers, each command ends and prints nothing but printable
 * characters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ntpq/ntpq.h"
#include "ntp_rng.h"
#include "threat.h"

/* The same text is the answer to every question. */
static enum ask_result
serve(void *arg, const struct query *q, struct reply *rep)
{
	const struct reply *answer = arg;
	static const char list[] = "\x00\x07\x96\x1a\x00\x08\xf4\x24";

	*rep = *answer;
	if (q->opcode == MODE6_READSTAT) {
		rep->text = list;
		rep->len = sizeof(list) - 1;
	}
	return ASK_OK;
}

static const char *const commands[] = {"peers", "opeers", "apeers", "rpeers",
    "as", "rv", "rv 7", "rv 0 leap", "raw", "rv", "cooked", "cv", "mrv 7 8",
    "pstats 7", "sysinfo", "sysstats", "kerninfo", "iostats", "monstats",
    "authinfo", "timerstats", "ntsinfo", "mssntpinfo", "ifstats", "reslist",
    "why", "history", ":config x", "saveconfig x"};

static void
assert_printable(const char *s)
{
	for (; *s != '\0'; s++)
		assert_true((*s >= ' ' && *s <= '~') || *s == '\n');
}

static void
run_commands(struct ntpq *q)
{
	char *words;
	size_t i, len;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		q->out = q->err = open_memstream(&words, &len);
		assert_non_null(q->out);
		command_run(q, commands[i]);
		fclose(q->out);
		assert_int_equal(strlen(words), len);
		assert_printable(words);
		free(words);
	}
}

/* All commands, as tables and as JSON, when TEXT of LEN is what they get. */
static void
show(const char *text, size_t len)
{
	struct reply answer = {.text = text, .len = len, .status = 0xfe2b};
	struct ntpq *q = calloc(1, sizeof(*q));

	assert_non_null(q);
	net_init(&q->net);
	q->net.stand_in = serve;
	q->net.stand_in_arg = &answer;
	q->net.settled = true;
	snprintf(q->net.target, sizeof(q->net.target), "192.0.2.1");
	q->numeric = q->plus = true;
	q->nhosts = 1;
	q->cred.type = MAC_MD5;
	q->cred.keyid = 1;
	snprintf(q->cred.secret, sizeof(q->cred.secret), "secret");
	run_commands(q);
	q->units = true;
	run_commands(q);
	q->want_json = true;
	run_commands(q);
	auth_forget(q);
	free(q);
}

static void
show_text(const char *text)
{
	show(text, strlen(text));
}

static char big[MODE6_TEXT_MAX + 1];

static size_t
put(size_t len, const char *s)
{
	while (*s != '\0' && len < MODE6_TEXT_MAX)
		big[len++] = *s++;
	return len;
}

/* HEAD, then N times PART. */
static void
show_repeated(const char *head, const char *part, size_t n)
{
	size_t len = put(0, head);

	while (n-- > 0)
		len = put(len, part);
	show(big, len);
}

static const char *const names[] = {"leap", "reach", "refid", "reftime",
    "clock", "srcadr", "dstadr", "flash", "filtdelay", "filtoffset", "offset",
    "peermode", "kstflags", "srchost", "version", "addr.0", "mask.0", "flags.0",
    "hits.0", "name.0", "bcast.0", "rx.0", "up.0", "reason", "reasonsince",
    "text.1", "when.1", "xyz"};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* --- the rows ------------------------------------------------------------ */

static void
values_of_every_octet(void **state)
{
	char text[128];
	size_t i;
	int c, n;

	(void)state;
	for (i = 0; i < NAMES; i++)
		for (c = (int)(i % 23); c < 256; c += 23) {
			n = snprintf(text, sizeof(text), "%s=%c%c%c%c",
			    names[i], c, 0x1b, c, c ^ 0x80);
			show(text, (size_t)n);
		}
}

static void
values_of_every_length(void **state)
{
	static const char *const parts[] = {"\xff", "9", "\x1b", "a ", "\\"};
	char head[32];
	size_t i, n;

	(void)state;
	for (i = 0; i < NAMES; i++)
		for (n = 1; n < 8192; n *= 4) {
			snprintf(head, sizeof(head), "%s=", names[i]);
			show_repeated(head, parts[(i + n) % 5], n + i % 3);
		}
}

static void
names_of_every_length(void **state)
{
	size_t n;

	(void)state;
	for (n = 1; n < 2000; n += n < 300 ? 13 : 101) {
		show_repeated("", "n", n);
		show_repeated("leap=0, ", "=", n);
	}
}

static void
endless_lists(void **state)
{
	(void)state;
	show_repeated("", "addr.0=0.0.0.0, ", 900);
	show_repeated("addr.0=1.2.3.4, mask.0=255.0.255.0, hits.0=1, flags.0=",
	    "nomodify ", 1000);
	show_repeated("name.0=\"", "x", 9000);
	show_repeated("addr.99999999999=", "[", 9000);
	show_repeated("addr.0=[", "f", 9000);
}

static void
long_arrays(void **state)
{
	(void)state;
	show_repeated("filtdelay=", " 0.25", 3000);
	show_repeated("filtoffset=", " 9e9", 3500);
	show_repeated("filtdisp=", " -", 7000);
	show_repeated("filtdelay=", " ", 14000);
}

static void
long_host_names(void **state)
{
	size_t len = 100000;
	char *host = malloc(len + 1);
	struct net n;

	(void)state;
	assert_non_null(host);
	net_init(&n);
	memset(host, 'h', len);
	host[len] = '\0';
	assert_non_null(net_open(&n, host, AF_UNSPEC));
	host[0] = '[';
	assert_non_null(net_open(&n, host, AF_UNSPEC));
	for (len = 0; len < 2 * NTPQ_NAME_MAX; len++) {
		memset(host, ']', len);
		host[len] = '\0';
		assert_non_null(net_open(&n, host, AF_UNSPEC));
	}
	assert_string_equal(n.target, "");
	free(host);
}

static void
impossible_dates(void **state)
{
	static const char *const dates[] = {"0x", "0x.", "0x0.0", "0xg",
	    "0xffffffff.ffffffff", "0xfffffffff.0", "-1", "now", "0x1.-1",
	    "999999999999999999999", "1e400", "nan", "\"0x1.2\"", "0x1 .2"};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		snprintf(text, sizeof(text),
		    "reftime=%s, clock=%s, rec=%s, leapsec=%s, when.1=%s, "
		    "last.1=%s, reasonsince=%s, now=%s",
		    dates[i], dates[i], dates[i], dates[i], dates[i], dates[i],
		    dates[i], dates[i]);
		show_text(text);
	}
}

/* Noise in replies that were good. */
static void
control_characters(void **state)
{
	static const char good[] =
	    "srcadr=192.0.2.1, srchost=\"a\x1b[31mb\", refid=G\x07P\x1b, "
	    "version=\"\x9b"
	    "2J\", stratum=2, reason=\"x\r\n***forged\", "
	    "addr.0=1.2.3.4, flags.0=\x1b]0;t\x07, hits.0=1, mask.0=1.2.3.4, "
	    "who.1=\"\x1b\", text.1=\"\x85\"";
	struct ntp_rng rng;
	size_t round, n;

	(void)state;
	show_text(good);
	rng_seed(&rng, 9);
	for (round = 0; round < 300; round++) {
		memcpy(big, good, sizeof(good));
		for (n = rng_below(&rng, 20); n > 0; n--)
			big[rng_below(&rng, sizeof(good) - 1)] =
			    (char)rng_u64(&rng);
		show(big, sizeof(good) - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    THREAT("CVE-2009-0159", values_of_every_octet),
	    THREAT("CVE-2015-7852", values_of_every_length),
	    THREAT("CVE-2015-7975", names_of_every_length),
	    THREAT("CVE-2017-6460", endless_lists),
	    THREAT("CVE-2018-7183", long_arrays),
	    THREAT("CVE-2018-12327", long_host_names),
	    THREAT("Sec-3505", long_host_names),
	    THREAT("Sec-3808", impossible_dates),
	    THREAT("K-terminal", control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
