/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threat_f.c - attacks by mode 6 (rows F of threats.md, those of H that
 * come by way of it) and by mode 7 (rows G).
 *
 * The lab checks the form of every datagram that is sent, and gives the engine
 * each request in memory of its very length, so that under a sanitizer a read
 * beyond it is found.
 */
#include "ctllab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "threat.h"

enum { CONTROL_KEY = 5, OTHER_KEY = 6 };

#define LONGEST MODE6_DATA_MAX

static unsigned log_lines; /* of the test at hand */

static void
count_line(
    struct log_port *l, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	(void)l;
	(void)lv;
	(void)fmt;
	(void)ap;
	log_lines++;
}

static int
setup(void **state)
{
	struct lab *l = lab_new("server 192.0.2.1\n"
				"setvar room = 7\n"
				"restrict default\n"
				"mru maxdepth 600\n"
				"trustedkey 5 6\n"
				"controlkey 5\n");

	l->log.vlog = count_line;
	log_lines = 0;
	*state = l;
	return 0;
}

/* Nobody wrote anything into the configuration. */
static int
setup_default(void **state)
{
	*state = lab_new("server 192.0.2.1\n");
	return 0;
}

static bool
is_error(const struct lab *l)
{
	return l->nsent == 1 && (l->sent[0][1] & 0x40) != 0;
}

static uint8_t
error_code(const struct lab *l)
{
	assert_true(is_error(l));
	return l->sent[0][4];
}

static void
ask_as(struct lab *l, bool controller, unsigned op, const char *data)
{
	l->now.mono = mono_add(l->now.mono, 1);
	if (controller)
		lab_ask_signed(l, op, 0, data, CONTROL_KEY, 8);
	else
		lab_ask(l, op, 0, data);
}

static const char *
filled(char text[LONGEST + 1], const char *head, char c, size_t len)
{
	size_t n = strlen(head);

	memset(text, c, len);
	memcpy(text, head, n < len ? n : len);
	text[len] = '\0';
	return text;
}

/* --- requests and replies of all lengths ---------------------------------- */

/* Replies end before, at and behind the end of each fragment. */
static void
replies_of_every_length(void **state)
{
	struct lab *l = *state;
	char names[LONGEST + 1], list[8192];
	size_t len = 0;

	lab_ask(l, MODE6_READVAR, 0, "sys_var_list");
	lab_assemble(l);
	snprintf(list, sizeof list, "%s", lab_value(l, "sys_var_list") + 1);
	for (char *p = list; *p != '\0' && *p != '"'; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",\"");

		if (len + n + 2 > LONGEST)
			len = 0;
		len += (size_t)snprintf(names + len, sizeof names - len,
		    "%s%.*s", len > 0 ? "," : "", (int)n, p);
		lab_read(l, 0, names);
		p += n;
	}
}

static void
lines_of_every_length(void **state)
{
	static const char *const head[] = {"", "server ", "setvar room = \"",
	    "logconfig =", "restrict ", "keys "};
	struct lab *l = *state;
	char text[LONGEST + 1];

	for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
		for (size_t n = 0; n <= LONGEST; n += n < 300 ? 7 : 1) {
			ask_as(l, true, MODE6_CONFIGURE,
			    filled(text, head[i], 'a', n));
			assert_int_equal(l->nsent, 1);
		}
}

/* What stands behind the counted octets would make it a good request. */
static void
nothing_behind_the_count_is_read(void **state)
{
	struct lab *l = *state;
	size_t len = lab_compose(l, MODE6_READVAR, 0, "leap");

	assert_int_equal(lab_deliver(l, len), 1);
	lab_assemble(l);
	l->in[11] = 2; /* octets of data */
	l->req.seq++;
	mode6_encode(&(struct mode6_hdr){.version = 2,
			 .opcode = MODE6_READVAR,
			 .seq = l->req.seq,
			 .count = 2},
	    l->in);
	lab_deliver(l, len);
	assert_int_equal(error_code(l), MODE6_ERR_UNKNOWNVAR);
}

