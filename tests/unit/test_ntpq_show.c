/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntpq_show.c - whole commands of ntpq against a server that is a table
 * of replies: JSON, the ordered lists, the configuration dialogue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ntpq/ntpq.h"
#include "scratch.h"

/* --- the server --------------------------------------------------------- */

struct answer {
	enum mode6_op opcode;
	uint16_t associd, status;
	const char *names; /* of the request; NULL: whatever it asks for */
	const char *text;
	size_t len;	 /* 0: of the string */
	uint8_t errcode; /* with TEXT NULL */
};

struct server {
	const struct answer *answer;
	size_t n;
	bool signed_request; /* of the last one */
	char request[MODE6_DATA_MAX + 1];
};

static enum ask_result
serve(void *arg, const struct query *q, struct reply *rep)
{
	struct server *s = arg;
	size_t i;

	s->signed_request = q->sign;
	snprintf(s->request, sizeof(s->request), "%.*s", (int)q->len,
	    q->len > 0 ? q->data : "");
	for (i = 0; i < s->n; i++) {
		const struct answer *a = &s->answer[i];

		if (a->opcode != q->opcode || a->associd != q->associd ||
		    (a->names != NULL && strcmp(a->names, s->request) != 0))
			continue;
		*rep = (struct reply){.text = a->text != NULL ? a->text : "",
		    .status = a->status,
		    .errcode = a->errcode};
		rep->len = a->len > 0 ? a->len : strlen(rep->text);
		return a->text != NULL ? ASK_OK : ASK_ERROR;
	}
	*rep = (struct reply){.text = "", .errcode = MODE6_ERR_UNKNOWNVAR};
	return ASK_ERROR;
}

static struct ntpq *
client_of(struct server *s)
{
	struct ntpq *q = calloc(1, sizeof(*q));

	assert_non_null(q);
	net_init(&q->net);
	q->net.stand_in = serve;
	q->net.stand_in_arg = s;
	q->net.settled = true;
	snprintf(q->net.target, sizeof(q->net.target), "192.0.2.1");
	q->numeric = q->plus = true;
	q->nhosts = 1;
	q->cred.type = MAC_MD5;
	return q;
}

static void
client_free(struct ntpq *q)
{
	auth_forget(q);
	free(q);
}

/* OUT and ERR: what LINE must print on either. */
static void
expect(struct ntpq *q, const char *line, const char *out, const char *err)
{
	char *words[2];
	size_t len[2];

	q->out = open_memstream(&words[0], &len[0]);
	q->err = open_memstream(&words[1], &len[1]);
	assert_non_null(q->out);
	assert_non_null(q->err);
	command_run(q, line);
	fclose(q->out);
	fclose(q->err);
	assert_string_equal(words[0], out);
	assert_string_equal(words[1], err);
	free(words[0]);
	free(words[1]);
}

/* --- JSON --------------------------------------------------------------- */

#define ASSOC_40211 "\x9d\x13\x96\x1a"

static const struct answer plain[] = {
    {MODE6_READSTAT, 0, 0x0615, NULL, ASSOC_40211, 4, 0},
    {MODE6_READVAR, 0, 0x0615, "",
	"version=\"ntpd, the \\ one\", leap=3, refid=1234, rootdelay=1.482,\r\n"
	"leapsec=202501010000, flags=0x1f, odd=.5, odd2=007, bad=1e,\r\n"
	"frequency=-17.406, reftime=0xeb260f52.5be76c8c, leap=1, none=,\r\n"
	"clock=0x00000000.00000000\r\n",
	0, 0},
    {MODE6_READVAR, 40211, 0x961a, "",
	"srcadr=192.0.2.17, srchost=\"a.example\", dstadr=192.0.2.1, hmode=3,"
	"stratum=2, hpoll=6, ppoll=10, reach=0xff, refid=GPS, delay=4.812,\r\n"
	"offset=0.318, jitter=0.211, dispersion=1.5\r\n",
	0, 0},
    {MODE6_READVAR, 40211, 0x961a, "filtdelay", "filtdelay= 4.81 4.92\r\n", 0,
	0},
    {MODE6_READVAR, 0, 0x0615, "timer_xmts", "timer_xmts=12", 0, 0},
};

