/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_addr.h - IPv4 and IPv6 endpoints, prefixes and reference ids.
 *
 * Numbers only: no look-ups, no sockets.  IPv4-mapped IPv6 addresses are
 * turned into IPv4 wherever they enter.
 */
#ifndef NTP_ADDR_H
#define NTP_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum addr_family { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

struct ntp_addr {
	uint8_t ip[16]; /* network order; IPv4 in the first four */
	uint32_t scope; /* interface index of link-local IPv6, else 0 */
	uint16_t port;	/* host order */
	uint8_t family; /* enum addr_family */
};

/* Longest text, with brackets, scope and port, and its NUL. */
#define ADDR_STRLEN 72U

/*
 * Parse a numeric address: 192.0.2.1, 2001:db8::1, fe80::1%3, [2001:db8::1].
 * Scope ids are numeric.  The port stays 0.  0 or -NTP_EFORMAT.
 */
int addr_parse(const char *s, size_t len, struct ntp_addr *a);

/* As addr_parse(), with an optional /BITS; without it all bits (32 or 128). */
int addr_parse_prefix(
    const char *s, size_t len, struct ntp_addr *a, unsigned *bits);

/*
 * Split HOST, HOST:PORT, ADDR, [ADDR] or [ADDR]:PORT.  HOST is copied without
 * brackets into OUT (CAP octets with NUL); *port is 0 when there is none.
 * 0, -NTP_EFORMAT, -NTP_ERANGE (port) or -NTP_ESHORT (too long).
 */
int addr_split_port(const char *s, char *out, size_t cap, uint16_t *port);

/* Text into OUT (ADDR_STRLEN octets), returned: without or with port; IPv6 is
 * compressed (RFC 5952) and bracketed only with a port.  "-" for none. */
const char *addr_format(const struct ntp_addr *a, char out[ADDR_STRLEN]);
const char *addr_format_port(const struct ntp_addr *a, char out[ADDR_STRLEN]);

/* Address only, without port; scope counts. */
bool addr_equal(const struct ntp_addr *a, const struct ntp_addr *b);
bool addr_equal_port(const struct ntp_addr *a, const struct ntp_addr *b);
/* Total order: family, address octets, scope; <0, 0, >0. */
int addr_cmp(const struct ntp_addr *a, const struct ntp_addr *b);
/* First BITS equal and of one family. */
bool addr_in_prefix(
    const struct ntp_addr *a, const struct ntp_addr *net, unsigned bits);
/* Mask of BITS ones, of FAMILY. */
void addr_mask(enum addr_family family, unsigned bits, struct ntp_addr *mask);

bool addr_is_loopback(const struct ntp_addr *a);
bool addr_is_multicast(const struct ntp_addr *a);
bool addr_is_any(const struct ntp_addr *a);
bool addr_is_linklocal(const struct ntp_addr *a);
/* 127.127.T.U, the address of a reference clock; T and U out, or NULL. */
bool addr_is_refclock(const struct ntp_addr *a, unsigned *type, unsigned *unit);

/* Turns ::ffff:a.b.c.d into a.b.c.d. */
void addr_unmap(struct ntp_addr *a);

/*
 * Reference id of an address (RFC 5905 7.3): the IPv4 address, or the first
 * four octets of MD5 of the IPv6 address; first octet is the high one.
 */
uint32_t refid_from_addr(const struct ntp_addr *a);

/* Up to four characters, zero padded: "GPS" -> 0x47505300. */
uint32_t refid_from_text(const char *s);

#define REFID_STRLEN 16U
/* As mode 6 shows it: text for stratum 0, 1 and >= 16 (unprintable octets
 * become '.'), dotted quad for 2..15. */
const char *refid_format(
    uint32_t refid, unsigned stratum, char out[REFID_STRLEN]);

#endif /* NTP_ADDR_H */
