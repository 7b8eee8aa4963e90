/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_hostinfo.c - what mode 6 shows of the daemon, and the one file that it
 * may write.
 *
 * The name of that file comes from the network: it is a plain name in one
 * directory, and the file is made anew, so that nothing that lies there,
 * link or device, can be written to.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntpd.h"

#define SAVE_MODE 0600

/* --- saving the configuration ---------------------------------------------- */

/* A letter, a digit or `_`, then those and `- . +`. */
static bool
is_plain_name(const char *s)
{
	if (!isalnum((unsigned char)s[0]) && s[0] != '_')
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("-._+", *s) == NULL)
			return false;
	return true;
}

/* Whatever a strange PATTERN comes to, the result is looked at. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t
expand(char made[SAVED_NAME_MAX], const char *pattern, const struct tm *tm)
{
	return strftime(made, SAVED_NAME_MAX, pattern, tm);
}
#pragma GCC diagnostic pop

/* The name that the time makes of PATTERN. */
static bool
expand_name(const char *pattern, char made[SAVED_NAME_MAX])
{
	time_t t = time(NULL);
	struct tm tm = {0};

	made[0] = '\0';
	if (localtime_r(&t, &tm) == NULL)
		return false;
	return expand(made, pattern, &tm) > 0 && is_plain_name(made);
}

static int
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -NTP_EIO;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0 ? 0 : -NTP_EIO;
}

static int
open_error(void)
{
	if (errno == EEXIST)
		return -NTP_EEXIST;
	return errno == EACCES || errno == EPERM || errno == EROFS ? -NTP_EPERM
								   : -NTP_EIO;
}

/* Make NAME in the open directory; nothing is left of a failure. */
static int
create(int dir, const char *name, const char *text, size_t len)
{
	int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, SAVE_MODE);
	int err;

	if (fd < 0)
		return open_error();
	err = write_all(fd, text, len);
	if (close(fd) != 0)
		err = -NTP_EIO;
	if (err != 0)
		(void)unlinkat(dir, name, 0);
	return err;
}

/* The port's signature: NOLINTBEGIN(readability-function-size) */
int
host_save(struct host_port *p, const char *dir, const char *name,
    const char *text, size_t len, char made[SAVED_NAME_MAX])
{
	int fd, err;

	(void)p;
	if (!expand_name(name, made))
		return -NTP_EINVAL;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return open_error();
	err = create(fd, made, text, len);
	(void)close(fd);
	return err;
}
/* NOLINTEND(readability-function-size) */

/* --- sockets --------------------------------------------------------------- */

/* Name of the interface that has the address, "" when none has. */
static const char *
iface_of(const struct daemon *d, const struct ntp_addr *addr)
{
	for (size_t i = 0; i < d->iface.list.n; i++)
		if (addr_equal(&d->iface.list.a[i].addr, addr))
			return d->iface.list.a[i].name;
	return "";
}

static void
ask_kernel(int fd, struct iface_row *out)
{
	struct ifreq r = {0};
	struct sockaddr_storage ss = {0};

	memcpy(r.ifr_name, out->name, strnlen(out->name, IF_NAMESIZE - 1));
	if (ioctl(fd, SIOCGIFFLAGS, &r) != 0)
		return;
	if ((r.ifr_flags & IFF_POINTOPOINT) != 0)
		out->flags |= IFACE_POINT2POINT;
	if ((r.ifr_flags & IFF_MULTICAST) != 0)
		out->flags |= IFACE_MULTICAST;
	if ((r.ifr_flags & IFF_BROADCAST) == 0)
		return;
	out->flags |= IFACE_BROADCAST;
	if (out->addr.family != ADDR_V4 || ioctl(fd, SIOCGIFBRDADDR, &r) != 0)
		return;
	memcpy(&ss, &r.ifr_broadaddr, sizeof r.ifr_broadaddr);
	sock_addr_get(&ss, &out->bcast);
}

static void
describe(
    const struct daemon *d, const struct netsock *ns, struct iface_row *out)
{
	const char *name = ns->ep == 0 ? ns->name : iface_of(d, &ns->local);

	*out = (struct iface_row){.addr = ns->local,
	    .flags = IFACE_UP,
	    .enabled = !ns->drop,
	    .received = ns->received,
	    .sent = ns->sent,
	    .failed = ns->failed,
	    .up = mono_diff(systime_mono(), ns->opened),
	    .ep = ns->ep};
	workers_count(d, ns, out);
	(void)snprintf(out->name, sizeof out->name, "%s", name);
	if (ns->wildcard)
		out->flags |= IFACE_IS_WILDCARD;
	if (addr_is_loopback(&ns->local))
		out->flags |= IFACE_LOOPBACK;
	if (!ns->wildcard)
		ask_kernel(ns->fd, out);
}

bool
host_iface(struct host_port *p, size_t i, struct iface_row *out)
{
	const struct io *io = &host_daemon(p)->io;

	for (size_t k = 0; k < io->nserver + io->nassoc; k++) {
		const struct netsock *ns = k < io->nserver
		    ? &io->server[k]
		    : &io->assoc[k - io->nserver];

		if (ns->state != SOCK_OPEN || i-- > 0)
			continue;
		describe(host_daemon(p), ns, out);
		return true;
	}
	return false;
}

void
host_io(struct host_port *p, struct io_counters *out)
{
	const struct io *io = &host_daemon(p)->io;
	const struct hwstamp *hw = &host_daemon(p)->hw;

	*out = (struct io_counters){.age = mono_diff(systime_mono(), io->since),
	    .rx_slots = RX_SLOTS,
	    .rx_free = RX_SLOTS - io->rx_used,
	    .rx_full = io->full,
	    .ignored = io->ignored,
	    .received = io->received,
	    .sent = io->sent,
	    .failed = io->failed,
	    .wakeups = io->wakeups,
	    .useful = io->useful,
	    .tx_kernel = hw->kernel,
	    .tx_card = hw->departures,
	    .rx_card = hw->arrivals,
	    .card_refused = hw->refused};
	workers_io(io->d, out);
}
