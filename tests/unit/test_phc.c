/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_phc.c - cards that stamp datagrams: a kernel and a card of the test's
 * own stand in for those that this machine may not have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../../ntpd/ntp_phc.h"
#include "../../ntpd/ntp_socket.h"

#define SOCK	   7
#define CARD_FD	   9
#define REAL	   INT64_C(1700000000000000000) /* ns */
#define CARD_AHEAD (INT64_C(37) * 1000000000 + 250)

/* The kernel, and the card behind it. */
static struct fake {
	uint32_t so_timestamping, tx_types, rx_filters;
	int index;
	int info_error, get_error, set_error, open_error;
	struct hwtstamp_config now;
	bool gone;
	bool extended; /* PTP_SYS_OFFSET_EXTENDED is known */
	int64_t real, ahead;
	double drift; /* of the card, s/s */
	unsigned sets, compared, opened;
	char asked[IFNAMSIZ], path[32];
} fake;

static int
with_errno(int err)
{
	errno = err;
	return err == 0 ? 0 : -1;
}

static struct ptp_clock_time
ptp(int64_t ns)
{
	return (struct ptp_clock_time){
	    .sec = ns / 1000000000, .nsec = (uint32_t)(ns % 1000000000)};
}

static int64_t
card_clock(int64_t real)
{
	return real + fake.ahead +
	    (int64_t)((double)(real - REAL) * fake.drift);
}

/* Reads take a while: the third is the quickest. */
static int
offsets_extended(struct ptp_sys_offset_extended *o)
{
	static const int64_t took[] = {9000, 4000, 800, 5000, 70000};

	for (unsigned i = 0; i < o->n_samples; i++) {
		o->ts[i][0] = ptp(fake.real);
		/* slow ones are slow on one side */
		o->ts[i][1] = ptp(card_clock(fake.real + took[i] - 400));
		o->ts[i][2] = ptp(fake.real + took[i]);
		fake.real += 100000;
	}
	return 0;
}

static int
offsets_plain(struct ptp_sys_offset *o)
{
	for (unsigned i = 0; i < o->n_samples; i++) {
		o->ts[2 * i] = ptp(fake.real);
		o->ts[2 * i + 1] = ptp(card_clock(fake.real + 500));
		fake.real += 1000;
	}
	o->ts[2 * o->n_samples] = ptp(fake.real);
	return 0;
}

static int
interface(unsigned long request, struct ifreq *r)
{
	struct ethtool_ts_info *info = (void *)r->ifr_data;
	struct hwtstamp_config *c = (void *)r->ifr_data;

	memcpy(fake.asked, r->ifr_name, IFNAMSIZ);
	switch (request) {
	case SIOCETHTOOL:
		assert_int_equal(info->cmd, ETHTOOL_GET_TS_INFO);
		info->so_timestamping = fake.so_timestamping;
		info->tx_types = fake.tx_types;
		info->rx_filters = fake.rx_filters;
		info->phc_index = fake.index;
		return with_errno(fake.info_error);
	case SIOCGHWTSTAMP:
		*c = fake.now;
		return with_errno(fake.get_error);
	case SIOCSHWTSTAMP:
		fake.sets++;
		if (fake.set_error == 0)
			fake.now = *c;
		return with_errno(fake.set_error);
	default:
		return with_errno(ENOTTY);
	}
}

static int
fake_ioctl(int fd, unsigned long request, void *arg)
{
	if (fd == SOCK)
		return interface(request, arg);
	assert_int_equal(fd, CARD_FD);
	fake.compared++;
	if (fake.gone)
		return with_errno(ENODEV);
	if (request == PTP_SYS_OFFSET_EXTENDED && fake.extended)
		return offsets_extended(arg);
	if (request == PTP_SYS_OFFSET)
		return offsets_plain(arg);
	return with_errno(ENOTTY);
}

static int
fake_open(const char *path, int flags)
{
	(void)flags;
	(void)snprintf(fake.path, sizeof fake.path, "%s", path);
	fake.opened++;
	return with_errno(fake.open_error) == 0 ? CARD_FD : -1;
}

static int
fake_close(int fd)
{
	assert_int_equal(fd, CARD_FD);
	fake.opened--;
	return 0;
}

static const struct device_sys fake_sys = {fake_open, fake_ioctl, fake_close};

static int
new_card(void **state)
{
	(void)state;
	fake = (struct fake){.so_timestamping = SOF_TIMESTAMPING_TX_HARDWARE |
		SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE,
	    .tx_types = 1U << HWTSTAMP_TX_OFF | 1U << HWTSTAMP_TX_ON,
	    .rx_filters =
		1U << HWTSTAMP_FILTER_NONE | 1U << HWTSTAMP_FILTER_ALL,
	    .index = 3,
	    .extended = true,
	    .real = REAL,
	    .ahead = CARD_AHEAD};
	return 0;
}

