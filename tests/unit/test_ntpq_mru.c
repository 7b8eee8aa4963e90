/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ntpq_mru.c - mrulist of ntpq: what it asks for, how it copes with a
 * list that changes, what it shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netdb.h>
#include <signal.h>
#include <time.h>

#include "../../ntpq/ntpq_mru.h"
#include "ntp_rng.h"

#define NONCE "nonce=0123456789abcdef01234567"
#define HEAD                                                                   \
	"lstint avgint rstr r m v  count rport remote address\n"               \
	"============================================================="        \
	"=================\n"

/* --- a resolver and a clock in place of the system's ------------------------ */

static struct {
	bool used; /* and clients shown as they come */
	unsigned asked;
	time_t takes; /* s for each name */
	bool interrupts;
} resolver;

static time_t clock_now = 1736151289;

time_t
time(time_t *t)
{
	if (t != NULL)
		*t = clock_now;
	return clock_now;
}

int
getnameinfo(const struct sockaddr *sa, socklen_t salen, char *host,
    socklen_t hostlen, char *serv, socklen_t servlen, int flags)
{
	(void)sa;
	(void)salen;
	(void)serv;
	(void)servlen;
	(void)flags;
	resolver.asked++;
	clock_now += resolver.takes;
	if (resolver.interrupts)
		(void)raise(SIGINT);
	snprintf(host, hostlen, "name%u", resolver.asked);
	return 0;
}

/* --- a server that says what it is told to ------------------------------- */

struct line {
	const char *want; /* part of the request, NULL: any */
	const char *text; /* NULL: error ERRCODE, or silence when it is 0 */
	uint8_t errcode;
};

struct server {
	const struct line *line;
	size_t n, at;
	unsigned nonces;
};

static enum ask_result
serve(void *arg, const struct query *q, struct reply *rep)
{
	struct server *s = arg;
	const struct line *l = &s->line[s->at];
	char request[MODE6_DATA_MAX + 1];
	struct sigaction sa;

	/* Ctrl-C must not make a write to a full pipe fail. */
	assert_int_equal(sigaction(SIGINT, NULL, &sa), 0);
	assert_true((sa.sa_flags & SA_RESTART) != 0);
	*rep = (struct reply){.text = NONCE "\r\n"};
	rep->len = strlen(rep->text);
	if (q->opcode == MODE6_REQ_NONCE) {
		s->nonces++;
		return ASK_OK;
	}
	assert_int_equal(q->opcode, MODE6_READ_MRU);
	assert_true(s->at < s->n);
	assert_true(q->len <= MODE6_DATA_MAX);
	s->at++;
	snprintf(request, sizeof(request), "%.*s", (int)q->len, q->data);
	assert_memory_equal(request, NONCE ", ", sizeof(NONCE) + 1);
	if (l->want != NULL && strstr(request, l->want) == NULL)
		fail_msg("'%s' is not in '%s'", l->want, request);
	*rep = (struct reply){
	    .text = l->text != NULL ? l->text : "", .errcode = l->errcode};
	rep->len = strlen(rep->text);
	if (l->text != NULL)
		return ASK_OK;
	return l->errcode != 0 ? ASK_ERROR : ASK_SILENCE;
}

static void
expect(const struct line *line, size_t n, const char *command, const char *out,
    const char *err)
{
	struct server s = {.line = line, .n = n};
	struct ntpq *q = calloc(1, sizeof(*q));
	char *words[2];
	size_t len[2];

	assert_non_null(q);
	net_init(&q->net);
	q->net.stand_in = serve;
	q->net.stand_in_arg = &s;
	q->net.settled = true;
	snprintf(q->net.target, sizeof(q->net.target), "192.0.2.1");
	q->numeric = !resolver.used;
	q->direct = resolver.used;
	q->nhosts = 1;
	q->out = open_memstream(&words[0], &len[0]);
	q->err = open_memstream(&words[1], &len[1]);
	command_run(q, command);
	fclose(q->out);
	fclose(q->err);
	assert_string_equal(words[0], out);
	assert_string_equal(words[1], err);
	assert_int_equal(s.at, n);
	free(words[0]);
	free(words[1]);
	free(q);
}

