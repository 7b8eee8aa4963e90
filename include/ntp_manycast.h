/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_manycast.h - questions to a group that wait for our answer.
 */
#ifndef NTP_MANYCAST_H
#define NTP_MANYCAST_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"
#include "ntp_time.h"

#define MANYCAST_WAITING 8U
#define MANYCAST_DATA	 128U /* octets */

struct manycast_wait {
	ntp_mono due; /* of the answer */
	struct ntp_addr src, dst;
	ntp_ts rx_time;
	size_t len; /* octets; 0: the place is free */
	uint8_t data[MANYCAST_DATA];
};

#endif /* NTP_MANYCAST_H */
