/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mac.c - what one message authentication code costs.
 *
 * Of a header, with a key that is prepared, as a server does it for each
 * authenticated reply; `openssl speed` tells what the bare algorithm costs.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ntp_mac.h"

#define HEADER 48U
#define ROUNDS 400000U

static int64_t
cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ns for one; below 0 when TYPE is none. */
static double
measure(const char *type, const char *secret)
{
	struct mac *m = mac_new(
	    mac_type_by_name(type, strlen(type)), secret, strlen(secret));
	uint8_t header[HEADER] = {0x24}, digest[NTP_DIGEST_MAX];
	int64_t begin = cpu_ns();
	size_t len = 0;

	if (m == NULL)
		return -1;
	for (unsigned i = 0; i < ROUNDS; i++) {
		header[i % HEADER]++;
		len = mac_sign(m, header, sizeof header, digest);
	}
	mac_free(&m);
	return len > 0 ? (double)(cpu_ns() - begin) / ROUNDS : -1;
}

int
main(int argc, char *argv[])
{
	double ns = argc == 3 ? measure(argv[1], argv[2]) : -1;

	if (ns < 0) {
		(void)fprintf(stderr, "usage: mac TYPE SECRET\n");
		return 2;
	}
	(void)printf("{\"ns\": %.1f}\n", ns);
	return 0;
}
