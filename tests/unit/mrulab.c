/* SPDX-License-Identifier: BSD-2-Clause */
/* mrulab.c - client tables: what their tests share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mrulab.h"
#include "ntp_restrict.h"

const uint8_t mrulab_seed[16] = "0123456789abcde";

struct mru *
mrulab_table(size_t entries, uint8_t leak_log2)
{
	struct mru_param p = {.entries = entries,
	    .average = 3,
	    .minimum = 2,
	    .leak_log2 = leak_log2};
	struct mru *m = mru_new(&p, mrulab_seed);

	assert_non_null(m);
	return m;
}

struct ntp_addr
mrulab_host(uint32_t n)
{
	struct ntp_addr a = {.family = ADDR_V4, .port = 40000};

	a.ip[0] = 10;
	a.ip[1] = (uint8_t)(n >> 16);
	a.ip[2] = (uint8_t)(n >> 8);
	a.ip[3] = (uint8_t)n;
	return a;
}

struct ntp_now
mrulab_at(double s)
{
	struct ntp_now now = {{(uint64_t)(3.9e9 + s) << 32}, {0}};

	now.mono = mono_add((ntp_mono){5000000000}, s);
	return now;
}

enum mru_verdict
mrulab_tell(struct mru *m, const struct ntp_addr *src, uint8_t modever,
    bool limit, uint32_t rnd, struct ntp_now now)
{
	struct mru_packet p = {.src = src,
	    .modever = modever,
	    .flags = limit ? RES_LIMITED | RES_KOD : 0,
	    .limit = limit,
	    .rnd = rnd};

	return mru_record(m, &p, now);
}

enum mru_verdict
mrulab_record(struct mru *m, uint32_t n, double s)
{
	struct ntp_addr a = mrulab_host(n);

	return mrulab_tell(m, &a, V4CLIENT, true, UNLUCKY, mrulab_at(s));
}
