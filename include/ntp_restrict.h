/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_restrict.h - the access list.
 *
 * The most specific entry decides alone: the list is ordered by address, mask
 * and `ntpport`, descending, and the first match wins, which for contiguous
 * masks is the longest prefix.  Two lines for one entry add their flags.
 * A default entry of each family always exists.
 */
#ifndef NTP_RESTRICT_H
#define NTP_RESTRICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp_addr.h"

/* Access flags, numbered as mode 6 shows them (older reference builds and
 * NTPsec agree on these). */
enum restrict_flag {
	RES_IGNORE = 0x0001,
	RES_NOSERVE = 0x0002,
	RES_NOTRUST = 0x0004,
	RES_VERSION = 0x0008,
	RES_NOPEER = 0x0010,
	RES_LIMITED = 0x0020,
	RES_NOQUERY = 0x0040,
	RES_NOMODIFY = 0x0080,
	RES_NOTRAP = 0x0100,
	RES_LPTRAP = 0x0200,
	RES_KOD = 0x0400,
	RES_MSSNTP = 0x0800,
	RES_FLAKE = 0x1000,
	RES_NOMRULIST = 0x2000,
	RES_NOEPEER = 0x4000,
	RES_SRVRSPFUZ = 0x8000,
};

enum restrict_match_flag {
	RESM_NTPPORT = 0x1, /* source port 123 only */
	RESM_SOURCE = 0x2,  /* made from the `restrict source` template */
	RESM_OWN = 0x4,	    /* one of our own addresses */
};

struct restrict_entry {
	struct ntp_addr addr, mask;
	uint16_t flags, mflags;
	int16_t ippeerlimit; /* -1 unlimited */
	uint16_t refs;	     /* associations behind a RESM_SOURCE entry */
	uint32_t line;	     /* of the configuration, 0: none */
	uint64_t hits;
};

struct restrict_list;

/* Room for CAP entries beside the two defaults; NULL when out of memory. */
struct restrict_list *restrict_new(size_t cap);
void restrict_free(struct restrict_list **r);
/* Another list with the same entries, for another thread; they have no hits
 * yet.  NULL when out of memory. */
struct restrict_list *restrict_copy(const struct restrict_list *r);

/* Add, or merge into the entry of the same address, mask and match flags; ADDR
 * is ANDed with MASK.  0 or -NTP_ENOMEM (full), -NTP_EINVAL (families). */
int restrict_add(struct restrict_list *r, const struct restrict_entry *e);
/* Take FLAGS away; with FLAGS 0 remove the entry.  Defaults stay. 0 or
 * -NTP_ENOENT. */
int restrict_remove(struct restrict_list *r, const struct ntp_addr *addr,
    const struct ntp_addr *mask, uint16_t mflags, uint16_t flags);

/* Take over the hits of the entries that OLD has too. */
void restrict_inherit(struct restrict_list *r, const struct restrict_list *old);

/* Hits of the entry of R that is the same as E; 0 when there is none. */
uint64_t restrict_hits(
    const struct restrict_list *r, const struct restrict_entry *e);

/* The entry that decides for a packet from ADDR (port counts), borrowed until
 * the list changes; counts a hit.  Never NULL. */
const struct restrict_entry *restrict_lookup(
    struct restrict_list *r, const struct ntp_addr *addr);

/* Entry I in order, IPv4 first; NULL at the end. */
const struct restrict_entry *restrict_at(
    const struct restrict_list *r, size_t i);
size_t restrict_count(const struct restrict_list *r);

/* Whether FLAGS lose this datagram: with `flake` one in ten, by the 32 uniform
 * bits RND. */
bool restrict_flakes(uint16_t flags, uint32_t rnd);

/* Name of one flag bit ("noquery"), NULL when there is none. */
const char *restrict_flag_name(uint16_t bit);
/* Bit of a word, 0 when unknown. */
uint16_t restrict_flag_by_name(const char *word);

#endif /* NTP_RESTRICT_H */
