/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctllab.c - an engine and somebody who asks it by mode 6.
 */
#include "ctllab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ntp_wire.h"

/* --- ports ---------------------------------------------------------------- */

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

/* Every datagram is checked here, whatever the test is about. */
static int
port_send(struct packet_port *n, const struct datagram *dg, ntp_ts *tx)
{
	struct lab *l = lab_of(n, offsetof(struct lab, net));
	struct mode6_hdr h;

	*tx = (ntp_ts){0};
	assert_int_equal(dg->ep, 0);
	assert_true(addr_equal_port(dg->dst, &l->src));
	assert_true(addr_equal_port(dg->src, &l->dst));
	assert_true(dg->len <= MODE6_PACKET_MAX && dg->len % 4 == 0);
	assert_true(l->nsent < LAB_FRAGS);
	assert_int_equal(mode6_decode(dg->buf, dg->len, &h), 0);
	assert_int_equal(((const uint8_t *)dg->buf)[0] & 7, NTP_MODE_CONTROL);
	assert_true(h.response);
	assert_int_equal(h.version, l->req.version);
	assert_int_equal(h.opcode, l->req.opcode);
	assert_int_equal(h.seq, l->req.seq);
	assert_int_equal(h.associd, l->req.associd);
	assert_true(h.count <= MODE6_DATA_MAX);
	assert_true(MODE6_HEADER_LEN + h.count <= dg->len);
	memcpy(l->sent[l->nsent], dg->buf, dg->len);
	l->sentlen[l->nsent++] = dg->len;
	return 0;
}

/* --- set-up --------------------------------------------------------------- */

static void
diag(void *arg, const struct config_diag *d)
{
	(void)arg;
	if (d->severity == CONFIG_ERROR)
		fail_msg("%s:%u:%u: %s", d->file, d->line, d->column, d->text);
}

struct lab *
lab_new(const char *conf)
{
	static const char keytext[] = "5 SHA1 ntpsecretkey\n6 MD5 other\n";
	const struct config_io io = {.diag = diag};
	struct lab *l = calloc(1, sizeof *l);
	struct ntp_config *cfg = config_new();
	struct engine_options opt = {.version = "ntpd 1.0, a=b \"x\"",
	    .processor = "x86_64",
	    .system = "Linux/6.1.0"};

	assert_non_null(l);
	assert_non_null(cfg);
	assert_int_equal(
	    config_parse(cfg, "ntp.conf", conf, strlen(conf), &io), 0);
	config_finish(cfg, &io);
	rng_seed(&l->rng, 42);
	l->keys = opt.keys = keys_new();
	keys_parse(l->keys, keytext, strlen(keytext), NULL, NULL);
	keys_trust(l->keys, 5, 6);
	l->clock =
	    (struct clock_port){.get_systime = port_get, .precision = -23};
	l->net.send = port_send;
	l->rngport.fill = port_fill;
	l->log.vlog = port_log;
	l->ports = (struct ntp_ports){.clock = &l->clock,
	    .packet = &l->net,
	    .rng = &l->rngport,
	    .log = &l->log};
	l->now = (struct ntp_now){{0xe8aa5b0012345678U}, {7000000000}};
	l->src = (struct ntp_addr){{127, 0, 0, 1}, 0, 50000, ADDR_V4};
	l->dst = (struct ntp_addr){{127, 0, 0, 1}, 0, 123, ADDR_V4};
	l->req.version = 2;
	l->e = engine_new(&cfg, &opt, &l->ports, l->now);
	assert_non_null(l->e);
	return l;
}

int
lab_teardown(void **state)
{
	struct lab *l = *state;

	engine_free(&l->e);
	keys_free(&l->keys);
	free(l);
	return 0;
}

/* The K-th association. */
struct peer *
lab_peer(struct lab *l, unsigned k)
{
	struct peer *p = &l->e->peers.p[k];

	assert_true(k < l->e->peers.cap && p->inuse);
	return p;
}

/* --- asking --------------------------------------------------------------- */

/* Hand over LEN octets of l->in; the number of datagrams that came back. */
unsigned
lab_deliver(struct lab *l, size_t len)
{
	uint8_t *exact = malloc(len + 1);
	struct recvbuf rb = {.src = &l->src,
	    .dst = &l->dst,
	    .rx_time = l->now.sys,
	    .data = exact,
	    .len = len};

	assert_non_null(exact);
	memcpy(exact, l->in, len);
	l->nsent = 0;
	process_control(l->e, &rb, l->flags, l->now);
	while (engine_background(l->e))
		continue;
	free(exact);
	return l->nsent;
}

