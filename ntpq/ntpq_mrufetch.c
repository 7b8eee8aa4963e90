/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_mrufetch.c - fetch the client list of a server.
 *
 * The server remembers nothing of us: each request says where the last reply
 * ended, by the newest clients that came.  When they all have been heard of
 * again meanwhile, older ones are named; when datagrams are lost, fewer are
 * asked for.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ntp_fmt.h"
#include "ntpq_mru.h"

#define RESUMES_MAX   16U
#define RESTARTS_MAX  8U
#define FAILURES_MAX  4U /* in a row, at the smallest size */
#define BACKUPS_MAX   4096U
#define IDLE_MAX      8U /* replies in a row that bring nothing */
#define UPDATES_MAX   65536U
#define UPDATES_SHARE 16U /* of each client */
#define NONCE_AGE_MAX 10  /* s; servers take them for 16 */
#define NONCE_MAX     128U
#define LIMIT_START   96U /* entries, three a datagram */
#define PROGRESS_S    2

struct fetch {
	struct ntpq *q;
	const struct mru_ask *ask;
	struct mru_list *l;
	const volatile sig_atomic_t *stop;
	char nonce[NONCE_MAX];
	time_t nonce_at, told_at;
	unsigned frags, limit; /* one of them is 0 */
	unsigned offered;      /* resume points of the last request */
	unsigned restarts, backups, failures, idle;
	bool told, done;
	enum mru_end end;
};

static void
finish(struct fetch *f, enum mru_end end)
{
	f->done = true;
	f->end = end;
}

static time_t
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* --- nonces ------------------------------------------------------------- */

static void
keep_nonce(struct fetch *f, const struct reply *rep)
{
	struct var_item it;

	if (!reply_find(rep, "nonce", &it) || it.valuelen >= NONCE_MAX)
		return;
	fmt_safe(f->nonce, sizeof(f->nonce), it.value, it.valuelen);
	f->nonce_at = seconds();
}

static bool
stopped(struct fetch *f)
{
	if (*f->stop != 0)
		finish(f, MRU_INTERRUPTED);
	return *f->stop != 0;
}

static bool
fresh_nonce(struct fetch *f)
{
	struct query query = {.opcode = MODE6_REQ_NONCE};
	enum ask_result res;
	struct reply rep;

	if (f->nonce[0] != '\0' && seconds() - f->nonce_at < NONCE_AGE_MAX)
		return true;
	f->nonce[0] = '\0';
	res = net_ask(&f->q->net, &query, &rep);
	if (res == ASK_OK)
		keep_nonce(f, &rep);
	if (f->nonce[0] != '\0')
		return true;
	if (stopped(f))
		return false;
	if (res == ASK_OK)
		complain(f->q, "Unexpected nonce response format");
	else
		ask_complain(f->q, res, &query, &rep);
	finish(f, MRU_FAILED);
	return false;
}

/* --- what a reply holds ------------------------------------------------- */

static bool
take_addr(const struct var_item *it, struct ntp_addr *a)
{
	char text[ADDR_STRLEN], host[ADDR_STRLEN];
	uint16_t port;

	if (it->valuelen >= sizeof(text))
		return false;
	memcpy(text, it->value, it->valuelen);
	text[it->valuelen] = '\0';
	if (addr_split_port(text, host, sizeof(host), &port) != 0 ||
	    addr_parse(host, strlen(host), a) != 0)
		return false;
	a->port = port;
	return true;
}

static uint32_t
number_of(const struct var_item *it, uint32_t max)
{
	int64_t v;

	if (fmt_parse_int(it->value, it->valuelen, true, &v) != 0 || v < 0)
		return 0;
	return v > (int64_t)max ? max : (uint32_t)v;
}

/* A row as far as it has come. */
struct partial {
	struct mru_row row;
	unsigned number;
	bool addr, last;
};