/* A count beyond the datagram is an error, whatever the length of either. */
static void
counts_beyond_the_datagram(void **state)
{
	struct lab *l = *state;

	for (size_t len = MODE6_HEADER_LEN; len <= 600; len += 4)
		for (unsigned count = 0; count < 700; count += 13) {
			l->now.mono = mono_add(l->now.mono, 10);
			lab_compose(l, MODE6_READVAR, 0, "");
			memset(l->in + MODE6_HEADER_LEN, 'a', 600);
			l->in[10] = (uint8_t)(count >> 8);
			l->in[11] = (uint8_t)count;
			l->req.count = (uint16_t)count;
			lab_deliver(l, len);
			if (count > len - MODE6_HEADER_LEN || count > LONGEST)
				assert_int_equal(
				    error_code(l), MODE6_ERR_BADFMT);
		}
}

/* Only a whole request is one. */
static void
permutations_of_the_header(void **state)
{
	static const unsigned value[] = {0, 1, 4, 468, 469, 0x7fff, 0xffff};
	struct lab *l = *state;

	for (unsigned rem = 0; rem < 8; rem++)
		for (size_t i = 0; i < 49; i++) {
			unsigned offset = value[i / 7], count = value[i % 7];
			bool whole = rem == 0 && offset == 0;

			l->now.mono = mono_add(l->now.mono, 10);
			lab_compose(l, MODE6_READVAR, 0, "leap");
			l->in[1] = (uint8_t)(rem << 5 | MODE6_READVAR);
			l->in[8] = (uint8_t)(offset >> 8);
			l->in[9] = (uint8_t)offset;
			l->in[10] = (uint8_t)(count >> 8);
			l->in[11] = (uint8_t)count;
			assert_int_equal(lab_deliver(l, 16), whole);
		}
}

static void
short_datagrams(void **state)
{
	struct lab *l = *state;

	for (size_t len = 0; len < MODE6_HEADER_LEN; len++) {
		lab_compose(l, MODE6_READVAR, 0, "");
		lab_expect_silence(l, len);
	}
}

/* --- who may ------------------------------------------------------------- */

/* A wrong signature is an error, and then nothing else happens. */
static void
refused_and_nothing_done(void **state)
{
	static const struct {
		unsigned op;
		const char *data;
	} row[] = {
	    {MODE6_WRITEVAR, "room=8"},
	    {MODE6_CONFIGURE, "server 192.0.2.9"},
	    {MODE6_SAVECONFIG, "x"},
	    {MODE6_READ_ORDLIST, "ifstats"},
	};
	struct lab *l = *state;
	const struct ntp_config *before = l->e->cfg;
	size_t len;

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		lab_ask(l, row[i].op, 0, row[i].data);
		assert_int_equal(error_code(l), MODE6_ERR_PERMISSION);
		lab_ask_signed(l, row[i].op, 0, row[i].data, OTHER_KEY, 8);
		assert_int_equal(error_code(l), MODE6_ERR_PERMISSION);
		len = lab_compose(l, row[i].op, 0, row[i].data);
		len = (len + 7) / 8 * 8;
		assert_int_equal(
		    keys_sign(l->keys, CONTROL_KEY, l->in, sizeof l->in, &len),
		    0);
		l->in[len - 1] ^= 1;
		lab_deliver(l, len);
		assert_int_equal(error_code(l), MODE6_ERR_PERMISSION);
	}
	assert_ptr_equal(l->e->cfg, before);
	lab_read(l, 0, "room");
	assert_string_equal(lab_value(l, "room"), "7");
}

static void
no_traps(void **state)
{
	struct lab *l = *state;

	for (int i = 0; i < 2; i++) {
		unsigned op = i == 0 ? MODE6_SETTRAP : MODE6_UNSETTRAP;

		ask_as(l, false, op, "");
		assert_true(error_code(l) == MODE6_ERR_PERMISSION ||
		    error_code(l) == MODE6_ERR_BADOP);
		ask_as(l, true, op, "");
		assert_int_equal(error_code(l), MODE6_ERR_BADOP);
		ask_as(l, false, MODE6_ASYNCMSG, "");
		assert_int_equal(error_code(l), MODE6_ERR_BADOP);
	}
}

/* --- values -------------------------------------------------------------- */

