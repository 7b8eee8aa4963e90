/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_metrics.c - the state of daemons as Prometheus reads it.
 *
 * The samples of a family must stand together whatever daemon they are of, so
 * each family grows in a text of its own until all hosts were asked.  What a
 * daemon does not know has no sample: a made-up zero would raise no alarm.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ntp.h"
#include "ntp_fmt.h"
#include "ntpq.h"

#define MS	   1e-3
#define PPM	   1e-6
#define SELECTIONS 8U
#define LABELS_MAX (6U * NTPQ_NAME_MAX)

enum metric {
#define METRIC(id, type, name, help) M_##id,
#include "ntp_tbl_metric.h"
#undef METRIC
	METRICS
};

static const struct {
	const char *type, *name, *help;
} families[METRICS] = {
#define METRIC(id, type, name, help) [M_##id] = {(type), (name), (help)},
#include "ntp_tbl_metric.h"
#undef METRIC
};

struct metrics {
	struct {
		FILE *f;
		char *text;
		size_t len;
	} family[METRICS];
};

void
metrics_free(struct metrics **mp)
{
	struct metrics *m = *mp;
	size_t i;

	*mp = NULL;
	if (m == NULL)
		return;
	for (i = 0; i < METRICS; i++) {
		if (m->family[i].f != NULL)
			fclose(m->family[i].f);
		free(m->family[i].text);
	}
	free(m);
}

struct metrics *
metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));
	size_t i;

	for (i = 0; m != NULL && i < METRICS; i++) {
		m->family[i].f =
		    open_memstream(&m->family[i].text, &m->family[i].len);
		if (m->family[i].f == NULL)
			metrics_free(&m);
	}
	return m;
}

void
metrics_print(FILE *out, struct metrics *m)
{
	size_t i;

	for (i = 0; i < METRICS; i++) {
		fflush(m->family[i].f);
		if (m->family[i].len == 0)
			continue;
		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", families[i].name,
		    families[i].help, families[i].name, families[i].type);
		fwrite(m->family[i].text, 1, m->family[i].len, out);
	}
}

/* --- labels ------------------------------------------------------------- */

struct labels {
	char text[LABELS_MAX];
	size_t len;
};

/* VALUE is printable; what JSON escapes, Prometheus escapes alike. */
static void
label(struct labels *l, const char *name, const char *value)
{
	FILE *f = fmemopen(l->text + l->len, sizeof(l->text) - l->len, "w");
	const char *p;

	if (f == NULL)
		return;
	fprintf(f, "%s%s=\"", l->len > 0 ? "," : "", name);
	for (p = value; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', f);
		fputc(*p, f);
	}
	fputc('"', f);
	fclose(f);
	l->len = strlen(l->text);
}

/* Which daemon, when there are many. */
static struct labels
labels_of(const struct ntpq *q, const char *host)
{
	struct labels l = {.len = 0};
	char name[NTPQ_NAME_MAX];

	if (q->nhosts > 1)
		label(&l, "server",
		    fmt_safe(name, sizeof(name), host, strlen(host)));
	return l;
}

static struct labels
host_labels(const struct ntpq *q)
{
	return labels_of(q, q->net.target);
}

static void
sample(struct metrics *m, enum metric id, const struct labels *l, double v)
{
	FILE *f = m->family[id].f;

	fputs(families[id].name, f);
	if (l->len > 0)
		fprintf(f, "{%s}", l->text);
	fprintf(f, " %.12g\n", v);
}

/* The variable NAME times UNIT, if it is there. */
static void
variable(struct metrics *m, enum metric id, const struct labels *l,
    const struct reply *r, const char *name, double unit)
{
	struct var_item it;
	double v;

	if (reply_find(r, name, &it) &&
	    fmt_parse_double(it.value, it.valuelen, &v) == 0)
		sample(m, id, l, v * unit);
}

/* --- the system --------------------------------------------------------- */

/* "202506280000" and "2025-06-28T00:00Z" in Unix s; false for others. */
static bool
parse_expiry(const struct reply *r, double *unix_s)
{
	char text[NTPQ_WORD_MAX], digits[16];
	struct tm tm = {.tm_isdst = 0};
	size_t n = 0;
	const char *p;

	for (p = reply_text(r, "expire", text, sizeof(text)); *p != '\0'; p++)
		if (*p >= '0' && *p <= '9' && n < sizeof(digits) - 1)
			digits[n++] = *p;
	digits[n] = '\0';
	p = strptime(digits, "%Y%m%d%H%M", &tm);
	if (n != 12 || p == NULL || *p != '\0')
		return false;
	*unix_s = (double)timegm(&tm);
	return true;
}

