/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlvars.c - the system and peer variables as mode 6 tells them.
 *
 * The tables say everything about a variable; the two switches below are
 * nothing but their rows.  Names are arrays and not pointers, so that the
 * tables need no relocation and are really constant.
 */
#include "ntp_ctlvars.h"

#include <stdint.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntp_state.h"

#define TEXT_MAX      4096U /* of one value; the lists of names are longest */
#define VAR_NAME_MAX  32U
#define SECONDS_LIMIT 1e15

enum sysvar {
#define SYSVAR(name, set, form, value) SYSVAR_##name,
#include "ntp_tbl_sysvar.h"
#undef SYSVAR
	SYSVAR_COUNT
};

enum peervar {
#define PEERVAR(name, set, form, value) PEERVAR_##name,
#include "ntp_tbl_peervar.h"
#undef PEERVAR
	PEERVAR_COUNT
};

_Static_assert((int)PEERVAR_COUNT <= (int)SYSVAR_COUNT,
    "a selection of system variables must have room for peer variables");

struct var_row {
	char name[VAR_NAME_MAX];
	bool in_default;
};

#define SET_D true
#define SET_Q false

static const struct var_row sys_rows[] = {
#define SYSVAR(name, set, form, value) {#name, SET_##set},
#include "ntp_tbl_sysvar.h"
#undef SYSVAR
};

static const struct var_row peer_rows[] = {
#define PEERVAR(name, set, form, value) {#name, SET_##set},
#include "ntp_tbl_peervar.h"
#undef PEERVAR
};

/* --- values of the system ------------------------------------------------- */

static const char *
names_of(const struct var_row *row, size_t n, char text[TEXT_MAX])
{
	size_t len = 0, namelen;

	for (size_t i = 0; i < n; i++) {
		namelen = strlen(row[i].name);
		if (len + namelen + 2 > TEXT_MAX)
			break;
		if (i > 0)
			text[len++] = ' ';
		memcpy(text + len, row[i].name, namelen);
		len += namelen;
	}
	text[len] = '\0';
	return text;
}

static const char *
sysvar_names(char text[TEXT_MAX])
{
	return names_of(sys_rows, SYSVAR_COUNT, text);
}

static uint16_t
sys_peer_associd(const struct ntp_engine *e)
{
	return e->sys.peer != NULL ? e->sys.peer->associd : 0;
}

static uint8_t
sys_peer_mode(const struct ntp_engine *e)
{
	return e->sys.peer != NULL ? e->sys.peer->hmode : 0;
}

static const char *
sys_peer_address(const struct ntp_engine *e, char text[TEXT_MAX])
{
	if (e->sys.peer == NULL)
		return "0.0.0.0:0";
	return addr_format_port(&e->sys.peer->srcadr, text);
}

static const char *
tai_or_none(const struct ntp_engine *e, char text[TEXT_MAX])
{
	return e->leap.tai == 0 ? ""
				: fmt_fixed(text, TEXT_MAX, e->leap.tai, 0);
}

static const char *
date_or_none(int64_t unix_s, char text[TEXT_MAX])
{
	return unix_s == 0 ? "" : fmt_caldate(text, TEXT_MAX, unix_s);
}

static double
sys_root_distance(const struct ntp_engine *e, struct ntp_now now)
{
	return e->sys.rootdelay / 2 + sys_rootdisp(e, now.mono);
}

static size_t
stored_keys(const struct ntp_engine *e)
{
	return e->opt.keys != NULL ? keys_count(e->opt.keys) : 0;
}

static uint64_t
count_badformat(const struct server_counters *n)
{
	return n->drop[DROP_SHORT] + n->drop[DROP_PORT0] +
	    n->drop[DROP_VERSION] + n->drop[DROP_FORMAT] +
	    n->drop[DROP_CONTROL];
}

static uint64_t
count_badauth(const struct server_counters *n)
{
	return n->drop[DROP_BADAUTH] + n->drop[DROP_NOTRUST] +
	    n->drop[DROP_CRYPTONAK];
}