/* What was taken is read back; what is too long is an error. */
static void
values_of_every_length(void **state)
{
	struct lab *l = *state;
	char text[LONGEST + 1];
	size_t taken = 0;

	for (size_t n = 6; n <= LONGEST; n++) {
		ask_as(l, true, MODE6_WRITEVAR, filled(text, "room=", 'v', n));
		if (is_error(l)) {
			assert_int_equal(error_code(l), MODE6_ERR_BADVALUE);
			continue;
		}
		taken++;
		lab_read(l, 0, "room");
		assert_string_equal(lab_value(l, "room"), text + 5);
		ask_as(
		    l, false, MODE6_READVAR, text); /* the value is ignored */
		lab_assemble(l);
	}
	assert_in_range(taken, 50, LONGEST - 50);
}

static void
names_of_every_length(void **state)
{
	struct lab *l = *state;
	char text[LONGEST + 1];

	for (size_t n = 1; n <= LONGEST; n++) {
		ask_as(l, false, MODE6_READVAR, filled(text, "", 'n', n));
		assert_int_equal(error_code(l), MODE6_ERR_UNKNOWNVAR);
		ask_as(l, false, MODE6_READVAR, filled(text, "", ',', n));
		assert_true(l->nsent > 0);
	}
}

static void
writes_to_nothing(void **state)
{
	static const char *const data[] = {"=", ",", "=,", "room",
	    "room=", ",room=1", "nobody=1", "nobody", " = ", "\"", "room=\"",
	    "==", "a=b=c"};
	struct lab *l = *state;

	for (unsigned id = 0; id < 2; id++)
		for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
			lab_ask_signed(l, MODE6_WRITEVAR,
			    id * lab_peer(l, 0)->associd, data[i], CONTROL_KEY,
			    8);
			assert_int_equal(l->nsent, 1);
		}
	assert_true(strlen(lab_read(l, 0, "room")) > 0);
}

/* --- the client list ------------------------------------------------------- */

static void
list_with(struct lab *l, const char *args)
{
	char text[LONGEST + 1];

	l->now.mono = mono_add(l->now.mono, 1);
	lab_ask(l, MODE6_REQ_NONCE, 0, "");
	lab_assemble(l);
	snprintf(
	    text, sizeof text, "nonce=%s, %s", lab_value(l, "nonce"), args);
	lab_ask(l, MODE6_READ_MRU, 0, text);
}

static void
hostile_list_arguments(void **state)
{
	static const char *const args[] = {"", "frags=", "frags", "=",
	    "frags=32, frags=32", "limit=1, limit=2, limit=", "nonce=",
	    "frags=32, mincount=", "frags=32, addr.0=", "frags=32, last.0=",
	    "frags=32, addr.0=[, last.0=0x", "frags=32, addr.=1, last.=2",
	    "frags=32, addr.99999999999=1.2.3.4:5, last.99999999999=0x1.1",
	    "frags=32, addr.0=1.2.3.4:5, addr.0=1.2.3.4:5, last.0=0x1.1",
	    "frags=32, laddr=", "frags=32, laddr=[::1", "frags=32, resall=0x",
	    "frags=32, resany=0xfffffffffffffffff", "frags=99999999999999999",
	    "frags=-1", "limit=4294967297", "frags=32, mincount=-1",
	    "frags=32, maxlstint=99999999999999999999", "frags=32, recent=-1",
	    "frags=32,,,,,,,,", "frags=32, \"", "frags=32\r\n, mincount=1"};
	struct lab *l = *state;
	char long_one[300];

	for (size_t i = 0; i < sizeof args / sizeof args[0]; i++) {
		list_with(l, args[i]);
		list_with(l, "frags=32");
		assert_true(l->nsent > 0 && !is_error(l));
	}
	for (size_t n = 0; n < sizeof long_one; n++) {
		memset(long_one, '9', n);
		long_one[n] = '\0';
		list_with(l, long_one);
	}
	list_with(l, "frags=32");
	lab_assemble(l);
}

static void
addresses_of_every_length(void **state)
{
	static const char letters[] = "1:.f[]%";
	struct lab *l = *state;
	char text[2001];
	struct ntp_addr a;

	for (size_t c = 0; c < sizeof letters - 1; c++)
		for (size_t n = 1; n <= 2000; n++) {
			memset(text, letters[c], n);
			text[n] = '\0';
			if (n > 50)
				assert_int_not_equal(
				    addr_parse(text, n, &a), 0);
			if (n > 200)
				continue;
			memcpy(text, "frags=32, laddr=", n < 16 ? n : 16);
			list_with(l, text);
			assert_true(l->nsent <= 1 || !is_error(l));
		}
}

