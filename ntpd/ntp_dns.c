/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_dns.c - names, asked in libuv's threads so that nothing here waits.
 *
 * The engine decides when to ask again; we only carry question and answer.
 */
#include <netdb.h>
#include <sys/socket.h>

#include "ntp_err.h"
#include "ntpd.h"

static size_t
add_unique(struct ntp_addr *list, size_t n, const struct addrinfo *ai)
{
	if (!sock_addr_found(ai, &list[n]))
		return n;
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&list[i], &list[n]))
			return n;
	return n + 1;
}

static void
on_answer(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
	struct dns_query *q = req->data;
	struct daemon *d = q->d;
	struct ntp_addr addr[DNS_ADDRS + 1];
	size_t n = 0;

	for (const struct addrinfo *ai = res; ai != NULL && n < DNS_ADDRS;
	     ai = ai->ai_next)
		n = add_unique(addr, n, ai);
	uv_freeaddrinfo(res);
	q->busy = false;
	d->dns.busy--;
	if (status != UV_ECANCELED && d->engine != NULL)
		engine_resolved(d->engine, q->tag, addr, n,
		    status == 0 ? "" : uv_strerror(status), ntpd_now(d));
}

int
dns_family(const struct daemon *d, enum addr_family family)
{
	if (family == ADDR_NONE)
		family = d->opt.family;
	if (family == ADDR_V4 || (family == ADDR_NONE && d->iface.no6))
		return AF_INET;
	if (family == ADDR_V6 || (family == ADDR_NONE && d->iface.no4))
		return AF_INET6;
	return AF_UNSPEC;
}

static int
dns_resolve(
    struct dns_port *p, const char *name, enum addr_family family, uint32_t tag)
{
	struct dns *dns = (struct dns *)p;
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
	    .ai_protocol = IPPROTO_UDP,
	    .ai_family = dns_family(dns->d, family)};
	size_t i = 0;

	while (i < DNS_PENDING && dns->query[i].busy)
		i++;
	if (i == DNS_PENDING)
		return -NTP_EAGAIN;
	dns->query[i].req.data = &dns->query[i];
	dns->query[i].d = dns->d;
	dns->query[i].tag = tag;
	if (uv_getaddrinfo(&dns->d->loop, &dns->query[i].req, on_answer, name,
		NULL, &hints) != 0)
		return -NTP_EIO;
	dns->query[i].busy = true;
	dns->busy++;
	return 0;
}

void
dns_init(struct daemon *d)
{
	d->dns.port.resolve = dns_resolve;
	d->dns.d = d;
}

bool
dns_fini(struct daemon *d)
{
	for (size_t i = 0; i < DNS_PENDING; i++)
		if (d->dns.query[i].busy)
			(void)uv_cancel((uv_req_t *)&d->dns.query[i].req);
	return d->dns.busy > 0;
}
