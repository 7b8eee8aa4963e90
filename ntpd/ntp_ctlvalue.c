/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlvalue.c - what each variable of mode 6 says.
 *
 * The tables say everything about a variable; the switches below are nothing
 * but their rows.  The names stand in one text and are walked: each is there
 * once, and what a row puts out differs from the next one by its value only,
 * which makes the switches small.
 */
#include "ntp_ctlvalue.h"

#include <stdint.h>
#include <string.h>

#include "ntp_count.h"
#include "ntp_fmt.h"
#include "ntp_state.h"

#define TEXT_MAX      8192U /* of one value; the lists of names are longest */
#define SECONDS_LIMIT 1e15

/* --- the rows ------------------------------------------------------------- */

static const char sys_rows[] =
#define SYSVAR(name, set, form, value) #set #name "\0"
#include "ntp_tbl_sysvar.h"
#undef SYSVAR
    ;

static const char peer_rows[] =
#define PEERVAR(name, set, form, value) #set #name "\0"
#include "ntp_tbl_peervar.h"
#undef PEERVAR
    ;

static const char clock_rows[] =
#define CLOCKVAR(name, set, form, value) #set #name "\0"
#include "ntp_tbl_clockvar.h"
#undef CLOCKVAR
    ;

const char *
ctlvalue_rows(enum ctlvar_set set)
{
	switch (set) {
	case CTLVARS_PEER:
		return peer_rows;
	case CTLVARS_CLOCK:
		return clock_rows;
	case CTLVARS_SYSTEM:
	default:
		return sys_rows;
	}
}

const char *
ctlvalue_row_next(const char *row)
{
	return row + strlen(row) + 1;
}

const char *
ctlvalue_row_name(const char *row)
{
	return row + 1;
}

bool
ctlvalue_row_in_default(const char *row)
{
	return row[0] == 'D';
}

/* --- values of the system ------------------------------------------------- */

static size_t
append_name(char text[TEXT_MAX], size_t len, const char *name)
{
	size_t namelen = strlen(name);

	if (len + namelen + 2 > TEXT_MAX)
		return len;
	if (len > 0)
		text[len++] = ',';
	memcpy(text + len, name, namelen + 1);
	return len + namelen;
}

static size_t
names_of(const char *rows, char text[TEXT_MAX])
{
	size_t len = 0;

	for (const char *row = rows; *row != '\0'; row = ctlvalue_row_next(row))
		len = append_name(text, len, ctlvalue_row_name(row));
	return len;
}

