/* SPDX-License-Identifier: BSD-2-Clause */
/* test_reconfig.c - CONFIGURE, and a running engine on another configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctllab.h"
#include "ntp_err.h"
#include "threat.h"

#define CONTROL_KEY 5

static int
setup(void **state)
{
	*state = lab_new("server 192.0.2.1 minpoll 4 maxpoll 9\n"
			 "server a.example iburst\n"
			 "server 192.0.2.3 prefer\n"
			 "pool p.example\n"
			 "server 127.127.1.0\n"
			 "restrict default nomodify\n"
			 "restrict 198.51.100.0 mask 255.255.255.0 noquery\n"
			 "restrict n.example noserve\n"
			 "restrict source nomrulist\n"
			 "trustedkey 5 6\n"
			 "controlkey 5\n");
	return 0;
}

static const char *
configure_line(struct lab *l, const char *line)
{
	lab_ask_signed(l, MODE6_CONFIGURE, 0, line, CONTROL_KEY, 8);
	return lab_assemble(l);
}

static void
expect_done(struct lab *l, const char *line)
{
	assert_string_equal(configure_line(l, line), "Config Succeeded\r\n");
	assert_int_equal(l->reply.status, 0);
}

static struct ntp_addr
address(const char *text)
{
	struct ntp_addr a;

	assert_int_equal(addr_parse(text, strlen(text), &a), 0);
	return a;
}

static struct peer *
peer_at(struct lab *l, const char *text)
{
	struct ntp_addr a = address(text);

	PEER_FOREACH (p, &l->e->peers) {
		if (addr_equal(&p->srcadr, &a))
			return p;
	}
	return NULL;
}

static const struct restrict_entry *
access_of(struct lab *l, const char *text)
{
	struct ntp_addr a = address(text);

	return restrict_lookup(l->e->access, &a);
}

/* --- associations ---------------------------------------------------------- */

/* What was measured of the others is worth more than the change. */
static void
test_others_stay(void **state)
{
	struct lab *l = *state;
	struct peer before[5];

	lab_peer(l, 0)->poll.reach = 0xff;
	lab_peer(l, 0)->filter.offset = 0.0025;
	for (unsigned i = 0; i < 5; i++)
		before[i] = *lab_peer(l, i);
	expect_done(l, "server 192.0.2.77 iburst");
	assert_non_null(peer_at(l, "192.0.2.77"));
	assert_int_equal(peer_count(&l->e->peers), 6);
	expect_done(l, "unpeer 192.0.2.77");
	assert_null(peer_at(l, "192.0.2.77"));
	assert_int_equal(peer_count(&l->e->peers), 5);
	for (unsigned i = 0; i < 5; i++) {
		struct peer now = *lab_peer(l, i);

		assert_string_equal(now.cfg->host, l->e->cfg->assoc[i].host);
		assert_ptr_equal(now.cfg, &l->e->cfg->assoc[i]);
		now.cfg = before[i].cfg;
		now.flash = before[i].flash; /* clock_select() judged it */
		now.select = before[i].select;
		now.vote = before[i].vote;
		now.reason = before[i].reason;
		assert_memory_equal(&now, &before[i], sizeof now);
	}
}

static void
test_unpeer_by_id_and_name(void **state)
{
	struct lab *l = *state;
	char line[32];

	snprintf(line, sizeof line, "unpeer %u", lab_peer(l, 2)->associd);
	expect_done(l, line);
	assert_null(peer_at(l, "192.0.2.3"));
	expect_done(l, "unpeer a.example");
	assert_int_equal(peer_count(&l->e->peers), 3);
	assert_int_equal(l->e->cfg->nassoc, 3);
	assert_non_null(strstr(configure_line(l, "unpeer 192.0.2.99"),
	    "no association has this address"));
	assert_non_null(strstr(configure_line(l, "unpeer 65535"),
	    "no association has this address"));
	assert_int_equal(peer_count(&l->e->peers), 3);
}

