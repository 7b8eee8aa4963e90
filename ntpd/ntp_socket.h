/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_socket.h - UDP sockets with arrival times and packet information.
 *
 * Descriptors only; who watches them is ntp_receive.c.
 */
#ifndef NTP_SOCKET_H
#define NTP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "ntp_addr.h"
#include "ntp_ports.h"

#define SOCK_CONTROL 256U /* octets of control data, enough for all we ask */

struct addrinfo;

/* Between the kernel's addresses and ours; anything else gives ADDR_NONE. */
void sock_addr_get(const struct sockaddr_storage *ss, struct ntp_addr *a);
socklen_t sock_addr_put(const struct ntp_addr *a, struct sockaddr_storage *ss);
/* What a look-up has found; false: none of ours. */
bool sock_addr_found(const struct addrinfo *ai, struct ntp_addr *a);

/* A server's socket bound to LOCAL (address, scope, port) with DSCP 0..63.
 * Never shared: a second daemon gets EADDRINUSE.  The descriptor or -errno. */
int sock_open_server(const struct ntp_addr *local, uint8_t dscp);

/* Make the bound UDP socket FD, which somebody else has opened, such a one;
 * *LOCAL is where it is bound.  FD or, after closing it, -errno: -EPROTOTYPE
 * when it is no UDP socket, -EADDRINUSE when it takes IPv4 and IPv6 both. */
int sock_adopt_server(int fd, uint8_t dscp, struct ntp_addr *local);

/* The same beside the wildcard socket, which is shared.  The descriptor, or
 * -errno: -EADDRINUSE when the other is not ours, or of another user. */
int sock_open_shortcut(const struct ntp_addr *local, uint8_t dscp);

/* Let others be bound where FD, a server's socket, is; and open one of them,
 * with the same settings.  0, the descriptor, or -errno. */
int sock_share(int fd);
int sock_open_sibling(const struct ntp_addr *local, uint8_t dscp);

/* A socket to REMOTE from a port that the kernel draws, connected unless
 * REMOTE is a group; *LOCAL is where it ended up.  The descriptor or -errno. */
int sock_open_client(
    const struct ntp_addr *remote, uint8_t dscp, struct ntp_addr *local);

/* Another DSCP for what is sent from now on; V6: the socket's family. */
void sock_set_dscp(int fd, bool v6, uint8_t dscp);

/* Hear what is sent to GROUP on interface IFINDEX (0: the kernel's choice); it
 * is no error to hear it already.  0 or -errno. */
int sock_join(int fd, const struct ntp_addr *group, unsigned ifindex);

/* The address, without port, that datagrams to REMOTE leave from; 0 or
 * -errno. */
int sock_route(const struct ntp_addr *remote, struct ntp_addr *local);

/* From now on the kernel tells when a datagram left that asked for it, by its
 * number; with HARDWARE the card's word too, and when what arrives did so.  It
 * makes every arrival dearer too, so it is not for all. */
void sock_tell_departures(int fd, bool hardware);

/* What came along with a datagram. */
struct sock_info {
	bool stamped;
	struct timespec at;   /* CLOCK_REALTIME of arrival, when stamped */
	struct timespec card; /* of the card's own clock; 0: it did not say */
	struct ntp_addr dst;  /* family ADDR_NONE when unknown; no port; never
			      * a group */
	bool group;	      /* sent to a broadcast or multicast address */
	unsigned ifindex;     /* 0 when unknown */
};

/* An ICMP error that came back for a client's socket. */
struct sock_error {
	bool departed;	      /* no error: a datagram has left ... */
	uint32_t id;	      /* ... the ID-th that asked for it, from 0, */
	bool hardware;	      /* by the card's own clock: */
	struct timespec left; /* at this time of it, or of CLOCK_REALTIME */
	struct ntp_addr from; /* who sent it; no port */
	uint8_t type, code;   /* of ICMP or ICMPv6 */
};

/* What the kernel says in CM, a cmsg of type SCM_TIMESTAMPING, of a datagram
 * that has left. */
void sock_departure(const struct cmsghdr *cm, struct sock_error *err);

/* Take one entry off the error queue: true when there was one.  *ERR has
 * family ADDR_NONE when it was no ICMP error. */
bool sock_error_get(int fd, struct sock_error *err);

void sock_info_get(struct msghdr *mh, struct sock_info *info);

/*
 * Append to the control data of MH, of msg_controllen octets in a buffer with
 * room for more, the address that the datagram shall leave from (none or any:
 * nothing, the kernel chooses), and that its departure shall be told, by the
 * card too if it is HARDWARE.
 */
void sock_put_source(struct msghdr *mh, const struct ntp_addr *src);
void sock_put_stamp(struct msghdr *mh, bool hardware);

enum sock_how { SOCK_CONNECTED = 1, SOCK_HARDWARE = 2 };

/*
 * Send DG as HOW (enum sock_how) says; where the socket is connected its
 * addresses are not looked at.  A
 * source that is NULL, none or any leaves the choice to the kernel.  0 or
 * -errno.  A pending error of an earlier datagram is consumed and does not
 * keep this one from leaving.
 */
int sock_send(int fd, const struct datagram *dg, unsigned how);

#endif /* NTP_SOCKET_H */
