/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_mru.c - `mrulist': the clients of a server, sorted and shown.
 *
 * Names of a million addresses would take days to look up: after some seconds
 * of that the rest is shown as numbers.
 */
#include "ntpq_mru.h"

#include <sys/socket.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ntp_fmt.h"
#include "ntp_restrict.h"

#define RULE_WIDTH 78
#define NAMES_S	   10 /* spent on look-ups */
#define TS_ROOM	   32 /* octets of a date and time */

/* --- sorting ------------------------------------------------------------ */

/* Seconds from one packet to the next, as the reference reckons. */
static int64_t
average(const struct mru_row *r)
{
	double span = ts_diff(r->last, r->first);

	return r->count > 0 && span > 0 ? llround(span / r->count) : 0;
}

static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Packets a second, in at least a second. */
static double
score(const struct mru_row *r)
{
	double span = ts_diff(r->last, r->first);

	return (r->count - 1.0) / (span > 1 ? span : 1);
}

typedef int compare_fn(const void *, const void *);

static int
by_lstint(const void *va, const void *vb)
{
	const struct mru_row *a = va, *b = vb;
	int c = compare_numbers(a->age, b->age);

	return c != 0 ? c : addr_cmp(&a->addr, &b->addr);
}

static int
by_avgint(const void *va, const void *vb)
{
	int c = compare_numbers(average(va), average(vb));

	return c != 0 ? c : by_lstint(va, vb);
}

static int
by_addr(const void *va, const void *vb)
{
	const struct mru_row *a = va, *b = vb;

	return addr_cmp(&a->addr, &b->addr);
}

static int
by_count(const void *va, const void *vb)
{
	const struct mru_row *a = va, *b = vb;
	int c = compare_numbers(a->count, b->count);

	return c != 0 ? c : by_lstint(va, vb);
}

static int
by_drop(const void *va, const void *vb)
{
	const struct mru_row *a = va, *b = vb;
	int c = compare_numbers(a->dropped, b->dropped);

	return c != 0 ? c : by_lstint(va, vb);
}

static int
by_score(const void *va, const void *vb)
{
	double a = score(va), b = score(vb);
	int c = (a > b) - (a < b);

	return c != 0 ? c : by_lstint(va, vb);
}

static const struct order {
	const char *name;
	compare_fn *compare;
} orders[] = {
    {"lstint", by_lstint},
    {"avgint", by_avgint},
    {"addr", by_addr},
    {"count", by_count},
    {"drop", by_drop},
    {"score", by_score},
};

/* --- arguments ---------------------------------------------------------- */

struct wish {
	struct mru_ask ask;
	compare_fn *compare;
	bool reverse;
	unsigned resany;
};

static bool
set_order(struct ntpq *q, struct wish *w, const char *name)
{
	size_t i;

	w->reverse = name[0] == '-';
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(orders[i].name, name + w->reverse) != 0)
			continue;
		w->compare = orders[i].compare;
		return true;
	}
	complain(q,
	    "`%s' is no order of mrulist: lstint, avgint, addr, count, drop "
	    "and score are, each also with a - before it",
	    name);
	return false;
}

static bool
pass_on(struct ntpq *q, char out[MRU_PARAMS_LEN], const char *arg)
{
	size_t len = strlen(out);
	int n = snprintf(out + len, MRU_PARAMS_LEN - len, ", %s", arg);

	if (n < 0 || (size_t)n >= MRU_PARAMS_LEN - len)
		complain(q, MRU_TOO_MUCH);
	return n >= 0 && (size_t)n < MRU_PARAMS_LEN - len;
}

/* What follows NAME and the equals sign in ARG, or NULL. */
static const char *
value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(arg, name, n) != 0 || arg[n] != '=')
		return NULL;
	return arg + n + 1;
}

static bool
is_whole(const char *v)
{
	int64_t n;

	return fmt_parse_int(v, strlen(v), false, &n) == 0 && n >= 0 &&
	    n <= UINT32_MAX;
}

static bool
is_fraction(const char *v)
{
	double x;

	return fmt_parse_double(v, strlen(v), &x) == 0 && x >= 0;
}

static bool
parse_mask(const char *v, int64_t *mask)
{
	return fmt_parse_int(v, strlen(v), true, mask) == 0 && *mask >= 0 &&
	    *mask <= UINT16_MAX;
}

static bool
is_mask(const char *v)
{
	int64_t mask;

	return parse_mask(v, &mask);
}

/* ADDR, ADDR:PORT or [ADDR]:PORT. */
static bool
is_addr(const char *v)
{
	char host[ADDR_STRLEN];
	struct ntp_addr a;
	uint16_t port;

	return addr_split_port(v, host, sizeof(host), &port) == 0 &&
	    addr_parse(host, strlen(host), &a) == 0;
}

#define WHOLE "a whole number from 0 to 4294967295"
#define MASK  "a mask from 0 to 0xffff"