static void
test_json(void **state)
{
	struct server s = {.answer = plain, .n = 5};
	struct ntpq *q = client_of(&s);

	(void)state;
	q->want_json = true;
	expect(q, "rv",
	    "{\"host\":\"192.0.2.1\",\"command\":\"rv\",\"associd\":0,"
	    "\"status\":1557,\"status_words\":"
	    "\"leap_none, sync_ntp, 1 event, clock_sync\",\"variables\":{"
	    "\"version\":\"ntpd, the \\\\ one\",\"leap\":3,\"refid\":\"1234\","
	    "\"rootdelay\":1.482,\"leapsec\":\"202501010000\",\"flags\":31,"
	    "\"odd\":0.5,\"odd2\":7,\"bad\":\"1e\",\"frequency\":-17.406,"
	    "\"reftime\":\"2025-01-06T08:14:10.359000000Z\",\"none\":\"\","
	    "\"clock\":null}}\n",
	    "");
	expect(q, "as",
	    "{\"host\":\"192.0.2.1\",\"command\":\"associations\","
	    "\"associations\":[{\"index\":1,\"associd\":40211,"
	    "\"status\":38426,\"configured\":true,\"reachable\":true,"
	    "\"broadcast\":false,\"authentication\":\"none\","
	    "\"condition\":\"sys.peer\",\"last_event\":\"sys_peer\","
	    "\"events\":1}]}\n",
	    "");
	expect(q, "pe",
	    "{\"host\":\"192.0.2.1\",\"command\":\"peers\",\"peers\":["
	    "{\"associd\":40211,\"status\":38426,\"tally\":\"*\","
	    "\"condition\":\"sys.peer\",\"remote\":\"192.0.2.17\","
	    "\"address\":\"192.0.2.17\",\"local\":\"192.0.2.1\","
	    "\"refid\":\"GPS\",\"stratum\":2,\"type\":\"u\",\"when\":null,"
	    "\"poll\":64,\"reach\":255,\"delay\":4.812,\"offset\":0.318,"
	    "\"jitter\":0.211,\"dispersion\":1.5}]}\n",
	    "");
	expect(q, "mrv &1 &1 filtdelay",
	    "{\"host\":\"192.0.2.1\",\"command\":\"mrv\",\"associations\":["
	    "{\"associd\":40211,\"status\":38426,\"status_words\":"
	    "\"conf, reach, sel_sys.peer, 1 event, sys_peer\",\"variables\":"
	    "{\"filtdelay\":[4.81,4.92]}}]}\n",
	    "");
	/* Names the server does not know do not hide the others. */
	expect(q, "timerstats",
	    "{\"host\":\"192.0.2.1\",\"command\":\"timerstats\",\"variables\":"
	    "{\"timerstats_reset\":null,\"timer_overruns\":null,"
	    "\"timer_xmts\":12}}\n",
	    "");
	client_free(q);
}

#define UNKNOWN_NAME                                                           \
	"***A request variable unknown to the server\n"                        \
	"ntpq: `rv 0 sys_var_list', `rv ID peer_var_list' and `cv ID "         \
	"clock_var_list' name those it knows\n"

/* An error code is no status. */
static void
test_no_name_known(void **state)
{
	struct server s = {.n = 0};
	struct ntpq *q = client_of(&s);

	(void)state;
	expect(q, "pstats 0", "", UNKNOWN_NAME);
	client_free(q);
}

static void
test_json_words(void **state)
{
	struct server s = {.answer = plain, .n = 5};
	struct ntpq *q = client_of(&s);

	(void)state;
	q->want_json = true;
	expect(q, "hostnames",
	    "{\"host\":\"192.0.2.1\",\"command\":\"hostnames\","
	    "\"text\":\"hostnames not being shown\"}\n",
	    "");
	expect(q, "nosuch",
	    "{\"host\":\"192.0.2.1\",\"command\":\"nosuch\",\"error\":"
	    "\"***Command `nosuch' unknown\\nntpq: `help' lists the "
	    "commands\"}\n",
	    "***Command `nosuch' unknown\nntpq: `help' lists the commands\n");
	client_free(q);
}

static const struct answer hostile[] = {
    {MODE6_READVAR, 0, 0, "",
	"a\x1b[2J=\"\x1b[31m\xff\", b=1\x07, c=99999999999999999999,\r\n"
	"d=1.5e400, e=--1, =x, \"=\"",
	0, 0},
};

