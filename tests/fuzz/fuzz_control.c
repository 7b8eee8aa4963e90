/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_control.c - any datagram through the responder of mode 6.
 *
 * What must hold for every input: what is sent is a well-formed response to
 * it of at most 576 octets, the fragments add up, whoever may not ask gets
 * silence, nothing that we send is answered by us, a write is done once, and
 * what is in force can be written and read again.
 *
 * Input: access flags (2 octets), circumstances (1: bit 0 no restrict line,
 * bit 1 not from loopback, bit 2 no keys, bit 3 synchronized, bit 4 signed here
 * with the control key), the datagram.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_rng.h"
#include "ntp_state.h"
#include "ntp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FROM_AFAR = 2, NO_KEYS = 4, SYNCED = 8, SIGNED = 16 };

struct lab {
	struct clock_port clock;
	struct packet_port net;
	struct rng_port rngport;
	struct log_port log;
	struct host_port host;
	struct ntp_rng rng;
	struct ntp_now now;
	struct ntp_addr src, dst;
	struct ntp_engine *e;
	struct mode6_hdr req;
	unsigned nsent;
	size_t next; /* offset of the next fragment */
	bool done;   /* a fragment without M was sent */
	uint8_t sent[MODE6_PACKET_MAX];
	size_t sentlen;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

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

static int
port_status(struct clock_port *c, enum ntp_leap leap, double est, double max)
{
	(void)c;
	(void)leap;
	(void)est;
	(void)max;
	return 0;
}

static void
host_configured(struct host_port *h, const struct ntp_config *now,
    const struct ntp_config *was)
{
	(void)h;
	must(now != was);
}

/* The port's signature: NOLINTNEXTLINE(readability-function-size) */
static int
host_save(struct host_port *h, const char *dir, const char *name,
    const char *text, size_t len, char made[SAVED_NAME_MAX])
{
	struct lab *l = lab_of(h, offsetof(struct lab, host));

	must(dir == l->e->cfg->saveconfigdir && text[len] == '\0');
	must(strlen(name) < SAVED_NAME_MAX);
	memcpy(made, name, strlen(name) + 1);
	return 0;
}

static bool
host_iface(struct host_port *h, size_t i, struct iface_row *out)
{
	(void)h;
	*out = (struct iface_row){.name = "lo"};
	return i < 100;
}

static void
host_io(struct host_port *h, struct io_counters *out)
{
	(void)h;
	*out = (struct io_counters){.rx_slots = 1};
}

static void
check_datagram(struct lab *l, const uint8_t *buf, size_t len)
{
	struct mode6_hdr h;

	must(len <= MODE6_PACKET_MAX && len % 4 == 0);
	must(mode6_decode(buf, len, &h) == 0);
	must((buf[0] & 7) == NTP_MODE_CONTROL && h.response);
	must(h.version == l->req.version && h.opcode == l->req.opcode);
	must(h.seq == l->req.seq && h.associd == l->req.associd);
	must(h.count <= MODE6_DATA_MAX && MODE6_HEADER_LEN + h.count <= len);
	must(!l->done && h.offset == l->next);
	must(!h.error || (h.count == 0 && !h.more && h.offset == 0));
	must(!h.more || h.count > 0);
	for (size_t i = MODE6_HEADER_LEN; i < MODE6_HEADER_LEN + h.count; i++)
		must(buf[i] != 0 || h.opcode == MODE6_READSTAT);
	l->next += h.count;
	l->done = !h.more;
}

static int
port_send(struct packet_port *n, const struct datagram *dg, ntp_ts *tx)
{
	struct lab *l = lab_of(n, offsetof(struct lab, net));

	must(dg->ep == 0 && addr_equal_port(dg->dst, &l->src) &&
	    addr_equal_port(dg->src, &l->dst));
	*tx = (ntp_ts){0};
	check_datagram(l, dg->buf, dg->len);
	memcpy(l->sent, dg->buf, dg->len);
	l->sentlen = dg->len;
	must(++l->nsent <= MRU_FRAGS_MAX + 1);
	return 0;
}

/* --- one input ------------------------------------------------------------ */

static struct ntp_engine *
make_engine(struct lab *l, struct keystore *keys)
{
	static const char conf[] = "server 192.0.2.1 iburst\n"
				   "server 2001:db8::2 key 6\n"
				   "server 127.127.1.0\n"
				   "pool p.example\n"
				   "restrict source nomodify\n"
				   "saveconfigdir /saved\n"
				   "setvar room = 7\n"
				   "trustedkey 5 6\n"
				   "controlkey 5\n";
	static const struct config_io io = {0};
	struct ntp_config *cfg = config_new();
	struct engine_options opt = {.version = "ntpd",
	    .processor = "x86_64",
	    .system = "Linux",
	    .keys = keys};
	struct ntp_ports ports = {.clock = &l->clock,
	    .packet = &l->net,
	    .rng = &l->rngport,
	    .log = &l->log,
	    .host = &l->host};
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
set_scene(struct lab *l, unsigned scene)
{
	struct peer *p = &l->e->peers.p[0];

	if ((scene & FROM_AFAR) != 0)
		l->src.ip[0] = l->dst.ip[0] = 192;
	if ((scene & SYNCED) != 0) {
		l->e->sys.leap = NTP_LEAP_NONE;
		l->e->sys.stratum = 2;
		l->e->sys.peer = p;
		p->stratum = 1;
		p->refid = 0x2c3d220d; /* ,="CR */
		p->select = SEL_SYSPEER;
	}
	p->associd = 1; /* so that an input can name it */
}

static unsigned
deliver(struct lab *l, const uint8_t *data, size_t len, uint16_t flags)
{
	const struct recvbuf rb = {.src = &l->src,
	    .dst = &l->dst,
	    .rx_time = l->now.sys,
	    .data = data,
	    .len = len};

	l->nsent = 0;
	l->next = 0;
	l->done = false;
	(void)mode6_decode(data, len, &l->req);
	process_control(l->e, &rb, flags, l->now);
	while (engine_background(l->e))
		continue;
	must(l->nsent == 0 || l->done);
	return l->nsent;
}

static bool
is_write(unsigned op)
{
	return op == MODE6_WRITEVAR || op == MODE6_CONFIGURE ||
	    op == MODE6_SAVECONFIG;
}

/* The datagram with a MAC where it belongs; its new length. */
static size_t
sign(const struct lab *l, const uint8_t *data, size_t len,
    uint8_t out[MODE6_PACKET_MAX])
{
	struct mode6_hdr h;
	size_t n = len < MODE6_HEADER_LEN + MODE6_DATA_MAX
	    ? len
	    : MODE6_HEADER_LEN + MODE6_DATA_MAX;

	memset(out, 0, MODE6_PACKET_MAX);
	memcpy(out, data, n);
	if (mode6_decode(out, n, &h) != 0)
		return n;
	h.count = (uint16_t)(n - MODE6_HEADER_LEN);
	mode6_encode(&h, out);
	n = (n + 7) / 8 * 8;
	(void)keys_sign(l->e->opt.keys, 5, out, MODE6_PACKET_MAX, &n);
	return n;
}

/* What was heard cannot be used again. */
static void
replay(struct lab *l, const uint8_t *data, size_t len, uint16_t flags)
{
	struct mode6_hdr h;

	if (!is_write(l->req.opcode) || deliver(l, data, len, flags) == 0)
		return;
	(void)mode6_decode(l->sent, l->sentlen, &h);
	must(h.error && h.status == MODE6_ERR_PERMISSION << 8);
}

/* Whatever was configured, the result can be written and read again. */
static void
check_written(const struct ntp_engine *e)
{
	static const struct config_io io = {0};
	struct ntp_config *c = config_new();
	size_t len = 0, again = 0;
	char *text = NULL, *twice = NULL;

	if (c == NULL || config_write(e->cfg, &text, &len) != 0)
		goto out;
	(void)config_parse(c, "saved", text, len, &io);
	config_finish(c, &io);
	must(c->nerrors == 0);
	if (config_write(c, &twice, &again) == 0)
		must(len == again && memcmp(text, twice, len) == 0);
out:
	free(text);
	free(twice);
	config_free(&c);
}

static void
play_signed(struct lab *l, const uint8_t *data, size_t len, uint16_t flags)
{
	uint8_t buf[MODE6_PACKET_MAX];

	len = sign(l, data, len, buf);
	(void)deliver(l, buf, len, flags);
	replay(l, buf, len, flags);
	check_written(l->e);
}

static void
play(struct lab *l, const uint8_t *data, size_t len, uint16_t flags)
{
	uint8_t echo[MODE6_PACKET_MAX];
	size_t echolen;

	if (deliver(l, data, len, flags) == 0)
		return;
	must((flags & (RES_IGNORE | RES_NOQUERY)) == 0);
	must(!l->req.response && !l->req.error && !l->req.more);
	echolen = l->sentlen;
	memcpy(echo, l->sent, echolen);
	must(deliver(l, echo, echolen, flags) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char keytext[] = "5 MD5 ntpsecretkey\n6 SHA1 other\n";
	struct wire_rd r = wire_rd_init(data, size);
	uint16_t flags = wire_get16(&r);
	uint8_t scene = wire_get8(&r);
	struct lab l = {
	    .clock = {.get_systime = port_get,
		.set_status = port_status,
		.precision = -20},
	    .net = {.send = port_send},
	    .rngport = {.fill = port_fill},
	    .log = {.vlog = port_log},
	    .host = {host_configured, host_save, host_iface, host_io},
	    .now = {{0xe8aa5b0080000000U}, {5000000000}},
	    .src = {{127, 0, 0, 1}, 0, 50000, ADDR_V4},
	    .dst = {{127, 0, 0, 1}, 0, NTP_PORT, ADDR_V4},
	};
	struct keystore *keys = keys_new();

	if (keys == NULL || r.bad)
		goto out;
	keys_parse(keys, keytext, sizeof keytext - 1, NULL, NULL);
	(void)keys_trust(keys, 5, 6);
	rng_seed(&l.rng, 1);
	l.e = make_engine(&l, (scene & NO_KEYS) != 0 ? NULL : keys);
	if (l.e == NULL)
		goto out;
	set_scene(&l, scene);
	if ((scene & (SIGNED | NO_KEYS)) == SIGNED)
		play_signed(&l, data + r.off, wire_left(&r), flags);
	else
		play(&l, data + r.off, wire_left(&r), flags);
	engine_free(&l.e);
out:
	keys_free(&keys);
	return 0;
}
