/* SPDX-License-Identifier: BSD-2-Clause */
/* test_control.c - the responder of mode 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_rng.h"
#include "ntp_state.h"
#include "ntp_wire.h"

#define NONCE 0xfeedfacecafebeefU

struct lab {
	struct ntp_ports ports;
	struct clock_port clock;
	struct packet_port net;
	struct rng_port rngport;
	struct log_port log;
	struct ntp_rng rng;
	struct ntp_engine *e;
	struct keystore *keys;
	struct ntp_now now;

	struct ntp_addr src, dst;
	uint16_t flags;
	uint8_t in[1024];
	struct mode6_hdr req;

	unsigned nsent;
	uint8_t sent[MODE6_FRAGS_MAX][MODE6_PACKET_MAX];
	size_t sentlen[MODE6_FRAGS_MAX];
	struct mode6_asm reply;
	char value[2048];
};

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
	assert_ptr_equal(dg->dst, &l->src);
	assert_ptr_equal(dg->src, &l->dst);
	assert_true(dg->len <= MODE6_PACKET_MAX && dg->len % 4 == 0);
	assert_true(l->nsent < MODE6_FRAGS_MAX);
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

static struct lab *
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

static int
setup(void **state)
{
	*state = lab_new("server 192.0.2.1 iburst\n"
			 "server 2001:db8::2 key 6\n"
			 "server 192.0.2.3 minpoll 4 maxpoll 9\n"
			 "restrict default nomodify\n"
			 "trustedkey 5 6\n"
			 "controlkey 5\n");
	return 0;
}

static int
setup_many(void **state)
{
	char conf[150 * 24] = "restrict default nomodify\n";
	size_t len = strlen(conf);

	for (int i = 1; i <= 130; i++)
		len += (size_t)snprintf(
		    conf + len, sizeof conf - len, "server 192.0.2.%d\n", i);
	*state = lab_new(conf);
	return 0;
}

static int
teardown(void **state)
{
	struct lab *l = *state;

	engine_free(&l->e);
	keys_free(&l->keys);
	free(l);
	return 0;
}

/* The K-th association. */
static struct peer *
nth_peer(struct lab *l, unsigned k)
{
	struct peer *p = &l->e->peers.p[k];

	assert_true(k < l->e->peers.cap && p->inuse);
	return p;
}

/* --- asking --------------------------------------------------------------- */

/* Hand over LEN octets of l->in; the number of datagrams that came back. */
static unsigned
deliver(struct lab *l, size_t len)
{
	uint8_t *exact = malloc(len + 1);
	struct recvbuf rb = {&l->src, &l->dst, 0, l->now.sys, exact, len};

	assert_non_null(exact);
	memcpy(exact, l->in, len);
	l->nsent = 0;
	process_control(l->e, &rb, l->flags, l->now);
	free(exact);
	return l->nsent;
}

/* Encode l->req and DATA; the length, padded to 4. */
static size_t
compose(struct lab *l, unsigned op, unsigned associd, const char *data)
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

static unsigned
ask(struct lab *l, unsigned op, unsigned associd, const char *data)
{
	return deliver(l, compose(l, op, associd, data));
}

static void
assert_silent(struct lab *l, size_t len)
{
	assert_int_equal(deliver(l, len), 0);
}

static void
assert_error_reply(struct lab *l, enum mode6_err err)
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

static const char *
assemble(struct lab *l)
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

static const char *
readvar(struct lab *l, unsigned associd, const char *names)
{
	ask(l, MODE6_READVAR, associd, names);
	return assemble(l);
}