/* An association of a pool goes alone; the pool takes all of its own along. */
static void
test_unpeer_of_a_pool(void **state)
{
	struct lab *l = *state;
	struct peer *pool = lab_peer(l, 3);
	struct ntp_addr a = address("203.0.113.1"), b = address("203.0.113.2");

	assert_non_null(peer_mobilize(l->e, pool->cfg, pool, &a, l->now));
	assert_non_null(peer_mobilize(l->e, pool->cfg, pool, &b, l->now));
	expect_done(l, "unpeer 203.0.113.1");
	assert_null(peer_at(l, "203.0.113.1"));
	assert_non_null(peer_at(l, "203.0.113.2"));
	assert_ptr_equal(peer_at(l, "203.0.113.2")->cfg, pool->cfg);
	expect_done(l, "unpeer p.example");
	assert_null(peer_at(l, "203.0.113.2"));
	assert_int_equal(peer_count(&l->e->peers), 4);
}

/* Resolved long ago: it is found by its address, and its line goes. */
static void
test_unpeer_by_resolved_address(void **state)
{
	struct lab *l = *state;

	lab_peer(l, 1)->srcadr = address("203.0.113.9");
	expect_done(l, "unpeer 203.0.113.9");
	assert_int_equal(l->e->cfg->nassoc, 4);
	assert_string_equal(l->e->cfg->assoc[1].host, "192.0.2.3");
}

static void
test_system_peer_may_go(void **state)
{
	struct lab *l = *state;

	l->e->sys.peer = lab_peer(l, 0);
	expect_done(l, "unpeer 192.0.2.1");
	assert_null(l->e->sys.peer);
}

static void
test_no_room(void **state)
{
	struct lab *l = *state;
	char line[64];
	unsigned i;

	for (i = 0; i < 1000; i++) {
		snprintf(line, sizeof line, "server 10.1.%u.%u", i / 200,
		    i % 200 + 1);
		if (strstr(configure_line(l, line), "Succeeded") == NULL)
			break;
	}
	assert_in_range(i, 200, 999);
	assert_non_null(strstr(
	    (const char *)l->reply.text, "no room for another association"));
	assert_true(l->e->peers.used <= l->e->peers.cap);
}

/* A file read anew: options of who stays change in place. */
static void
test_reload(void **state)
{
	static const char text[] = "server 192.0.2.3 minpoll 5 maxpoll 7\n"
				   "server 192.0.2.1 key 6\n"
				   "server 192.0.2.8\n"
				   "restrict default\n"
				   "trustedkey 6\n";
	static const struct config_io io = {0};
	struct lab *l = *state;
	struct ntp_config *c = config_new();
	struct peer *first = lab_peer(l, 0), *third = lab_peer(l, 2);
	uint16_t id = first->associd;

	config_parse(c, "ntp.conf", text, strlen(text), &io);
	config_finish(c, &io);
	third->poll.hpoll = 10;
	third->poll.reach = 1;
	first->poll.reach = 3;
	assert_int_equal(engine_adopt(l->e, &c, l->now), 0);
	assert_null(c);
	assert_int_equal(peer_count(&l->e->peers), 3);
	assert_int_equal(first->associd, id);
	assert_int_equal(first->cfg->key, 6);
	assert_int_equal(first->poll.reach, 0); /* measured without the key */
	assert_int_equal(first->poll.maxpoll, 10);
	assert_int_equal(third->poll.reach, 1);
	assert_int_equal(third->poll.minpoll, 5);
	assert_in_range(third->poll.hpoll, 5, 7);
	assert_non_null(peer_at(l, "192.0.2.8"));
	assert_int_equal(access_of(l, "198.51.100.1")->flags, 0);
}

/* --- access ---------------------------------------------------------------- */

static void
test_restrict_at_once(void **state)
{
	struct lab *l = *state;

	(void)access_of(l, "198.51.100.9");
	expect_done(l, "restrict 203.0.113.7 ignore");
	assert_int_equal(access_of(l, "203.0.113.7")->flags, RES_IGNORE);
	assert_int_equal(access_of(l, "198.51.100.9")->flags, RES_NOQUERY);
	assert_int_equal(access_of(l, "198.51.100.9")->hits, 3);
	expect_done(l, "unrestrict 203.0.113.7");
	assert_int_equal(access_of(l, "203.0.113.7")->flags, RES_NOMODIFY);
	expect_done(l, "unrestrict default nomodify");
	assert_int_equal(access_of(l, "203.0.113.7")->flags, 0);
	/* what `restrict source` made is there still */
	assert_int_equal(access_of(l, "192.0.2.1")->flags, RES_NOMRULIST);
	expect_done(l, "unpeer 192.0.2.1");
	assert_int_equal(access_of(l, "192.0.2.1")->flags, 0);
}