static void
take_field(struct partial *p, struct var_item *it)
{
	reply_trim(it);
	if (var_is(it, "addr"))
		p->addr = take_addr(it, &p->row.addr);
	else if (var_is(it, "last"))
		p->last =
		    fmt_parse_ts(it->value, it->valuelen, &p->row.last) == 0;
	else if (var_is(it, "first"))
		(void)fmt_parse_ts(it->value, it->valuelen, &p->row.first);
	else if (var_is(it, "ct"))
		p->row.count = number_of(it, UINT32_MAX);
	else if (var_is(it, "mv"))
		p->row.modever = (uint8_t)number_of(it, UINT8_MAX);
	else if (var_is(it, "rs"))
		p->row.restricts = (uint16_t)number_of(it, UINT16_MAX);
	else if (var_is(it, "dr"))
		p->row.dropped = number_of(it, UINT32_MAX);
}

static bool
commit(struct fetch *f, struct partial *p, unsigned number)
{
	bool whole = p->addr && p->last;
	struct mru_row row = p->row;

	*p = (struct partial){.number = number};
	if (whole && f->ask->see != NULL)
		f->ask->see(f->q, f->ask, &row);
	return !whole || mrulist_add(f->l, &row);
}

static bool
take_rows(struct fetch *f, const struct reply *rep)
{
	struct var_rd rd = var_rd_init(rep->text, rep->len);
	struct partial p = {.number = 0};
	struct var_item it;
	unsigned number;

	while (var_next(&rd, &it)) {
		if (!var_split_row(&it, &number))
			continue;
		if (number != p.number && !commit(f, &p, number))
			return false;
		take_field(&p, &it);
	}
	return commit(f, &p, 0);
}

/* --- the next request --------------------------------------------------- */

static int
put_resume(char *out, size_t cap, unsigned i, const struct mru_row *row)
{
	char addr[ADDR_STRLEN], last[24];

	return snprintf(out, cap, ", addr.%u=%s, last.%u=%s", i,
	    addr_format_port(&row->addr, addr), i,
	    fmt_ts_wire(last, sizeof(last), row->last));
}

/* The newest clients, as many as there is room for. */
static size_t
put_resumes(struct fetch *f, char text[MODE6_DATA_MAX + 1], size_t len)
{
	const struct mru_row *row;
	char more[ADDR_STRLEN + 64];
	int n;

	f->offered = 0;
	while (f->offered < RESUMES_MAX) {
		row = mrulist_recent(f->l, f->offered);
		if (row == NULL)
			break;
		n = put_resume(more, sizeof(more), f->offered, row);
		if (len + (size_t)n > MODE6_DATA_MAX)
			break;
		memcpy(text + len, more, (size_t)n + 1);
		len += (size_t)n;
		f->offered++;
	}
	return len;
}

/* Its length; 0 after saying that it cannot be. */
static size_t
compose(struct fetch *f, char text[MODE6_DATA_MAX + 1])
{
	bool first = f->l->nrows == 0;
	int n = snprintf(text, MODE6_DATA_MAX + 1, "nonce=%s, %s=%u%s%s",
	    f->nonce, f->frags > 0 ? "frags" : "limit",
	    f->frags > 0 ? f->frags : f->limit, f->ask->params,
	    first ? f->ask->first : "");

	if (n < 0 || (size_t)n > MODE6_DATA_MAX) {
		complain(f->q, MRU_TOO_MUCH);
		finish(f, MRU_FAILED);
		return 0;
	}
	return put_resumes(f, text, (size_t)n);
}

/* --- what came of it ---------------------------------------------------- */

static void
progress(struct fetch *f)
{
	if (seconds() - f->told_at < PROGRESS_S)
		return;
	f->told_at = seconds();
	f->told = true;
	fprintf(notes(f->q), "\r%zu (%" PRIu64 " updates) ", f->l->nrows,
	    f->l->updates);
	fflush(notes(f->q));
}

static void
grow(struct fetch *f)
{
	if (f->frags > 0 && f->frags < MODE6_FRAGS_MAX && f->ask->frags == 0)
		f->frags++;
	else if (f->limit > 0 && f->limit < LIMIT_START && f->ask->limit == 0)
		f->limit++;
}

static void
give_up(struct fetch *f)
{
	complain(f->q, "The list changes faster than it can be read");
	finish(f, MRU_FAILED);
}