/* The value of NAME in the last reply, or NULL. */
static const char *
value(struct lab *l, const char *name)
{
	struct var_rd r =
	    var_rd_init((const char *)l->reply.text, l->reply.len);
	struct var_item it;

	while (var_next(&r, &it)) {
		if (it.namelen != strlen(name) ||
		    memcmp(it.name, name, it.namelen) != 0)
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
static unsigned
count_items(const char *text)
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

static void
assert_lines_fit(const char *text)
{
	for (const char *p = text; *p != '\0';) {
		size_t n = strcspn(p, "\r\n");

		assert_true(n < 72 || memchr(p, ',', n - 1) == NULL);
		p += n + strspn(p + n, "\r\n");
	}
}

/* --- READSTAT ------------------------------------------------------------- */

static void
test_readstat(void **state)
{
	struct lab *l = *state;
	struct wire_rd r;

	nth_peer(l, 0)->select = SEL_CANDIDATE;
	nth_peer(l, 1)->select = SEL_SYSPEER;
	assert_int_equal(ask(l, MODE6_READSTAT, 0, ""), 1);
	assemble(l);
	assert_int_equal(l->reply.len, 3 * 4);
	assert_int_equal(l->sentlen[0], MODE6_HEADER_LEN + 12);
	assert_int_equal(l->reply.status, sys_status_word(l->e));
	r = wire_rd_init(l->reply.text, l->reply.len);
	for (unsigned i = 3; i-- > 0;) {
		struct peer *p = nth_peer(l, i);

		assert_int_equal(wire_get16(&r), p->associd);
		assert_int_equal(wire_get16(&r), peer_status_word(p));
	}
	assert_int_equal(l->reply.text[4 + 2] & 7, SEL_SYSPEER);
	assert_int_equal(l->reply.text[8 + 2] & 7, SEL_CANDIDATE);
}

static void
test_readstat_spans_fragments(void **state)
{
	struct lab *l = *state;
	struct mode6_hdr h;

	assert_int_equal(ask(l, MODE6_READSTAT, 0, ""), 2);
	mode6_decode(l->sent[0], l->sentlen[0], &h);
	assert_int_equal(h.count, 117 * 4);
	assemble(l);
	assert_int_equal(l->reply.len, 130 * 4);
}

static void
test_readstat_of_one_is_readvar(void **state)
{
	struct lab *l = *state;
	unsigned id = nth_peer(l, 0)->associd;
	char text[MODE6_TEXT_MAX + 1];

	snprintf(text, sizeof text, "%s", readvar(l, id, ""));
	ask(l, MODE6_READSTAT, id, "stratum");
	assert_string_equal(assemble(l), text);
	ask(l, MODE6_READSTAT, 1 + nth_peer(l, 2)->associd, "");
	assert_error_reply(l, MODE6_ERR_BADASSOC);
}

static void
test_unspecified_opcode_tells_status(void **state)
{
	struct lab *l = *state;
	const struct peer *p = nth_peer(l, 1);

	assert_int_equal(ask(l, MODE6_UNSPEC, 0, ""), 1);
	assemble(l);
	assert_int_equal(l->reply.len, 0);
	assert_int_equal(l->reply.status, sys_status_word(l->e));
	ask(l, MODE6_UNSPEC, p->associd, "");
	assemble(l);
	assert_int_equal(l->reply.status, peer_status_word(p));
}

/* --- READVAR -------------------------------------------------------------- */

static void
test_system_default_set(void **state)
{
	struct lab *l = *state;
	const char *text;

	l->e->sys.leap = 0;
	l->e->sys.stratum = 2;
	l->e->sys.refid = 0xc0000201;
	l->e->sys.rootdelay = 0.0123456;
	l->e->sys.offset = -0.000012345;
	l->e->sys.source = SYNC_NTP;
	l->e->sys.peer = nth_peer(l, 0);
	l->e->loop.freq = 12.3456e-6;
	text = readvar(l, 0, "");
	assert_int_equal(l->nsent, 1);
	assert_int_equal(l->sent[0][0], 0x16);
	assert_int_equal(l->reply.status, sys_status_word(l->e));
	assert_int_equal(count_items(text), 19);
	assert_lines_fit(text);
	assert_int_equal(strncmp(text, "version=\"ntpd ", 14), 0);
	assert_string_equal(text + l->reply.len - 2, "\r\n");
	assert_string_equal(value(l, "processor"), "\"x86_64\"");
	assert_string_equal(value(l, "system"), "\"Linux/6.1.0\"");
	assert_string_equal(value(l, "leap"), "0");
	assert_string_equal(value(l, "stratum"), "2");
	assert_string_equal(value(l, "precision"), "-23");
	assert_string_equal(value(l, "rootdelay"), "12.346");
	assert_string_equal(value(l, "refid"), "192.0.2.1");
	assert_string_equal(value(l, "clock"), "0xe8aa5b00.12345678");
	assert_int_equal(
	    strtoul(value(l, "peer"), NULL, 10), nth_peer(l, 0)->associd);
	assert_string_equal(value(l, "offset"), "-0.012345");
	assert_string_equal(value(l, "frequency"), "12.346");
	assert_null(value(l, "tai"));
	engine_set_leap(l->e,
	    &(struct engine_leap){
		.tai = 37, .last = 1483228800, .expires = 1782604800});
	assert_string_equal(readvar(l, 0, "tai,leapsec,expire"),
	    "tai=37, leapsec=201701010000, expire=202606280000\r\n");
}

static void
test_unsynchronized_system(void **state)
{
	struct lab *l = *state;

	readvar(l, 0, "");
	assert_int_equal(l->sent[0][0], 0xd6);
	assert_string_equal(value(l, "leap"), "3");
	assert_string_equal(value(l, "stratum"), "16");
	assert_string_equal(value(l, "refid"), "INIT");
	assert_string_equal(value(l, "peer"), "0");
	assert_string_equal(value(l, "reftime"), "0x00000000.00000000");
	readvar(l, 0, "peeradr,peermode");
	assert_string_equal(value(l, "peeradr"), "0.0.0.0:0");
	assert_string_equal(value(l, "peermode"), "0");
	l->e->sys.peer = nth_peer(l, 1);
	readvar(l, 0, "peeradr,peermode");
	assert_string_equal(value(l, "peeradr"), "[2001:db8::2]:123");
	assert_string_equal(value(l, "peermode"), "3");
}

static void
fill_filter(struct lab *l, struct peer *p)
{
	const struct filter_param fp = {.precision = 1e-6,
	    .maxdist = 1.5,
	    .maxdisp = 16,
	    .phi = 15e-6,
	    .allan = 2048,
	    .popcorn_window = 128};

	for (int i = 1; i <= 3; i++) {
		struct sample s = {i * 1e-3, i * 10e-3, 1e-3, l->now.mono};

		l->now.mono.ns += 1000000000;
		s.epoch = l->now.mono;
		clock_filter(&p->filter, &s, &fp, l->now.mono);
	}
}

static void
test_peer_default_set(void **state)
{
	struct lab *l = *state;
	struct peer *p = nth_peer(l, 0);
	struct mode6_hdr h[2];
	const char *text;

	fill_filter(l, p);
	p->stratum = 1;
	p->refid = refid_from_text("GPS");
	p->poll.reach = 0xff;
	p->poll.throttle = 63.7;
	p->flash = 0x400;
	text = readvar(l, p->associd, "");
	assert_int_equal(l->nsent, 2);
	for (unsigned i = 0; i < 2; i++) {
		mode6_decode(l->sent[i], l->sentlen[i], &h[i]);
		assert_int_equal(h[i].status, peer_status_word(p));
		assert_int_equal(h[i].more, i == 0);
	}
	assert_int_equal(h[0].offset, 0);
	assert_int_equal(h[1].offset, h[0].count);
	count_items(text);
	assert_lines_fit(text);
	assert_int_equal(strncmp(text, "srcadr=192.0.2.1, srcport=123", 29), 0);
	assert_string_equal(value(l, "dstadr"), "0.0.0.0");
	assert_null(value(l, "srchost"));
	assert_string_equal(value(l, "refid"), "GPS");
	assert_string_equal(value(l, "reach"), "0xff");
	assert_string_equal(value(l, "headway"), "63");
	assert_string_equal(value(l, "flash"), "0x400");
	assert_string_equal(value(l, "keyid"), "0");
	assert_string_equal(value(l, "hmode"), "3");
	assert_string_equal(value(l, "filtdelay"),
	    " 30.00 20.00 10.00 0.00 0.00 0.00 0.00 0.00");
	assert_string_equal(
	    value(l, "filtoffset"), " 3.00 2.00 1.00 0.00 0.00 0.00 0.00 0.00");
	assert_int_equal(strncmp(value(l, "filtdisp"), " 1.00 1.0", 9), 0);
	assert_non_null(strstr(value(l, "filtdisp"), " 16000.00"));
}

/* Even an association that nothing is known of yet. */
static void
test_every_peer_spans_two_fragments(void **state)
{
	struct lab *l = *state;

	PEER_FOREACH (p, &l->e->peers) {
		count_items(readvar(l, p->associd, ""));
		assert_int_equal(l->nsent, 2);
	}
	readvar(l, nth_peer(l, 1)->associd, "srcadr,keyid,authenable");
	assert_string_equal(value(l, "srcadr"), "2001:db8::2");
	assert_string_equal(value(l, "keyid"), "6");
	assert_string_equal(value(l, "authenable"), "0");
}

static void
test_named_variables(void **state)
{
	struct lab *l = *state;
	const struct peer *p = nth_peer(l, 0);

	assert_string_equal(
	    readvar(l, 0, "stratum,leap,stratum"), "leap=3, stratum=16\r\n");
	assert_string_equal(
	    readvar(l, 0, ", ,leap=7,\r\n stratum"), "leap=3, stratum=16\r\n");
	assert_string_equal(readvar(l, p->associd, "stratum,jitter"),
	    "stratum=16, jitter=0.000\r\n");
	assert_string_equal(readvar(l, 0, "tai,leapsec,expire"), "");
	assert_int_equal(l->nsent, 1);
	assert_int_equal(l->sentlen[0], MODE6_HEADER_LEN);
}

static void
test_unknown_names(void **state)
{
	struct lab *l = *state;
	static const char *const bad[] = {"leap,nosuch", "leap stratum", "Leap",
	    "lea", "leaps", "srcadr", "=3", "leap;stratum",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ask(l, MODE6_READVAR, 0, bad[i]);
		assert_error_reply(l, MODE6_ERR_UNKNOWNVAR);
	}
	ask(l, MODE6_READVAR, nth_peer(l, 0)->associd, "leap,rootdist");
	assert_error_reply(l, MODE6_ERR_UNKNOWNVAR);
	/* NULs are no part of a name. */
	compose(l, MODE6_READVAR, 0, "leap");
	l->in[11] = 5;
	assert_int_equal(deliver(l, 20), 1);
	assert_error_reply(l, MODE6_ERR_UNKNOWNVAR);
	ask(l, MODE6_READVAR, 0xffff ^ nth_peer(l, 0)->associd, "leap");
	assert_error_reply(l, MODE6_ERR_BADASSOC);
}

/* What the statistics commands of both families ask for in one go. */
static void
test_lists_of_known_clients(void **state)
{
	struct lab *l = *state;
	static const char *const system_lists[] = {
	    "peeradr,peermode,leap,stratum,precision,rootdelay,rootdisp,refid,"
	    "reftime,sys_jitter,clk_jitter,clk_wander,bcastdelay,authdelay,"
	    "rootdist",
	    "ss_uptime,ss_reset,ss_received,ss_thisver,ss_oldver,ss_badformat,"
	    "ss_badauth,ss_declined,ss_restricted,ss_limited,ss_kodsent,"
	    "ss_processed,ss_numctlreq,ss_ver1,ss_ver1client,ss_ver1zero,"
	    "ss_ver1symm,ss_received_r,ss_processed_r",
	    "mru_enabled,mru_depth,mru_deepest,mru_maxdepth,mru_mindepth,"
	    "mru_maxage,mru_mem,mru_maxmem,mru_hashslots,mru_minage,mru_exists,"
	    "mru_new,mru_recycleold,mru_recyclefull,mru_none,mru_oldest_age",
	    "koffset,kfreq,kmaxerr,kesterr,kstflags,ktimeconst,kprecis,"
	    "kfreqtol,kppsfreq,kppsstab,kppsjitter,kppscalibdur,kppscalibs,"
	    "kppsjitexc,kppsstbexc,kppscaliberrs",
	    "iostats_reset,total_rbuf,free_rbuf,used_rbuf,rbuf_lowater,"
	    "io_dropped,io_ignored,io_received,io_sent,io_sendfailed,"
	    "io_wakeups,io_goodwakeups,io_pkt_reads,io_ref_reads,"
	    "timerstats_reset,timer_overruns,timer_xmts",
	    "authreset,authkeys,authfreek,authklookups,authknotfound,"
	    "authkuncached,authkexpired,authencrypts,authdecrypts,"
	    "authdigestencrypts,authcmacencrypts,authdigestdecrypts,"
	    "authdigestfails,authcmacdecrypts,authcmacfails",
	};
	static const char pstats[] =
	    "srcadr,srcport,dstadr,timerec,timer,timereach,sent,received,"
	    "badauth,bogusorg,oldpkt,seldisp,selbroken,candidate";
	const char *text;
	unsigned commas;

	for (size_t i = 0; i < sizeof system_lists / sizeof system_lists[0];
	     i++) {
		commas = 0;
		for (const char *p = system_lists[i]; *p != '\0'; p++)
			commas += *p == ',';
		text = readvar(l, 0, system_lists[i]);
		assert_int_equal(count_items(text), commas + 1);
	}
	assert_int_equal(
	    count_items(readvar(l, nth_peer(l, 0)->associd, pstats)), 14);
}

/* Names, one by one, as the list of names gives them. */
static void
ask_each_name(struct lab *l, unsigned associd, const char *list_name)
{
	char names[4096], *p = names;
	unsigned n = 0;

	readvar(l, associd, list_name);
	snprintf(names, sizeof names, "%s", value(l, list_name) + 1);
	names[strlen(names) - 1] = '\0';
	while (*p != '\0') {
		size_t len = strcspn(p, " ");
		bool last = p[len] == '\0';

		p[len] = '\0';
		readvar(l, associd, p);
		assert_true(l->reply.len == 0 || value(l, p) != NULL);
		assert_null(strstr((const char *)l->reply.text, "feedface"));
		n++;
		p += len + !last;
	}
	assert_true(n > 50);
}

static void
test_every_variable_can_be_read(void **state)
{
	struct lab *l = *state;

	ask_each_name(l, 0, "sys_var_list");
	ask_each_name(l, nth_peer(l, 0)->associd, "peer_var_list");
}

/* Who reads the nonce of an outstanding request can forge the reply. */
static void
test_origin_is_never_disclosed(void **state)
{
	struct lab *l = *state;
	struct peer *p = nth_peer(l, 0);

	p->aorg.v = NONCE;
	p->xmt.v = 0x1122334455667788U;
	assert_string_equal(
	    readvar(l, p->associd, "org,xmt"), "xmt=0x11223344.55667788\r\n");
	assert_null(strstr(readvar(l, p->associd, ""), "feedface"));
	ask_each_name(l, p->associd, "peer_var_list");
}

static void
test_hostile_numbers(void **state)
{
	struct lab *l = *state;
	struct peer *p = nth_peer(l, 0);

	l->e->sys.offset = 0.0 / (l->e->sys.offset * 0);
	l->e->loop.freq = 1e300 * 1e300;
	p->poll.throttle = 1e300;
	p->filter.delay = -1e300 * 1e300;
	p->refid = 0x2c3d220d;
	p->stratum = 0;
	count_items(readvar(l, 0, ""));
	count_items(readvar(l, p->associd, ""));
	readvar(l, p->associd, "headway");
	assert_string_equal(value(l, "headway"), "0");
}

/* --- acceptance ----------------------------------------------------------- */

static void
test_short_and_responses_are_dropped(void **state)
{
	struct lab *l = *state;
	static const uint8_t bits[] = {0x80, 0x40, 0x20, 0xe0, 0xa0};

	compose(l, MODE6_READVAR, 0, "");
	for (size_t len = 0; len < MODE6_HEADER_LEN; len++)
		assert_silent(l, len);
	assert_int_equal(l->e->ctl.too_short, 12);
	for (size_t i = 0; i < sizeof bits; i++) {
		compose(l, MODE6_READVAR, 0, "");
		l->in[1] |= bits[i];
		assert_silent(l, 12);
		assert_silent(l, 13);
	}
	compose(l, MODE6_READVAR, 0, "");
	l->in[9] = 4;
	assert_silent(l, 12);
	assert_int_equal(l->e->ctl.badpkts, 11);
	assert_int_equal(l->e->count.drop[DROP_CONTROL], 23);
	assert_int_equal(l->e->ctl.responses, 0);
}

static void
test_versions(void **state)
{
	struct lab *l = *state;

	for (unsigned v = 0; v <= 7; v++) {
		l->req.version = (uint8_t)v;
		ask(l, MODE6_READSTAT, 0, "");
		assert_int_equal(l->nsent, v >= 1 && v <= 4);
	}
}

static void
test_other_modes_are_dropped(void **state)
{
	struct lab *l = *state;

	for (unsigned mode = 0; mode <= 7; mode++) {
		compose(l, MODE6_READSTAT, 0, "");
		l->in[0] = (uint8_t)(2 << 3 | mode);
		assert_int_equal(deliver(l, 12), mode == 6);
	}
}

static void
test_bad_lengths(void **state)
{
	struct lab *l = *state;

	for (size_t len = 13; len < 16; len++) {
		compose(l, MODE6_READVAR, 0, "");
		deliver(l, len);
		assert_error_reply(l, MODE6_ERR_BADFMT);
	}
	compose(l, MODE6_READVAR, 0, "leap");
	l->req.count = 5;
	mode6_encode(&l->req, l->in);
	deliver(l, 16);
	assert_error_reply(l, MODE6_ERR_BADFMT);
	l->req.count = 0xffff;
	mode6_encode(&l->req, l->in);
	deliver(l, 16);
	assert_error_reply(l, MODE6_ERR_BADFMT);
	l->req.count = 472;
	mode6_encode(&l->req, l->in);
	deliver(l, 12 + 472);
	assert_error_reply(l, MODE6_ERR_BADFMT);
	assert_int_equal(l->e->ctl.errors, 6);
}

/* ntpstat sends 564 zeros after the header. */
static void
test_zeros_behind_a_request(void **state)
{
	struct lab *l = *state;

	for (size_t len = 12; len <= 576; len += 4) {
		compose(l, MODE6_READVAR, 0, "");
		assert_int_equal(deliver(l, len), 1);
		assert_non_null(strstr(assemble(l), "rootdisp="));
		assert_int_equal(
		    l->sentlen[0], 12 + (l->reply.len + 3) / 4 * 4);
	}
}

static void
test_opcodes(void **state)
{
	struct lab *l = *state;
	static const uint8_t closed[] = {3, 5, 6, 8, 9, 11, 31};
	static const uint8_t unknown[] = {4, 7, 10, 12, 13, 20, 30};

	for (size_t i = 0; i < sizeof closed; i++) {
		ask(l, closed[i], 0, "");
		assert_error_reply(l, MODE6_ERR_PERMISSION);
	}
	for (size_t i = 0; i < sizeof unknown; i++) {
		ask(l, unknown[i], 0, "");
		assert_error_reply(l, MODE6_ERR_BADOP);
	}
}

static void
test_restrictions_are_silent(void **state)
{
	struct lab *l = *state;

	l->flags = RES_NOQUERY;
	assert_int_equal(ask(l, MODE6_READVAR, 0, ""), 0);
	assert_int_equal(ask(l, 30, 0, ""), 0);
	assert_int_equal(l->e->count.drop[DROP_NOQUERY], 2);
	l->flags = RES_IGNORE;
	assert_int_equal(ask(l, MODE6_READVAR, 0, ""), 0);
	l->flags = RES_NOSERVE | RES_NOTRUST | RES_VERSION | RES_NOPEER |
	    RES_LIMITED | RES_KOD | RES_NOMODIFY;
	assert_int_equal(ask(l, MODE6_READVAR, 0, ""), 1);
	l->src.port = 0;
	assert_int_equal(ask(l, MODE6_READVAR, 0, ""), 0);
}

static void
set_addr(struct ntp_addr *a, const char *text)
{
	uint16_t port = a->port;

	assert_int_equal(addr_parse(text, strlen(text), a), 0);
	a->port = port;
}

static void
test_with_restrict_from_everywhere(void **state)
{
	struct lab *l = *state;

	set_addr(&l->src, "192.0.2.77");
	set_addr(&l->dst, "192.0.2.1");
	assert_int_equal(ask(l, MODE6_READVAR, 0, ""), 1);
}

/* --- authentication ------------------------------------------------------- */

static size_t
ask_signed(struct lab *l, unsigned op, unsigned associd, const char *data,
    uint32_t key, size_t align)
{
	size_t len = compose(l, op, associd, data);

	len = (len + align - 1) / align * align;
	assert_int_equal(keys_sign(l->keys, key, l->in, sizeof l->in, &len), 0);
	deliver(l, len);
	return len;
}

static void
assert_signed_at(struct lab *l, unsigned i, size_t pos, size_t maclen)
{
	assert_int_equal(l->sentlen[i], pos + maclen);
	assert_int_equal(keys_verify(l->keys, l->sent[i], pos, maclen), 0);
}

static void
test_replies_are_signed(void **state)
{
	struct lab *l = *state;
	struct mode6_hdr h;

	ask_signed(l, MODE6_READVAR, nth_peer(l, 0)->associd, "", 5, 8);
	assert_int_equal(l->nsent, 2);
	assert_signed_at(l, 0, 480, 24);
	mode6_decode(l->sent[1], l->sentlen[1], &h);
	assert_signed_at(l, 1, (12U + h.count + 7) / 8 * 8, 24);
	assert_int_equal(l->sent[1][l->sentlen[1] - 21], 5);
	/* Any trusted key will do for the signature; 20 octets become 24. */
	ask_signed(l, MODE6_READVAR, 0, "leap", 6, 8);
	assert_signed_at(l, 0, 24, 20);
	assert_string_equal(assemble(l), "leap=3\r\n");
}

static void
test_authenticator_aligned_to_four(void **state)
{
	struct lab *l = *state;

	assert_int_equal(ask_signed(l, MODE6_READVAR, 0, "", 5, 4), 12 + 24);
	assemble(l);
	assert_signed_at(l, 0, 12 + (l->reply.len + 3) / 4 * 4, 24);
	ask_signed(l, MODE6_READVAR, 0, "", 5, 8);
	assemble(l);
	assert_signed_at(l, 0, (12 + l->reply.len + 7) / 8 * 8, 24);
}

static void
test_signed_errors(void **state)
{
	struct lab *l = *state;

	ask_signed(l, MODE6_READVAR, 0, "nosuch", 5, 8);
	assert_int_equal(l->sent[0][4], MODE6_ERR_UNKNOWNVAR);
	assert_signed_at(l, 0, MODE6_HEADER_LEN, 24);
	ask_signed(l, MODE6_CONFIGURE, 0, "x", 6, 8);
	assert_int_equal(l->sent[0][4], MODE6_ERR_PERMISSION);
	ask_signed(l, MODE6_CONFIGURE, 0, "x", 5, 8);
	assert_int_equal(l->sent[0][4], MODE6_ERR_BADOP);
}

static void
test_bad_authenticator_is_as_none(void **state)
{
	struct lab *l = *state;
	size_t len = ask_signed(l, MODE6_READVAR, 0, "leap", 5, 8);

	l->in[len - 1] ^= 1;
	assert_int_equal(deliver(l, len), 1);
	assert_string_equal(assemble(l), "leap=3\r\n");
	assert_int_equal(l->sentlen[0], 12 + 8);
	ask_signed(l, MODE6_WRITEVAR, 0, "", 5, 8);
	l->in[len - 8] ^= 1;
	deliver(l, len);
	assert_error_reply(l, MODE6_ERR_PERMISSION);
}

static void
test_control_key_clears_event_count(void **state)
{
	struct lab *l = *state;
	struct peer *p = nth_peer(l, 0);

	l->e->sys.nevents = 3;
	l->e->sys.event = EVNT_SYNC;
	p->nevents = 2;
	readvar(l, 0, "leap");
	ask_signed(l, MODE6_READVAR, 0, "leap", 6, 8);
	assemble(l);
	assert_int_equal(l->reply.status & 0xff, 0x35);
	assert_int_equal(l->e->sys.nevents, 3);
	ask_signed(l, MODE6_READVAR, 0, "leap", 5, 8);
	assemble(l);
	assert_int_equal(l->reply.status & 0xff, 0x35);
	readvar(l, 0, "leap");
	assert_int_equal(l->reply.status & 0xff, 0x05);
	assert_int_equal(p->nevents, 2);
	ask_signed(l, MODE6_READVAR, p->associd, "leap", 5, 8);
	assert_int_equal(p->nevents, 0);
}

/* --- invariants ----------------------------------------------------------- */

static void
test_random_datagrams(void **state)
{
	struct lab *l = *state;
	struct ntp_rng r;
	unsigned answered = 0;

	rng_seed(&r, 9);
	for (int i = 0; i < 20000; i++) {
		size_t len = rng_below(&r, 20) * 4 + rng_below(&r, 20) / 19;

		rng_fill(&r, l->in, sizeof l->in);
		l->in[0] = (uint8_t)(rng_below(&r, 8) << 3 | 6);
		l->in[1] = (uint8_t)(rng_below(&r, 4) == 0 ? rng_below(&r, 256)
							   : rng_below(&r, 4));
		memset(l->in + 6, 0, 5);
		l->in[11] = (uint8_t)rng_below(&r, 12);
		if (len >= 12)
			mode6_decode(l->in, len, &l->req);
		if (deliver(l, len) == 0)
			continue;
		answered++;
		/* What we send is never answered. */
		memcpy(l->in, l->sent[0], l->sentlen[0]);
		assert_silent(l, l->sentlen[0]);
	}
	assert_in_range(answered, 1000, 19000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_readstat),
	    cmocka_unit_test_setup_teardown(
		test_readstat_spans_fragments, setup_many, teardown),
	    TEST(test_readstat_of_one_is_readvar),
	    TEST(test_unspecified_opcode_tells_status),
	    TEST(test_system_default_set),
	    TEST(test_unsynchronized_system),
	    TEST(test_peer_default_set),
	    TEST(test_every_peer_spans_two_fragments),
	    TEST(test_named_variables),
	    TEST(test_unknown_names),
	    TEST(test_lists_of_known_clients),
	    TEST(test_every_variable_can_be_read),
	    TEST(test_origin_is_never_disclosed),
	    TEST(test_hostile_numbers),
	    TEST(test_short_and_responses_are_dropped),
	    TEST(test_versions),
	    TEST(test_other_modes_are_dropped),
	    TEST(test_bad_lengths),
	    TEST(test_zeros_behind_a_request),
	    TEST(test_opcodes),
	    TEST(test_restrictions_are_silent),
	    TEST(test_with_restrict_from_everywhere),
	    TEST(test_replies_are_signed),
	    TEST(test_authenticator_aligned_to_four),
	    TEST(test_signed_errors),
	    TEST(test_bad_authenticator_is_as_none),
	    TEST(test_control_key_clears_event_count),
	    TEST(test_random_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
