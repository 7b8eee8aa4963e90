/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_addr.c - IPv4 and IPv6 endpoints and prefixes.
 *
 * Text is written here rather than by inet_ntop(3), whose IPv6 form differs
 * between C libraries: scripts compare what we print.
 */
#include "ntp_addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ntp_err.h"

#define V4_BITS	    32U
#define V6_BITS	    128U
#define V6_WORDS    8U
#define MAPPED_BITS 96U /* ::ffff:0:0/96 */

static const uint8_t mapped_prefix[MAPPED_BITS / 8] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static unsigned
family_bits(unsigned family)
{
	if (family == ADDR_V4)
		return V4_BITS;
	return family == ADDR_V6 ? V6_BITS : 0;
}

static size_t
addr_octets(const struct ntp_addr *a)
{
	return family_bits(a->family) / 8;
}

/* Digits only; 0, -NTP_EFORMAT or -NTP_ERANGE. */
static int
parse_decimal(const char *s, size_t len, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (len == 0)
		return -NTP_EFORMAT;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -NTP_EFORMAT;
		if (v <= max)
			v = v * 10 + (uint64_t)(s[i] - '0');
	}
	if (v > max)
		return -NTP_ERANGE;
	*out = (uint32_t)v;
	return 0;
}

static int
parse_numeric(int af, const char *s, size_t len, uint8_t *ip)
{
	char buf[INET6_ADDRSTRLEN];

	if (len >= sizeof(buf) || memchr(s, '\0', len) != NULL)
		return -NTP_EFORMAT;
	memcpy(buf, s, len);
	buf[len] = '\0';
	return inet_pton(af, buf, ip) == 1 ? 0 : -NTP_EFORMAT;
}

/* Interface-local and link-local multicast depend on the interface too. */
static bool
takes_scope(const struct ntp_addr *a)
{
	if (addr_is_linklocal(a))
		return true;
	return a->ip[0] == 0xff &&
	    ((a->ip[1] & 0x0f) == 1 || (a->ip[1] & 0x0f) == 2);
}

static int
parse_v6(const char *s, size_t len, struct ntp_addr *a)
{
	const char *percent = memchr(s, '%', len);
	size_t iplen = percent != NULL ? (size_t)(percent - s) : len;

	a->family = ADDR_V6;
	if (parse_numeric(AF_INET6, s, iplen, a->ip) != 0)
		return -NTP_EFORMAT;
	if (percent == NULL)
		return 0;
	if (!takes_scope(a))
		return -NTP_EFORMAT;
	if (parse_decimal(
		percent + 1, len - iplen - 1, UINT32_MAX, &a->scope) != 0)
		return -NTP_EFORMAT;
	return 0;
}

/* Leaves IPv4-mapped addresses as they are: prefixes need to know. */
static int
parse_any(const char *s, size_t len, struct ntp_addr *a)
{
	memset(a, 0, sizeof(*a));
	if (len >= 2 && s[0] == '[' && s[len - 1] == ']')
		return parse_v6(s + 1, len - 2, a);
	if (len > 0 && memchr(s, ':', len) != NULL)
		return parse_v6(s, len, a);
	a->family = ADDR_V4;
	return parse_numeric(AF_INET, s, len, a->ip);
}

int
addr_parse(const char *s, size_t len, struct ntp_addr *a)
{
	struct ntp_addr t;

	if (parse_any(s, len, &t) != 0)
		return -NTP_EFORMAT;
	addr_unmap(&t);
	*a = t;
	return 0;
}

int
addr_parse_prefix(const char *s, size_t len, struct ntp_addr *a, unsigned *bits)
{
	const char *slash = len > 0 ? memchr(s, '/', len) : NULL;
	size_t iplen = slash != NULL ? (size_t)(slash - s) : len;
	struct ntp_addr t;
	uint32_t max, n;

	if (parse_any(s, iplen, &t) != 0)
		return -NTP_EFORMAT;
	max = family_bits(t.family);
	n = max;
	if (slash != NULL &&
	    parse_decimal(slash + 1, len - iplen - 1, max, &n) != 0)
		return -NTP_EFORMAT;
	addr_unmap(&t);
	if (family_bits(t.family) != max) {
		/* A net wider than the mapped range is not an IPv4 net. */
		if (n < MAPPED_BITS)
			return -NTP_EFORMAT;
		n -= MAPPED_BITS;
	}
	*a = t;
	*bits = n;
	return 0;
}

