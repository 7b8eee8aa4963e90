/* SPDX-License-Identifier: BSD-2-Clause */
/* test_ctlord.c - READ_ORDLIST and SAVECONFIG, over a host that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctllab.h"
#include "ntp_err.h"

#define CONTROL_KEY 5

/* What the engine asks of it. */
struct fake_host {
	struct host_port port; /* first: the port is the object */
	size_t nifaces;
	int err;
	char dir[64], name[64], text[256];
};

static struct fake_host host;

static bool
fake_iface(struct host_port *p, size_t i, struct iface_row *out)
{
	struct fake_host *h = (struct fake_host *)p;

	*out = (struct iface_row){
	    .addr = {{192, 0, 2, (uint8_t)i}, 0, 123, ADDR_V4},
	    .name = "eth0",
	    .flags = IFACE_UP,
	    .enabled = true,
	    .received = 12345678901,
	    .up = 1e6};
	return i < h->nifaces;
}

/* The port's signature: NOLINTNEXTLINE(readability-function-size) */
static int
fake_save(struct host_port *p, const char *dir, const char *name,
    const char *text, size_t len, char made[SAVED_NAME_MAX])
{
	struct fake_host *h = (struct fake_host *)p;

	(void)len;
	snprintf(h->dir, sizeof h->dir, "%s", dir);
	snprintf(h->name, sizeof h->name, "%s", name);
	snprintf(h->text, sizeof h->text, "%s", text);
	snprintf(made, SAVED_NAME_MAX, "made-%s", name);
	return h->err;
}

static int
setup(void **state)
{
	struct lab *l =
	    lab_new("server 192.0.2.1\nsaveconfigdir /saved\n"
		    "restrict default nomodify\n"
		    "restrict 192.0.2.7 ntpport noquery kod limited\n"
		    "trustedkey 5\ncontrolkey 5\n");

	host = (struct fake_host){
	    .port = {.save = fake_save, .iface = fake_iface}, .nifaces = 2};
	l->e->port.host = &host.port;
	*state = l;
	return 0;
}

static const char *
list(struct lab *l, const char *what)
{
	lab_ask_signed(l, MODE6_READ_ORDLIST, 0, what, CONTROL_KEY, 8);
	return lab_assemble(l);
}

static void
test_rows_of_sockets(void **state)
{
	struct lab *l = *state;
	unsigned n = lab_count_items(list(l, "ifstats"));

	assert_int_equal(n, 2 * 13);
	assert_string_equal(lab_value(l, "addr.1"), "192.0.2.1:123");
	assert_string_equal(lab_value(l, "bcast.1"), "");
	assert_string_equal(lab_value(l, "name.0"), "\"eth0\"");
	assert_string_equal(lab_value(l, "rx.0"), "12345678901");
	assert_string_equal(lab_value(l, "flags.0"), "0x1");
	assert_int_equal(lab_count_items(list(l, "")), 2 * 13);
}

/* Clients take 32 datagrams: whole rows up to there. */
static void
test_too_many_sockets(void **state)
{
	struct lab *l = *state;
	unsigned n;

	host.nifaces = 1000;
	n = lab_count_items(list(l, "ifstats"));
	assert_int_equal(n % 13, 0);
	assert_in_range(n / 13, 50, 200);
	assert_true(l->nsent <= MODE6_FRAGS_MAX);
}

static void
test_rows_of_the_access_list(void **state)
{
	struct lab *l = *state;
	unsigned n = lab_count_items(list(l, "addr_restrictions"));

	assert_int_equal(n, 3 * 5);
	assert_string_equal(lab_value(l, "addr.0"), "192.0.2.7");
	assert_string_equal(lab_value(l, "mask.0"), "255.255.255.255");
	assert_string_equal(
	    lab_value(l, "flags.0"), "ntpport limited noquery kod");
	assert_string_equal(lab_value(l, "addr.2"), "::");
	assert_string_equal(lab_value(l, "flags.2"), "nomodify");
}

static void
test_who_may_read(void **state)
{
	struct lab *l = *state;

	lab_ask(l, MODE6_READ_ORDLIST, 0, "ifstats");
	lab_expect_error(l, MODE6_ERR_PERMISSION);
	lab_ask_signed(l, MODE6_READ_ORDLIST, 0, "other", CONTROL_KEY, 8);
	assert_int_equal(l->sent[0][4], MODE6_ERR_UNKNOWNVAR);
}

static const char *
save(struct lab *l, const char *name)
{
	lab_ask_signed(l, MODE6_SAVECONFIG, 0, name, CONTROL_KEY, 8);
	return lab_assemble(l);
}

static void
test_saving(void **state)
{
	struct lab *l = *state;

	assert_string_equal(
	    save(l, "x%Y"), "Configuration saved to 'made-x%Y'\r\n");
	assert_string_equal(host.dir, "/saved");
	assert_non_null(strstr(host.text, "saveconfigdir \"/saved\"\n"));
	lab_read(l, 0, "savedconfig");
	assert_string_equal(lab_value(l, "savedconfig"), "made-x%Y");
	host.err = -NTP_EEXIST;
	assert_string_equal(save(l, "y"),
	    "Unable to save configuration to file 'made-y': File exists\r\n");
	host.err = -NTP_EINVAL;
	assert_string_equal(
	    save(l, "../z"), "saveconfig rejects unsafe file name '../z'\r\n");
	lab_read(l, 0, "savedconfig");
	assert_string_equal(lab_value(l, "savedconfig"), "made-x%Y");
}

static void
test_saving_refused(void **state)
{
	struct lab *l = *state;

	lab_ask(l, MODE6_SAVECONFIG, 0, "x");
	lab_expect_error(l, MODE6_ERR_PERMISSION);
	assert_string_equal(
	    save(l, ""), "saveconfig rejects unsafe file name ''\r\n");
	l->flags = RES_NOMODIFY;
	assert_string_equal(
	    save(l, "x"), "saveconfig prohibited by restrict ... nomodify\r\n");
	l->flags = 0;
	l->e->port.host = NULL;
	assert_string_equal(save(l, "x"),
	    "saveconfig prohibited, no saveconfigdir configured\r\n");
	assert_string_equal(host.dir, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, lab_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_rows_of_sockets),
	    TEST(test_too_many_sockets),
	    TEST(test_rows_of_the_access_list),
	    TEST(test_who_may_read),
	    TEST(test_saving),
	    TEST(test_saving_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