static void
test_json_hostile(void **state)
{
	struct server s = {.answer = hostile, .n = 1};
	struct ntpq *q = client_of(&s);

	(void)state;
	q->want_json = true;
	expect(q, "rv",
	    "{\"host\":\"192.0.2.1\",\"command\":\"rv\",\"associd\":0,"
	    "\"status\":0,\"status_words\":"
	    "\"leap_none, sync_unspec, no events, unspecified\",\"variables\":"
	    "{\"a^[[2J\":\"\\u001b[31m\\u00ff\",\"b\":\"1\\u0007\","
	    "\"c\":99999999999999999999,\"d\":\"1.5e400\",\"e\":\"--1\","
	    "\"\":\"x\",\"\\\"\":\"\\\"\"}}\n",
	    "");
	client_free(q);
}

#define DIGITS_32 "12345678901234567890123456789012"

static const struct answer long_numbers[] = {
    {MODE6_READVAR, 0, 0, "",
	"a=" DIGITS_32 ", b=" DIGITS_32 "3, filtdelay=1 0." DIGITS_32, 0, 0},
};

/* Readers of JSON fail at thousands of digits. */
static void
test_json_long_numbers(void **state)
{
	struct server s = {.answer = long_numbers, .n = 1};
	struct ntpq *q = client_of(&s);

	(void)state;
	q->want_json = true;
	expect(q, "rv",
	    "{\"host\":\"192.0.2.1\",\"command\":\"rv\",\"associd\":0,"
	    "\"status\":0,\"status_words\":"
	    "\"leap_none, sync_unspec, no events, unspecified\",\"variables\":"
	    "{\"a\":" DIGITS_32 ",\"b\":\"" DIGITS_32 "3\","
	    "\"filtdelay\":[1,\"0." DIGITS_32 "\"]}}\n",
	    "");
	client_free(q);
}

/* --- the table ----------------------------------------------------------- */

static const struct answer often[] = {
    {MODE6_READSTAT, 0, 0x0615, NULL, ASSOC_40211, 4, 0},
    {MODE6_READVAR, 40211, 0x961a, "",
	"srcadr=192.0.2.17, dstadr=192.0.2.1, hmode=3, stratum=2, hpoll=-6,"
	"ppoll=-4, reach=0xff, refid=GPS, delay=0.112, offset=0.003,"
	"jitter=0.001\r\n",
	0, 0},
    {MODE6_READVAR, 0, 0x0615, "", "", 0, 0},
};

/* Polls less than a second apart have room in their column. */
static void
test_poll_below_a_second(void **state)
{
	struct server s = {.answer = often, .n = 3};
	struct ntpq *q = client_of(&s);

	(void)state;
	expect(q, "pe",
	    "     remote           refid      st t when poll reach   delay   "
	    "offset  jitter\n"
	    "=========================================================="
	    "====================\n"
	    "*192.0.2.17      .GPS.            2 u    - 1/64  377    0.112   "
	    "+0.003   0.001\n",
	    "");
	client_free(q);
}

/* --- lists -------------------------------------------------------------- */

static const struct answer lists[] = {
    {MODE6_READ_ORDLIST, 0, 0, "ifstats",
	"name.2=\"lo\", en.2=1, addr.2=127.0.0.1:123, bcast.2=, flags.2=0x5,"
	"xk8.2=77, tl.2=0, mc.2=0, rx.2=312, tx.2=317, txerr.2=0, pc.2=1,"
	"up.2=86411, txerr.5=3, pc.5=6, up.5=86411, addr.5=192.0.2.1:123,"
	"bcast.5=192.0.2.255:123, en.5=0, name.5=\"eth0\", flags.5=0x19,"
	"rx.5=90417, tx.5=90502, name.6=\"eth1\", up.6=5\r\n",
	0, 0},
    {MODE6_READ_ORDLIST, 0, 0, "addr_restrictions",
	"addr.0=0.0.0.0, mask.0=0.0.0.0, hits.0=90417,"
	"flags.0= limited nomodify noquery kod, addr.1=192.0.2.0, hits.1=2,"
	"mask.1=255.0.255.0, flags.1=, flags.2=, hits.2=312, addr.2=::1,\r\n"
	"mask.2=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, mask.3=\r\n",
	0, 0},
};

#define RULE                                                                     \
	"======================================================================" \
	"========\n"

static void
sign_with(struct ntpq *q)
{
	expect(q, "keyid 1", "", "");
	expect(q, "passwd secret", "", "");
}