/* --- noise ---------------------------------------------------------------- */

static void
random_lines_of_configuration(void **state)
{
	static const char *const word[] = {"server", "restrict", "192.0.2.1",
	    "fudge", "tos", "tinker", "enable", "disable", "keys", "\"", "#",
	    "0x", "-1", "1e999", "=", "unpeer", "setvar", "default", "mask",
	    "logconfig", "+", "trustedkey", "1", "...", "(", ")", "::1",
	    "iburst", "minpoll", "99999999999999999999", "key", "pool",
	    "nosuch"};
	struct lab *l = *state;
	char text[LONGEST + 1];

	for (unsigned round = 0; round < 4000; round++) {
		size_t len = 0, words = rng_below(&l->rng, 12);

		text[0] = '\0';
		while (words-- > 0 && len < LONGEST - 40)
			len += (size_t)snprintf(text + len, sizeof text - len,
			    "%s ",
			    word[rng_below(
				&l->rng, sizeof word / sizeof word[0])]);
		ask_as(l, true, MODE6_CONFIGURE, text);
		lab_assemble(l);
	}
	ask_as(l, false, MODE6_READVAR, "leap");
	lab_assemble(l);
}

/* Octets behind the text, or of the key that nobody asked with. */
static void
nothing_uninitialized_is_sent(void **state)
{
	struct lab *l = *state;
	struct mode6_hdr h;

	for (unsigned op = 0; op < 32; op++) {
		ask_as(l, false, op, op == MODE6_READVAR ? "version,tc" : "");
		for (unsigned i = 0; i < l->nsent; i++) {
			mode6_decode(l->sent[i], l->sentlen[i], &h);
			for (size_t n = MODE6_HEADER_LEN + h.count;
			     n < l->sentlen[i]; n++)
				assert_int_equal(l->sent[i][n], 0);
		}
	}
}

/* What we send is never answered, nor is what nobody should send. */
static void
replies_are_not_answered(void **state)
{
	struct lab *l = *state;
	size_t len;

	for (unsigned op = 0; op < 32; op++) {
		ask_as(l, false, op, "");
		if (l->nsent == 0)
			continue;
		len = l->sentlen[0];
		memcpy(l->in, l->sent[0], len);
		lab_expect_silence(l, len);
	}
}

static void
bad_requests_do_not_fill_the_log(void **state)
{
	struct lab *l = *state;

	for (unsigned i = 0; i < 1000; i++) {
		l->now.mono = mono_add(l->now.mono, 0.01);
		lab_ask(l, MODE6_CONFIGURE, 0, "server 192.0.2.9");
		lab_ask_signed(l, MODE6_WRITEVAR, 0, "a=1", OTHER_KEY, 8);
		lab_ask(l, i % 32, i, "nosuch");
		lab_compose(l, MODE6_READVAR, 0, "leap");
		lab_deliver(l, i % 16);
	}
	assert_true(log_lines <= 1);
}

/* After any sequence of requests the answer is what it was. */
static void
sequences_leave_no_trace(void **state)
{
	struct lab *l = *state;
	char before[256];

	snprintf(before, sizeof before, "%s",
	    lab_read(l, 0, "stratum,leap,room,mru_maxdepth"));
	for (unsigned i = 0; i < 5000; i++) {
		size_t len = MODE6_HEADER_LEN + 4 * rng_below(&l->rng, 40);

		lab_compose(l, i % 32, (unsigned)rng_below(&l->rng, 3), "");
		rng_fill(
		    &l->rng, l->in + MODE6_HEADER_LEN, len - MODE6_HEADER_LEN);
		l->req.count = (uint16_t)rng_below(&l->rng, len + 1);
		l->in[10] = 0;
		l->in[11] = (uint8_t)l->req.count;
		l->now.mono = mono_add(l->now.mono, 1);
		lab_deliver(l, len);
	}
	assert_string_equal(
	    lab_read(l, 0, "stratum,leap,room,mru_maxdepth"), before);
}

/* --- strangers ------------------------------------------------------------ */