/* Encode l->req and DATA; the length, padded to 4. */
size_t
lab_compose(struct lab *l, unsigned op, unsigned associd, const char *data)
{
	size_t n = strlen(data);

	l->req.opcode = (uint8_t)op;
	l->req.associd = (uint16_t)associd;
	l->req.count = (uint16_t)n;
	l->req.seq++;
	memset(l->in, 0, sizeof l->in);
	mode6_encode(&l->req, l->in);
	memcpy(l->in + MODE6_HEADER_LEN, data, n);
	return (MODE6_HEADER_LEN + n + 3) / 4 * 4;
}

unsigned
lab_ask(struct lab *l, unsigned op, unsigned associd, const char *data)
{
	return lab_deliver(l, lab_compose(l, op, associd, data));
}

size_t
lab_ask_signed(struct lab *l, unsigned op, unsigned associd, const char *data,
    uint32_t key, size_t align)
{
	size_t len = lab_compose(l, op, associd, data);

	len = (len + align - 1) / align * align;
	assert_int_equal(keys_sign(l->keys, key, l->in, sizeof l->in, &len), 0);
	lab_deliver(l, len);
	return len;
}

void
lab_expect_silence(struct lab *l, size_t len)
{
	assert_int_equal(lab_deliver(l, len), 0);
}

void
lab_expect_error(struct lab *l, enum mode6_err err)
{
	struct mode6_hdr h;

	assert_int_equal(l->nsent, 1);
	assert_int_equal(l->sentlen[0], MODE6_HEADER_LEN);
	assert_int_equal(mode6_decode(l->sent[0], l->sentlen[0], &h), 0);
	assert_true(h.error);
	assert_false(h.more);
	assert_int_equal(h.status, err << 8);
	assert_int_equal(h.offset, 0);
	assert_int_equal(h.count, 0);
}

const char *
lab_assemble(struct lab *l)
{
	enum mode6_asm_result r = MODE6_ASM_MORE;

	mode6_asm_start(&l->reply, l->req.opcode, l->req.seq, l->req.associd);
	for (unsigned i = 0; i < l->nsent; i++) {
		assert_int_equal(r, MODE6_ASM_MORE);
		r = mode6_asm_add(&l->reply, l->sent[i], l->sentlen[i]);
	}
	assert_int_equal(r, MODE6_ASM_DONE);
	assert_false(l->reply.error);
	return (const char *)l->reply.text;
}

const char *
lab_read(struct lab *l, unsigned associd, const char *names)
{
	lab_ask(l, MODE6_READVAR, associd, names);
	return lab_assemble(l);
}

/* The value of NAME in the last reply, or NULL. */
const char *
lab_value(struct lab *l, const char *name)
{
	struct var_rd r =
	    var_rd_init((const char *)l->reply.text, l->reply.len);
	struct var_item it;

	while (var_next(&r, &it)) {
		if (!var_is(&it, name))
			continue;
		assert_non_null(it.value);
		assert_true(it.valuelen < sizeof l->value);
		memcpy(l->value, it.value, it.valuelen);
		l->value[it.valuelen] = '\0';
		return l->value;
	}
	return NULL;
}

/* The well-known one-liner: dict(i.split("=") for i in data.split(",")). */
unsigned
lab_count_items(const char *text)
{
	unsigned items = 0;

	for (const char *p = text; *p != '\0'; items++) {
		size_t n = strcspn(p, ",");
		const char *eq = memchr(p, '=', n);

		assert_non_null(eq);
		assert_null(memchr(eq + 1, '=', n - (size_t)(eq + 1 - p)));
		p += n;
		p += *p == ',';
	}
	return items;
}

void
lab_expect_lines_fit(const char *text)
{
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, "\r\n");

		assert_true(n < 72 || memchr(p, ',', n - 1) == NULL);
		p += n + strspn(p + n, "\r\n");
	}
}

unsigned
lab_receive_from(struct lab *l, const struct ntp_addr *src, size_t len)
{
	struct recvbuf rb = {.src = src,
	    .dst = &l->dst,
	    .rx_time = l->now.sys,
	    .data = l->in,
	    .len = len};

	l->src = *src;
	l->nsent = 0;
	l->now.mono = mono_add(l->now.mono, 10);
	receive(l->e, &rb, l->now);
	return l->nsent;
}