static void
test_ifstats(void **state)
{
	struct server s = {.answer = lists, .n = 2};
	struct ntpq *q = client_of(&s);

	(void)state;
	sign_with(q);
	/* Row 5 lacks what ntpsec does not send, row 6 too much. */
	expect(q, "ifstats",
	    "    interface name                                        send\n"
	    " #  address/broadcast     drop flag ttl mc received sent failed "
	    "peers   uptime\n" RULE
	    "  2 lo                       .    5   0  0    312    317      0"
	    "     1    86411\n"
	    "    127.0.0.1:123\n"
	    "  5 eth0                     D   19   -  -  90417  90502      3"
	    "     6    86411\n"
	    "    192.0.2.1:123\n"
	    "    192.0.2.255:123\n",
	    "Warning: incomplete row with 2 (of 12) fields\n");
	assert_true(s.signed_request);
	assert_int_equal(q->net.keyid, 1);
	client_free(q);
}

static void
test_reslist(void **state)
{
	struct server s = {.answer = lists, .n = 2};
	struct ntpq *q = client_of(&s);

	(void)state;
	sign_with(q);
	expect(q, "reslist",
	    "   hits    addr/prefix or addr mask\n"
	    "           restrictions\n" RULE "     90417 0.0.0.0/0\n"
	    "           limited nomodify noquery kod\n"
	    "         2 192.0.2.0 255.0.255.0\n"
	    "           \n"
	    "       312 ::1/128\n"
	    "           \n",
	    "Warning: incomplete row with 1 (of 4) fields\n");
	q->want_json = true;
	expect(q, "reslist",
	    "{\"host\":\"192.0.2.1\",\"command\":\"reslist\",\"restrictions\":"
	    "[{\"index\":0,\"address\":\"0.0.0.0\",\"mask\":\"0.0.0.0\","
	    "\"hits\":90417,\"flags\":\"limited nomodify noquery kod\"},"
	    "{\"index\":1,\"address\":\"192.0.2.0\",\"mask\":\"255.0.255.0\","
	    "\"hits\":2,\"flags\":\"\"},{\"index\":2,\"address\":\"::1\","
	    "\"mask\":\"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\","
	    "\"hits\":312,\"flags\":\"\"}],"
	    "\"error\":\"Warning: incomplete row with 1 (of 4) fields\"}\n",
	    "Warning: incomplete row with 1 (of 4) fields\n");
	client_free(q);
}

/* --- writing ------------------------------------------------------------ */

static const struct answer writes[] = {
    {MODE6_CONFIGURE, 0, 0, "server 192.0.2.1 \"iburst > x\"",
	"Config Succeeded\r\n", 0, 0},
    {MODE6_CONFIGURE, 0, 0, "srver", "column 0 syntax error\r\n", 0, 0},
    {MODE6_CONFIGURE, 0, 0, "tos x", "column 5 syntax error, \x1b[2J\r\n", 0,
	0},
    {MODE6_SAVECONFIG, 0, 0, "x.conf", "Configuration saved to 'x.conf'\r\n", 0,
	0},
    {MODE6_WRITEVAR, 0, 0, "a=1,b=2", "", 0, 0},
    {MODE6_WRITEVAR, 7, 0, NULL, NULL, 0, MODE6_ERR_PERMISSION},
};

#define ADVICE_AUTH                                                            \
	"ntpq: the daemon wants this signed with the key that its ntp.conf "   \
	"calls controlkey: say -a KEYID -k KEYFILE, or `keyid' and `passwd'\n"

static void
test_configure(void **state)
{
	struct server s = {.answer = writes, .n = 6};
	struct ntpq *q = client_of(&s);

	(void)state;
	sign_with(q);
	/* The rest of the line is the daemon's, quotes, '>' and all. */
	expect(q, " :conf  server 192.0.2.1 \"iburst > x\" \n",
	    "Config Succeeded\n", "");
	expect(q, ":config srver", "srver\n^\ncolumn 0 syntax error\n", "");
	expect(q, ":config tos x",
	    "tos x\n____^\ncolumn 5 syntax error, ^[[2J\n", "");
	q->interactive = true;
	expect(q, ":config tos x",
	    "__________________^\ncolumn 5 syntax error, ^[[2J\n", "");
	expect(q, "saveconfig x.conf", "Configuration saved to 'x.conf'\n", "");
	expect(q, "writevar 0 a=1 b=2", "done! (no data returned)\n", "");
	expect(q, "writevar 0 a", "", "***name=value expected, not `a'\n");
	expect(q, "addvars a=1,b=2", "", "");
	expect(q, "writelist", "done! (no data returned)\n", "");
	expect(q, "writevar 7 a=1", "",
	    "***Server disallowed request (authentication?)\n" ADVICE_AUTH);
	client_free(q);
}

static const struct answer conf_lines[] = {
    {MODE6_CONFIGURE, 0, 0, "server a", "Keyword \"a\"\r\nline 2\r\n\x1b\r\n",
	0, 0},
};