/* By way of the access list. */
static unsigned
receive_from(struct lab *l, const struct ntp_addr *src, size_t len)
{
	struct recvbuf rb = {.src = src,
	    .dst = &l->dst,
	    .rx_time = l->now.sys,
	    .data = l->in,
	    .len = len};

	l->src = *src;
	l->nsent = 0;
	l->now.mono = mono_add(l->now.mono, 10);
	receive(l->e, &rb, l->now);
	return l->nsent;
}

/* With nothing said about it, only this host is told anything. */
static void
strangers_are_told_nothing(void **state)
{
	static const struct ntp_addr here = {{127, 0, 0, 1}, 0, 50000, ADDR_V4};
	static const struct ntp_addr afar = {
	    {198, 51, 100, 7}, 0, 40000, ADDR_V4};
	struct lab *l = *state;
	size_t len;

	for (unsigned op = 0; op < 32; op++) {
		len = lab_compose(l, op, 0, "");
		assert_true(
		    receive_from(l, &here, len) > 0 || op == MODE6_READ_MRU);
		assert_int_equal(receive_from(l, &afar, len), 0);
		len = lab_ask_signed(l, op, 0, "version", OTHER_KEY, 8);
		assert_int_equal(receive_from(l, &afar, len), 0);
	}
}

/* --- configuration -------------------------------------------------------- */

static const char *
configure_with(struct lab *l, const char *line)
{
	ask_as(l, true, MODE6_CONFIGURE, line);
	return lab_assemble(l);
}

static void
lines_of_any_octets(void **state)
{
	struct lab *l = *state;
	size_t len, data = MODE6_HEADER_LEN;
	char *before, *after;

	assert_int_equal(config_write(l->e->cfg, &before, &len), 0);
	for (int c = 0; c < 256; c++) {
		if (c == 'v')
			continue; /* a server, although one option is bad */
		len = lab_compose(l, MODE6_CONFIGURE, 0, "server 192.0.2.8 x");
		l->in[data + 17] = l->in[data + 3] = (uint8_t)c;
		len = (len + 7) / 8 * 8;
		assert_int_equal(
		    keys_sign(l->keys, CONTROL_KEY, l->in, sizeof l->in, &len),
		    0);
		lab_deliver(l, len);
		lab_assemble(l);
	}
	assert_int_equal(config_write(l->e->cfg, &after, &len), 0);
	assert_string_equal(after, before);
	free(before);
	free(after);
}

static void
malformed_lines(void **state)
{
	static const char *const lines[] = {"logconfig =", "logconfig",
	    "logconfig + -", "logconfig =all =all", "statistics nosuch",
	    "statistics", "filegen nosuch type day", "filegen", "mode 7",
	    "server 192.0.2.8 mode 4294967296", "server 192.0.2.8 mode -1",
	    "server 192.0.2.8 ttl 99999999999999999999", "ttl", "ttl 0 0 0 0",
	    "server", "restrict", "fudge", "fudge 1", "tos", "\"", "# x"};
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_true(strlen(configure_with(l, lines[i])) > 0);
	lab_read(l, 0, "leap");
}

/* Who has the key does not say what is written where. */
static void
files_are_not_set(void **state)
{
	static const char *const lines[] = {"driftfile /etc/passwd",
	    "pidfile /etc/passwd", " logfile /etc/passwd", "statsdir /etc/",
	    "saveconfigdir /etc", "ntpsigndsocket /tmp", "leapfile /etc/shadow",
	    "\"driftfile\" /etc/passwd", "includefile /etc/shadow",
	    "filegen loopstats type day file /etc/passwd"};
	struct lab *l = *state;
	char *before, *after;
	size_t len;

	assert_int_equal(config_write(l->e->cfg, &before, &len), 0);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_null(
		    strstr(configure_with(l, lines[i]), "Config Succeeded"));
	assert_int_equal(config_write(l->e->cfg, &after, &len), 0);
	assert_string_equal(after, before);
	free(before);
	free(after);
	assert_non_null(strstr(
	    configure_with(l, "filegen loopstats type week"), "Succeeded"));
}

static void
sources_are_removed_once(void **state)
{
	static const char *const lines[] = {"unpeer 192.0.2.1",
	    "unpeer 192.0.2.1", "unpeer 0", "unpeer 65535", "unpeer -1",
	    "unpeer 0.0.0.0", "unpeer ::", "unpeer", "unconfig nosuch",
	    "unpeer 4294967296"};
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		configure_with(l, lines[i]);
	assert_int_equal(lab_ask(l, MODE6_READSTAT, 0, ""), 1);
	configure_with(l, "server 192.0.2.1");
	assert_int_equal(lab_peer(l, 0)->associd != 0, 1);
}

