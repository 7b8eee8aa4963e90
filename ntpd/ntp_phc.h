/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_phc.h - a network card that stamps datagrams by a clock of its own.
 *
 * That clock is none that anybody disciplines; it is compared with the
 * system's whenever a stamp of it is to be understood.
 */
#ifndef NTP_PHC_H
#define NTP_PHC_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "ntp_device.h"

struct phc {
	const struct device_sys *sys;
	char name[IF_NAMESIZE];
	int index;     /* of its clock: /dev/ptpN */
	int fd;	       /* of that */
	bool arrivals; /* it stamps whatever arrives */
	int64_t ahead; /* ns of its clock over CLOCK_REALTIME ... */
	int64_t at;    /* ... when that told so many ns; 0: never compared */
};

/*
 * Have the card of interface NAME stamp; SOCK is any socket.  0; -errno with
 * what it was about in *WHAT: -EOPNOTSUPP when it cannot.  Needs CAP_NET_ADMIN
 * unless it does so already, and the right to open its clock.
 */
int phc_open(struct phc *p, const struct device_sys *sys, int sock,
    const char *name, const char **what);
/* Only the clock at PATH (/dev/ptpN), to be read; 0 or -errno. */
int phc_open_clock(
    struct phc *p, const struct device_sys *sys, const char *path);
/* Compare it with the system's anew: p->ahead and p->at; false: it fails. */
bool phc_compare(struct phc *p);
/* It stamps on, which harms nobody. */
void phc_close(struct phc *p);

/*
 * The stamp *T of the card as CLOCK_REALTIME in *OUT.  False when that cannot
 * be: later than NEAR, which the kernel saw afterwards, or long before it.
 */
bool phc_to_system(struct phc *p, const struct timespec *t,
    const struct timespec *near, struct timespec *out);

#endif /* NTP_PHC_H */