/* A reply of several lines stays in the line of its number. */
static void
test_config_from_file(void **state)
{
	struct server s = {.answer = conf_lines, .n = 1};
	struct ntpq *q = client_of(&s);
	char line[300], err[300];

	(void)state;
	sign_with(q);
	put(in_dir(0, "conf"), "# mine\n server a\n");
	snprintf(line, sizeof(line), "config-from-file %s", in_dir(0, "conf"));
	expect(q, line,
	    "Sending configuration file, one line at a time.\n"
	    "Line No: 2 Keyword \"a\"; line 2; ^[: server a\n"
	    "Done sending file\n",
	    "");
	snprintf(line, sizeof(line), "config-from-file %s", dir);
	snprintf(
	    err, sizeof(err), "***Error reading %s: Is a directory\n", dir);
	expect(
	    q, line, "Sending configuration file, one line at a time.\n", err);
	client_free(q);
}

/* --- keys --------------------------------------------------------------- */

static void
test_keys(void **state)
{
	struct server s = {.answer = lists, .n = 2};
	struct ntpq *q = client_of(&s);

	(void)state;
	expect(q, "keyid", "no keyid defined\n", "");
	expect(q, "keyid 17", "", "");
	expect(q, "keyid", "keyid is 17\n", "");
	expect(q, "keytype", "keytype is MD5 with 16 octet digests\n", "");
	expect(q, "keytype sha1", "", "");
	expect(q, "keytype", "keytype is SHA1 with 20 octet digests\n", "");
	expect(q, "keytype rot13", "",
	    "keytype is not valid. Type \"help keytype\" for the available "
	    "digest types.\n");
	expect(q, "authenticate", "unauthenticated requests being sent\n", "");
	expect(q, "authenticate yes", "", "");
	expect(q, "authenticate", "authenticated requests being sent\n", "");
	expect(q, "passwd \"#\"", "", "");
	expect(q, "reslist", "",
	    "Invalid password\n"
	    "ntpq: give the secret of key 17 as in the daemon's keys file: "
	    "-k KEYFILE, or `passwd' and `keytype'\n");
	client_free(q);
}

/* --- reasons ------------------------------------------------------------ */

static const struct answer reasons[] = {
    {MODE6_READSTAT, 0, 0x0615, NULL, ASSOC_40211, 4, 0},
    {MODE6_READVAR, 0, 0x0615, "reason,reasonword,reasonsince",
	"reason=\"serving: serving as stratum 2\", reasonword=serving,\r\n"
	"reasonsince=0xeb260f52.5be76c8c\r\n",
	0, 0},
    {MODE6_READVAR, 40211, 0x961a, NULL,
	"srcadr=192.0.2.7, srchost=\"ntp.example\",\r\n"
	"reason=\"syspeer: leads with weight 61.0 %\", reasonword=syspeer,\r\n"
	"reasonsince=0xeb260f52.5be76c8c\r\n",
	0, 0},
    {MODE6_READVAR, 0, 0x0615, "history=1",
	"history=71, when.8=0xeb260f52.5be76c8c, last.8=0xeb260f52.5be76c8c,"
	"\r\ncount.8=1, assid.8=0, who.8=\"system\", why.8=step,"
	"\r\ntext.8=\"by +1.500 s\", when.9=0xeb260f52.5be76c8c,\r\n"
	"last.9=0xeb260f62.00000000, count.9=7, assid.9=40211,\r\n"
	"who.9=\"ntp.example\", why.9=bogus, text.9=\"\x1b[2J1 forged\"\r\n",
	0, 0},
    {MODE6_READVAR, 0, 0x0615, "history=10", "history=71\r\n", 0, 0},
};

static void
test_why(void **state)
{
	struct server s = {.answer = reasons, .n = 5};
	struct ntpq *q = client_of(&s);

	(void)state;
	expect(q, "why",
	    " system           serving: serving as stratum 2\n"
	    "*ntp.example      syspeer: leads with weight 61.0 %\n",
	    "");
	expect(q, "why &1",
	    "*ntp.example      syspeer: leads with weight 61.0 %\n", "");
	q->want_json = true;
	expect(q, "why",
	    "{\"host\":\"192.0.2.1\",\"command\":\"why\",\"reasons\":["
	    "{\"associd\":0,\"who\":\"system\",\"word\":\"serving\","
	    "\"since\":\"2025-01-06T08:14:10.359000000Z\","
	    "\"reason\":\"serving: serving as stratum 2\"},"
	    "{\"associd\":40211,\"who\":\"ntp.example\","
	    "\"word\":\"syspeer\","
	    "\"since\":\"2025-01-06T08:14:10.359000000Z\","
	    "\"reason\":\"syspeer: leads with weight 61.0 %\"}]}\n",
	    "");
	client_free(q);
}