static int
open_card(struct phc *p)
{
	const char *what;

	return phc_open(p, &fake_sys, SOCK, "eth0", &what);
}

static struct timespec
at(int64_t ns)
{
	return (struct timespec){ns / 1000000000, ns % 1000000000};
}

/* --- switching it on -------------------------------------------------------- */

static void
is_switched_on(void **state)
{
	struct phc p;

	(void)state;
	assert_int_equal(open_card(&p), 0);
	assert_string_equal(fake.asked, "eth0");
	assert_string_equal(fake.path, "/dev/ptp3");
	assert_int_equal(fake.now.tx_type, HWTSTAMP_TX_ON);
	assert_int_equal(fake.now.rx_filter, HWTSTAMP_FILTER_ALL);
	assert_true(p.arrivals);
	phc_close(&p);
	assert_int_equal(fake.opened, 0);
	/* it is on by now: nothing needs to be set */
	assert_int_equal(open_card(&p), 0);
	assert_int_equal(fake.sets, 1);
	assert_true(p.arrivals);
}

static void
what_others_set_is_not_narrowed(void **state)
{
	struct phc p;

	(void)state;
	fake.rx_filters =
	    1U << HWTSTAMP_FILTER_PTP_V2_EVENT | 1U << HWTSTAMP_FILTER_NTP_ALL;
	fake.now = (struct hwtstamp_config){.tx_type = HWTSTAMP_TX_ON,
	    .rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT};
	assert_int_equal(open_card(&p), 0);
	assert_int_equal(fake.now.rx_filter, HWTSTAMP_FILTER_PTP_V2_EVENT);
	assert_false(p.arrivals);
	/* but taken where nobody uses it */
	fake.now.rx_filter = HWTSTAMP_FILTER_NONE;
	assert_int_equal(open_card(&p), 0);
	assert_int_equal(fake.now.rx_filter, HWTSTAMP_FILTER_NTP_ALL);
	assert_true(p.arrivals);
	/* a card of departures only */
	fake.rx_filters = 1U << HWTSTAMP_FILTER_NONE;
	fake.now = (struct hwtstamp_config){0};
	assert_int_equal(open_card(&p), 0);
	assert_int_equal(fake.now.tx_type, HWTSTAMP_TX_ON);
	assert_false(p.arrivals);
}

static void
what_cannot_is_refused(void **state)
{
	struct phc p;
	const char *what;

	(void)state;
	fake.so_timestamping = SOF_TIMESTAMPING_TX_SOFTWARE;
	assert_int_equal(open_card(&p), -EOPNOTSUPP);
	(void)new_card(NULL);
	fake.index = -1;
	assert_int_equal(open_card(&p), -EOPNOTSUPP);
	(void)new_card(NULL);
	fake.tx_types = 1U << HWTSTAMP_TX_OFF;
	assert_int_equal(open_card(&p), -EOPNOTSUPP);
	assert_int_equal(fake.sets, 0);
	(void)new_card(NULL);
	fake.info_error = ENODEV;
	assert_int_equal(phc_open(&p, &fake_sys, SOCK, "eth0", &what), -ENODEV);
	assert_string_equal(what, "no hardware timestamps");
	(void)new_card(NULL);
	fake.set_error = EPERM;
	assert_int_equal(phc_open(&p, &fake_sys, SOCK, "eth0", &what), -EPERM);
	assert_string_equal(what, "hardware timestamps cannot be switched on");
	/* without the right it is still used where others switched it on */
	fake.now = (struct hwtstamp_config){.tx_type = HWTSTAMP_TX_ON};
	assert_int_equal(open_card(&p), 0);
	assert_false(p.arrivals);
	fake.open_error = EACCES;
	assert_int_equal(phc_open(&p, &fake_sys, SOCK, "eth0", &what), -EACCES);
	assert_string_equal(what, "the card's clock cannot be opened");
}

/* --- its stamps ------------------------------------------------------------- */

static void
stamps_become_system_time(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct phc p;
		struct timespec stamp, near, out;

		(void)new_card(NULL);
		fake.extended = i == 0;
		fake.drift = 20e-6;
		assert_int_equal(open_card(&p), 0);
		for (int64_t k = 0; k < 1000; k++) {
			int64_t left = REAL + k * 7000000;

			fake.real = left;
			stamp = at(card_clock(left));
			near = at(left + 30000);
			assert_true(phc_to_system(&p, &stamp, &near, &out));
			assert_true(llabs(out.tv_sec * INT64_C(1000000000) +
					out.tv_nsec - left) < 500);
		}
		/* a comparison is good for 10 ms */
		assert_true(fake.compared >= 500 * (i + 1) &&
		    fake.compared < 1001 * (i + 1));
	}
}