static int
copy_host(const char *s, size_t len, char *out, size_t cap)
{
	if (len == 0 || memchr(s, '[', len) != NULL ||
	    memchr(s, ']', len) != NULL)
		return -NTP_EFORMAT;
	if (len >= cap)
		return -NTP_ESHORT;
	memcpy(out, s, len);
	out[len] = '\0';
	return 0;
}

/* Port 0 means "none" to our callers, so nobody may ask for it. */
static int
parse_port(const char *s, uint16_t *port)
{
	uint32_t v;
	int err = parse_decimal(s, strlen(s), UINT16_MAX, &v);

	if (err != 0)
		return err;
	if (v == 0)
		return -NTP_ERANGE;
	*port = (uint16_t)v;
	return 0;
}

int
addr_split_port(const char *s, char *out, size_t cap, uint16_t *port)
{
	const char *host = s, *tail;
	size_t hostlen;
	uint16_t p = 0;
	int err;

	if (s[0] == '[') {
		host = s + 1;
		tail = strchr(host, ']');
		if (tail == NULL)
			return -NTP_EFORMAT;
		hostlen = (size_t)(tail - host);
		tail++;
	} else {
		tail = strchr(s, ':');
		/* Two colons: an IPv6 address that needs no brackets. */
		if (tail == NULL || strchr(tail + 1, ':') != NULL)
			tail = s + strlen(s);
		hostlen = (size_t)(tail - s);
	}
	if (*tail != '\0') {
		err = *tail == ':' ? parse_port(tail + 1, &p) : -NTP_EFORMAT;
		if (err != 0)
			return err;
	}
	err = copy_host(host, hostlen, out, cap);
	if (err == 0)
		*port = p;
	return err;
}

