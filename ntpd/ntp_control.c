/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_control.c - the responder of mode 6 (RFC 9327).
 *
 * Forged requests are the rule here.  What is malformed, what is itself a
 * response, and whoever may not ask get silence, so that nothing can be made
 * to talk to itself; an error is never longer than what caused it.
 */
#include <string.h>

#include "ntp_control.h"
#include "ntp_ctlmru.h"
#include "ntp_ctlvars.h"
#include "ntp_log.h"
#include "ntp_packet.h"
#include "ntp_state.h"
#include "ntp_wire.h"

bool
control_fail(struct control *c, enum mode6_err err)
{
	c->err = err;
	return false;
}

bool
control_silent(struct control *c)
{
	c->silent = true;
	return false;
}

/* --- acceptance ----------------------------------------------------------- */

static enum ntp_drop
sender_fault(const struct control *c)
{
	const struct recvbuf *rb = c->rb;

	if (rb->src->port == 0)
		return DROP_PORT0;
	if (recvbuf_is_bogus(rb))
		return DROP_BOGON;
	if ((c->restricts & RES_IGNORE) != 0)
		return DROP_IGNORE;
	if ((c->restricts & RES_NOQUERY) != 0)
		return DROP_NOQUERY;
	return DROP_NONE;
}

static enum ntp_drop
header_fault(struct control *c)
{
	struct mode6_hdr *h = &c->req;

	if (mode6_decode(c->rb->data, c->rb->len, h) != 0) {
		c->e->ctl.too_short++;
		return DROP_CONTROL;
	}
	if (packet_mode(c->rb->data) != NTP_MODE_CONTROL || h->response ||
	    h->error || h->more || h->offset != 0 ||
	    h->version < NTP_OLDVERSION || h->version > NTP_VERSION) {
		c->e->ctl.badpkts++;
		return DROP_CONTROL;
	}
	c->data = (const char *)c->rb->data + MODE6_HEADER_LEN;
	return DROP_NONE;
}

static bool
length_ok(const struct control *c)
{
	return c->rb->len % 4 == 0 && c->req.count <= MODE6_DATA_MAX &&
	    c->req.count <= c->rb->len - MODE6_HEADER_LEN;
}

/*
 * An authenticator that does not verify is as good as none: what follows the
 * data may as well be the padding of a careless client.
 */
static void
authenticate(struct control *c)
{
	const struct recvbuf *rb = c->rb;
	struct wire_rd r;
	size_t pos, len;
	uint32_t keyid;

	if (c->e->opt.keys == NULL)
		return;
	for (unsigned attempt = 0; attempt < 2 && c->keyid == 0; attempt++) {
		if (!mode6_auth_pos(
			rb->len, c->req.count, attempt, &pos, &len) ||
		    keys_verify(c->e->opt.keys, rb->data, pos, len) != 0)
			continue;
		r = wire_rd_init(rb->data + pos, len);
		keyid = wire_get32(&r);
		if (!keys_allows(c->e->opt.keys, keyid, rb->src))
			continue;
		c->keyid = keyid;
		c->mac = wire_get64(&r);
		c->align = attempt == 0 ? 8 : 4;
	}
}

bool
control_authorized(const struct control *c)
{
	return c->keyid != 0 && c->keyid == c->e->cfg->controlkey;
}

/* --- operations ----------------------------------------------------------- */

bool
control_subject(struct control *c)
{
	if (c->req.associd == 0) {
		c->status = sys_status_word(c->e);
		return true;
	}
	c->p = peer_by_associd(&c->e->peers, c->req.associd);
	if (c->p == NULL)
		return control_fail(c, MODE6_ERR_BADASSOC);
	c->status = peer_status_word(c->p);
	return true;
}

/* Who may change things and has seen the events has no use for their count. */
static void
events_seen(struct control *c)
{
	if (!control_authorized(c))
		return;
	if (c->p != NULL)
		c->p->nevents = 0;
	else
		c->e->sys.nevents = 0;
}

static bool
tell(struct control *c, enum ctlvar_set set, size_t len)
{
	struct ctlvar_ctx v = {.e = c->e, .set = set, .p = c->p, .now = c->now};

	if (!ctlvars_read(
		&v, c->data, len, c->e->out, sizeof c->e->out, &c->len))
		return control_fail(c, MODE6_ERR_UNKNOWNVAR);
	return true;
}