#define EXPECT(lines, command, out, err)                                       \
	expect(lines, sizeof(lines) / sizeof((lines)[0]), command, out, err)
#define CTRL_C "Ctrl-C will stop MRU retrieval and display partial results.\n"
#define GOT(n, m)                                                              \
	CTRL_C "Retrieved " n " unique MRU entries and " m " updates.\n"

/* --- display -------------------------------------------------------------- */

/* The table of the notes, with an entry the fields of which stand in another
 * order, noise, and what is not known. */
static const struct line four[] = {{"frags=32",
    NONCE
    ",\r\n"
    "addr.0=[2001:db8::15]:39012, last.0=0xeb260000.80000000, ct.0=1,\r\n"
    "mv.0=22, first.0=0xeb260000.80000000, rs.0=0x0, dr.0=0, xyz.0=77,\r\n"
    "rs.1=0x5f0, ct.1=906, mv.1=27, addr.1=203.0.113.77:123,\r\n"
    "last.1=0xeb260dbb.80000000, first.1=0xeb25ffe5.80000000, T^W.1=9,\r\n"
    "addr.2=198.51.100.9:49152, last.2=0xeb260e04.80000000,\r\n"
    "first.2=0xeb21269c.80000000, ct.2=40213, mv.2=35, rs.2=0x1f0,\r\n"
    "addr.3=192.0.2.66:123, last.3=0xeb260e13.80000000,\r\n"
    "first.3=0xeb24e554.80000000, ct.3=1187, mv.3=35, rs.3=0x1d0,\r\n"
    "xyz.3=4, now=0xeb260e15.90000000, last.newest=0xeb260e13.80000000\r\n",
    0}};

static void
the_table(void **state)
{
	(void)state;
	EXPECT(four, "mrulist",
	    HEAD "     2     64  1d0 . 3 4   1187   123 192.0.2.66\n"
		 "    17      8  1f0 L 3 4  40213 49152 198.51.100.9\n"
		 "    90      4  5f0 K 3 3    906   123 203.0.113.77\n"
		 "  3605      0    0 . 6 2      1 39012 2001:db8::15\n",
	    GOT("4", "0"));
}

static void
orders(void **state)
{
	static const char a[] = "     2     64  1d0 . 3 4   1187   123 "
				"192.0.2.66\n";
	static const char b[] = "    17      8  1f0 L 3 4  40213 49152 "
				"198.51.100.9\n";
	static const char c[] = "    90      4  5f0 K 3 3    906   123 "
				"203.0.113.77\n";
	static const char d[] = "  3605      0    0 . 6 2      1 39012 "
				"2001:db8::15\n";
	static const struct {
		const char *command, *row[4];
	} t[] = {
	    {"mrulist sort=lstint", {a, b, c, d}},
	    {"mrulist sort=-lstint", {d, c, b, a}},
	    {"mrulist sort=avgint", {d, c, b, a}},
	    {"mrulist sort=-avgint", {a, b, c, d}},
	    {"mrulist sort=addr", {a, b, c, d}},
	    {"mrulist sort=-addr", {d, c, b, a}},
	    {"mrulist sort=count", {d, c, a, b}},
	    {"mrulist sort=-count", {b, a, c, d}},
	};
	char out[600];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(out, sizeof(out), "%s%s%s%s%s", HEAD, t[i].row[0],
		    t[i].row[1], t[i].row[2], t[i].row[3]);
		EXPECT(four, t[i].command, out, GOT("4", "0"));
	}
}

static const struct line nothing[] = {
    {NULL, NONCE ", now=0xeb260e15.90000000\r\n", 0}};

