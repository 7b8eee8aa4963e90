/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pps.h - pulses per second that the kernel stamps (RFC 2783, by way of the
 * devices /dev/ppsN of Linux).
 */
#ifndef PPS_H
#define PPS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "../ntp_device.h"

struct pps {
	const struct device_sys *sys;
	int fd;		   /* -1: not open */
	bool clear;	   /* the clear edge marks the second, not assert */
	uint32_t sequence; /* of the last pulse seen */
	struct timespec at;
};

/* Have the edge stamped; 0, or -errno with what it was about in *WHAT. */
int pps_open(struct pps *p, const struct device_sys *sys, const char *path,
    bool clear, const char **what);
bool pps_is_open(const struct pps *p);
void pps_close(struct pps *p);

/* 1: a pulse has come since the last call, at *AT of CLOCK_REALTIME; 0: none
 * has; -errno. */
int pps_fetch(struct pps *p, struct timespec *at);

/* Let the kernel measure the pulse; it steers nothing by it unless told to.  0
 * or -errno (-EOPNOTSUPP: it is built without). */
int pps_bind(struct pps *p);

/* The kernel stamps the DCD line of the serial line FD, whose name is PATH:
 * the pulse device for that into OUT (CAP).  False: it does not. */
bool pps_of_line(int fd, const char *path, char *out, size_t cap);

#endif /* PPS_H */