static bool
read_variables(struct control *c, size_t len)
{
	if (!control_subject(c) ||
	    !tell(c, c->p != NULL ? CTLVARS_PEER : CTLVARS_SYSTEM, len))
		return false;
	events_seen(c);
	return true;
}

/* The clock that is meant by association 0: our source, else the first. */
static struct peer *
any_clock(const struct ntp_engine *e)
{
	if (e->sys.peer != NULL && e->sys.peer->kind == PEER_CLOCK)
		return e->sys.peer;
	PEER_FOREACH (p, &e->peers) {
		if (p->kind == PEER_CLOCK)
			return p;
	}
	return NULL;
}

static bool
read_clock(struct control *c)
{
	uint16_t id = c->req.associd;

	c->p = id == 0 ? any_clock(c->e) : peer_by_associd(&c->e->peers, id);
	if (c->p == NULL || c->p->kind != PEER_CLOCK)
		return control_fail(c, MODE6_ERR_BADASSOC);
	c->status = clock_status_word(&c->p->clk);
	return tell(c, CTLVARS_CLOCK, c->req.count);
}

/* Pairs of association id and status word, the newest first. */
static bool
read_status(struct control *c)
{
	const struct peer_table *t = &c->e->peers;
	struct wire_wr w = wire_wr_init(c->e->out, sizeof c->e->out);

	if (c->req.associd != 0)
		return read_variables(c, 0);
	if (!control_subject(c))
		return false;
	for (size_t i = t->cap; i-- > 0;) {
		if (!t->p[i].inuse)
			continue;
		wire_put16(&w, t->p[i].associd);
		wire_put16(&w, peer_status_word(&t->p[i]));
	}
	c->len = w.len;
	events_seen(c);
	return true;
}

static bool
operate(struct control *c)
{
	switch ((enum mode6_op)c->req.opcode) {
	case MODE6_UNSPEC:
		return control_subject(c);
	case MODE6_READSTAT:
		return read_status(c);
	case MODE6_READVAR:
		return read_variables(c, c->req.count);
	case MODE6_READ_MRU:
		return ctlmru_read(c);
	case MODE6_REQ_NONCE:
		return ctlmru_nonce(c);
	case MODE6_WRITEVAR:
		return write_variables(c);
	case MODE6_READCLOCK:
		return read_clock(c);
	case MODE6_WRITECLOCK:
		return control_fail(c, MODE6_ERR_PERMISSION);
	case MODE6_READ_ORDLIST:
		return read_ordlist(c);
	case MODE6_CONFIGURE:
		return configure(c);
	case MODE6_SAVECONFIG:
		return save_config(c);
	case MODE6_SETTRAP:
	case MODE6_UNSETTRAP:
		return control_fail(c,
		    control_authorized(c) ? MODE6_ERR_BADOP
					  : MODE6_ERR_PERMISSION);
	case MODE6_ASYNCMSG:
	default:
		return control_fail(c, MODE6_ERR_BADOP);
	}
}

/* --- the answer ----------------------------------------------------------- */

struct mode6_hdr
control_header(const struct control *c)
{
	struct mode6_hdr h = {
	    .leap = c->e->sys.leap,
	    .version = c->req.version,
	    .response = true,
	    .opcode = c->req.opcode,
	    .seq = c->req.seq,
	    .status = c->status,
	    .associd = c->req.associd,
	};

	return h;
}

size_t
control_send(struct ntp_engine *e, const struct control_way *way,
    uint8_t buf[MODE6_PACKET_MAX], size_t len)
{
	struct packet_port *port = e->port.packet;
	struct datagram reply;
	size_t pad;
	ntp_ts tx;

	if (way->keyid != 0) {
		pad = (way->align - len % way->align) % way->align;
		memset(buf + len, 0, pad);
		len += pad;
		(void)keys_sign(
		    e->opt.keys, way->keyid, buf, MODE6_PACKET_MAX, &len);
	}
	reply = (struct datagram){.ep = way->ep,
	    .dst = way->dst,
	    .src = way->src,
	    .buf = buf,
	    .len = len};
	(void)port->send(port, &reply, &tx);
	e->ctl.frags++;
	return len;
}

