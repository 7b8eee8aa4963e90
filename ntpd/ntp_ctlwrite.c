/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlwrite.c - who may change things by mode 6, and WRITEVAR.
 *
 * The digest of a request covers no time and no address, and clients number
 * their requests from 1 at each start: a datagram heard on the wire could be
 * sent again for ever.  So each digest is good for one write.  Somebody who
 * really means the same command again sends it with another sequence number.
 */
#include "ntp_control.h"
#include "ntp_ctlvars.h"
#include "ntp_state.h"

#define COMPLAIN_EVERY 60.0 /* s */

static bool
seen_before(const struct control_replay *r, uint64_t mac)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->mac[i] == mac)
			return true;
	}
	return false;
}

static void
remember(struct control_replay *r, uint64_t mac)
{
	r->mac[r->next] = mac;
	r->next = (r->next + 1) % REPLAY_MEMORY;
	if (r->n < REPLAY_MEMORY)
		r->n++;
}

/* Whoever sends old datagrams does it often: not a line for each. */
static void
complain(struct control *c)
{
	struct control_replay *r = &c->e->replay;
	char buf[ADDR_STRLEN];

	if (r->complained &&
	    mono_diff(c->now.mono, r->complained_at) < COMPLAIN_EVERY)
		return;
	r->complained = true;
	r->complained_at = c->now.mono;
	engine_log(c->e, NTP_LOG_WARN,
	    "mode 6: a write from %s has been used before, refused; to repeat "
	    "a command let another one precede it",
	    addr_format_port(c->rb->src, buf));
}

bool
control_may_write(struct control *c)
{
	struct control_replay *r = &c->e->replay;

	if (!control_authorized(c))
		return control_fail(c, MODE6_ERR_PERMISSION);
	if (seen_before(r, c->mac)) {
		complain(c);
		return control_fail(c, MODE6_ERR_PERMISSION);
	}
	remember(r, c->mac);
	return true;
}

/* --- WRITEVAR ------------------------------------------------------------- */

static bool
may_assign(struct control *c, const struct var_item *it)
{
	if (ctlvars_is_own(it->name, it->namelen))
		return control_fail(c, MODE6_ERR_UNSPEC);
	if (config_var_find(c->e->cfg, it->name, it->namelen) == NULL)
		return control_fail(c, MODE6_ERR_UNKNOWNVAR);
	if (it->value == NULL || !config_var_value_ok(it->value, it->valuelen))
		return control_fail(c, MODE6_ERR_BADVALUE);
	return true;
}

static bool
assign(struct control *c, const struct var_item *it)
{
	struct config_var *v =
	    config_var_find(c->e->cfg, it->name, it->namelen);

	if (config_var_assign(v, it->value, it->valuelen) != 0)
		return control_fail(c, MODE6_ERR_UNSPEC);
	return true;
}

static bool
each_item(
    struct control *c, bool (*act)(struct control *, const struct var_item *))
{
	struct var_rd r = var_rd_init(c->data, c->req.count);
	struct var_item it;

	while (var_next(&r, &it)) {
		var_unquote(&it);
		if (!act(c, &it))
			return false;
	}
	return true;
}

/* All or nothing. */
bool
write_variables(struct control *c)
{
	if (!control_may_write(c))
		return false;
	if (c->req.associd != 0 || (c->restricts & RES_NOMODIFY) != 0)
		return control_fail(c, MODE6_ERR_PERMISSION);
	if (!control_subject(c))
		return false;
	return each_item(c, may_assign) && each_item(c, assign);
}