static void
test_history(void **state)
{
	static const struct answer endless[] = {{MODE6_READVAR, 0, 0, NULL,
	    "when.2147483640=1.0, when.9223372036854775807=1.0", 0, 0}};
	struct server s = {.answer = reasons, .n = 5};
	struct ntpq *q = client_of(&s);

	(void)state;
	expect(q, "history",
	    "2025-01-06T08:14:10Z system           step: by +1.500 s\n"
	    "2025-01-06T08:14:10Z ntp.example      bogus: ^[[2J1 forged"
	    " (7 times; last 2025-01-06T08:14:26Z)\n",
	    "");
	q->want_json = true;
	expect(q, "history",
	    "{\"host\":\"192.0.2.1\",\"command\":\"history\",\"history\":["
	    "{\"number\":8,\"when\":\"2025-01-06T08:14:10.359000000Z\","
	    "\"last\":\"2025-01-06T08:14:10.359000000Z\",\"count\":1,"
	    "\"associd\":0,\"who\":\"system\",\"word\":\"step\","
	    "\"text\":\"by +1.500 s\"},"
	    "{\"number\":9,\"when\":\"2025-01-06T08:14:10.359000000Z\","
	    "\"last\":\"2025-01-06T08:14:26.000000000Z\",\"count\":7,"
	    "\"associd\":40211,\"who\":\"ntp.example\","
	    "\"word\":\"bogus\",\"text\":\"\\u001b[2J1 forged\"}]}\n",
	    "");
	/* a daemon without reasons, and a hostile one */
	q->want_json = false;
	s.n = 0;
	expect(q, "history", "",
	    "***This daemon does not tell its reasons; rv and associations "
	    "show what it knows\n");
	s.answer = endless;
	s.n = 1;
	q->out = NULL;
	expect(q, "history", "2036-02-07T06:28:16Z                  : \n", "");
	client_free(q);
}

/* --- units -------------------------------------------------------------- */

static void
expect_units(double ms, bool plus, size_t width, const char *expected)
{
	char out[UNITS_MAX];

	assert_string_equal(units_ms(out, ms, plus, width), expected);
}

static void
test_units(void **state)
{
	(void)state;
	expect_units(0.018114, false, 8, "18.114us");
	expect_units(-0.318, true, 8, "-318us");
	expect_units(12.44, true, 8, "+12.44ms");
	expect_units(-118.4002, true, 8, "-118.4ms");
	expect_units(1843.207, false, 8, "1.843s");
	expect_units(0.0000004, false, 8, "0.4ns");
	expect_units(0, true, 8, "+0ms");
	expect_units((double)NAN, false, 8, "0ms");
	/* Digits before the point are never cut. */
	expect_units(123456789.0, false, 4, "123457s");
}

static bool
units_of(const char *name, const char *value, char out[UNITS_MAX])
{
	struct var_item it = {.name = name,
	    .namelen = strlen(name),
	    .value = value,
	    .valuelen = strlen(value)};

	return units_variable(&it, true, out, UNITS_MAX);
}

static void
test_units_variable(void **state)
{
	char out[UNITS_MAX];

	(void)state;
	assert_true(units_of("frequency", "17.406", out));
	assert_string_equal(out, "+17.406ppm");
	assert_true(units_of("clk_wander", "0.009", out));
	assert_string_equal(out, "9ppb");
	assert_true(units_of("tai", "37", out));
	assert_string_equal(out, "37s");
	assert_true(units_of("offset", "1e300", out));
	assert_false(units_of("offset", "x", out));
	assert_false(units_of("stratum", "2", out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_poll_below_a_second),
	    cmocka_unit_test(test_no_name_known),
	    cmocka_unit_test(test_json_words),
	    cmocka_unit_test(test_json_hostile),
	    cmocka_unit_test(test_json_long_numbers),
	    cmocka_unit_test(test_ifstats),
	    cmocka_unit_test(test_reslist),
	    cmocka_unit_test(test_configure),
	    IN_DIR(test_config_from_file),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_why),
	    cmocka_unit_test(test_history),
	    cmocka_unit_test(test_units),
	    cmocka_unit_test(test_units_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
