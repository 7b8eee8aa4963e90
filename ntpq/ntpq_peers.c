/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_peers.c - the peers billboard.
 *
 * Read by more scripts than people: 78 columns, values cut and never rounded
 * to fit, the tally glued to the name, always ten fields.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ntp.h"
#include "ntp_fmt.h"
#include "ntpq.h"

#define REMOTE_WIDTH  15
#define REFID_WIDTH   15
#define SHORT_WIDTH   8	 /* refid column beside an association id */
#define WIDE_INDENT   17 /* where the refid column begins */
#define RULE_WIDTH    78
#define MORE_MAX      24U /* columns that a long name may get on top */
#define VALUE_WIDTH   7
#define USUAL_COLUMNS 80U /* of a terminal */
#define OFFSET_WIDTH  8	  /* also of the others with a unit */
#define OCTAL_WIDTH   5	  /* "reach" */
#define BITS_WIDTH    8
#define MAX_STRATUM   99U
#define MAX_HMODE     255U
#define NTS_COOKIES   8U
#define NOT_NTS	      (NTS_COOKIES + 1)

static const struct {
	const char *first, *last;
} headers[] = {
    [PEERS_REFID] = {"     remote           refid     ", "jitter"},
    [PEERS_ASSID] = {"     remote       refid   assid ", "jitter"},
    [PEERS_LOCAL] = {"     remote           local     ", "disp"},
};

void
peers_legend(FILE *out)
{
	fputs(
	    " .-- * followed by the clock, o and its pulse, + combined, "
	    "# spare, - outlier,\n"
	    "|    x falseticker, . too many, blank: not usable\n"
	    "| remote: name or address   refid: whom it follows   "
	    "st: stratum\n"
	    "| t: u server, 0-8 cookies of one with NTS, p pool, l clock, "
	    "s S symmetric,\n"
	    "|    b B M broadcast, a manycast\n"
	    "| when: since its last packet, poll: between packets; s or m, h, "
	    "d\n"
	    "| reach: the last eight polls in octal; 377 all answered, "
	    "376 not the last\n"
	    "| delay: round trip   offset: + ahead of our clock   "
	    "jitter: scatter; in ms\n",
	    out);
}

static int
reach_width(const struct peers_style *style)
{
	return style->bits ? BITS_WIDTH + style->units : OCTAL_WIDTH;
}

static int
value_width(const struct peers_style *style)
{
	return style->units ? OFFSET_WIDTH : VALUE_WIDTH;
}

/* The register in octal, or each poll of it, the latest to the right. */
static const char *
format_reach(
    const struct peers_style *style, unsigned reach, char out[BITS_WIDTH + 1])
{
	int i;

	if (!style->bits) {
		snprintf(out, BITS_WIDTH + 1, " %3o ", reach);
		return out;
	}
	for (i = 0; i < BITS_WIDTH; i++)
		out[i] = reach >> (BITS_WIDTH - 1 - i) & 1U ? '1' : '0';
	out[BITS_WIDTH] = '\0';
	return out;
}

void
peers_header(FILE *out, const struct peers_style *style)
{
	int i, reach = reach_width(style), width = RULE_WIDTH;
	const char *names = headers[style->view].first;

	width += reach - OCTAL_WIDTH + style->units + (int)style->more;
	if (style->hostwidth > 0) {
		fprintf(out, "%-*.*s ", style->hostwidth, style->hostwidth,
		    "server (local)");
		width += style->hostwidth + 1;
	}
	if (!style->right)
		fprintf(out, "%-*.*s%s", REMOTE_WIDTH + (int)style->more,
		    REMOTE_WIDTH, names, names + REMOTE_WIDTH);
	fprintf(out, " st t when poll %*s   delay   offset %*s", reach, "reach",
	    value_width(style), headers[style->view].last);
	if (style->right)
		fprintf(out, " %s T remote", names + WIDE_INDENT);
	fputc('\n', out);
	for (i = 0; i < width; i++)
		fputc('=', out);
	fputc('\n', out);
}

/* --- reading one association -------------------------------------------- */

static char
client_type(const struct ntp_addr *src, bool have_src)
{
	unsigned type, unit;

	if (!have_src || addr_is_any(src))
		return 'p';
	if (addr_is_refclock(src, &type, &unit))
		return 'l';
	return addr_is_multicast(src) ? 'a' : 'u';
}