static void
arguments_are_passed_on(void **state)
{
	static const struct {
		const char *command, *want;
	} t[] = {
	    {"mrulist mincount=5", ", frags=32, mincount=5"},
	    {"mrulist laddr=192.0.2.1 maxlstint=60", ", laddr=192.0.2.1, max"},
	    {"mrulist laddr=[2001:db8::1]:123", ", laddr=[2001:db8::1]:123"},
	    {"mrulist minscore=0.25 mindrop=0", ", minscore=0.25, mindrop=0"},
	    {"mrulist resall=0x40", ", resall=0x40"},
	    {"mrulist resall=0xffff", ", resall=0xffff"},
	    {"mrulist frags=2", ", frags=2"},
	    {"mrulist resany=0x40", ", resany=0x40"},
	    {"mrulist limited", ", resany=0x20"},
	    {"mrulist kod limited", ", resany=0x420"},
	    {"mrulist recent=9", ", recent=9"},
	    {"mrulist frags=3", ", frags=3"},
	    {"mrulist limit=3", ", limit=3"},
	    {"mrulist limit=1 addr.0=192.0.2.1", ", limit=1, addr.0=192.0.2.1"},
	};
	struct line l = nothing[0];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		l.want = t[i].want;
		expect(&l, 1, t[i].command, HEAD, GOT("0", "0"));
	}
}

static void
wrong_arguments(void **state)
{
	(void)state;
	expect(NULL, 0, "mrulist sort=size", "",
	    "***`size' is no order of mrulist: lstint, avgint, addr, count, drop "
	    "and score are, each also with a - before it\n");
	EXPECT(nothing, "mrulist foo=1", HEAD,
	    "ignoring unrecognized mrulist parameter: foo=1\n" GOT("0", "0"));
}

/* A server would keep silent. */
static void
wrong_values(void **state)
{
#define WHOLE "a whole number from 0 to 4294967295"
#define MASK  "a mask from 0 to 0xffff"
#define FRAGS "a whole number from 2 to 32"
	static const struct {
		const char *arg, *wanted;
	} t[] = {
	    {"mincount=abc", WHOLE},
	    {"mincount=-1", WHOLE},
	    {"mincount=", WHOLE},
	    {"mindrop=4294967296", WHOLE},
	    {"maxlstint=0x10", WHOLE},
	    {"minlstint=1.5", WHOLE},
	    {"recent=all", WHOLE},
	    {"minscore=1e400", "a number that is not negative"},
	    {"minscore=-1", "a number that is not negative"},
	    {"laddr=localhost", "an address"},
	    {"laddr=", "an address"},
	    {"resall=0x10000", MASK},
	    {"resall=kod", MASK},
	    {"resany=65536", MASK},
	    {"resany=x", MASK},
	    {"frags=0", FRAGS},
	    {"frags=1", FRAGS},
	    {"frags=33", FRAGS},
	};
	char command[64], words[128];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(command, sizeof(command), "mrulist %s", t[i].arg);
		snprintf(words, sizeof(words),
		    "***Illegal value in `%s': %s is wanted\n", t[i].arg,
		    t[i].wanted);
		expect(NULL, 0, command, "", words);
	}
}

/* --- the conversation ------------------------------------------------------ */

#define ROW(n, addr, last)                                                     \
	", addr." n "=" addr ":123, last." n "=0xeb26000" last                 \
	".00000000, first." n "=0xeb260000.00000000, ct." n "=1, mv." n        \
	"=35, rs." n "=0x0"
#define NOW ", now=0xeb260009.00000000\r\n"

#define THREE_ROWS                                                             \
	NONCE ROW("0", "10.0.0.1", "1") ROW("1", "10.0.0.2", "2")              \
	    ROW("2", "10.0.0.3", "3")
#define DIRECT(last, gap, name)                                                \
	"2025-01-06T07:08:" last "Z      " gap                                 \
	"    0 . 3 4      1   123 " name "\n"

/* Nobody waits for the names of a million clients. */
static void
names_of_direct(void **state)
{
	static const struct line l[] = {{NULL, THREE_ROWS NOW, 0}};

	(void)state;
	resolver.used = true;
	resolver.takes = 6;
	EXPECT(l, "mrulist",
	    DIRECT("49", "1", "name1") DIRECT("50", "2", "name2")
		DIRECT("51", "3", "10.0.0.3"),
	    GOT("3", "0"));
	resolver.takes = 0;
	resolver.interrupts = true;
	EXPECT(l, "mrulist",
	    DIRECT("49", "1", "name3") DIRECT("50", "2", "10.0.0.2")
		DIRECT("51", "3", "10.0.0.3"),
	    GOT("3", "0"));
	memset(&resolver, 0, sizeof(resolver));
}