/* --- mode 7 ---------------------------------------------------------------- */

static void
mode_7_is_silent(void **state)
{
	struct lab *l = *state;
	size_t len;

	for (unsigned first = 7; first < 256; first += 8)
		for (unsigned code = 0; code < 256; code++) {
			len = 8 + rng_below(&l->rng, 200);
			rng_fill(&l->rng, l->in, len);
			l->in[0] = (uint8_t)first;
			l->in[3] = (uint8_t)code; /* 42 is monlist */
			assert_int_equal(receive_from(l, &l->src, len), 0);
		}
}

/* However long the access list is, it is shown without recursion and in the
 * datagrams that a client takes. */
static void
long_access_list(void **state)
{
	enum { LINES = 50000, LINE_LEN = 40 };
	static const char head[] = "trustedkey 5\ncontrolkey 5\n";
	char *conf = malloc(sizeof head + LINES * LINE_LEN);
	size_t len = sizeof head - 1;
	struct lab *l;

	assert_non_null(conf);
	memcpy(conf, head, sizeof head);
	for (unsigned i = 0; i < LINES; i++)
		len += (size_t)snprintf(conf + len, LINE_LEN,
		    "restrict 10.%u.%u.%u nomodify\n", i >> 16, i >> 8 & 255U,
		    i & 255U);
	l = lab_new(conf);
	free(conf);
	lab_ask_signed(
	    l, MODE6_READ_ORDLIST, 0, "addr_restrictions", CONTROL_KEY, 8);
	assert_in_range(l->nsent, 10, MODE6_FRAGS_MAX);
	*state = l;
}

int
main(void)
{
#define F(id, f) THREAT_IN(id, f, setup, lab_teardown)
	const struct CMUnitTest tests[] = {
	    F("CVE-2014-9295", replies_of_every_length),
	    F("CVE-2014-9295", lines_of_every_length),
	    F("CVE-2014-9296", refused_and_nothing_done),
	    F("CVE-2016-2519", values_of_every_length),
	    F("CVE-2018-7182", nothing_behind_the_count_is_read),
	    F("CVE-2019-6443", counts_beyond_the_datagram),
	    F("CVE-2017-6458", names_of_every_length),
	    F("CVE-2016-7434", hostile_list_arguments),
	    F("CVE-2016-9310", no_traps),
	    F("CVE-2016-9311", no_traps),
	    F("CVE-2015-7855", addresses_of_every_length),
	    F("CVE-2019-6444", permutations_of_the_header),
	    F("CVE-2019-6445", writes_to_nothing),
	    F("CVE-2019-6442", random_lines_of_configuration),
	    F("Sec-3610", short_datagrams),
	    F("CVE-2012-4502", sequences_leave_no_trace),
	    F("CVE-2012-4503", nothing_uninitialized_is_sent),
	    F("CVE-2010-0292", replies_are_not_answered),
	    F("CVE-2010-0294", bad_requests_do_not_fill_the_log),
	    F("CVE-2015-1822", sequences_leave_no_trace),
	    F("CVE-2009-3563", mode_7_is_silent),
	    F("CVE-2014-5209", mode_7_is_silent),
	    F("CVE-2015-7848", mode_7_is_silent),
	    F("CVE-2015-7977", mode_7_is_silent),
	    F("Sec-3565", mode_7_is_silent),
	    F("CVE-2015-5146", lines_of_any_octets),
	    F("CVE-2015-5194", malformed_lines),
	    F("CVE-2015-5195", malformed_lines),
	    F("CVE-2017-6464", malformed_lines),
	    F("CVE-2015-5196", files_are_not_set),
	    F("CVE-2015-7703", files_are_not_set),
	    F("CVE-2016-2516", sources_are_removed_once),
	    F("CVE-2017-6463", sources_are_removed_once),
	    THREAT_IN("CVE-2015-7978", long_access_list, NULL, lab_teardown),
	    THREAT_IN("F-leak", strangers_are_told_nothing, setup_default,
		lab_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
