/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_mode6msg.c - control messages as a hostile server would send them.
 *
 * The input is a sequence of datagrams, each behind its length (one octet, in
 * units of four, so that any size up to 1020 can be had); what they make is
 * read as variables, written again, and cut into fragments again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_mode6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* In a block of its own size, so that the sanitizer sees each overrun. */
static uint8_t *
copy_of(const void *p, size_t len)
{
	uint8_t *q = malloc(len + (len == 0));

	check(q != NULL);
	if (len > 0)
		memcpy(q, p, len);
	return q;
}

static void
check_header(const uint8_t *packet, size_t len)
{
	struct mode6_hdr h;
	uint8_t out[MODE6_HEADER_LEN];
	size_t pos, maclen;
	unsigned attempt;

	if (len == 0 || mode6_decode(packet, len, &h) != 0) {
		check(len < MODE6_HEADER_LEN);
		return;
	}
	mode6_encode(&h, out);
	check((out[0] ^ 6) == (packet[0] & 0xf8));
	check(memcmp(out + 1, packet + 1, sizeof(out) - 1) == 0);
	for (attempt = 0; attempt < 3; attempt++) {
		if (!mode6_auth_pos(len, h.count, attempt, &pos, &maclen))
			continue;
		check(attempt < 2 && pos % (attempt == 0 ? 8 : 4) == 0);
		check(pos >= MODE6_HEADER_LEN + (size_t)h.count);
		check(pos + maclen == len && maclen >= 4 && maclen <= 24);
	}
}

static bool
overlap(const struct mode6_asm *a, unsigned i, unsigned j)
{
	return a->frag[i].off < a->frag[j].off + a->frag[j].len &&
	    a->frag[j].off < a->frag[i].off + a->frag[i].len;
}

static void
check_asm(const struct mode6_asm *a, enum mode6_asm_result res)
{
	size_t sum = 0;
	unsigned i, j;

	check(a->nfrags <= MODE6_FRAGS_MAX && a->len <= MODE6_TEXT_MAX);
	if (a->error)
		return;
	for (i = 0; i < a->nfrags; i++) {
		sum += a->frag[i].len;
		check((size_t)a->frag[i].off + a->frag[i].len <= a->len);
		for (j = 0; j < i; j++)
			check(!overlap(a, i, j));
	}
	if (res == MODE6_ASM_DONE)
		check(a->have_last && sum == a->len && a->text[sum] == '\0');
}

/* Every item lies inside the text, in order; then the writer's promises. */
static void
check_rewritten(const char *text, size_t len, unsigned items)
{
	struct var_rd r = var_rd_init(text, len);
	struct var_item it;
	unsigned n = 0;

	for (; var_next(&r, &it); n++) {
		check(it.value != NULL);
		check(memchr(it.value, ',', it.valuelen) == NULL);
		check(memchr(it.value, '=', it.valuelen) == NULL);
		check(memchr(it.value, '"', it.valuelen) == NULL);
	}
	check(n == items);
	check(len == 0 || memcmp(text + len - 2, "\r\n", 2) == 0);
}

static void
rewrite_item(struct var_wr *w, const struct var_item *it)
{
	char value[256];
	size_t n = it->valuelen < sizeof(value) ? it->valuelen : 255;

	if (n > 0)
		memcpy(value, it->value, n);
	value[n] = '\0';
	var_raw(w, "v", value);
}

static void
check_variables(const void *text, size_t len)
{
	char *in = (char *)copy_of(text, len), *out = malloc(4096);
	struct var_rd r = var_rd_init(in, len);
	struct var_wr w = var_init(out, 4096);
	struct var_item it;
	const char *last = in;
	unsigned items = 0;

	check(out != NULL);
	while (var_next(&r, &it)) {
		check(it.name >= last && it.name + it.namelen <= in + len);
		check(memchr(it.name, ',', it.namelen) == NULL);
		check(memchr(it.name, '=', it.namelen) == NULL);
		last = it.name + it.namelen;
		if (it.value != NULL) {
			check(it.value == last + 1);
			last = it.value + it.valuelen;
		}
		check(last <= in + len);
		rewrite_item(&w, &it);
		items += w.bad ? 0 : 1;
	}
	check_rewritten(out, var_end(&w), items);
	free(out);
	free(in);
}

static void
check_fragments(struct mode6_asm *a, const uint8_t *text, size_t len)
{
	struct mode6_hdr h = {.version = 2, .response = true};
	uint8_t out[MODE6_PACKET_MAX];
	enum mode6_asm_result res;
	size_t n;

	if (len > MODE6_TEXT_MAX)
		len = MODE6_TEXT_MAX;
	mode6_asm_start(a, MODE6_UNSPEC, 0, 0);
	do {
		n = mode6_fragment(&h, text, len, out);
		res = mode6_asm_add(a, out, n);
		h.offset = (uint16_t)(h.offset + h.count);
	} while (res == MODE6_ASM_MORE);
	check(res == MODE6_ASM_DONE && a->len == len);
	check(len == 0 || memcmp(a->text, text, len) == 0);
}

/* The first datagram says what had been asked. */
static void
start(struct mode6_asm *a, const uint8_t *packet, size_t len)
{
	struct mode6_hdr h;

	if (mode6_decode(packet, len, &h) != 0)
		h = (struct mode6_hdr){.opcode = MODE6_READVAR};
	mode6_asm_start(a, h.opcode, h.seq, h.associd);
}

static void
check_sequence(struct mode6_asm *a, const uint8_t *data, size_t size)
{
	enum mode6_asm_result res = MODE6_ASM_MORE;
	size_t off = 0, n;
	uint8_t *packet;
	bool first = true;

	while (off < size && res != MODE6_ASM_DONE) {
		n = (size_t)data[off++] * 4;
		if (n > size - off)
			n = size - off;
		packet = copy_of(data + off, n);
		off += n;
		if (first)
			start(a, packet, n);
		first = false;
		check_header(packet, n);
		res = mode6_asm_add(a, packet, n);
		check_asm(a, res);
		free(packet);
	}
	if (res == MODE6_ASM_DONE)
		check_variables(a->text, a->len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mode6_asm *a = calloc(1, sizeof(*a));

	check(a != NULL);
	check_header(data, size);
	check_sequence(a, data, size);
	check_variables(data, size);
	check_fragments(a, data, size);
	free(a);
	return 0;
}