/* What the server is told: it keeps silent about what it cannot read. */
static const struct filter {
	const char *name;
	bool (*is_good)(const char *v);
	const char *wanted;
	bool once; /* in the first request only */
} filters[] = {
    {"mincount", is_whole, WHOLE, false},
    {"mindrop", is_whole, WHOLE, false},
    {"minscore", is_fraction, "a number that is not negative", false},
    {"maxlstint", is_whole, WHOLE, false},
    {"minlstint", is_whole, WHOLE, false},
    {"laddr", is_addr, "an address", false},
    {"resall", is_mask, MASK, false},
    {"recent", is_whole, WHOLE, true},
};

static const struct filter *
find_filter(const char *arg)
{
	size_t i;

	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (value_of(arg, filters[i].name) != NULL)
			return &filters[i];
	return NULL;
}

static bool
refuse(struct ntpq *q, const char *arg, const char *wanted)
{
	complain(q, "Illegal value in `%s': %s is wanted", arg, wanted);
	return false;
}

static bool
take_filter(
    struct ntpq *q, struct wish *w, const struct filter *f, const char *arg)
{
	if (!f->is_good(value_of(arg, f->name)))
		return refuse(q, arg, f->wanted);
	return pass_on(q, f->once ? w->ask.first : w->ask.params, arg);
}

static bool
take_mask(struct ntpq *q, struct wish *w, const char *arg, const char *v)
{
	int64_t mask;

	if (!parse_mask(v, &mask))
		return refuse(q, arg, MASK);
	w->resany |= (unsigned)mask;
	return true;
}

static bool
take_frags(struct ntpq *q, struct wish *w, const char *arg, const char *v)
{
	int64_t n;

	if (fmt_parse_int(v, strlen(v), false, &n) != 0 || n < MRU_FRAGS_MIN ||
	    n > MODE6_FRAGS_MAX)
		return refuse(q, arg, "a whole number from 2 to 32");
	w->ask.frags = (unsigned)n;
	return true;
}

static bool
take_argument(struct ntpq *q, struct wish *w, const char *arg)
{
	const struct filter *f = find_filter(arg);
	const char *v;

	if (f != NULL)
		return take_filter(q, w, f, arg);
	if ((v = value_of(arg, "sort")) != NULL)
		return set_order(q, w, v);
	if ((v = value_of(arg, "resany")) != NULL)
		return take_mask(q, w, arg, v);
	if ((v = value_of(arg, "frags")) != NULL)
		return take_frags(q, w, arg, v);
	if ((v = value_of(arg, "limit")) != NULL)
		return uint_arg(q, v, UINT16_MAX, &w->ask.limit);
	if (strcmp(arg, "limited") == 0)
		w->resany |= RES_LIMITED;
	else if (strcmp(arg, "kod") == 0)
		w->resany |= RES_KOD;
	else if (strncmp(arg, "addr.", 5) == 0 || strncmp(arg, "last.", 5) == 0)
		return pass_on(q, w->ask.first, arg);
	else
		fprintf(q->err, "ignoring unrecognized mrulist parameter: %s\n",
		    arg);
	return true;
}

static bool
take_arguments(struct ntpq *q, struct wish *w, const struct ntpq_args *a)
{
	char text[24];

	*w = (struct wish){.compare = by_lstint};
	for (unsigned i = 0; i < a->n; i++)
		if (!take_argument(q, w, a->v[i]))
			return false;
	if (w->resany == 0)
		return true;
	snprintf(text, sizeof(text), "resany=0x%x", w->resany);
	return pass_on(q, w->ask.params, text);
}

/* --- display ------------------------------------------------------------ */

/* The end of an interrupted list is its newest client. */
static ntp_ts
reckon_now(const struct mru_list *l)
{
	ntp_ts now = l->now;

	for (size_t i = 0; ts_is_zero(l->now) && i < l->nrows; i++)
		if (i == 0 || ts_diff(l->row[i].last, now) > 0)
			now = l->row[i].last;
	return now;
}

static char
limit_letter(const struct mru_row *r)
{
	if ((r->restricts & RES_KOD) != 0)
		return 'K';
	return (r->restricts & RES_LIMITED) != 0 ? 'L' : '.';
}

/* All but the first column, and the line end. */
static void
print_rest(FILE *out, const struct mru_row *r, bool numeric)
{
	char name[NTPQ_NAME_MAX];

	fprintf(out, " %6lld %4x %c %u %u %6u %5u %s\n", (long long)average(r),
	    (unsigned)r->restricts, limit_letter(r), r->modever & 7U,
	    r->modever >> 3 & 7U, r->count, (unsigned)r->addr.port,
	    name_of(&r->addr, numeric, name));
}

static bool
no_names(const struct ntpq *q, const struct mru_ask *ask)
{
	return q->numeric || time(NULL) - ask->since > NAMES_S;
}

