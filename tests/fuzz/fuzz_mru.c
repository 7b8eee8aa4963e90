/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_mru.c - any READ_MRU request behind a good nonce, and any nonce.
 *
 * What must hold: at most as many datagrams as asked for, they add up to one
 * text, of items that all have a value; without a nonce silence.
 *
 * Input: circumstances (1 octet: bits 0-5 clients in the list, bit 6 no good
 * nonce), then the parameters.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_rng.h"
#include "ntp_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS = 0x3f, NO_NONCE = 0x40 };

struct lab {
	struct clock_port clock;
	struct packet_port net;
	struct rng_port rngport;
	struct log_port log;
	struct ntp_rng rng;
	struct ntp_now now;
	struct ntp_addr src, dst;
	struct ntp_engine *e;
	unsigned nsent;
	bool done, error;
	size_t len;
	char text[(MRU_FRAGS_MAX + 2) * MODE6_DATA_MAX];
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct lab *
lab_of(void *port, size_t off)
{
	return (struct lab *)(void *)((char *)port - off);
}

static ntp_ts
port_get(struct clock_port *c)
{
	return lab_of(c, offsetof(struct lab, clock))->now.sys;
}

static void
port_fill(struct rng_port *r, void *buf, size_t len)
{
	rng_fill(&lab_of(r, offsetof(struct lab, rngport))->rng, buf, len);
}

static void
port_log(struct log_port *l, enum ntp_loglevel lv, const char *fmt, va_list ap)
{
	(void)l;
	(void)lv;
	(void)fmt;
	(void)ap;
}

static int
port_send(struct packet_port *n, const struct datagram *dg, ntp_ts *tx)
{
	struct lab *l = lab_of(n, offsetof(struct lab, net));
	struct mode6_hdr h;

	*tx = (ntp_ts){0};
	must(addr_equal_port(dg->dst, &l->src));
	must(dg->len <= MODE6_PACKET_MAX && dg->len % 4 == 0);
	must(mode6_decode(dg->buf, dg->len, &h) == 0);
	must(h.response && h.opcode == MODE6_READ_MRU && !l->done);
	must(h.offset == l->len && MODE6_HEADER_LEN + h.count <= dg->len);
	memcpy(l->text + l->len, (const char *)dg->buf + MODE6_HEADER_LEN,
	    h.count);
	l->len += h.count;
	l->done = !h.more;
	l->error = h.error;
	must(++l->nsent <= MRU_FRAGS_MAX + 1);
	return 0;
}

static struct ntp_engine *
make_engine(struct lab *l)
{
	static const char conf[] = "mru maxdepth 48\n";
	static const struct config_io io = {0};
	struct ntp_config *cfg = config_new();
	struct engine_options opt = {.version = "ntpd"};
	struct ntp_ports ports = {.clock = &l->clock,
	    .packet = &l->net,
	    .rng = &l->rngport,
	    .log = &l->log};
	struct ntp_engine *e;

	if (cfg == NULL)
		return NULL;
	(void)config_parse(cfg, "ntp.conf", conf, sizeof conf - 1, &io);
	config_finish(cfg, &io);
	e = engine_new(&cfg, &opt, &ports, l->now);
	config_free(&cfg);
	return e;
}

static void
visit(struct lab *l, unsigned clients)
{
	struct ntp_addr a = {{10}, 0, 123, ADDR_V4};
	struct mru_packet p = {
	    .src = &a, .dst = &l->dst, .modever = 35, .flags = RES_LIMITED};

	for (unsigned i = 0; i < clients; i++) {
		a.ip[3] = (uint8_t)i;
		l->now.mono.ns += 1000000000;
		l->now.sys.v += UINT64_C(1) << 32;
		p.limit = i % 3 == 0;
		for (unsigned k = 0; k <= i % 4; k++)
			(void)mru_record(l->e->mru, &p, l->now);
	}
}

static void
ask(struct lab *l, const uint8_t *data, size_t size, bool with_nonce)
{
	uint8_t in[MODE6_HEADER_LEN + MODE6_DATA_MAX] = {0};
	struct mode6_hdr h = {.version = 2, .opcode = MODE6_READ_MRU};
	struct recvbuf rb = {
	    .src = &l->src, .dst = &l->dst, .rx_time = l->now.sys, .data = in};
	char *text = (char *)in + MODE6_HEADER_LEN;
	size_t n = 0;

	if (with_nonce) {
		memcpy(text, "nonce=", 6);
		guard_nonce(&l->e->guard, &l->src, l->now, text + 6);
		n = 6 + NONCE_DIGITS;
		text[n++] = ',';
	}
	if (size > MODE6_DATA_MAX - n)
		size = MODE6_DATA_MAX - n;
	memcpy(text + n, data, size);
	h.count = (uint16_t)(n + size);
	mode6_encode(&h, in);
	rb.len = (MODE6_HEADER_LEN + h.count + 3) / 4 * 4;
	process_control(l->e, &rb, 0, l->now);
	while (engine_background(l->e))
		continue;
}

static void
check_text(const struct lab *l)
{
	struct var_rd r = var_rd_init(l->text, l->len);
	struct var_item it;

	must(l->len > 2 && memcmp(l->text + l->len - 2, "\r\n", 2) == 0);
	while (var_next(&r, &it))
		must(it.namelen > 0 && it.value != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lab l = {
	    .clock = {.get_systime = port_get, .precision = -20},
	    .net = {.send = port_send},
	    .rngport = {.fill = port_fill},
	    .log = {.vlog = port_log},
	    .now = {{0xe8aa5b0080000000U}, {5000000000}},
	    .src = {{192, 0, 2, 1}, 0, 50000, ADDR_V4},
	    .dst = {{192, 0, 2, 2}, 0, NTP_PORT, ADDR_V4},
	};

	if (size == 0)
		return 0;
	rng_seed(&l.rng, 1);
	l.e = make_engine(&l);
	if (l.e == NULL)
		return 0;
	visit(&l, data[0] & CLIENTS);
	ask(&l, data + 1, size - 1, (data[0] & NO_NONCE) == 0);
	must(l.nsent == 0 || l.done);
	must(l.nsent == 0 || (data[0] & NO_NONCE) == 0);
	if (l.nsent > 0 && !l.error)
		check_text(&l);
	engine_free(&l.e);
	return 0;
}