static unsigned
v6_word(const uint8_t ip[16], size_t i)
{
	return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

/* The first of the longest runs; one zero word alone is not compressed
 * (RFC 5952 4.2), then START is past the end. */
static void
longest_zero_run(const uint8_t ip[16], unsigned *start, unsigned *len)
{
	unsigned i, n = 0;

	*start = V6_WORDS;
	*len = 1;
	for (i = 0; i < V6_WORDS; i++) {
		n = v6_word(ip, i) == 0 ? n + 1 : 0;
		if (n > *len) {
			*len = n;
			*start = i + 1 - n;
		}
	}
}

static void
format_v6(const struct ntp_addr *a, char out[ADDR_STRLEN])
{
	char *p = out, *end = out + ADDR_STRLEN;
	unsigned i = 0, start, len;

	longest_zero_run(a->ip, &start, &len);
	while (i < V6_WORDS) {
		if (i == start) {
			p += snprintf(p, (size_t)(end - p), "::");
			i += len;
			continue;
		}
		if (i > 0 && i != start + len)
			*p++ = ':';
		p += snprintf(p, (size_t)(end - p), "%x", v6_word(a->ip, i));
		i++;
	}
	if (a->scope != 0)
		snprintf(p, (size_t)(end - p), "%%%u", (unsigned)a->scope);
}

const char *
addr_format(const struct ntp_addr *a, char out[ADDR_STRLEN])
{
	if (a->family == ADDR_V6)
		format_v6(a, out);
	else if (a->family == ADDR_V4)
		snprintf(out, ADDR_STRLEN, "%u.%u.%u.%u", a->ip[0], a->ip[1],
		    a->ip[2], a->ip[3]);
	else
		memcpy(out, "-", sizeof "-");
	return out;
}

const char *
addr_format_port(const struct ntp_addr *a, char out[ADDR_STRLEN])
{
	char *p = out;
	size_t n;

	if (a->family == ADDR_V6)
		*p++ = '[';
	addr_format(a, p);
	if (a->family == ADDR_NONE)
		return out;
	n = strlen(out);
	snprintf(out + n, ADDR_STRLEN - n, "%s:%u",
	    a->family == ADDR_V6 ? "]" : "", a->port);
	return out;
}

int
addr_cmp(const struct ntp_addr *a, const struct ntp_addr *b)
{
	int d;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	d = memcmp(a->ip, b->ip, addr_octets(a));
	if (d != 0)
		return d;
	return (a->scope > b->scope) - (a->scope < b->scope);
}

bool
addr_equal(const struct ntp_addr *a, const struct ntp_addr *b)
{
	if (a->family != b->family || a->scope != b->scope)
		return false;
	if (a->family == ADDR_V4)
		return memcmp(a->ip, b->ip, 4) == 0;
	return memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool
addr_equal_port(const struct ntp_addr *a, const struct ntp_addr *b)
{
	return a->port == b->port && addr_equal(a, b);
}

void
addr_mask(enum addr_family family, unsigned bits, struct ntp_addr *mask)
{
	unsigned max = family_bits(family);
	unsigned i;

	memset(mask, 0, sizeof(*mask));
	mask->family = (uint8_t)family;
	if (bits > max)
		bits = max;
	for (i = 0; i < bits / 8; i++)
		mask->ip[i] = 0xff;
	if (bits % 8 != 0)
		mask->ip[i] = (uint8_t)(0xff00U >> bits % 8);
}

bool
addr_in_prefix(
    const struct ntp_addr *a, const struct ntp_addr *net, unsigned bits)
{
	struct ntp_addr mask;
	size_t i;

	if (a->family != net->family || addr_octets(a) == 0)
		return false;
	addr_mask((enum addr_family)a->family, bits, &mask);
	for (i = 0; i < addr_octets(a); i++)
		if (((a->ip[i] ^ net->ip[i]) & mask.ip[i]) != 0)
			return false;
	return true;
}

/* All octets zero but the last, which is LAST. */
static bool
is_zero_then(const struct ntp_addr *a, uint8_t last)
{
	size_t i, n = addr_octets(a);

	if (n == 0)
		return false;
	for (i = 0; i < n - 1; i++)
		if (a->ip[i] != 0)
			return false;
	return a->ip[n - 1] == last;
}

bool
addr_is_loopback(const struct ntp_addr *a)
{
	if (a->family == ADDR_V4)
		return a->ip[0] == 127;
	return a->family == ADDR_V6 && is_zero_then(a, 1);
}

bool
addr_is_multicast(const struct ntp_addr *a)
{
	if (a->family == ADDR_V4)
		return (a->ip[0] & 0xf0) == 0xe0;
	return a->family == ADDR_V6 && a->ip[0] == 0xff;
}

bool
addr_is_any(const struct ntp_addr *a)
{
	return is_zero_then(a, 0);
}

bool
addr_is_linklocal(const struct ntp_addr *a)
{
	if (a->family == ADDR_V4)
		return a->ip[0] == 169 && a->ip[1] == 254;
	return a->family == ADDR_V6 && a->ip[0] == 0xfe &&
	    (a->ip[1] & 0xc0) == 0x80;
}

bool
addr_is_refclock(const struct ntp_addr *a, unsigned *type, unsigned *unit)
{
	if (a->family != ADDR_V4 || a->ip[0] != 127 || a->ip[1] != 127)
		return false;
	if (type != NULL)
		*type = a->ip[2];
	if (unit != NULL)
		*unit = a->ip[3];
	return true;
}

void
addr_unmap(struct ntp_addr *a)
{
	uint8_t v4[V4_BITS / 8];

	if (a->family != ADDR_V6 ||
	    memcmp(a->ip, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return;
	memcpy(v4, a->ip + sizeof(mapped_prefix), sizeof(v4));
	memset(a->ip, 0, sizeof(a->ip));
	memcpy(a->ip, v4, sizeof(v4));
	a->family = ADDR_V4;
	a->scope = 0;
}
