/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keygen.h - lines of a keys file with secrets that nobody can guess.
 */
#ifndef KEYGEN_H
#define KEYGEN_H

#include <stddef.h>
#include <stdint.h>

#include "ntp_mac.h"
#include "ntp_ports.h"

#define KEYGEN_LINE 128U /* octets of a line with its end */

/*
 * The line "ID TYPE SECRET\n" of ntp.keys(5) into OUT.  An MD5 secret is of 20
 * printable characters that every keys file can hold, the others are
 * hexadecimal, as long as the digest or the cipher's key, 32 octets at most.
 */
void keygen_line(struct rng_port *rng, uint32_t id, enum mac_type type,
    char out[KEYGEN_LINE]);

#endif /* KEYGEN_H */
