/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_ke.c - messages of NTS key establishment as a hostile peer sends them.
 *
 * The first octet says which side reads (bit 0) and in what pieces (the rest).
 * What must hold for every input: it does not matter how the octets arrive,
 * what is taken lies within its limits, and an answer to it can be written.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_ke.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* Each piece in a block of its own, so that the sanitizer sees each overrun. */
static void
feed_pieces(struct ke_message *m, const uint8_t *p, size_t n, size_t piece)
{
	for (size_t off = 0; off < n; off += piece) {
		size_t len = n - off < piece ? n - off : piece;
		uint8_t *copy = malloc(len);

		must(copy != NULL);
		memcpy(copy, p + off, len);
		(void)ke_feed(m, copy, len);
		free(copy);
	}
}

static void
check_limits(const struct ke_message *m)
{
	must(m->naead <= KE_AEADS && m->ncookies <= KE_COOKIES);
	must(memchr(m->server, '\0', sizeof m->server) != NULL);
	for (size_t i = 0; i < m->ncookies; i++)
		must(m->cookie[i].len > 0 && m->cookie[i].len % 4 == 0 &&
		    m->cookie[i].len <= KE_COOKIE_MAX);
	must((m->progress == KE_REFUSED) == (m->why != NULL));
	if (m->progress == KE_DONE && m->side == KE_IS_RESPONSE)
		must(m->ncookies > 0 && m->naead == 1 && m->ntpv4);
}

static void
check_answer(const struct ke_message *q)
{
	static const uint16_t ours[] = {15, 16, 17, 30};
	static const uint8_t cookie[104];
	struct ke_answer a = {.port = 4123};
	uint8_t buf[KE_ANSWER_MAX];
	struct wire_wr w = wire_wr_init(buf, sizeof buf);
	struct ke_message m;

	a.aead = ke_choose(q, ours, 4);
	ke_put_answer(&w, q, &a);
	for (unsigned i = 0; a.aead != 0 && i < KE_COOKIES; i++)
		ke_put_cookie(&w, cookie, sizeof cookie);
	ke_put_end(&w);
	must(!w.bad);
	ke_begin(&m, KE_IS_RESPONSE);
	(void)ke_feed(&m, buf, w.len);
	must((m.progress == KE_DONE) == (q->ntpv4 && a.aead != 0));
	if (m.progress == KE_DONE)
		must(ke_refusal(&m, q->aead, q->naead) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ke_message a, b;
	enum ke_side side;

	if (size == 0)
		return 0;
	side = (data[0] & 1) != 0 ? KE_IS_RESPONSE : KE_IS_REQUEST;
	ke_begin(&a, side);
	feed_pieces(&a, data + 1, size - 1, (size_t)(data[0] >> 1) + 1);
	ke_begin(&b, side);
	feed_pieces(&b, data + 1, size - 1, size);
	must(a.progress == b.progress && a.why == b.why);
	must(a.naead == b.naead && a.ncookies == b.ncookies);
	must(strcmp(a.server, b.server) == 0 && a.port == b.port);
	check_limits(&b);
	if (b.progress == KE_DONE && side == KE_IS_REQUEST)
		check_answer(&b);
	return 0;
}
