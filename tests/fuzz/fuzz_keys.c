/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_keys.c - any octets as a keys file, then every key of it in use.
 *
 * What must hold for every input: each line is a key, a report or blank, and
 * what a key signs it verifies, but not when an octet of it has changed.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_keys.h"

#define MSG_LEN 48U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reports {
	unsigned n, line;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
take_report(void *arg, unsigned line, const char *text)
{
	struct reports *r = arg;

	must(line > r->line); /* in order, one for a line */
	must(strlen(text) > 0 && strchr(text, '\n') == NULL);
	r->line = line;
	r->n++;
}

static unsigned
count_lines(const uint8_t *data, size_t size)
{
	unsigned n = 1;

	for (size_t i = 0; i < size; i++)
		n += data[i] == '\n';
	return n;
}

static void
use_key(const struct keystore *ks, uint32_t id)
{
	uint8_t buf[MSG_LEN + NTP_MAC_MAX] = {0x23};
	struct ntp_addr loopback = {.ip = {127, 0, 0, 1}, .family = ADDR_V4};
	size_t len = MSG_LEN;

	must(keys_sign(ks, id, buf, MSG_LEN + 4, &len) == -NTP_ESHORT);
	must(len == MSG_LEN);
	must(keys_sign(ks, id, buf, sizeof(buf), &len) == 0);
	must(len == MSG_LEN + 20 || len == MSG_LEN + 24);
	must(keys_verify(ks, buf, MSG_LEN, len - MSG_LEN) == 0);
	must(keys_verify(ks, buf, MSG_LEN, len - MSG_LEN - 4) == -NTP_EAUTH);
	buf[id % MSG_LEN] ^= 1;
	must(keys_verify(ks, buf, MSG_LEN, len - MSG_LEN) == -NTP_EAUTH);
	(void)keys_allows(ks, id, &loopback);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keystore *ks = keys_new();
	struct reports r = {0};
	unsigned lines = count_lines(data, size);
	size_t found = 0;
	int n;

	if (ks == NULL)
		return 0;
	n = keys_parse(ks, (const char *)data, size, take_report, &r);
	must(n >= 0 && (unsigned)n + r.n <= lines && r.line <= lines);
	must(keys_count(ks) <= (size_t)n);
	must(keys_trust(ks, 1, NTP_KEYID_MAX) == 0);
	for (uint32_t id = 1; id <= NTP_KEYID_MAX; id++) {
		if (found == keys_count(ks))
			break;
		if (keys_find(ks, id) == NULL)
			continue;
		use_key(ks, id);
		found++;
	}
	must(found == keys_count(ks));
	keys_free(&ks);
	must(ks == NULL);
	return 0;
}
