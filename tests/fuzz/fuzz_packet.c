/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_packet.c - any datagram through the header codec and the splitter.
 *
 * What must hold for every input: a header survives decoding and encoding,
 * and the parts of a datagram follow each other from octet 48 to its end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_ext.h"
#include "ntp_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_header(const uint8_t *data, size_t size)
{
	struct ntp_packet p;
	uint8_t again[NTP_HEADER_LEN];
	int err = packet_decode(data, size, &p);

	must(err == (size < NTP_HEADER_LEN ? -NTP_ESHORT : 0));
	if (err != 0)
		return;
	must(p.mode == packet_mode(data));
	must(p.version == packet_version(data));
	packet_encode(&p, again);
	must(memcmp(again, data, NTP_HEADER_LEN) == 0);
}

static void
check_kind(const struct ext_tail *t)
{
	switch (t->kind) {
	case EXT_TAIL_NONE:
		must(t->mac_len == 0 && t->keyid == 0);
		break;
	case EXT_TAIL_MAC:
		must(t->mac_len > 4 && t->mac_len <= 72);
		break;
	case EXT_TAIL_CRYPTO_NAK:
		must(t->mac_len == 4 && t->keyid == 0);
		break;
	default:
		abort();
	}
}

static void
check_fields(const uint8_t *data, const struct ext_tail *t)
{
	struct ext_iter it = ext_iter_init(data, t);
	struct ext_field f;
	const uint8_t *at = data + t->ext_off;
	unsigned sum = 0;

	while (ext_next(&it, &f)) {
		must(f.value == at + 4 && f.type != 0);
		must(f.len >= 12 && f.len % 4 == 0);
		for (size_t i = 0; i < f.len; i++)
			sum += f.value[i]; /* the sanitizer watches */
		at += 4 + f.len;
	}
	must(at == data + t->mac_off);
	must(sum <= 255U * t->ext_len);
}

static void
check_split(const uint8_t *data, size_t size, unsigned version)
{
	struct ext_tail t;
	int err = ext_split(data, size, version, &t);

	must((err == -NTP_ESHORT) == (size < NTP_HEADER_LEN));
	must(err == 0 || err == -NTP_ESHORT || err == -NTP_EFORMAT);
	if (err != 0)
		return;
	must(version >= 1 && version <= 4 && size % 4 == 0);
	must(version == 4 || t.ext_len == 0);
	must(t.ext_off == NTP_HEADER_LEN);
	must(t.mac_off == t.ext_off + t.ext_len);
	must(t.mac_off + t.mac_len == size);
	check_kind(&t);
	check_fields(data, &t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_header(data, size);
	for (unsigned version = 0; version <= 8; version++)
		check_split(data, size, version);
	return 0;
}