static uint64_t
count_declined(const struct server_counters *n)
{
	return n->drop[DROP_BOGON] + n->drop[DROP_OWN] + n->drop[DROP_MODE] +
	    n->drop[DROP_MODE7] + n->drop[DROP_NOASSOC];
}

static uint64_t
count_restricted(const struct server_counters *n)
{
	return n->drop[DROP_IGNORE] + n->drop[DROP_NOSERVE] +
	    n->drop[DROP_NOQUERY] + n->drop[DROP_FLAKE];
}

static uint64_t
count_limited(const struct server_counters *n)
{
	return n->drop[DROP_LIMITED] + n->drop[DROP_KOD];
}

static uint64_t
count_processed(const struct ntp_engine *e)
{
	uint64_t n = e->count.processed;

	PEER_FOREACH (p, &e->peers)
		n += p->count.processed;
	return n;
}

static uint64_t
count_polls(const struct ntp_engine *e)
{
	uint64_t n = 0;

	PEER_FOREACH (p, &e->peers)
		n += p->count.sent;
	return n;
}

static uint64_t
count_sent(const struct ntp_engine *e)
{
	return count_polls(e) + e->count.processed + e->count.kodsent +
	    e->ctl.frags;
}

/* --- values of a peer ----------------------------------------------------- */

static const char *
peervar_names(char text[TEXT_MAX])
{
	return names_of(peer_rows, PEERVAR_COUNT, text);
}

static const char *
address_or_any(const struct ntp_addr *a, char text[TEXT_MAX])
{
	return a->family == ADDR_NONE ? "0.0.0.0" : addr_format(a, text);
}

static uint16_t
peer_port(const struct peer *p)
{
	return p->srcadr.family == ADDR_NONE ? p->cfg->port : p->srcadr.port;
}

/* A clock's reference id is a name at whatever stratum it was fudged to. */
static const char *
peer_refid(const struct peer *p, char text[TEXT_MAX])
{
	return refid_format(
	    p->refid, p->kind == PEER_CLOCK ? 1 : p->stratum, text);
}

static const char *
bias_or_none(const struct peer *p, char text[TEXT_MAX])
{
	if (!(p->cfg->bias < 0 || p->cfg->bias > 0))
		return "";
	return fmt_fixed(text, TEXT_MAX, p->cfg->bias * 1e3, 3);
}

static double
peer_silence(const struct peer *p, struct ntp_now now)
{
	return mono_diff(
	    now.mono, p->count.received > 0 ? p->timereceived : p->timereset);
}

enum filter_value { FILTER_DELAY, FILTER_OFFSET, FILTER_DISP };

static double
filter_value(const struct sample *s, enum filter_value which)
{
	switch (which) {
	case FILTER_DELAY:
		return s->delay;
	case FILTER_OFFSET:
		return s->offset;
	case FILTER_DISP:
	default:
		return s->disp;
	}
}

/* All stages in ms, newest first, a space before each. */
static const char *
filter_list(
    const struct ctlvar_ctx *c, enum filter_value which, char text[TEXT_MAX])
{
	const struct ntp_config *cfg = c->e->cfg;
	struct filter_param fp = {
	    .precision = c->e->sys.precision_s,
	    .maxdist = cfg->tos.maxdist,
	    .maxdisp = cfg->tos.maxdisp,
	    .phi = cfg->tinker.dispersion,
	};
	struct sample s;
	size_t len = 0;

	for (unsigned i = 0; i < NTP_SHIFT; i++) {
		s = filter_stage(&c->p->filter, i, &fp, c->now.mono);
		text[len++] = ' ';
		fmt_fixed(text + len, TEXT_MAX - len,
		    filter_value(&s, which) * 1e3, 2);
		len += strlen(text + len);
	}
	return text;
}

/* --- forms and rows ------------------------------------------------------- */

