/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlguard.c - what keeps mode 6 from being a weapon.
 *
 * The budget is kept as the time at which it is full again: one number, and
 * nothing to do while nobody asks.  Of a full set the entry goes whose budget
 * is fullest, because it is the one that is least different from none.
 */
#include "ntp_ctlguard.h"

#include <string.h>

#include "ntp_fmt.h"
#include "ntp_wire.h"

#define KEY_LIFE    3600.0 /* s */
#define TS_DIGITS   16U
#define TAG_DIGITS  8U
#define NS_PER_S    1000000000
#define IDENTITY    (16U + 4U + 2U + 1U) /* address, scope, port, family */
#define REMOTE_RATE 8192		 /* octets/s */
#define LOCAL_RATE  (512 * 1024)
#define BURST	    ((int64_t)16 * NS_PER_S) /* of the rate */

static const char digits[] = "0123456789abcdef";

static struct siphash_key
new_key(struct rng_port *rng)
{
	uint8_t seed[16];

	rng->fill(rng, seed, sizeof seed);
	return siphash_key(seed);
}

void
guard_init(struct ctl_guard *g, struct rng_port *rng)
{
	memset(g, 0, sizeof *g);
	g->rng = rng;
}

/* Who never hears mode 6 needs no keys. */
static void
make_keys(struct ctl_guard *g, ntp_mono now)
{
	if (g->ready)
		return;
	g->key[0] = new_key(g->rng);
	g->key[1] = new_key(g->rng);
	g->source_key = new_key(g->rng);
	g->keyed = now;
	g->ready = true;
}

/* --- nonces -------------------------------------------------------------- */

static void
change_key(struct ctl_guard *g, ntp_mono now)
{
	double age;

	make_keys(g, now);
	age = mono_diff(now, g->keyed);
	if (age < KEY_LIFE)
		return;
	g->key[1] = age < 2 * KEY_LIFE ? g->key[0] : new_key(g->rng);
	g->key[0] = new_key(g->rng);
	g->keyed = now;
}

static void
put_hex(char *out, uint64_t v, unsigned n)
{
	while (n-- > 0) {
		out[n] = digits[v & 0xf];
		v >>= 4;
	}
}

static uint32_t
tag_of(const struct siphash_key *key, const struct ntp_addr *a, ntp_ts ts)
{
	uint8_t in[IDENTITY + 8] = {0};
	struct wire_wr w = wire_wr_init(in, sizeof in);

	wire_put64(&w, ts.v);
	wire_put32(&w, a->scope);
	wire_put16(&w, a->port);
	memcpy(in + w.len, a->ip, sizeof a->ip);
	in[sizeof in - 1] = a->family;
	return (uint32_t)siphash(key, in, sizeof in);
}

static void
put_nonce(const struct siphash_key *key, const struct ntp_addr *src, ntp_ts ts,
    char out[NONCE_STRLEN])
{
	put_hex(out, ts.v, TS_DIGITS);
	put_hex(out + TS_DIGITS, tag_of(key, src, ts), TAG_DIGITS);
	out[NONCE_DIGITS] = '\0';
}

const char *
guard_nonce(struct ctl_guard *g, const struct ntp_addr *src, struct ntp_now now,
    char out[NONCE_STRLEN])
{
	change_key(g, now.mono);
	put_nonce(&g->key[0], src, now.sys, out);
	return out;
}

/* The digits of a timestamp as they stand in a nonce; other text gives one
 * that no nonce was made of. */
static ntp_ts
nonce_time(const char *text)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < TS_DIGITS; i++) {
		const char *d = memchr(digits, text[i], sizeof digits - 1);

		v = v << 4 | (d != NULL ? (uint64_t)(d - digits) : 0);
	}
	return (ntp_ts){v};
}

bool
guard_nonce_ok(struct ctl_guard *g, const struct ntp_addr *src,
    struct ntp_now now, const char *text, size_t len)
{
	char want[NONCE_STRLEN];
	unsigned differ = 0;
	bool ok = false;
	double age;
	ntp_ts ts;

	if (len != NONCE_DIGITS)
		return false;
	change_key(g, now.mono);
	ts = nonce_time(text);
	age = ts_diff(now.sys, ts);
	for (unsigned k = 0; k < 2; k++) {
		put_nonce(&g->key[k], src, ts, want);
		differ = 0;
		for (unsigned i = 0; i < NONCE_DIGITS; i++)
			differ |= (unsigned)(want[i] ^ text[i]);
		ok = ok || differ == 0;
	}
	return ok && age >= 0 && age < NONCE_VALID;
}

/* --- budgets ------------------------------------------------------------- */

static uint64_t
source_of(const struct ctl_guard *g, const struct ntp_addr *a)
{
	uint8_t in[17];

	memcpy(in, a->ip, sizeof a->ip);
	in[16] = a->family;
	return siphash(&g->source_key, in, sizeof in);
}

static int64_t
ns_of(const struct ntp_addr *a, size_t octets)
{
	int64_t rate = addr_is_loopback(a) ? LOCAL_RATE : REMOTE_RATE;

	return (int64_t)octets * NS_PER_S / rate;
}

bool
guard_admits(struct ctl_guard *g, const struct ntp_addr *src, ntp_mono now)
{
	const struct guard_budget *set;
	uint64_t id;

	make_keys(g, now);
	id = source_of(g, src);
	set = g->budget[id % GUARD_SETS];
	for (unsigned i = 0; i < GUARD_WAYS; i++)
		if (set[i].source == id)
			return set[i].full_at - now.ns < BURST;
	return true;
}

static struct guard_budget *
budget_of(struct ctl_guard *g, uint64_t id)
{
	struct guard_budget *set = g->budget[id % GUARD_SETS];
	struct guard_budget *b = &set[0];

	for (unsigned i = 0; i < GUARD_WAYS; i++) {
		if (set[i].source == id)
			return &set[i];
		if (set[i].full_at < b->full_at)
			b = &set[i];
	}
	*b = (struct guard_budget){.source = id, .full_at = INT64_MIN};
	return b;
}

void
guard_charge(struct ctl_guard *g, const struct ntp_addr *src, size_t octets,
    ntp_mono now)
{
	struct guard_budget *b;

	make_keys(g, now);
	b = budget_of(g, source_of(g, src));
	if (b->full_at < now.ns)
		b->full_at = now.ns;
	b->full_at += ns_of(src, octets);
}

bool
guard_may_stop(struct ctl_guard *g, const struct ntp_addr *src, ntp_mono now)
{
	int64_t *full_at = &g->stops_full_at[addr_is_loopback(src)];

	if (*full_at - now.ns >= NS_PER_S)
		return false;
	if (*full_at < now.ns)
		*full_at = now.ns;
	*full_at += NS_PER_S / GUARD_STOPS;
	return true;
}