/* A server that does not tell its mode: guess from the addresses. */
static char
guess_type(const struct reply *r, const struct ntp_addr *src, bool have_src)
{
	struct ntp_addr dst;
	unsigned type, unit;

	if (have_src && addr_is_refclock(src, &type, &unit))
		return 'l';
	if (!reply_addr(r, "dstadr", &dst))
		return '-';
	if (addr_is_multicast(&dst))
		return 'm';
	return dst.family == ADDR_V4 && dst.ip[3] == 0xff ? 'b' : 'u';
}

static char
peer_type(const struct reply *r, const struct ntp_addr *src, bool have_src)
{
	switch (reply_uint(r, "hmode", MAX_HMODE, NTP_MODE_UNSPEC)) {
	case NTP_MODE_UNSPEC:
		return guess_type(r, src, have_src);
	case NTP_MODE_ACTIVE:
		return 's';
	case NTP_MODE_PASSIVE:
		return 'S';
	case NTP_MODE_CLIENT:
		return client_type(src, have_src);
	case NTP_MODE_BROADCAST:
		return have_src && addr_is_multicast(src) ? 'M' : 'B';
	case NTP_MODE_CONTROL: /* a broadcast client calls itself 6 */
		return 'b';
	default:
		return '-';
	}
}

/*
 * The configured name stands in for an address that says nothing.  Some
 * servers send it always: then numbers are shown to who asked for numbers.
 */
static void
read_remote(struct peer_line *p, const struct reply *r,
    const struct ntp_addr *src, bool have_src, const struct peers_style *style)
{
	unsigned type, unit;
	bool mute = !have_src || addr_is_any(src) ||
	    addr_is_refclock(src, &type, &unit);

	reply_text(r, "srchost", p->remote, sizeof(p->remote));
	if (p->remote[0] != '\0' && (mute || !style->numeric || style->srcname))
		return;
	if (have_src)
		name_of(src, style->numeric, p->remote);
	else
		snprintf(p->remote, sizeof(p->remote), "-");
}

static void
read_refid(struct peer_line *p, const struct reply *r, enum peers_view view)
{
	struct ntp_addr a;
	const char *text = p->source;

	reply_text(r, "refid", p->source, sizeof(p->source));
	if (reply_addr(r, "refid", &a)) {
		if (name_of_clock(&a, p->refid, sizeof(p->refid)))
			return;
		if (view == PEERS_ASSID && a.family == ADDR_V4) {
			snprintf(p->refid, sizeof(p->refid), "%02x%02x%02x%02x",
			    a.ip[0], a.ip[1], a.ip[2], a.ip[3]);
			return;
		}
	}
	if (strlen(text) <= 4)
		snprintf(p->refid, sizeof(p->refid), ".%.4s.", text);
	else
		snprintf(p->refid, sizeof(p->refid), "%s", text);
}

static int64_t
age(const struct reply *r, ntp_ts now)
{
	ntp_ts last = reply_ts(r, "rec");

	if (ts_is_zero(last))
		last = reply_ts(r, "reftime");
	if (ts_is_zero(last))
		return 0;
	return (int32_t)(ts_sec(now) - ts_sec(last));
}

#define NO_POLL (NTP_MAXPOLL_HARD + 1)

static int
poll_exponent_of(const struct reply *r, const char *name)
{
	struct var_item it;
	int64_t v;

	if (!reply_find(r, name, &it) ||
	    fmt_parse_int(it.value, it.valuelen, false, &v) != 0 ||
	    v < NTP_MINPOLL_LAN || v > NTP_MAXPOLL_HARD)
		return NO_POLL;
	return (int)v;
}

/* The faster of the two ends sets the pace; 0 when neither says. */
static double
poll_interval(const struct reply *r)
{
	int ours = poll_exponent_of(r, "hpoll");
	int theirs = poll_exponent_of(r, "ppoll");
	int least = ours < theirs ? ours : theirs;

	return least == NO_POLL ? 0 : log2_to_s(least);
}

/* Below a second as a fraction, which has room in the column. */
static const char *
format_poll(char *out, size_t cap, double poll)
{
	if (poll <= 0 || poll >= 1)
		return fmt_when(out, cap, (int64_t)poll);
	(void)snprintf(out, cap, "1/%u", (unsigned)(1 / poll));
	return out;
}