/* The second asks from where the first ended; who came again is one. */
static void
resumes_where_it_ended(void **state)
{
	static const struct line l[] = {
	    {NULL, NONCE ROW("0", "10.0.0.1", "1") ROW("1", "10.0.0.2", "2"),
		0},
	    {", addr.0=10.0.0.2:123, last.0=0xeb260002.00000000, "
	     "addr.1=10.0.0.1:123, last.1=0xeb260001.00000000",
		NONCE ROW("0", "10.0.0.3", "3") ROW("1", "10.0.0.1", "4"), 0},
	    {", addr.0=10.0.0.1:123, last.0=0xeb260004.00000000, "
	     "addr.1=10.0.0.3:123, last.1=0xeb260003.00000000, "
	     "addr.2=10.0.0.2:123, last.2=0xeb260002.00000000",
		NONCE NOW, 0},
	};

	(void)state;
	EXPECT(l, "mrulist",
	    HEAD "     5      4    0 . 3 4      1   123 10.0.0.1\n"
		 "     6      3    0 . 3 4      1   123 10.0.0.3\n"
		 "     7      2    0 . 3 4      1   123 10.0.0.2\n",
	    GOT("3", "1"));
}

static void
backs_up_and_restarts(void **state)
{
	static const struct line l[] = {
	    {"limit=1", NONCE ROW("0", "10.0.0.1", "1"), 0},
	    {"addr.0=10.0.0.1:", NONCE ROW("0", "10.0.0.2", "2"), 0},
	    {"addr.1=10.0.0.1:", NULL, MODE6_ERR_UNKNOWNVAR},
	    {"limit=1", NONCE ROW("0", "10.0.0.2", "5") NOW, 0},
	};

	(void)state;
	EXPECT(l, "mrulist limit=1",
	    HEAD "     4      5    0 . 3 4      1   123 10.0.0.2\n",
	    GOT("1", "0"));
}

static void
asks_for_less_when_datagrams_are_lost(void **state)
{
	static const struct line l[] = {
	    {"frags=32", NULL, 0},
	    {"frags=16", NULL, 0},
	    {"frags=8", NONCE ROW("0", "10.0.0.1", "1"), 0},
	    {"frags=9", NONCE NOW, 0},
	};
	static const struct line dead[] = {{"frags=32", NULL, 0},
	    {"frags=16", NULL, 0}, {"frags=8", NULL, 0}, {"frags=4", NULL, 0},
	    {"frags=2", NULL, 0}, {"frags=2", NULL, 0}, {"frags=2", NULL, 0},
	    {"frags=2", NULL, 0}, {"frags=2", NULL, 0}};

	(void)state;
	EXPECT(l, "mrulist",
	    HEAD "     8      1    0 . 3 4      1   123 10.0.0.1\n",
	    GOT("1", "0"));
	EXPECT(dead, "mrulist", "",
	    CTRL_C "192.0.2.1: timed out, nothing received\n"
		   "***Request timed out\n"
		   "ntpq: 192.0.2.1 is down, or its ntp.conf has a `restrict' "
		   "line with noquery or ignore for us\n");
}

static void
other_measures(void **state)
{
	static const struct line l[] = {
	    {"frags=32", NULL, MODE6_ERR_BADVALUE},
	    {"limit=96", NULL, MODE6_ERR_BADVALUE},
	    {"limit=48", NONCE NOW, 0},
	};

	(void)state;
	EXPECT(l, "mrulist", HEAD, GOT("0", "0"));
}

