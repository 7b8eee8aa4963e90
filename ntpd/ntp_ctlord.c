/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlord.c - READ_ORDLIST: the sockets and the access list, row by row.
 *
 * As the reference does it, the fields of a row come in any order and with one
 * that means nothing, so that no client depends on either.  Clients take 32
 * datagrams; what would be beyond is left out by whole rows.
 */
#include <stdio.h>
#include <string.h>

#include "ntp_control.h"
#include "ntp_state.h"

#define NAME_LEN  16U
#define WORDS_LEN 192U
#define ROW_MAX	  400U /* octets of the longest row */

/* One row on its way into the reply. */
struct row {
	struct var_wr w;
	struct ntp_engine *e;
	size_t index;
};

static const char *
field_name(const struct row *r, const char *field, char name[NAME_LEN])
{
	(void)snprintf(name, NAME_LEN, "%s.%zu", field, r->index);
	return name;
}

static void
put_noise(struct row *r)
{
	uint32_t rnd = engine_random(r->e);
	char name[NAME_LEN], tag[4] = "";

	for (size_t i = 0; i < 3; i++, rnd /= 26)
		tag[i] = (char)('a' + rnd % 26);
	var_int(&r->w, field_name(r, tag, name), rnd);
}

/* True while there is room for another row. */
static bool
row_fits(const struct row *r)
{
	return r->w.len + ROW_MAX < sizeof r->e->out;
}

/* --- sockets --------------------------------------------------------------- */

enum iface_field {
	FIELD_ADDR,
	FIELD_BCAST,
	FIELD_EN,
	FIELD_NAME,
	FIELD_FLAGS,
	FIELD_TL,
	FIELD_MC,
	FIELD_RX,
	FIELD_TX,
	FIELD_TXERR,
	FIELD_PC,
	FIELD_UP,
	IFACE_FIELDS
};

/* Associations that use the socket. */
static size_t
users_of(const struct ntp_engine *e, const struct iface_row *i)
{
	size_t n = 0;

	PEER_FOREACH (p, &e->peers) {
		if (i->ep != 0 ? p->ep == i->ep
			       : p->ep == 0 && p->srcadr.family != ADDR_NONE &&
			    addr_equal(&p->dstadr, &i->addr))
			n++;
	}
	return n;
}

static void
put_counter(struct row *r, const struct iface_row *i, enum iface_field f)
{
	char name[NAME_LEN];

	if (f == FIELD_TL)
		var_int(&r->w, field_name(r, "tl", name), i->ttl);
	else if (f == FIELD_MC)
		var_int(&r->w, field_name(r, "mc", name), i->groups);
	else if (f == FIELD_RX)
		var_int(&r->w, field_name(r, "rx", name), (int64_t)i->received);
	else if (f == FIELD_TX)
		var_int(&r->w, field_name(r, "tx", name), (int64_t)i->sent);
	else if (f == FIELD_TXERR)
		var_int(
		    &r->w, field_name(r, "txerr", name), (int64_t)i->failed);
	else if (f == FIELD_PC)
		var_int(&r->w, field_name(r, "pc", name),
		    (int64_t)users_of(r->e, i));
	else
		var_int(&r->w, field_name(r, "up", name), (int64_t)i->up);
}

static void
put_iface_field(struct row *r, const struct iface_row *i, enum iface_field f)
{
	char name[NAME_LEN], text[ADDR_STRLEN] = "";

	if (f == FIELD_ADDR)
		var_raw(&r->w, field_name(r, "addr", name),
		    addr_format_port(&i->addr, text));
	else if (f == FIELD_BCAST)
		var_raw(&r->w, field_name(r, "bcast", name),
		    i->bcast.family == ADDR_NONE
			? text
			: addr_format(&i->bcast, text));
	else if (f == FIELD_EN)
		var_int(&r->w, field_name(r, "en", name), i->enabled);
	else if (f == FIELD_NAME)
		var_str(&r->w, field_name(r, "name", name), i->name);
	else if (f == FIELD_FLAGS)
		var_hex(&r->w, field_name(r, "flags", name), i->flags);
	else
		put_counter(r, i, f);
}

static void
put_ifaces(struct row *r)
{
	struct host_port *h = r->e->port.host;
	struct iface_row i;

	while (h != NULL && row_fits(r) && h->iface(h, r->index, &i)) {
		uint32_t rnd = engine_random(r->e);

		for (uint32_t k = 0; k < IFACE_FIELDS; k++)
			put_iface_field(r, &i,
			    (enum iface_field)(
				(rnd % IFACE_FIELDS + k) % IFACE_FIELDS));
		put_noise(r);
		r->index++;
	}
}

/* --- the access list ------------------------------------------------------- */

static size_t
add_word(char words[WORDS_LEN], size_t len, const char *word)
{
	int n = snprintf(
	    words + len, WORDS_LEN - len, "%s%s", len > 0 ? " " : "", word);

	return n > 0 && len + (size_t)n < WORDS_LEN ? len + (size_t)n : len;
}

/* Match words first, then those of the flags. */
static const char *
restrict_words(const struct restrict_entry *ent, char words[WORDS_LEN])
{
	size_t len = 0;

	words[0] = '\0';
	if ((ent->mflags & RESM_NTPPORT) != 0)
		len = add_word(words, len, "ntpport");
	if ((ent->mflags & RESM_SOURCE) != 0)
		len = add_word(words, len, "source");
	for (unsigned bit = 1; bit <= UINT16_MAX; bit <<= 1) {
		const char *word = (ent->flags & bit) != 0
		    ? restrict_flag_name((uint16_t)bit)
		    : NULL;

		if (word != NULL)
			len = add_word(words, len, word);
	}
	return words;
}

static void
put_restrict_field(struct row *r, const struct restrict_entry *ent, uint32_t f)
{
	char name[NAME_LEN], text[WORDS_LEN];

	if (f == 0)
		var_raw(&r->w, field_name(r, "addr", name),
		    addr_format(&ent->addr, text));
	else if (f == 1)
		var_raw(&r->w, field_name(r, "mask", name),
		    addr_format(&ent->mask, text));
	else if (f == 2)
		var_int(&r->w, field_name(r, "hits", name),
		    (int64_t)serving_hits(r->e, ent));
	else
		var_raw(&r->w, field_name(r, "flags", name),
		    restrict_words(ent, text));
}

static void
put_restricts(struct row *r)
{
	const struct restrict_entry *ent;

	while (row_fits(r) &&
	    (ent = restrict_at(r->e->access, r->index)) != NULL) {
		uint32_t rnd = engine_random(r->e);

		for (uint32_t k = 0; k < 4; k++)
			put_restrict_field(r, ent, (rnd + k) % 4);
		put_noise(r);
		r->index++;
	}
}

/* --- which ----------------------------------------------------------------- */

static bool
asks_for(const struct control *c, const char *what)
{
	return c->req.count == strlen(what) &&
	    memcmp(c->data, what, c->req.count) == 0;
}

bool
read_ordlist(struct control *c)
{
	struct row r = {.w = var_init(c->e->out, sizeof c->e->out), .e = c->e};

	if (!control_authorized(c))
		return control_fail(c, MODE6_ERR_PERMISSION);
	if (c->req.count == 0 || asks_for(c, "ifstats"))
		put_ifaces(&r);
	else if (asks_for(c, "addr_restrictions"))
		put_restricts(&r);
	else
		return control_fail(c, MODE6_ERR_UNKNOWNVAR);
	c->len = var_end(&r.w);
	return true;
}