/* The server tells its time only at the end, so this row says when. */
static void
print_direct(struct ntpq *q, const struct mru_ask *ask, const struct mru_row *r)
{
	char last[TS_ROOM];
	uint32_t nsec;
	int64_t sec;

	ts_to_unix(r->last, time(NULL), &sec, &nsec);
	fmt_iso8601(last, sizeof(last), sec);
	fputs(last, q->out);
	print_rest(q->out, r, no_names(q, ask));
}

static void
print_row(FILE *out, const struct mru_row *r, ntp_ts now, bool numeric)
{
	fprintf(out, "%6lld", llround(ts_diff(now, r->last)));
	print_rest(out, r, numeric);
}

static void
print_rows(struct ntpq *q, const struct mru_ask *ask, const struct mru_list *l,
    ntp_ts now)
{
	fputs("lstint avgint rstr r m v  count rport remote address\n", q->out);
	for (int i = 0; i < RULE_WIDTH; i++)
		fputc('=', q->out);
	fputc('\n', q->out);
	for (size_t i = 0; i < l->nrows && !interrupt_came(); i++)
		print_row(q->out, &l->row[i], now, no_names(q, ask));
}

static void
row_json(struct json *j, const struct mru_row *r, ntp_ts now, int64_t pivot)
{
	char text[ADDR_STRLEN];

	json_object(j, NULL);
	json_text(j, "address", addr_format(&r->addr, text));
	json_int(j, "port", r->addr.port);
	json_int(j, "count", r->count);
	json_int(j, "dropped", r->dropped);
	json_int(j, "mode", r->modever & 7);
	json_int(j, "version", r->modever >> 3 & 7);
	json_int(j, "restrict", r->restricts);
	json_bool(j, "limited", (r->restricts & RES_LIMITED) != 0);
	json_bool(j, "kod", (r->restricts & RES_KOD) != 0);
	json_time(j, "first", r->first, pivot);
	json_time(j, "last", r->last, pivot);
	json_real(j, "since_last_s", ts_diff(now, r->last));
	json_int(j, "average_interval_s", average(r));
	json_object_end(j);
}

static void
list_json(struct json *j, const struct mru_list *l, ntp_ts now, bool complete)
{
	int64_t pivot = time(NULL);

	json_bool(j, "complete", complete);
	json_time(j, "now", now, pivot);
	json_array(j, "clients");
	for (size_t i = 0; i < l->nrows; i++)
		row_json(j, &l->row[i], now, pivot);
	json_array_end(j);
}

/* By their ages and not by differences among them, which a server that lies
 * can make go round in circles. */
static void
sort_rows(struct mru_list *l, ntp_ts now, compare_fn *compare)
{
	for (size_t i = 0; i < l->nrows; i++)
		l->row[i].age = (int64_t)(now.v - l->row[i].last.v);
	if (l->nrows > 0)
		qsort(l->row, l->nrows, sizeof(*l->row), compare);
}

static void
reverse_rows(struct mru_list *l)
{
	for (size_t i = 0; i < l->nrows / 2; i++) {
		struct mru_row r = l->row[i];

		l->row[i] = l->row[l->nrows - 1 - i];
		l->row[l->nrows - 1 - i] = r;
	}
}

static void
show(struct ntpq *q, struct mru_list *l, struct wish *w, bool complete)
{
	ntp_ts now = reckon_now(l);

	sort_rows(l, now, w->compare);
	if (w->reverse)
		reverse_rows(l);
	w->ask.since = time(NULL);
	if (q->json != NULL)
		list_json(q->json, l, now, complete);
	else if (!q->raw && w->ask.see == NULL)
		print_rows(q, &w->ask, l, now);
}

/* --- the command -------------------------------------------------------- */

static enum mru_end
fetch_interruptibly(struct ntpq *q, const struct wish *w, struct mru_list *l)
{
	struct sigaction before;
	enum mru_end end;

	end = mru_fetch(q, &w->ask, l, interrupt_catch(&before));
	interrupt_release(&before);
	return end;
}

void
cmd_mrulist(struct ntpq *q, const struct ntpq_args *a)
{
	struct mru_list l;
	enum mru_end end;
	struct wish w;

	if (!take_arguments(q, &w, a))
		return;
	if (q->direct && !q->raw && q->json == NULL)
		w.ask.see = print_direct;
	fflush(q->out);
	fputs("Ctrl-C will stop MRU retrieval and display partial results.\n",
	    notes(q));
	mrulist_init(&l);
	w.ask.since = time(NULL);
	end = fetch_interruptibly(q, &w, &l);
	if (end == MRU_INTERRUPTED)
		fputs("\nmrulist retrieval interrupted by operator.\n"
		      "Displaying partial client list.\n",
		    q->err);
	if (end == MRU_COMPLETE)
		fprintf(notes(q),
		    "Retrieved %zu unique MRU entries and %llu updates.\n",
		    l.nrows, (unsigned long long)l.updates);
	if (end != MRU_FAILED || l.nrows > 0)
		show(q, &l, &w, end == MRU_COMPLETE);
	mrulist_free(&l);
}
