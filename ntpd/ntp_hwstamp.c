/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_hwstamp.c - the network cards that `hwtimestamp` names.
 *
 * A card's stamp takes the place of the kernel's where it makes sense; where a
 * card, a right or a stamp is missing the kernel's remains.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ntpd.h"

#define ALL "*"

bool
hwstamp_wanted(const struct daemon *d)
{
	return d->hw.n > 0;
}

/* --- which cards ------------------------------------------------------------- */

static bool
names_all(const struct ntp_config *c)
{
	for (size_t i = 0; i < c->ncards; i++) {
		if (strcmp(c->card[i], ALL) == 0)
			return true;
	}
	return false;
}

static bool
is_named(const struct ntp_config *c, const char *name)
{
	for (size_t i = 0; i < c->ncards; i++) {
		if (strcmp(c->card[i], name) == 0)
			return true;
	}
	return false;
}

static struct phc *
card_of(struct daemon *d, const char *name)
{
	for (size_t i = 0; i < d->hw.n; i++) {
		if (strcmp(d->hw.card[i].name, name) == 0)
			return &d->hw.card[i];
	}
	return NULL;
}

/* QUIETLY: nobody has asked for this one. */
static void
add_card(struct daemon *d, int sock, const char *name, bool quietly)
{
	struct hwstamp *hw = &d->hw;
	struct phc *p = &hw->card[hw->n];
	const char *what;
	int err;

	if (hw->n == CONFIG_CARDS || card_of(d, name) != NULL)
		return;
	err = phc_open(p, &device_kernel, sock, name, &what);
	if (err == 0) {
		hw->n++;
		msyslog(&d->log, NTP_LOG_INFO,
		    "hwtimestamp %s: stamps %s by /dev/ptp%d", name,
		    p->arrivals ? "datagrams" : "departures only", p->index);
	} else if (!quietly) {
		errno = -err;
		msyslog_errno(&d->log, NTP_LOG_WARN,
		    "hwtimestamp %s: %s, the kernel's are used", name, what);
	}
}

static void
add_all(struct daemon *d, int sock)
{
	const struct iface_list *l = &d->iface.list;

	for (size_t i = 0; i < l->n; i++) {
		if (l->a[i].name[0] != '\0' && !l->a[i].loopback)
			add_card(d, sock, l->a[i].name, true);
	}
	if (d->hw.n == 0)
		msyslog(&d->log, NTP_LOG_WARN,
		    "hwtimestamp *: no card has hardware timestamps, the "
		    "kernel's are used");
}

static void
drop_cards(struct daemon *d)
{
	struct hwstamp *hw = &d->hw;
	size_t kept = 0;

	for (size_t i = 0; i < hw->n; i++) {
		if (names_all(d->conf) || is_named(d->conf, hw->card[i].name))
			hw->card[kept++] = hw->card[i];
		else
			phc_close(&hw->card[i]);
	}
	hw->n = kept;
}

void
hwstamp_follow(struct daemon *d)
{
	const struct ntp_config *c = d->conf;
	int sock;

	drop_cards(d);
	if (c->ncards == 0)
		return;
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return;
	for (size_t i = 0; i < c->ncards; i++) {
		if (strcmp(c->card[i], ALL) != 0)
			add_card(d, sock, c->card[i], false);
	}
	if (names_all(c))
		add_all(d, sock);
	(void)close(sock);
}

void
hwstamp_stop(struct daemon *d)
{
	for (size_t i = 0; i < d->hw.n; i++)
		phc_close(&d->hw.card[i]);
	d->hw.n = 0;
}

/* --- their stamps ------------------------------------------------------------ */

/* The card that NS talks through, by its address; where that is the wildcard
 * there is no doubt only when there is but one. */
static struct phc *
card_for(const struct netsock *ns)
{
	struct daemon *d = ns->d;
	const struct iface_list *l = &d->iface.list;

	if (addr_is_any(&ns->local))
		return d->hw.n == 1 ? &d->hw.card[0] : NULL;
	for (size_t i = 0; i < l->n; i++) {
		if (addr_equal(&l->a[i].addr, &ns->local))
			return card_of(d, l->a[i].name);
	}
	return NULL;
}

static bool
understood(const struct netsock *ns, const struct timespec *stamp,
    const struct timespec *near, struct timespec *out)
{
	struct phc *p = card_for(ns);

	if (p != NULL && phc_to_system(p, stamp, near, out))
		return true;
	ns->d->hw.refused++;
	return false;
}

const struct timespec *
hwstamp_arrival(struct netsock *ns, struct sock_info *info)
{
	struct timespec at;

	if (info->card.tv_sec == 0 ||
	    !understood(ns, &info->card, &info->at, &at))
		return &info->at;
	ns->d->hw.arrivals++;
	info->at = at;
	return &info->at;
}

bool
hwstamp_departure(
    struct netsock *ns, const struct sock_error *se, struct timespec *left)
{
	struct timespec now;

	*left = se->left;
	if (!se->hardware) {
		ns->d->hw.kernel++;
		return true;
	}
	if (clock_gettime(CLOCK_REALTIME, &now) != 0 ||
	    !understood(ns, &se->left, &now, left))
		return false;
	ns->d->hw.departures++;
	return true;
}