/* What `restrict source` made goes, and does not come back by itself. */
static void
test_source_entry_goes(void **state)
{
	struct lab *l = *state;

	assert_int_equal(access_of(l, "192.0.2.1")->flags, RES_NOMRULIST);
	expect_done(l, "delrestrict source 192.0.2.1");
	assert_int_equal(access_of(l, "192.0.2.1")->flags, RES_NOMODIFY);
	assert_int_equal(access_of(l, "192.0.2.3")->flags, RES_NOMRULIST);
	expect_done(l, "restrict 203.0.113.7 ignore");
	assert_int_equal(access_of(l, "192.0.2.1")->flags, RES_NOMODIFY);
	assert_non_null(
	    strstr(configure_line(l, "delrestrict source 192.0.2.1"),
		"made no entry for 192.0.2.1"));
	assert_non_null(strstr(
	    configure_line(l, "delrestrict source x.y"), "is no address"));
	expect_done(l, "unpeer 192.0.2.1");
	expect_done(l, "server 192.0.2.1");
	assert_int_equal(access_of(l, "192.0.2.1")->flags, RES_NOMRULIST);
}

/* A name is not asked for again because something else changes. */
static void
test_names_are_kept(void **state)
{
	struct lab *l = *state;
	struct ntp_addr a = address("203.0.113.5");

	access_resolved(l->e, &l->e->rname[0], &a, 1, l->now.mono);
	assert_int_equal(access_of(l, "203.0.113.5")->flags, RES_NOSERVE);
	expect_done(l, "restrict m.example ignore");
	assert_int_equal(l->e->nrnames, 2);
	assert_int_equal(access_of(l, "203.0.113.5")->flags, RES_NOSERVE);
	assert_int_equal(l->e->rname[0].naddr, 1);
	assert_int_equal(l->e->rname[0].tag, 0);
	assert_int_equal(l->e->rname[1].tag, 1);
	expect_done(l, "unrestrict n.example");
	assert_int_equal(access_of(l, "203.0.113.5")->flags, RES_NOMODIFY);
	assert_int_equal(l->e->rname[0].tag, 1);
}

/* --- the rest -------------------------------------------------------------- */

static void
test_values_at_once(void **state)
{
	struct lab *l = *state;

	expect_done(l, "tos minclock 5 maxdist 3");
	assert_int_equal(l->e->cfg->tos.minclock, 5);
	expect_done(l, "tinker step 0.5 panic 0");
	assert_true(l->e->loop.par.step_fwd > 0.49);
	assert_true(l->e->loop.par.panic < 1);
	expect_done(l, "tinker freq 12.5");
	assert_true(l->e->loop.freq > 12.4e-6 && l->e->loop.freq < 12.6e-6);
	expect_done(l, "disable ntp monitor");
	assert_true(l->e->noset);
	assert_null(l->e->mru);
	assert_null(l->e->server.mru);
	expect_done(l, "enable ntp monitor");
	assert_false(l->e->noset);
	assert_non_null(l->e->mru);
	expect_done(l, "fudge 127.127.1.0 stratum 11 refid XYZ");
	assert_int_equal(lab_peer(l, 4)->cfg->ref_stratum, 11);
	expect_done(l, "logconfig =sysevents");
	assert_int_equal(l->e->cfg->logmask, LOGBIT_SYSEVENTS);
	expect_done(l, "setvar room = 7");
	lab_read(l, 0, "room");
	assert_string_equal(lab_value(l, "room"), "7");
}

static void
test_reset(void **state)
{
	struct lab *l = *state;

	l->e->count.received = 7;
	lab_peer(l, 0)->count.sent = 9;
	expect_done(l, "reset sys");
	assert_int_equal(l->e->count.received, 0);
	assert_int_equal(lab_peer(l, 0)->count.sent, 9);
	expect_done(l, "reset allpeers");
	assert_int_equal(lab_peer(l, 0)->count.sent, 0);
	l->e->count.received = 5;
	expect_done(l, "tos minclock 4");
	assert_int_equal(l->e->count.received, 5);
}

/* --- what the client is told ------------------------------------------------ */

