/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_phc.c - a network card that stamps datagrams by a clock of its own.
 *
 * Which datagrams that arrive are stamped is one setting for all programs of
 * the machine, so that it is only ever widened.
 */
#include "ntp_phc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S    INT64_C(1000000000)
#define COMPARE_NS  (NS_PER_S / 100)   /* a comparison is good for that long */
#define EARLY_NS    (NS_PER_S / 10000) /* error of the comparison, at most */
#define LATE_NS	    (NS_PER_S / 10)    /* from the card to the kernel */
#define COMPARISONS 5U

static int64_t
ns_of(int64_t sec, int64_t nsec)
{
	return sec * NS_PER_S + nsec;
}

/* --- having it stamp --------------------------------------------------------- */

static int
ask(const struct phc *p, int sock, unsigned long request, void *data)
{
	struct ifreq r = {.ifr_data = data};

	memcpy(r.ifr_name, p->name, sizeof r.ifr_name);
	return p->sys->ioctl(sock, request, &r) == 0 ? 0 : -errno;
}

static int
capabilities(struct phc *p, int sock, struct ethtool_ts_info *info)
{
	const uint32_t need =
	    SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
	int err;

	*info = (struct ethtool_ts_info){.cmd = ETHTOOL_GET_TS_INFO};
	err = ask(p, sock, SIOCETHTOOL, info);
	if (err != 0)
		return err;
	p->index = info->phc_index;
	return (info->so_timestamping & need) == need && p->index >= 0 &&
		(info->tx_types & 1U << HWTSTAMP_TX_ON) != 0
	    ? 0
	    : -EOPNOTSUPP;
}

static bool
covers(int filter)
{
	return filter == HWTSTAMP_FILTER_ALL ||
	    filter == HWTSTAMP_FILTER_NTP_ALL;
}

/* The widest filter that the card knows, or the one that it has. */
static int
filter_for(const struct ethtool_ts_info *info, int now)
{
	if ((info->rx_filters & 1U << HWTSTAMP_FILTER_ALL) != 0)
		return HWTSTAMP_FILTER_ALL;
	if (now == HWTSTAMP_FILTER_NONE &&
	    (info->rx_filters & 1U << HWTSTAMP_FILTER_NTP_ALL) != 0)
		return HWTSTAMP_FILTER_NTP_ALL;
	return now;
}

static int
switch_on(struct phc *p, int sock, const struct ethtool_ts_info *info)
{
	struct hwtstamp_config now = {0}, want;
	bool known = ask(p, sock, SIOCGHWTSTAMP, &now) == 0;
	int err;

	want = (struct hwtstamp_config){.tx_type = HWTSTAMP_TX_ON,
	    .rx_filter =
		filter_for(info, known ? now.rx_filter : HWTSTAMP_FILTER_NONE)};
	p->arrivals = covers(now.rx_filter);
	if (known && now.tx_type == want.tx_type &&
	    now.rx_filter == want.rx_filter)
		return 0;
	err = ask(p, sock, SIOCSHWTSTAMP, &want);
	if (err == 0)
		p->arrivals = covers(want.rx_filter);
	/* another program has switched it on */
	return known && now.tx_type == HWTSTAMP_TX_ON ? 0 : err;
}

int
phc_open(struct phc *p, const struct device_sys *sys, int sock,
    const char *name, const char **what)
{
	struct ethtool_ts_info info;
	char path[32];
	int err;

	*p = (struct phc){.sys = sys, .fd = -1};
	(void)snprintf(p->name, sizeof p->name, "%s", name);
	*what = "no hardware timestamps";
	err = capabilities(p, sock, &info);
	if (err != 0)
		return err;
	*what = "hardware timestamps cannot be switched on";
	err = switch_on(p, sock, &info);
	if (err != 0)
		return err;
	*what = "the card's clock cannot be opened";
	(void)snprintf(path, sizeof path, "/dev/ptp%d", p->index);
	p->fd = sys->open(path, O_RDONLY);
	return p->fd >= 0 ? 0 : -errno;
}

int
phc_open_clock(struct phc *p, const struct device_sys *sys, const char *path)
{
	*p = (struct phc){.sys = sys, .fd = sys->open(path, O_RDONLY)};
	return p->fd >= 0 ? 0 : -errno;
}

void
phc_close(struct phc *p)
{
	if (p->fd >= 0)
		(void)p->sys->close(p->fd);
	p->fd = -1;
}

/* --- understanding it -------------------------------------------------------- */

static int64_t
ptp_ns(const struct ptp_clock_time *t)
{
	return ns_of(t->sec, t->nsec);
}

/* One comparison: the card's clock was read between BEFORE and AFTER. */
static void
better(
    struct phc *p, int64_t *width, int64_t before, int64_t card, int64_t after)
{
	int64_t middle = before + (after - before) / 2;

	if (after < before || after - before >= *width)
		return;
	*width = after - before;
	p->ahead = card - middle;
	p->at = card;
}

static bool
compare_extended(struct phc *p, int64_t *width)
{
	struct ptp_sys_offset_extended o = {.n_samples = COMPARISONS};

	if (p->sys->ioctl(p->fd, PTP_SYS_OFFSET_EXTENDED, &o) != 0)
		return false;
	for (unsigned i = 0; i < COMPARISONS; i++)
		better(p, width, ptp_ns(&o.ts[i][0]), ptp_ns(&o.ts[i][1]),
		    ptp_ns(&o.ts[i][2]));
	return true;
}

/* Kernels before 4.20, and some drivers. */
static bool
compare_plain(struct phc *p, int64_t *width)
{
	struct ptp_sys_offset o = {.n_samples = COMPARISONS};

	if (p->sys->ioctl(p->fd, PTP_SYS_OFFSET, &o) != 0)
		return false;
	for (size_t i = 0; i < COMPARISONS; i++)
		better(p, width, ptp_ns(&o.ts[2 * i]), ptp_ns(&o.ts[2 * i + 1]),
		    ptp_ns(&o.ts[2 * i + 2]));
	return true;
}

/* Both read by hardware at one instant. */
static bool
compare_precise(struct phc *p)
{
	struct ptp_sys_offset_precise o = {.device = {.sec = 0}};

	if (p->sys->ioctl(p->fd, PTP_SYS_OFFSET_PRECISE, &o) != 0)
		return false;
	p->at = ptp_ns(&o.device);
	p->ahead = p->at - ptp_ns(&o.sys_realtime);
	return true;
}

bool
phc_compare(struct phc *p)
{
	int64_t width = INT64_MAX;

	p->at = 0;
	return (compare_precise(p) || compare_extended(p, &width) ||
		   compare_plain(p, &width)) &&
	    p->at != 0;
}

bool
phc_to_system(struct phc *p, const struct timespec *t,
    const struct timespec *near, struct timespec *out)
{
	int64_t card = ns_of(t->tv_sec, t->tv_nsec), late;

	if ((p->at == 0 || card - p->at > COMPARE_NS ||
		p->at - card > COMPARE_NS) &&
	    !phc_compare(p))
		return false;
	card -= p->ahead;
	late = ns_of(near->tv_sec, near->tv_nsec) - card;
	if (late < -EARLY_NS || late > LATE_NS)
		return false;
	out->tv_sec = card / NS_PER_S;
	out->tv_nsec = card % NS_PER_S;
	return true;
}
