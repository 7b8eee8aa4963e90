/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c - what the client table costs, and how it stands a flood.
 *
 * The table alone, in 64 MiB, full: first its clients ask again in random
 * order, which is the worst for the caches, read in crowds as a server reads
 * them.  Then forged addresses ask once each, as many as the first argument
 * says (ten million at most, and without one), one at a time; each
 * is timed, because one long stall is as bad as many short ones.  All of it is
 * done twice, and of each packet the shorter time counts: what else the machine
 * does does not come twice at the same place.  Meanwhile some clients go on
 * asking, and none of them may be forgotten.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ntp_monitor.h"
#include "ntp_rng.h"

#define MEMORY	 (64U << 20)
#define CROWD	 64U
#define FLOOD	 10000000U /* forged addresses at most, 50000 a second */
#define FAITHFUL 20000U	   /* clients who ask every 16 s meanwhile */
#define EVERY	 40U	   /* of the flood, between two of them */
#define STEP_NS	 20000

static const uint8_t seed[16] = "how fast is that";

struct figures {
	uint32_t flood; /* forged addresses */
	uint32_t known; /* packets of clients that are known */
	size_t clients, kept;
	double known_ns, flood_ns;
	long grown;	      /* KiB */
	uint32_t took[FLOOD]; /* ns */
};

static int64_t
cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* KiB in memory; 0: not known. */
static long
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	char line[128], *end;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof line, f) == NULL)
		line[0] = '\0';
	(void)fclose(f);
	(void)strtol(line, &end, 10);
	return strtol(end, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct ntp_addr
address(uint32_t n)
{
	return (struct ntp_addr){{(uint8_t)(n >> 24), (uint8_t)(n >> 16),
				     (uint8_t)(n >> 8), (uint8_t)n},
	    0, 123, ADDR_V4};
}

static void
record(struct mru *m, const struct ntp_addr *a, int64_t ns)
{
	struct mru_packet p = {
	    .src = a, .modever = 35, .limit = true, .rnd = 1};
	struct ntp_now now = {.mono = {ns}};

	(void)mru_record(m, &p, now);
}

static double
ask_again(
    struct mru *m, struct ntp_rng *r, const struct figures *f, int64_t *ns)
{
	uint32_t clients = (uint32_t)f->clients;
	struct ntp_addr src[CROWD];
	int64_t spent = 0, begin;

	for (unsigned k = 0; k < f->known; k += CROWD) {
		for (unsigned i = 0; i < CROWD; i++)
			src[i] = address(
			    (uint32_t)((rng_u64(r) >> 32) * clients >> 32));
		begin = cpu_ns();
		mru_expect(m, src, CROWD);
		for (unsigned i = 0; i < CROWD; i++)
			record(m, &src[i], *ns += STEP_NS);
		spent += cpu_ns() - begin;
	}
	return (double)spent / f->known;
}

static void
flood(struct mru *m, struct figures *f, int64_t *ns)
{
	int64_t begin, took, all = 0;
	struct ntp_addr a;

	for (uint32_t i = 0; i < f->flood; i++) {
		a = address((1U << 31) + i);
		begin = cpu_ns();
		record(m, &a, *ns += STEP_NS);
		took = cpu_ns() - begin;
		all += took;
		if (f->took[i] == 0 || took < f->took[i])
			f->took[i] = (uint32_t)took;
		if (i % EVERY != 0)
			continue;
		a = address(i / EVERY % FAITHFUL);
		record(m, &a, *ns);
	}
	f->flood_ns = (double)all / f->flood;
}

static double
longest_us(const struct figures *f)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < f->flood; i++)
		longest = f->took[i] > longest ? f->took[i] : longest;
	return longest / 1e3;
}

static int
measure(struct figures *f)
{
	struct mru_param par = {.entries = mru_entries_in(MEMORY),
	    .average = 3,
	    .minimum = 2,
	    .leak_log2 = 2,
	    .mindepth = 600,
	    .maxage = 3600,
	    .minage = 64,
	    .monitor = 3000};
	struct mru *m = mru_new(&par, seed);
	struct ntp_rng r;
	struct ntp_addr a;
	int64_t ns = 1;
	long before;

	if (m == NULL)
		return -1;
	rng_seed(&r, 1);
	for (uint32_t i = 0; i < par.entries; i++) {
		a = address(i);
		record(m, &a, ns += STEP_NS);
	}
	f->clients = mru_depth(m);
	f->known_ns = ask_again(m, &r, f, &ns);
	for (uint32_t i = 0; i < 2 * FAITHFUL; i++) {
		a = address(i % FAITHFUL);
		record(m, &a, ns += STEP_NS);
	}
	before = resident();
	flood(m, f, &ns);
	f->grown = resident() - before;
	f->kept = 0;
	for (uint32_t i = 0; i < FAITHFUL; i++) {
		a = address(i);
		f->kept += mru_find(m, &a) != NULL;
	}
	mru_free(&m);
	return 0;
}

int
main(int argc, char *argv[])
{
	static struct figures figures;
	struct figures *f = &figures;
	unsigned long most = argc > 1 ? strtoul(argv[1], NULL, 10) : FLOOD;

	f->flood = most > 0 && most < FLOOD ? (uint32_t)most : FLOOD;
	f->known = f->flood / 5 * 2;
	for (int round = 0; round < 2; round++)
		if (measure(f) != 0)
			return 2;
	(void)printf("{\"clients\": %zu, \"known_ns\": %.1f, "
		     "\"flood_ns\": %.1f, \"longest_us\": %.1f, "
		     "\"grown_kib\": %ld, \"kept\": %.4f}\n",
	    f->clients, f->known_ns, f->flood_ns, longest_us(f), f->grown,
	    (double)f->kept / FAITHFUL);
	return 0;
}