static void
test_messages(void **state)
{
	struct lab *l = *state;
	char text[512];

	snprintf(text, sizeof text, "%s",
	    configure_line(l, "server 192.0.2.50 ibrust"));
	assert_non_null(strstr(text, "column 19 syntax error, "));
	assert_ptr_equal(strstr(text, "column"), text);
	assert_non_null(strstr(text, "iburst"));
	assert_string_equal(text + strlen(text) - 2, "\r\n");
	/* the valid beginning of a line applies, as in the file */
	assert_non_null(peer_at(l, "192.0.2.50"));
	snprintf(text, sizeof text, "%s",
	    configure_line(l, "server 192.0.2.51 key 99"));
	assert_non_null(strstr(text, "Config Succeeded\r\ncolumn "));
	assert_non_null(strstr(text, "not a trusted key"));
	assert_null(strstr(configure_line(l, "tos minclock 4"), "trusted"));
	/* an error comes first, whatever was warned of before it */
	assert_ptr_equal(
	    strstr(configure_line(l, "server 192.0.2.52 minpoll 99 bogus"),
		"column 30 syntax error, "),
	    lab_assemble(l));
	assert_non_null(strstr(configure_line(l, "includefile /etc/passwd"),
	    "cannot be included"));
	assert_non_null(
	    strstr(configure_line(l, "server \001"), "unprintable"));
	assert_string_equal(configure_line(l, ""), "Config Succeeded\r\n");
	assert_string_equal(
	    configure_line(l, "tos minclock 3\r\n"), "Config Succeeded\r\n");
}

static int
setup_warned(void **state)
{
	*state = lab_new("restrict 192.0.2.0 mask 255.255.255.0 mssntp\n"
			 "trustedkey 5\ncontrolkey 5\n");
	return 0;
}

/* What the file is warned of is not the client's; his own line is. */
static void
test_no_words_of_the_file(void **state)
{
	struct lab *l = *state;

	expect_done(l, "tos minclock 3");
	assert_non_null(strstr(configure_line(l, "tos floor 5 ceiling 5"),
	    "no stratum is left between floor and ceiling"));
}

static void
test_refused(void **state)
{
	struct lab *l = *state;

	lab_ask(l, MODE6_CONFIGURE, 0, "server 192.0.2.50");
	lab_expect_error(l, MODE6_ERR_PERMISSION);
	lab_ask_signed(
	    l, MODE6_CONFIGURE, 1, "server 192.0.2.50", CONTROL_KEY, 8);
	assert_int_equal(l->sent[0][4], MODE6_ERR_BADVALUE);
	l->flags = RES_NOMODIFY;
	assert_string_equal(configure_line(l, "server 192.0.2.50"),
	    "runtime configuration prohibited by restrict ... nomodify\r\n");
	assert_null(peer_at(l, "192.0.2.50"));
}

/* Whatever is a word to the parser is one to who guards the files. */
static void
test_files_stay(void **state)
{
	static const char *const lines[] = {"driftfile /x", "driftfile=/x",
	    " logfile,x", "pidfile;x", "statsdir(x", "saveconfigdir|x",
	    "leapfile{x", "ntpsigndsocket}x", "filegen peerstats file=x",
	    "filegen peerstats type day file x", "nts cookie,x", "nts ca x"};
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const char *said = configure_line(l, lines[i]);

		if (strstr(said, "can only be set in ntp.conf") == NULL)
			fail_msg("%s: %s", lines[i], said);
	}
	expect_done(l, "filegen peerstats type day");
	expect_done(l, "setvar driftfile = x");
}

static void
test_control_key_that_nobody_has(void **state)
{
	struct lab *l = *state;

	assert_non_null(strstr(
	    configure_line(l, "controlkey 77"), "the old control key stays"));
	expect_done(l, "server 192.0.2.50");
	expect_done(l, "controlkey 6");
	assert_int_equal(l->e->cfg->controlkey, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, lab_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_others_stay),
	    TEST(test_unpeer_by_id_and_name),
	    TEST(test_unpeer_of_a_pool),
	    TEST(test_unpeer_by_resolved_address),
	    TEST(test_system_peer_may_go),
	    TEST(test_no_room),
	    TEST(test_reload),
	    TEST(test_restrict_at_once),
	    TEST(test_source_entry_goes),
	    TEST(test_names_are_kept),
	    TEST(test_values_at_once),
	    TEST(test_reset),
	    TEST(test_messages),
	    cmocka_unit_test_setup_teardown(
		test_no_words_of_the_file, setup_warned, lab_teardown),
	    TEST(test_refused),
	    TEST(test_files_stay),
	    THREAT_IN("CVE-2016-2517", test_control_key_that_nobody_has, setup,
		lab_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