static void
power_of_two(struct metrics *m, enum metric id, const struct labels *l,
    const struct reply *r, const char *name)
{
	struct var_item it;
	int64_t v;

	if (reply_find(r, name, &it) &&
	    fmt_parse_int(it.value, it.valuelen, false, &v) == 0 && v > -64 &&
	    v < 64)
		sample(m, id, l, log2_to_s((int)v));
}

static void
system_peer(struct metrics *m, const struct ntpq *q, const struct reply *r)
{
	struct labels l = host_labels(q);
	char text[NTPQ_WORD_MAX];

	label(&l, "refid", reply_text(r, "refid", text, sizeof(text)));
	label(&l, "id", reply_text(r, "peer", text, sizeof(text)));
	sample(m, M_SYS_PEER, &l, 1);
}

static void
build_info(struct metrics *m, const struct ntpq *q, const struct reply *r)
{
	struct labels l = host_labels(q);
	char text[NTPQ_NAME_MAX];

	label(&l, "version", reply_text(r, "version", text, sizeof(text)));
	sample(m, M_BUILD_INFO, &l, 1);
}

static void
system_metrics(struct metrics *m, const struct ntpq *q, const struct reply *r)
{
	struct labels l = host_labels(q);
	double v;

	build_info(m, q, r);
	system_peer(m, q, r);
	variable(m, M_SYS_STRATUM, &l, r, "stratum", 1);
	variable(m, M_SYS_LEAP, &l, r, "leap", 1);
	power_of_two(m, M_SYS_PRECISION, &l, r, "precision");
	power_of_two(m, M_SYS_POLL, &l, r, "tc");
	variable(m, M_SYS_ROOTDELAY, &l, r, "rootdelay", MS);
	variable(m, M_SYS_ROOTDISP, &l, r, "rootdisp", MS);
	sample(m, M_SYS_ROOTDIST, &l,
	    (reply_double(r, "rootdelay") / 2 + reply_double(r, "rootdisp")) *
		MS);
	variable(m, M_SYS_OFFSET, &l, r, "offset", MS);
	variable(m, M_SYS_JITTER, &l, r, "sys_jitter", MS);
	variable(m, M_CLK_JITTER, &l, r, "clk_jitter", MS);
	variable(m, M_SYS_FREQ, &l, r, "frequency", PPM);
	variable(m, M_SYS_WANDER, &l, r, "clk_wander", PPM);
	if (parse_expiry(r, &v))
		sample(m, M_LEAPFILE, &l, v);
	variable(m, M_NTPD_OFFSET, &l, r, "offset", 1);
	variable(m, M_NTPD_JITTER, &l, r, "sys_jitter", 1);
	variable(m, M_NTPD_ROOTDISP, &l, r, "rootdisp", 1);
	variable(m, M_NTPD_ROOTDELAY, &l, r, "rootdelay", 1);
}

/* --- its counters ------------------------------------------------------- */

static const struct {
	enum metric id;
	const char *name;
} counters[] = {
    {M_UPTIME, "ss_uptime"},
    {M_SRV_RECEIVED, "ss_received"},
    {M_SRV_ACCEPTED, "ss_processed"},
    {M_SRV_DENIED, "ss_restricted"},
    {M_SRV_BADAUTH, "ss_badauth"},
    {M_SRV_LIMITED, "ss_limited"},
    {M_SRV_KOD, "ss_kodsent"},
    {M_SRV_SENDFAILED, "io_sendfailed"},
};

#define COUNTER_NAMES                                                          \
	"ss_uptime,ss_received,ss_processed,ss_restricted,ss_badauth,"         \
	"ss_limited,ss_kodsent,ss_declined,ss_badformat,io_sendfailed"

static void
counter_metrics(struct metrics *m, struct ntpq *q)
{
	struct query query = {.opcode = MODE6_READVAR,
	    .data = COUNTER_NAMES,
	    .len = strlen(COUNTER_NAMES)};
	struct labels l = host_labels(q);
	struct reply rep;
	size_t i;

	if (!ask(q, &query, &rep))
		return;
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		variable(m, counters[i].id, &l, &rep, counters[i].name, 1);
	sample(m, M_SRV_IGNORED, &l,
	    reply_double(&rep, "ss_declined") +
		reply_double(&rep, "ss_badformat"));
}

/* --- its sources -------------------------------------------------------- */

static struct labels
source_labels(const struct ntpq *q, const struct peer_line *p)
{
	struct labels l = host_labels(q);
	char id[8];

	snprintf(id, sizeof(id), "%u", p->associd);
	label(&l, "name", p->remote);
	label(&l, "address", p->address);
	label(&l, "id", id);
	return l;
}

