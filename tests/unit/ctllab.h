/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctllab.h - an engine and somebody who asks it by mode 6.
 *
 * Every datagram that the engine sends is checked for form, whatever the test
 * is about.
 */
#ifndef CTLLAB_H
#define CTLLAB_H

#include "ntp_rng.h"
#include "ntp_state.h"

#define LAB_FRAGS (MRU_FRAGS_MAX + 1)

struct lab {
	struct ntp_ports ports;
	struct clock_port clock;
	struct packet_port net;
	struct rng_port rngport;
	struct log_port log;
	struct ntp_rng rng;
	struct ntp_engine *e;
	struct keystore *keys;
	struct ntp_now now;

	struct ntp_addr src, dst;
	uint16_t flags;
	uint8_t in[1024];
	struct mode6_hdr req;

	unsigned nsent;
	uint8_t sent[LAB_FRAGS][MODE6_PACKET_MAX];
	size_t sentlen[LAB_FRAGS];
	struct mode6_asm reply;
	char value[8192];
};

/* With the text of an ntp.conf (an error in it is fatal), and trusted keys 5
 * (SHA1) and 6 (MD5). */
struct lab *lab_new(const char *conf);
int lab_teardown(void **state);

/* The K-th association. */
struct peer *lab_peer(struct lab *l, unsigned k);

/* Encode l->req and DATA into l->in; the length, padded to 4. */
size_t lab_compose(
    struct lab *l, unsigned op, unsigned associd, const char *data);
/* Hand over LEN octets of l->in; the number of datagrams that came back. */
unsigned lab_deliver(struct lab *l, size_t len);
/* The same from SRC and by way of the access list, 10 s later. */
unsigned lab_receive_from(
    struct lab *l, const struct ntp_addr *src, size_t len);
/* Compose and deliver. */
unsigned lab_ask(
    struct lab *l, unsigned op, unsigned associd, const char *data);

/* Signed with KEY at a multiple of ALIGN; the length delivered. */
size_t lab_ask_signed(struct lab *l, unsigned op, unsigned associd,
    const char *data, uint32_t key, size_t align);

void lab_expect_silence(struct lab *l, size_t len);
void lab_expect_error(struct lab *l, enum mode6_err err);
/* The text of the reply, l->reply holds the rest. */
const char *lab_assemble(struct lab *l);
const char *lab_read(struct lab *l, unsigned associd, const char *names);
/* The value of NAME in the last reply, or NULL. */
const char *lab_value(struct lab *l, const char *name);
/* Items of TEXT as the well-known one-liner takes them apart. */
unsigned lab_count_items(const char *text);
void lab_expect_lines_fit(const char *text);

#endif /* CTLLAB_H */