/* One request has to hold them all, the nonce too. */
static void
arguments_must_fit(void **state)
{
	static const char full[] = "***Too many parameters for one request\n";
	char command[700];
	char word[301];

	(void)state;
	memset(word, '0', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	snprintf(command, sizeof(command), "mrulist addr.0=%s", word);
	expect(NULL, 0, command, "", full);
	snprintf(command, sizeof(command),
	    "mrulist mincount=%.230s addr.0=%.230s", word, word);
	expect(NULL, 0, command, "",
	    CTRL_C "***Too many parameters for one request\n");
}

/* However far apart a server says that they came: the order is one. */
static void
times_that_wrap(void **state)
{
#define THREE(a, b, c)                                                         \
	{                                                                      \
		NULL,                                                          \
		    NONCE ", " a ", " b ", " c                                 \
			  ", now=0xf0000010.00000000\r\n",                     \
		    0                                                          \
	}
#define CAME(n, addr, last)                                                    \
	"addr." n "=" addr ":123, last." n "=0x" last ".00000000, first." n    \
	"=0x" last ".00000000, ct." n "=1, mv." n "=35, rs." n "=0x0"
	static const struct line l[] = {THREE(CAME("0", "10.0.0.1", "20000000"),
	    CAME("1", "10.0.0.2", "90000000"),
	    CAME("2", "10.0.0.3", "f0000000"))};
	static const struct line m[] = {THREE(CAME("0", "10.0.0.2", "90000000"),
	    CAME("1", "10.0.0.3", "f0000000"),
	    CAME("2", "10.0.0.1", "20000000"))};
	static const char table[] =
	    HEAD "-805306352      0    0 . 3 4      1   123 10.0.0.1\n"
		 "    16      0    0 . 3 4      1   123 10.0.0.3\n"
		 "1610612752      0    0 . 3 4      1   123 10.0.0.2\n";

	(void)state;
	EXPECT(l, "mrulist", table, GOT("3", "0"));
	EXPECT(m, "mrulist", table, GOT("3", "0"));
}

/* A server that never ends is left. */
static void
hostile_servers(void **state)
{
	struct line l[12];

	(void)state;
	for (size_t i = 0; i < 12; i++)
		l[i] = (struct line){NULL, NONCE "\r\n", 0};
	expect(l, 9, "mrulist", "",
	    CTRL_C "***The server sends no more of its list\n");
}

/* --- the list against a model ---------------------------------------------- */

static void
list_against_a_model(void **state)
{
	enum { HOSTS = 300 };
	struct mru_list l;
	struct ntp_rng r;
	uint64_t last[HOSTS] = {0};
	uint32_t order[20000];
	size_t n = 0, distinct = 0;

	(void)state;
	rng_seed(&r, 9);
	mrulist_init(&l);
	for (uint64_t t = 1; t <= 20000; t++) {
		uint32_t h = (uint32_t)rng_below(&r, HOSTS);
		struct mru_row row = {
		    .addr = {.family = ADDR_V4}, .last = {t << 20}, .count = h};

		row.addr.ip[2] = (uint8_t)(h >> 8);
		row.addr.ip[3] = (uint8_t)h;
		distinct += last[h] == 0;
		last[h] = t << 20;
		order[n++] = h;
		assert_true(mrulist_add(&l, &row));
		assert_int_equal(l.nrows, distinct);
		assert_int_equal(mrulist_recent(&l, 0)->count, h);
	}
	assert_true(l.narrivals <= l.arrivalcap);
	assert_true(l.arrivalcap <= 4096);
	/* the newest few, by hand */
	for (size_t k = 0, i = n; k < 20; k++) {
		do
			i--;
		while (last[order[i]] != (uint64_t)(i + 1) << 20);
		assert_int_equal(mrulist_recent(&l, k)->count, order[i]);
	}
	mrulist_back_up(&l, distinct - 1);
	assert_non_null(mrulist_recent(&l, 0));
	mrulist_back_up(&l, 1);
	assert_null(mrulist_recent(&l, 0));
	mrulist_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	    cmocka_unit_test(orders),
	    cmocka_unit_test(arguments_are_passed_on),
	    cmocka_unit_test(wrong_arguments),
	    cmocka_unit_test(wrong_values),
	    cmocka_unit_test(names_of_direct),
	    cmocka_unit_test(resumes_where_it_ended),
	    cmocka_unit_test(backs_up_and_restarts),
	    cmocka_unit_test(asks_for_less_when_datagrams_are_lost),
	    cmocka_unit_test(other_measures),
	    cmocka_unit_test(arguments_must_fit),
	    cmocka_unit_test(times_that_wrap),
	    cmocka_unit_test(hostile_servers),
	    cmocka_unit_test(list_against_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