/* The words of Debian's collector, where it has one. */
static const char *
type_word(char type)
{
	static const struct {
		char type;
		const char *word;
	} words[] = {{'l', "local"}, {'u', "unicast"}, {'m', "multicast"},
	    {'M', "multicast"}, {'b', "broadcast"}, {'B', "broadcast"},
	    {'s', "symmetric"}, {'S', "symmetric"}, {'p', "pool"},
	    {'a', "manycast"}};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].type == type)
			return words[i].word;
	return "netaddr";
}

static void
source_info(struct metrics *m, const struct ntpq *q, const struct peer_line *p)
{
	struct labels l = source_labels(q, p);

	label(&l, "refid", p->source);
	label(&l, "type", type_word(p->type));
	sample(m, M_SRC_INFO, &l, 1);
}

static void
peer_status(struct metrics *m, const struct ntpq *q, const struct peer_line *p)
{
	struct labels l = host_labels(q);
	char stratum[8], id[8];

	snprintf(stratum, sizeof(stratum), "%u", p->stratum);
	snprintf(id, sizeof(id), "%u", p->associd);
	label(&l, "remote", p->remote);
	label(&l, "reference", p->refid);
	label(&l, "stratum", stratum);
	label(&l, "type", type_word(p->type));
	label(&l, "id", id);
	sample(m, M_NTPD_STATUS, &l, PEER_STATUS_SEL(p->status));
}

static void
source_selection(
    struct metrics *m, const struct ntpq *q, const struct peer_line *p)
{
	unsigned i, chosen = PEER_STATUS_SEL(p->status);
	struct labels l;

	for (i = 0; i < SELECTIONS; i++) {
		l = source_labels(q, p);
		label(&l, "state", status_condition(i << 8));
		sample(m, M_SRC_SELECTION, &l, i == chosen);
	}
}

static double
answered(unsigned reach)
{
	unsigned n = 0;

	for (; reach != 0; reach >>= 1)
		n += reach & 1U;
	return n / 8.0;
}

static void
source_metrics(struct metrics *m, const struct ntpq *q,
    const struct peer_line *p, const struct reply *r)
{
	struct labels l = source_labels(q, p);
	struct var_item it;
	int64_t cookies;

	source_info(m, q, p);
	peer_status(m, q, p);
	source_selection(m, q, p);
	variable(m, M_SRC_STRATUM, &l, r, "stratum", 1);
	sample(m, M_SRC_REACH, &l, answered(p->reach));
	variable(m, M_SRC_UNANSWERED, &l, r, "unreach", 1);
	if (p->poll > 0)
		sample(m, M_SRC_POLL, &l, p->poll);
	if (reply_find(r, "ntscookies", &it) &&
	    fmt_parse_int(it.value, it.valuelen, false, &cookies) == 0 &&
	    cookies >= 0)
		sample(m, M_SRC_COOKIES, &l, (double)cookies);
	/* What was never heard has no offset. */
	if (p->disp >= NTP_MAXDISP / MS)
		return;
	variable(m, M_SRC_OFFSET, &l, r, "offset", MS);
	variable(m, M_SRC_DELAY, &l, r, "delay", MS);
	variable(m, M_SRC_JITTER, &l, r, "jitter", MS);
	variable(m, M_SRC_DISPERSION, &l, r, "dispersion", MS);
	sample(m, M_SRC_UNCERTAINTY, &l, (p->delay / 2 + p->disp) * MS);
}

static void
sources(struct metrics *m, struct ntpq *q)
{
	struct peers_style style = {.view = PEERS_REFID, .numeric = q->numeric};
	struct query query = {.opcode = MODE6_READVAR};
	struct peer_line p;
	struct reply rep;
	size_t i;

	if (!assoc_fetch(q))
		return;
	for (i = 0; i < q->nassocs; i++) {
		query.associd = q->assoc[i].id;
		if (!ask(q, &query, &rep)) {
			if (!q->net.settled)
				return;
			continue;
		}
		peer_read(&p, &rep, ts_from_unix(time(NULL), 0), &style);
		p.associd = query.associd;
		source_metrics(m, q, &p, &rep);
	}
}

void
metrics_collect(struct metrics *m, struct ntpq *q)
{
	struct query query = {.opcode = MODE6_READVAR};
	struct labels l = host_labels(q);
	struct reply rep;
	bool up = ask(q, &query, &rep);

	sample(m, M_UP, &l, up);
	if (!up)
		return;
	system_metrics(m, q, &rep);
	counter_metrics(m, q);
	sources(m, q);
}

void
metrics_down(struct metrics *m, const struct ntpq *q, const char *host)
{
	struct labels l = labels_of(q, host);

	sample(m, M_UP, &l, 0);
}
