/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_share.c - who of a group of sockets gets a datagram.
 *
 * The kernel asks a program of ours.  So a client is always heard by the same
 * thread, which knows how often he asks and shares that with nobody; and what
 * is no client's request is the engine's without any thread handing it on: a
 * flood of one cannot hold up the other.
 *
 * The program sees the payload from offset 0 and the network header from
 * SKF_NET_OFF.  A datagram without payload ends it with 0, the engine.
 */
#include "ntp_share.h"

#include <errno.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include "ntp.h"

#define MODE_MASK    7U
#define V6_FACTOR    0x9e3779b1U
#define V4_SOURCE    12U /* octets of the network header */
#define V6_SOURCE    8U
#define SIGND_LEN    68U /* octets of such a request, */
#define SIGND_DIGEST 52U /* where its digest is, */
#define SIGND_WORDS  4U	 /* and how long, all zero */

struct program {
	struct sock_filter *p;
	size_t n;
};

static void
put(struct program *g, uint16_t code, uint32_t k)
{
	g->p[g->n++] = (struct sock_filter){code, 0, 0, k};
}

/* Skip the next instruction when A is K, else come to it; or the reverse. */
static void
skip_if(struct program *g, uint32_t k)
{
	g->p[g->n++] = (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, 1, 0, k};
}

static void
skip_unless(struct program *g, uint32_t k)
{
	g->p[g->n++] = (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, 0, 1, k};
}

static void
to_engine(struct program *g)
{
	put(g, BPF_RET | BPF_K, 0);
}

static void
unless_client(struct program *g)
{
	put(g, BPF_LD | BPF_B | BPF_ABS, 0);
	put(g, BPF_ALU | BPF_AND | BPF_K, MODE_MASK);
	skip_if(g, NTP_MODE_CLIENT);
	to_engine(g);
}

/* Where the machine is told to route 127/8, others can send to it. */
static void
unless_loopback(struct program *g)
{
	put(g, BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)(SKF_AD_OFF + SKF_AD_HATYPE));
	skip_if(g, ARPHRD_LOOPBACK);
	to_engine(g);
}

/* X gathers what is not zero; a datagram of another length has no X. */
static void
if_for_signd(struct program *g)
{
	size_t from;

	put(g, BPF_LD | BPF_W | BPF_LEN, 0);
	from = g->n;
	g->p[g->n++] =
	    (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, 0, 0, SIGND_LEN};
	put(g, BPF_LD | BPF_W | BPF_ABS, SIGND_DIGEST);
	for (uint32_t i = 1; i < SIGND_WORDS; i++) {
		put(g, BPF_MISC | BPF_TAX, 0);
		put(g, BPF_LD | BPF_W | BPF_ABS, SIGND_DIGEST + 4 * i);
		put(g, BPF_ALU | BPF_OR | BPF_X, 0);
	}
	skip_unless(g, 0);
	to_engine(g);
	g->p[from].jf = (uint8_t)(g->n - from - 1);
}

static uint32_t
mask_of_word(unsigned bits, unsigned word)
{
	unsigned left = bits > 32 * word ? bits - 32 * word : 0;

	return left >= 32 ? UINT32_MAX : (uint32_t) ~(UINT32_MAX >> left);
}

static void
hash_v6(struct program *g, const struct share_rule *r)
{
	put(g, BPF_LD | BPF_IMM, r->key);
	for (unsigned i = 0; i < 4; i++) {
		put(g, BPF_ALU | BPF_MUL | BPF_K, V6_FACTOR);
		put(g, BPF_MISC | BPF_TAX, 0);
		put(g, BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)SKF_NET_OFF + V6_SOURCE + 4 * i);
		put(g, BPF_ALU | BPF_AND | BPF_K, mask_of_word(r->v6bits, i));
		put(g, BPF_ALU | BPF_XOR | BPF_X, 0);
	}
}

/* A ^= A >> SHIFT, A *= FACTOR: thrice this makes each bit of the result depend
 * on all (the finalizer of MurmurHash3). */
static void
mix(struct program *g, uint32_t shift, uint32_t factor)
{
	put(g, BPF_MISC | BPF_TAX, 0);
	put(g, BPF_ALU | BPF_RSH | BPF_K, shift);
	put(g, BPF_ALU | BPF_XOR | BPF_X, 0);
	put(g, BPF_ALU | BPF_MUL | BPF_K, factor);
}

size_t
share_program(const struct share_rule *r, struct sock_filter *p)
{
	struct program g = {p, 0};

	unless_client(&g);
	if (r->loopback)
		unless_loopback(&g);
	if (r->signd)
		if_for_signd(&g);
	if (r->v6)
		hash_v6(&g, r);
	else
		put(&g, BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)SKF_NET_OFF + V4_SOURCE);
	put(&g, BPF_ALU | BPF_XOR | BPF_K, r->key);
	mix(&g, 16, 0x85ebca6bU);
	mix(&g, 13, 0xc2b2ae35U);
	mix(&g, 16, 1);
	put(&g, BPF_ALU | BPF_MOD | BPF_K, r->n);
	/* both are 0: NOLINTNEXTLINE(misc-redundant-expression) */
	put(&g, BPF_ALU | BPF_ADD | BPF_K, 1);
	put(&g, BPF_RET | BPF_A, 0);
	return g.n;
}

int
share_attach(int fd, const struct share_rule *r)
{
	struct sock_filter p[SHARE_MAX];
	struct sock_fprog prog = {
	    .len = (unsigned short)share_program(r, p), .filter = p};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
		sizeof prog) != 0)
		return -errno;
	return 0;
}