static void
stamps_without_sense_are_not(void **state)
{
	struct phc p;
	struct timespec stamp = at(card_clock(REAL)), near, out;

	(void)state;
	assert_int_equal(open_card(&p), 0);
	near = at(REAL - 200000); /* the kernel had it before */
	assert_false(phc_to_system(&p, &stamp, &near, &out));
	near = at(REAL + 200000000); /* of another datagram, long ago */
	assert_false(phc_to_system(&p, &stamp, &near, &out));
	near = at(REAL + 90000000);
	assert_true(phc_to_system(&p, &stamp, &near, &out));
	/* the card's clock was stepped: it is compared anew */
	fake.ahead += 5000000000;
	fake.real = REAL;
	stamp = at(card_clock(REAL + 1000000));
	assert_true(phc_to_system(&p, &stamp, &near, &out));
	assert_int_equal(out.tv_nsec, 1000000);
	/* the card is gone */
	fake.gone = true;
	stamp = at(card_clock(REAL + 50000000));
	assert_false(phc_to_system(&p, &stamp, &near, &out));
}

/* --- what the kernel hands over --------------------------------------------- */

union control {
	struct cmsghdr cm;
	uint8_t buf[SOCK_CONTROL];
};

static void
put(struct msghdr *mh, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *cm =
	    (void *)((uint8_t *)mh->msg_control + mh->msg_controllen);

	cm->cmsg_level = level;
	cm->cmsg_type = type;
	cm->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cm), data, len);
	mh->msg_controllen += CMSG_SPACE(len);
}

static void
departures_are_read(void **state)
{
	union control c = {.buf = {0}};
	struct msghdr mh = {.msg_control = c.buf};
	struct timespec t[3] = {{100, 5}, {0, 0}, {0, 0}};
	struct sock_error e = {.id = 4};

	(void)state;
	put(&mh, SOL_SOCKET, SCM_TIMESTAMPING, t, sizeof t);
	sock_departure(&c.cm, &e);
	assert_true(e.departed && !e.hardware && e.left.tv_sec == 100);
	t[0].tv_sec = 0;
	t[2] = (struct timespec){137, 9};
	memcpy(CMSG_DATA(&c.cm), t, sizeof t);
	sock_departure(&c.cm, &e);
	assert_true(e.departed && e.hardware && e.left.tv_sec == 137 &&
	    e.left.tv_nsec == 9);
	memset(CMSG_DATA(&c.cm), 0, sizeof t);
	sock_departure(&c.cm, &e);
	assert_false(e.departed || e.hardware);
	/* cut short */
	memcpy(CMSG_DATA(&c.cm), t, sizeof t);
	c.cm.cmsg_len = CMSG_LEN(2 * sizeof *t);
	sock_departure(&c.cm, &e);
	assert_false(e.departed || e.hardware);
	assert_int_equal(e.id, 4);
}

static void
arrivals_are_read(void **state)
{
	union control c = {.buf = {0}};
	struct msghdr mh = {.msg_control = c.buf};
	struct timespec soft = {100, 5}, t[3] = {{100, 5}, {0, 0}, {137, 9}};
	struct sock_info info;

	(void)state;
	put(&mh, SOL_SOCKET, SCM_TIMESTAMPNS, &soft, sizeof soft);
	sock_info_get(&mh, &info);
	assert_true(info.stamped && info.card.tv_sec == 0);
	put(&mh, SOL_SOCKET, SCM_TIMESTAMPING, t, sizeof t);
	sock_info_get(&mh, &info);
	assert_true(info.stamped && info.at.tv_sec == 100 &&
	    info.card.tv_sec == 137 && info.card.tv_nsec == 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(is_switched_on, new_card),
	    cmocka_unit_test_setup(what_others_set_is_not_narrowed, new_card),
	    cmocka_unit_test_setup(what_cannot_is_refused, new_card),
	    cmocka_unit_test_setup(stamps_become_system_time, new_card),
	    cmocka_unit_test_setup(stamps_without_sense_are_not, new_card),
	    cmocka_unit_test(departures_are_read),
	    cmocka_unit_test(arrivals_are_read),
	};

	return cmocka_run_group_tests_name("phc", tests, NULL, NULL);
}
