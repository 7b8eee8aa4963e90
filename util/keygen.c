/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keygen.c - lines of a keys file.
 *
 * Text secrets avoid what some program reads as something else: blanks, `#`
 * (a comment), quotes and the backslash.
 */
#include "keygen.h"

#include <stdio.h>
#include <string.h>

#define TEXT_LEN 20U /* characters; more would be read as hexadecimal */
#define HEX_MAX	 32U /* octets */

static const char alphabet[] = "!$%&()*+,-./0123456789:;<=>?@"
			       "ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_"
			       "abcdefghijklmnopqrstuvwxyz{|}~";

#define LETTERS (sizeof alphabet - 1)

/* One of the letters, each as likely as the others: octets above the last
 * multiple of their number are thrown away. */
static char
random_letter(struct rng_port *rng)
{
	uint8_t octet;

	do
		rng->fill(rng, &octet, 1);
	while (octet >= 256 / LETTERS * LETTERS);
	return alphabet[octet % LETTERS];
}

static void
put_text(struct rng_port *rng, char *out)
{
	for (size_t i = 0; i < TEXT_LEN; i++)
		out[i] = random_letter(rng);
	out[TEXT_LEN] = '\0';
}

static void
put_hex(struct rng_port *rng, size_t octets, char *out)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t raw[HEX_MAX];

	rng->fill(rng, raw, octets);
	for (size_t i = 0; i < octets; i++) {
		out[2 * i] = digit[raw[i] >> 4];
		out[2 * i + 1] = digit[raw[i] & 15];
	}
	out[2 * octets] = '\0';
	explicit_bzero(raw, sizeof raw);
}

static size_t
secret_octets(enum mac_type t)
{
	if (t == MAC_AES128CMAC)
		return 16;
	if (t == MAC_AES192CMAC)
		return 24;
	return t == MAC_SHA1 || t == MAC_RIPEMD160 ? 20 : HEX_MAX;
}

void
keygen_line(struct rng_port *rng, uint32_t id, enum mac_type type,
    char out[KEYGEN_LINE])
{
	char secret[2 * HEX_MAX + 1];

	if (type == MAC_MD5)
		put_text(rng, secret);
	else
		put_hex(rng, secret_octets(type), secret);
	(void)snprintf(out, KEYGEN_LINE, "%5u %-10s %s\n", (unsigned)id,
	    mac_type_name(type), secret);
	explicit_bzero(secret, sizeof secret);
}