static void
take_reply(struct fetch *f, const struct reply *rep)
{
	size_t before = f->l->narrivals;

	if (f->q->raw)
		raw_print(f->q->out, rep);
	keep_nonce(f, rep);
	if (!take_rows(f, rep)) {
		complain(f->q, "Too many clients for this machine");
		finish(f, MRU_FAILED);
		return;
	}
	f->failures = 0;
	f->idle = f->l->narrivals > before ? 0 : f->idle + 1;
	f->l->now = reply_ts(rep, "now");
	if (!ts_is_zero(f->l->now)) {
		finish(f, MRU_COMPLETE);
	} else if (f->l->updates > UPDATES_MAX + UPDATES_SHARE * f->l->nrows) {
		give_up(f);
	} else if (f->idle > IDLE_MAX) {
		complain(f->q, "The server sends no more of its list");
		finish(f, MRU_FAILED);
	}
	grow(f);
	progress(f);
}

/* None of the clients that were named is as it was. */
static void
take_no_match(struct fetch *f)
{
	mrulist_back_up(f->l, f->offered);
	if (mrulist_recent(f->l, 0) == NULL) {
		mrulist_clear(f->l);
		f->restarts++;
	}
	if (f->restarts > RESTARTS_MAX || ++f->backups > BACKUPS_MAX)
		give_up(f);
}

/* Fewer at a time; false when there are no fewer. */
static bool
shrink(struct fetch *f)
{
	if (f->frags > MRU_FRAGS_MIN)
		f->frags =
		    f->frags / 2 > MRU_FRAGS_MIN ? f->frags / 2 : MRU_FRAGS_MIN;
	else if (f->limit > 1)
		f->limit /= 2;
	else
		return false;
	return true;
}

/* The server does not like the number: there are two ways to say it. */
static bool
other_measure(struct fetch *f)
{
	if (f->frags == 0)
		return shrink(f);
	f->frags = 0;
	f->limit = LIMIT_START;
	return true;
}

static void
take_failure(struct fetch *f, enum ask_result res, const struct query *query,
    const struct reply *rep)
{
	bool go_on;

	if (res == ASK_ERROR && rep->errcode == MODE6_ERR_UNKNOWNVAR &&
	    f->offered > 0) {
		take_no_match(f);
		return;
	}
	f->nonce[0] = '\0';
	if (res == ASK_ERROR && rep->errcode == MODE6_ERR_BADVALUE)
		go_on = other_measure(f);
	else if (res == ASK_SILENCE || res == ASK_INCOMPLETE)
		go_on = shrink(f) || f->failures++ < FAILURES_MAX;
	else
		go_on = false;
	if (go_on)
		return;
	ask_complain(f->q, res, query, rep);
	finish(f, MRU_FAILED);
}

static void
one_round(struct fetch *f)
{
	char text[MODE6_DATA_MAX + 1];
	struct query query = {.opcode = MODE6_READ_MRU, .data = text};
	enum ask_result res;
	struct reply rep;

	if (!fresh_nonce(f))
		return;
	query.len = compose(f, text);
	if (query.len == 0)
		return;
	res = net_ask(&f->q->net, &query, &rep);
	if (res == ASK_OK)
		take_reply(f, &rep);
	else if (!stopped(f))
		take_failure(f, res, &query, &rep);
	if (!f->done)
		(void)stopped(f);
}

enum mru_end
mru_fetch(struct ntpq *q, const struct mru_ask *ask, struct mru_list *l,
    const volatile sig_atomic_t *stop)
{
	struct fetch f = {
	    .q = q, .ask = ask, .l = l, .stop = stop, .told_at = seconds()};
	const volatile sig_atomic_t *before = q->net.stop;

	f.frags = ask->limit == 0 ? ask->frags : 0;
	f.limit = ask->limit;
	if (f.frags == 0 && f.limit == 0)
		f.frags = MODE6_FRAGS_MAX;
	q->net.stop = stop;
	while (!f.done)
		one_round(&f);
	q->net.stop = before;
	if (f.told)
		fputc('\r', notes(q));
	return f.end;
}