static int64_t
whole_seconds(double s)
{
	return s > -SECONDS_LIMIT && s < SECONDS_LIMIT ? (int64_t)s : 0;
}

static void
put_text(struct var_wr *w, const char *name, const char *value, bool quoted)
{
	if (value == NULL || value[0] == '\0')
		return;
	if (quoted)
		var_str(w, name, value);
	else
		var_raw(w, name, value);
}

#define PUT_STR(name, value)  put_text(w, name, value, true)
#define PUT_RAW(name, value)  put_text(w, name, value, false)
#define PUT_INT(name, value)  var_int(w, name, (int64_t)(value))
#define PUT_HEX(name, value)  var_hex(w, name, (uint64_t)(value))
#define PUT_TS(name, value)   var_ts(w, name, (value).v)
#define PUT_SEC(name, value)  var_int(w, name, whole_seconds(value))
#define PUT_MS3(name, value)  var_fixed(w, name, (value)*1e3, 3)
#define PUT_MS6(name, value)  var_fixed(w, name, (value)*1e3, 6)
#define PUT_PPM3(name, value) var_fixed(w, name, (value)*1e6, 3)
#define PUT_NONE(name, value) (void)(value)

/* Rows that say the same stand beside each other:
 * NOLINTBEGIN(bugprone-branch-clone) */
static void
put_sysvar(struct var_wr *w, enum sysvar v, const struct ctlvar_ctx *c)
{
	const struct ntp_engine *e = c->e;
	struct ntp_now now = c->now;
	double uptime = mono_diff(now.mono, e->started);
	char text[TEXT_MAX];

	switch (v) {
#define SYSVAR(name, set, form, value)                                         \
	case SYSVAR_##name:                                                    \
		PUT_##form(#name, value);                                      \
		break;
#include "ntp_tbl_sysvar.h"
#undef SYSVAR
	case SYSVAR_COUNT:
		break;
	}
}

static void
put_peervar(struct var_wr *w, enum peervar v, const struct ctlvar_ctx *c)
{
	const struct peer *p = c->p;
	struct ntp_now now = c->now;
	char text[TEXT_MAX];

	switch (v) {
#define PEERVAR(name, set, form, value)                                        \
	case PEERVAR_##name:                                                   \
		PUT_##form(#name, value);                                      \
		break;
#include "ntp_tbl_peervar.h"
#undef PEERVAR
	case PEERVAR_COUNT:
		break;
	}
}

/* NOLINTEND(bugprone-branch-clone) */

/* --- selection ------------------------------------------------------------ */

/* N when there is none. */
static size_t
row_find(const struct var_row *row, size_t n, const struct var_item *it)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strlen(row[i].name) == it->namelen &&
		    memcmp(row[i].name, it->name, it->namelen) == 0)
			break;
	}
	return i;
}

static bool
select_rows(const struct var_row *row, size_t n, const char *names, size_t len,
    bool *want)
{
	struct var_rd r = var_rd_init(names, len);
	struct var_item it;
	size_t i;

	for (i = 0; i < n; i++)
		want[i] = len == 0 && row[i].in_default;
	while (var_next(&r, &it)) {
		i = row_find(row, n, &it);
		if (i == n)
			return false;
		want[i] = true;
	}
	return true;
}

bool
ctlvars_read(const struct ctlvar_ctx *c, const char *names, size_t len,
    char *out, size_t cap, size_t *outlen)
{
	const struct var_row *row = c->p != NULL ? peer_rows : sys_rows;
	size_t n = c->p != NULL ? PEERVAR_COUNT : SYSVAR_COUNT;
	bool want[SYSVAR_COUNT];
	struct var_wr w = var_init(out, cap);

	if (!select_rows(row, n, names, len, want))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!want[i])
			continue;
		if (c->p != NULL)
			put_peervar(&w, (enum peervar)i, c);
		else
			put_sysvar(&w, (enum sysvar)i, c);
	}
	*outlen = var_end(&w);
	return true;
}
