/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_inherit.c - serve on sockets that the service manager has bound.
 *
 * They are descriptors 3, 4, ... as LISTEN_FDS counts them (sd_listen_fds(3)),
 * and they take the place of the rules of the configuration: who hands over
 * sockets has said where to listen, and a daemon without the right to bind
 * low ports can serve on port 123.
 */
#include <errno.h>
#include <string.h>

#include "ntpd.h"

#define FIRST_FD 3

static const char *
why_not(int err)
{
	switch (err) {
	case EPROTOTYPE:
		return "it is no UDP socket; write ListenDatagram=";
	case EADDRINUSE:
		return "it takes IPv4 too; write BindIPv6Only=ipv6-only and "
		       "one ListenDatagram= for each family";
	default:
		return strerrordesc_np(err);
	}
}

static void
take(struct daemon *d, int fd)
{
	struct inherited *in = &d->inherited;
	struct ntp_addr *local = &in->sock[in->n].local;
	int err = sock_adopt_server(fd, d->io.dscp, local);

	if (err >= 0)
		in->sock[in->n++].fd = fd;
	else
		msyslog(&d->log, NTP_LOG_ERR,
		    "descriptor %d, handed over to serve on, is refused: %s",
		    fd, why_not(-err));
}

void
inherit_take(struct daemon *d)
{
	int64_t n;

	if (!manager_means_us("LISTEN_PID") ||
	    !manager_number("LISTEN_FDS", &n))
		return;
	for (int i = 0; i < n && i < (int)INHERIT_MAX; i++)
		take(d, FIRST_FD + i);
}

size_t
inherit_plan(const struct daemon *d, struct iface_want *w, size_t cap)
{
	const struct inherited *in = &d->inherited;
	size_t n = 0;

	for (; n < in->n && n < cap; n++) {
		const struct ntp_addr *local = &in->sock[n].local;

		w[n] = (struct iface_want){.local = *local,
		    .wildcard = addr_is_any(local),
		    .name = "handed over"};
	}
	return n;
}

int
inherit_socket(struct daemon *d, const struct ntp_addr *local)
{
	struct inherited *in = &d->inherited;

	for (size_t i = 0; i < in->n; i++) {
		int fd = in->sock[i].fd;

		if (fd >= 0 && addr_equal_port(&in->sock[i].local, local)) {
			in->sock[i].fd = -1;
			return fd;
		}
	}
	return -1;
}
