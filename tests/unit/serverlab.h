/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serverlab.h - one server without an engine, and what is sent to it.
 */
#ifndef SERVERLAB_H
#define SERVERLAB_H

#include "ntp_packet.h"
#include "ntp_server.h"

#define UNLUCKY 0xffffffffU /* neither flake nor leak */
#define T_REQ	0xe8aa5b0012345678U
#define T_RX	0xe8aa5b0080000000U
#define T_SENT	0xe8aa5b0080010000U

struct serverlab {
	struct server_ctx c;
	struct server_counters count;
	struct ntp_addr src, dst;
	struct restrict_entry res;
	struct keystore *keys;
	struct ntp_now now;
	uint32_t rnd;
	uint8_t in[1536];
	uint8_t out[NTP_REPLY_MAX];
	size_t outlen;
	struct ntp_packet reply;
};

/* Of cmocka: *STATE is a struct serverlab.  Keys 1 to 5 are trusted. */
int serverlab_setup(void **state);
int serverlab_teardown(void **state);

/* A request of that version and mode into w->in. */
void serverlab_request(struct serverlab *w, unsigned version, unsigned mode);
/* Sign the LEN octets of it with KEY; the length with the MAC. */
size_t serverlab_sign(struct serverlab *w, uint32_t key, size_t len);
/* Send LEN octets of w->in; what comes back is in w->out and w->reply. */
enum server_verdict serverlab_ask(struct serverlab *w, size_t len);
/* It must be dropped, for that reason; it must be answered with a header. */
void serverlab_dropped(struct serverlab *w, size_t len, enum ntp_drop why);
void serverlab_plain(struct serverlab *w, size_t len);

#define SERVER_TEST(name)                                                      \
	cmocka_unit_test_setup_teardown(                                       \
	    name, serverlab_setup, serverlab_teardown)

#endif /* SERVERLAB_H */