static const char *
sysvar_names(const struct ntp_engine *e, char text[TEXT_MAX])
{
	size_t len = names_of(sys_rows, text);

	for (size_t i = 0; i < e->cfg->nvar; i++)
		len = append_name(text, len, e->cfg->var[i].name);
	return text;
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
count_ver1(const struct server_counters *n)
{
	return n->ver1client + n->ver1zero + n->ver1symm;
}

static struct signd_counters
signd_of(const struct ntp_engine *e)
{
	return e->port.signd != NULL ? e->port.signd->count
				     : (struct signd_counters){0};
}

static const char *
seconds(double s, char text[TEXT_MAX])
{
	return fmt_fixed(text, TEXT_MAX, s, 6);
}

static struct io_counters
io_of(const struct ctlvar_ctx *c)
{
	struct host_port *h = c->e->port.host;
	struct io_counters io = {.age = mono_diff(c->now.mono, c->e->started),
	    .received = c->e->total.received,
	    .sent = count_sent(c->e)};

	if (h != NULL)
		h->io(h, &io);
	return io;
}

/* A virtual clock has no kernel behind it. */
static struct kernel_clock
kernel_of(const struct ctlvar_ctx *c)
{
	const struct ntp_engine *e = c->e;
	struct clock_port *clock = e->port.clock;
	struct kernel_clock k;

	if (clock->kernel != NULL && clock->kernel(clock, &k))
		return k;
	return (struct kernel_clock){.offset = e->loop.residual,
	    .freq = e->loop.freq,
	    .maxerr = sys_root_distance(e, c->now),
	    .esterr = e->sys.jitter,
	    .precision = e->sys.precision_s,
	    .tolerance = e->loop.par.maxfreq,
	    .constant = e->loop.poll};
}

static const char *
kernel_flags(const struct ctlvar_ctx *c, char text[TEXT_MAX])
{
	struct kernel_clock k = kernel_of(c);

	if (c->e->port.clock->kernel == NULL)
		return c->e->sys.leap == NTP_LEAP_UNSYNC ? "unsync" : "nano";
	memcpy(text, k.flags, sizeof k.flags);
	return text;
}

/* The reference's plain 0 where there is no PPS signal. */
static const char *
ppm_or_zero(double v, char text[TEXT_MAX])
{
	return v < 0 || v > 0 ? fmt_fixed(text, TEXT_MAX, v * 1e6, 3) : "0";
}

static const char *
ms_or_zero(double v, char text[TEXT_MAX])
{
	return v < 0 || v > 0 ? fmt_fixed(text, TEXT_MAX, v * 1e3, 3) : "0";
}

/* By whichever key. */
static uint64_t
cookies_opened(const struct ntp_engine *e)
{
	const uint64_t *n = e->total.nts;

	return n[NTS_COOKIE_DECODE] + n[NTS_COOKIE_DECODE_OLD] +
	    n[NTS_COOKIE_DECODE_OLD2] + n[NTS_COOKIE_DECODE_OLDER];
}

/* --- values of a peer ----------------------------------------------------- */

static const char *
peervar_names(char text[TEXT_MAX])
{
	(void)names_of(peer_rows, text);
	return text;
}

static const char *
address_or_any(const struct ntp_addr *a, char text[TEXT_MAX])
{
	return a->family == ADDR_NONE ? "0.0.0.0" : addr_format(a, text);
}

static int
nts_cookies_of(const struct peer *p)
{
	return peer_uses_nts(p) ? (int)p->nts.cookies.n : -1;
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

/* From the transmit timestamp to the departure, ms. */
static const char *
xleave_or_none(const struct peer *p, char text[TEXT_MAX])
{
	if ((p->cfg->flags & ASSOC_XLEAVE) == 0 && p->xl.count == 0)
		return "";
	return fmt_fixed(text, TEXT_MAX, p->xl.delay * 1e3, 3);
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

/* --- values of a reference clock ------------------------------------------ */

static const char *
clockvar_names(char text[TEXT_MAX])
{
	(void)names_of(clock_rows, text);
	return text;
}

static const char *
fudge_time(const struct ctlvar_ctx *c, double s, char text[TEXT_MAX])
{
	if (!c->asked && !(s < 0 || s > 0))
		return "";
	return fmt_fixed(text, TEXT_MAX, s * 1e3, 3);
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
#define PUT_TXT(name, value)  var_str(w, name, value)
#define PUT_LIST(name, value) var_list(w, name, value)
#define PUT_INT(name, value)  var_int(w, name, (int64_t)(value))
#define PUT_HEX(name, value)  var_hex(w, name, (uint64_t)(value))
#define PUT_TS(name, value)   var_ts(w, name, (value).v)
#define PUT_SEC(name, value)  var_int(w, name, whole_seconds(value))
#define PUT_MS3(name, value)  var_fixed(w, name, (value)*1e3, 3)
#define PUT_MS6(name, value)  var_fixed(w, name, (value)*1e3, 6)
#define PUT_PPM3(name, value) var_fixed(w, name, (value)*1e6, 3)
#define PUT_CALL(name, value) (value)
#define PUT_NONE(name, value) (void)(value)

/* Rows that say the same stand beside each other:
 * NOLINTBEGIN(bugprone-branch-clone) */
static void
put_sysvar(
    struct var_wr *w, enum sysvar v, const char *as, const struct ctlvar_ctx *c)
{
	const struct ntp_engine *e = c->e;
	struct ntp_now now = c->now;
	double uptime = mono_diff(now.mono, e->started);
	char text[TEXT_MAX];

	switch (v) {
#define SYSVAR(name, set, form, value)                                         \
	case SYSVAR_##name:                                                    \
		PUT_##form(as, value);                                         \
		break;
#include "ntp_tbl_sysvar.h"
#undef SYSVAR
	case SYSVAR_COUNT:
		break;
	}
}

static void
put_peervar(struct var_wr *w, enum peervar v, const char *as,
    const struct ctlvar_ctx *c)
{
	const struct peer *p = c->p;
	struct ntp_now now = c->now;
	char text[TEXT_MAX];

	switch (v) {
#define PEERVAR(name, set, form, value)                                        \
	case PEERVAR_##name:                                                   \
		PUT_##form(as, value);                                         \
		break;
#include "ntp_tbl_peervar.h"
#undef PEERVAR
	case PEERVAR_COUNT:
		break;
	}
}

static void
put_clockvar(struct var_wr *w, enum clockvar v, const char *as,
    const struct ctlvar_ctx *c)
{
	const struct peer *p = c->p;
	char text[TEXT_MAX];

	switch (v) {
#define CLOCKVAR(name, set, form, value)                                       \
	case CLOCKVAR_##name:                                                  \
		PUT_##form(as, value);                                         \
		break;
#include "ntp_tbl_clockvar.h"
#undef CLOCKVAR
	case CLOCKVAR_COUNT:
		break;
	}
}

/* NOLINTEND(bugprone-branch-clone) */

void
ctlvalue_put(
    struct var_wr *w, size_t i, const char *as, const struct ctlvar_ctx *c)
{
	if (c->set == CTLVARS_SYSTEM)
		put_sysvar(w, (enum sysvar)i, as, c);
	else if (c->set == CTLVARS_PEER)
		put_peervar(w, (enum peervar)i, as, c);
	else
		put_clockvar(w, (enum clockvar)i, as, c);
}