void
peer_read(struct peer_line *p, const struct reply *r, ntp_ts now,
    const struct peers_style *style)
{
	struct ntp_addr src, dst;
	bool have_src = reply_addr(r, "srcadr", &src);
	bool local = style->view == PEERS_LOCAL;

	memset(p, 0, sizeof(*p));
	p->status = r->status;
	p->family = have_src ? src.family : (uint8_t)ADDR_NONE;
	if (have_src)
		name_of(&src, true, p->address);
	if (local && have_src)
		name_of(&src, style->numeric, p->remote);
	else
		read_remote(p, r, &src, have_src, style);
	read_refid(p, r, style->view);
	if (reply_addr(r, "dstadr", &dst)) {
		p->bound = !addr_is_any(&dst);
		name_of(&dst, local || style->numeric, p->local);
	}
	p->stratum = reply_uint(r, "stratum", MAX_STRATUM, 0);
	p->type = peer_type(r, &src, have_src);
	p->nts = reply_uint(r, "ntscookies", NTS_COOKIES, NOT_NTS);
	p->when = age(r, now);
	p->poll = poll_interval(r);
	p->reach = reply_uint(r, "reach", 0xff, 0);
	p->delay = reply_double(r, "delay");
	p->offset = reply_double(r, "offset");
	p->jitter = reply_double(r, "jitter");
	p->disp = reply_double(r, "dispersion");
}

/* --- showing it --------------------------------------------------------- */

/* The end of a long address says more than its beginning. */
static const char *
cut_left(const char *s, size_t width, char out[NTPQ_NAME_MAX])
{
	size_t len = strlen(s);

	if (len <= width || width == 0)
		return s;
	snprintf(out, NTPQ_NAME_MAX, "_%s", s + len - width + 1);
	return out;
}

static void
put_remote(
    FILE *out, const struct peer_line *p, const struct peers_style *style)
{
	int width = REMOTE_WIDTH + (int)style->more;
	int indent = WIDE_INDENT + (int)style->more;

	fputc(status_tally(p->status), out);
	if (!style->wide || strlen(p->remote) <= (size_t)width) {
		fprintf(out, "%-*.*s ", width, width, p->remote);
		return;
	}
	if (style->hostwidth > 0)
		indent += style->hostwidth + 1;
	fprintf(out, "%s\n%*s", p->remote, indent, "");
}

static void
put_second(
    FILE *out, const struct peer_line *p, const struct peers_style *style)
{
	char cut[NTPQ_NAME_MAX];

	switch (style->view) {
	case PEERS_REFID:
		fprintf(out, "%-*s", REFID_WIDTH, p->refid);
		break;
	case PEERS_ASSID:
		fprintf(out, "%-*s %-6u", SHORT_WIDTH, p->refid, p->associd);
		break;
	case PEERS_LOCAL:
		fprintf(out, "%-*s", REFID_WIDTH,
		    cut_left(p->local, REFID_WIDTH, cut));
		break;
	}
}

static const char *
format_ms(
    const struct peers_style *style, double ms, bool plus, char out[UNITS_MAX])
{
	if (style->units)
		return units_ms(out, ms, plus, OFFSET_WIDTH);
	return fmt_ms7(out, UNITS_MAX, ms, plus);
}

/* As in NTPsec: a server with NTS shows how many cookies are left. */
static char
type_column(const struct peer_line *p)
{
	return p->type == 'u' && p->nts != NOT_NTS ? (char)('0' + p->nts)
						   : p->type;
}

/* The blank before the delay is its first column when it has a unit. */
static void
put_numbers(
    FILE *out, const struct peer_line *p, const struct peers_style *style)
{
	char delay[UNITS_MAX], offset[UNITS_MAX], last[UNITS_MAX];
	char when[16], every[16], reach[BITS_WIDTH + 1];
	double scatter = style->view == PEERS_LOCAL ? p->disp : p->jitter;

	fprintf(out, " %2u %c %4s %4s %-*s%8s %8s %*s", p->stratum,
	    type_column(p), fmt_when(when, sizeof(when), p->when),
	    format_poll(every, sizeof(every), p->poll), reach_width(style),
	    format_reach(style, p->reach, reach),
	    format_ms(style, p->delay, false, delay),
	    format_ms(style, p->offset, style->plus, offset),
	    value_width(style), format_ms(style, scatter, false, last));
}

void
peers_row(FILE *out, const struct peer_line *p, const struct peers_style *style)
{
	char cut[NTPQ_NAME_MAX];

	if (style->hostwidth > 0)
		fprintf(out, "%-*s ", style->hostwidth,
		    cut_left(p->server, (size_t)style->hostwidth, cut));
	if (style->right) {
		put_numbers(out, p, style);
		fputc(' ', out);
		put_second(out, p, style);
		fprintf(out, " %c %s", status_tally(p->status), p->remote);
	} else {
		put_remote(out, p, style);
		put_second(out, p, style);
		put_numbers(out, p, style);
	}
	fputc('\n', out);
}