static void
send_datagram(
    struct control *c, uint8_t buf[MODE6_PACKET_MAX], size_t len, size_t align)
{
	struct control_way way = {
	    c->rb->ep, c->rb->src, c->rb->dst, c->keyid, align};

	len = control_send(c->e, &way, buf, len);
	if (c->keyid == 0)
		guard_charge(&c->e->guard, c->rb->src, len, c->now.mono);
}

/* The authenticator of an error follows the header at once, aligned or not:
 * thus the reference does it. */
static void
send_error(struct control *c)
{
	struct mode6_hdr h = control_header(c);
	uint8_t buf[MODE6_PACKET_MAX];

	h.error = true;
	h.status = (uint16_t)((unsigned)c->err << 8);
	mode6_encode(&h, buf);
	send_datagram(c, buf, MODE6_HEADER_LEN, 4);
	c->e->ctl.errors++;
	if (c->err == MODE6_ERR_PERMISSION || c->err == MODE6_ERR_RESTRICT)
		log_refusal(c->e, c->rb->src, c->now.mono);
}

static void
send_text(struct control *c)
{
	struct mode6_hdr h = control_header(c);
	uint8_t buf[MODE6_PACKET_MAX];
	size_t len;

	do {
		h.offset = (uint16_t)(h.offset + h.count);
		len = mode6_fragment(&h, c->e->out, c->len, buf);
		send_datagram(c, buf, len, c->align);
	} while (h.more);
	c->e->ctl.responses++;
}

/* Is the answer out of proportion to a request that may be forged?  To ask
 * for more an honest client pads his request, or signs it. */
static bool
out_of_proportion(const struct control *c)
{
	bool bare = c->req.opcode == MODE6_READVAR && c->req.count == 0;
	size_t frags = c->len / MODE6_DATA_MAX + 1;

	return c->keyid == 0 && !bare && !addr_is_loopback(c->rb->src) &&
	    c->len + frags * MODE6_HEADER_LEN > GUARD_RATIO * c->rb->len;
}

static bool
is_list(const struct control *c)
{
	return c->req.opcode == MODE6_READ_MRU ||
	    c->req.opcode == MODE6_REQ_NONCE;
}

/* Who may be forged, and has been answered enough for now. */
static bool
over_budget(const struct control *c)
{
	struct ctl_guard *g = &c->e->guard;
	bool stops = c->e->nunits > 0 && !is_list(c);

	return c->keyid == 0 &&
	    (!guard_admits(g, c->rb->src, c->now.mono) ||
		(stops && !guard_may_stop(g, c->rb->src, c->now.mono)));
}

/* What the threads know is read while they stand still, but for the client
 * list, which is long. */
static bool
operate_alone(struct control *c)
{
	bool ok;

	if (is_list(c))
		return operate(c);
	serving_hold(c->e);
	ok = operate(c);
	engine_units_follow(c->e); /* whoever reads the answer may try */
	serving_release(c->e);
	return ok;
}

static bool
answer(struct control *c)
{
	bool ok = length_ok(c);

	if (ok)
		authenticate(c);
	if (over_budget(c)) {
		c->e->count.drop[DROP_LIMITED]++;
		return control_silent(c);
	}
	if (!ok)
		return control_fail(c, MODE6_ERR_BADFMT);
	if (!operate_alone(c))
		return false;
	return !out_of_proportion(c) || control_fail(c, MODE6_ERR_PERMISSION);
}

void
process_control(struct ntp_engine *e, const struct recvbuf *rb,
    uint16_t restrict_flags, struct ntp_now now)
{
	struct control c = {
	    .e = e, .rb = rb, .now = now, .restricts = restrict_flags};
	enum ntp_drop why = sender_fault(&c);

	e->ctl.requests++;
	if (why == DROP_NONE)
		why = header_fault(&c);
	if (why != DROP_NONE) {
		e->count.drop[why]++;
		return;
	}
	if (answer(&c))
		send_text(&c);
	else if (!c.silent)
		send_error(&c);
}
