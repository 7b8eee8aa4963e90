/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_keys.h - the keys of the server's cookies, and the file that has them.
 *
 * The file is NTPsec's: "T:" the Unix time when the first key was made, "L:"
 * the octets of each key, then for each key, the youngest first, "I:" its
 * number and "K:" the key in hexadecimal.
 */
#ifndef NTS_KEYS_H
#define NTS_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_ntscookie.h"
#include "ntp_ports.h"

#define NTS_KEYS_DAY  86400 /* s, after which there is a new one */
#define NTS_KEYS_KEPT 10U
#define NTS_KEYS_TEXT 4096U /* octets of a file, with a NUL */

struct nts_keyfile {
	struct nts_cookiekeys keys;
	int64_t made; /* Unix s of the first */
};

/* Read TEXT of LEN octets; 0 or -NTP_EFORMAT, when OUT is empty. */
int nts_keys_parse(const char *text, size_t len, struct nts_keyfile *out);
/* The text that makes F. */
void nts_keys_format(const struct nts_keyfile *f, char out[NTS_KEYS_TEXT]);
/* A new key before the others, of which the oldest may go. */
void nts_keys_rotate(struct nts_keyfile *f, struct rng_port *rng, int64_t now);

#endif /* NTS_KEYS_H */