static void
peers_json(struct json *j, const struct peer_line *p)
{
	char tally[2] = {status_tally(p->status), '\0'}, type[2] = {p->type};

	json_object(j, NULL);
	json_int(j, "associd", p->associd);
	json_int(j, "status", p->status);
	json_text(j, "tally", tally);
	json_text(j, "condition", status_condition(p->status));
	json_text(j, "remote", p->remote);
	json_text(j, "address", p->address);
	json_text(j, "local", p->local);
	json_text(j, "refid", p->source);
	json_int(j, "stratum", p->stratum);
	json_text(j, "type", type);
	if (p->nts != NOT_NTS)
		json_int(j, "ntscookies", p->nts);
	if (p->when > 0)
		json_int(j, "when", p->when);
	else
		json_null(j, "when");
	json_real(j, "poll", p->poll);
	json_int(j, "reach", p->reach);
	json_real(j, "delay", p->delay);
	json_real(j, "offset", p->offset);
	json_real(j, "jitter", p->jitter);
	json_real(j, "dispersion", p->disp);
	json_object_end(j);
}

/* --- the commands ------------------------------------------------------- */

struct billboard {
	struct peers_style style;
	bool all;	/* also what is neither configured nor reached */
	uint8_t family; /* only this enum addr_family; ADDR_NONE: any */
};

static ntp_ts
local_clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts_from_unix(ts.tv_sec, (uint32_t)ts.tv_nsec);
}

/* False when the server has stopped answering. */
static bool
show_peer(struct ntpq *q, const struct billboard *b, uint16_t id)
{
	struct query query = {.opcode = MODE6_READVAR, .associd = id};
	struct reply rep;
	struct peer_line p;

	if (!ask(q, &query, &rep))
		return q->net.settled;
	peer_read(&p, &rep, local_clock_now(), &b->style);
	p.associd = id;
	if (b->family != ADDR_NONE && p.family != b->family)
		return true;
	snprintf(p.server, sizeof(p.server), "%s",
	    p.bound ? p.local : q->net.target);
	if (q->json != NULL)
		peers_json(q->json, &p);
	else
		peers_row(q->out, &p, &b->style);
	return true;
}

static bool
family_arg(struct ntpq *q, const struct ntpq_args *a, uint8_t *family)
{
	*family = ADDR_NONE;
	if (a->n == 0)
		return true;
	if (strcmp(a->v[0], "-4") == 0)
		*family = ADDR_V4;
	else if (strcmp(a->v[0], "-6") == 0)
		*family = ADDR_V6;
	else
		complain(
		    q, "Address family -4 or -6 expected, not `%s'", a->v[0]);
	return *family != ADDR_NONE;
}

static void
show_peers(struct ntpq *q, const struct billboard *b)
{
	size_t i;

	for (i = 0; i < q->nassocs; i++) {
		if (!b->all &&
		    !(q->assoc[i].status &
			(PEER_STATUS_CONFIG | PEER_STATUS_REACH)))
			continue;
		if (!show_peer(q, b, q->assoc[i].id))
			return;
	}
}

static void
billboard_show(struct ntpq *q, const struct billboard *b)
{
	if (!assoc_fetch(q))
		return;
	if (q->json != NULL) {
		json_array(q->json, "peers");
		show_peers(q, b);
		json_array_end(q->json);
	} else {
		if (q->legend)
			peers_legend(q->out);
		peers_header(q->out, &b->style);
		show_peers(q, b);
	}
}

/* A wide terminal has room for longer names, and not so wide that the eye
 * loses the line. */
static unsigned
more_width(unsigned columns)
{
	if (columns <= USUAL_COLUMNS)
		return 0;
	columns -= USUAL_COLUMNS;
	return columns < MORE_MAX ? columns : MORE_MAX;
}

/* a->arg: an enum peers_view, plus PEERS_ALL and PEERS_RIGHT. */
void
cmd_peers(struct ntpq *q, const struct ntpq_args *a)
{
	struct billboard b = {.all = (a->arg & PEERS_ALL) != 0,
	    .style = {
		.view = (enum peers_view)(a->arg & ~(PEERS_ALL | PEERS_RIGHT)),
		.right = (a->arg & PEERS_RIGHT) != 0,
		.units = q->units,
		.plus = q->plus,
		.wide = q->wide,
		.bits = q->reachbits,
		.numeric = q->numeric,
		.srcname = q->srcname,
		.more = more_width(q->width),
		.hostwidth = q->nhosts > 1 ? q->hostwidth : 0}};

	if (b.style.view == PEERS_REFID && q->hashrefid)
		b.style.view = PEERS_ASSID;
	if (family_arg(q, a, &b.family))
		billboard_show(q, &b);
}
