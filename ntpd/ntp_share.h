/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_share.h - who of a group of sockets gets a datagram.
 */
#ifndef NTP_SHARE_H
#define NTP_SHARE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHARE_MAX 64U /* instructions */

/* How datagrams are shared among N + 1 sockets. */
struct share_rule {
	bool v6;
	uint32_t n;	 /* threads; socket 0 is the engine's */
	unsigned v6bits; /* of an IPv6 address tell clients apart */
	bool loopback;	 /* bound where no other machine can have sent to */
	bool signd;	 /* requests for the signing daemon are the engine's */
	uint32_t key;	 /* random: who gets whom cannot be foreseen */
};

/*
 * The program for R into P (SHARE_MAX); its length.  Requests of clients go to
 * the socket 1..N that belongs to their address, whatever their port, all else
 * to socket 0, and so does what comes from a network where none can come from.
 */
size_t share_program(const struct share_rule *r, struct sock_filter *p);

/* Give the program to the group that FD is in.  0 or -errno. */
int share_attach(int fd, const struct share_rule *r);

#endif /* NTP_SHARE_H */
