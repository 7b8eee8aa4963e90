/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlmru.c - the client list by mode 6: making a reply in steps.
 *
 * While a reply is being made the list goes on changing.  A client who asks
 * again moves to its newest end, beyond where the reply began, and will be in
 * a later one; the cursor passes over the gap.  So no reply holds an entry
 * twice and none is endless.
 */
#include "ntp_ctlmru.h"

#include <stdio.h>
#include <string.h>

#include "ntp_ctlmrureq.h"
#include "ntp_state.h"

#define SCAN	 128 /* entries looked at in one step */
#define PATIENCE 0.5 /* s: nobody gives up a reply earlier */
#define NAME_LEN 24U

/* --- text ---------------------------------------------------------------- */

/* In what order the fields of an entry stand is no part of the protocol, and
 * changing it all the time keeps clients from believing otherwise; neither is
 * which fields there are. */
enum field {
	FIELD_ADDR,
	FIELD_LAST,
	FIELD_FIRST,
	FIELD_CT,
	FIELD_MV,
	FIELD_RS,
	FIELD_DR,
	FIELDS,
};

static void
put_addr(struct var_wr *w, const char *name, const struct mru_entry *ent)
{
	char text[ADDR_STRLEN];
	struct ntp_addr a;

	mru_addr(ent, &a);
	var_raw(w, name, addr_format_port(&a, text));
}

static void
put_field(struct mru_job *j, const struct mru *m, const struct mru_entry *ent,
    enum field f)
{
	static const char names[FIELDS][8] = {
	    "addr", "last", "first", "ct", "mv", "rs", "dr"};
	char name[NAME_LEN];

	(void)snprintf(name, sizeof name, "%s.%u", names[f], j->index);
	if (f == FIELD_ADDR)
		put_addr(&j->w, name, ent);
	else if (f == FIELD_LAST)
		var_ts(&j->w, name, mru_ts(m, ent->last).v);
	else if (f == FIELD_FIRST)
		var_ts(&j->w, name, mru_ts(m, mru_first(ent)).v);
	else if (f == FIELD_CT)
		var_int(&j->w, name, ent->count);
	else if (f == FIELD_MV)
		var_int(&j->w, name, ent->modever);
	else if (f == FIELD_RS)
		var_hex(&j->w, name, ent->flags);
	else
		var_int(&j->w, name, ent->dropped);
}

static void
put_noise(struct mru_job *j, uint32_t rnd, uint32_t index)
{
	char name[NAME_LEN];

	(void)snprintf(name, sizeof name, "%c%c%c.%u", 'a' + (int)(rnd % 26),
	    'a' + (int)(rnd / 26 % 26), 'a' + (int)(rnd / 676 % 26), index);
	var_int(&j->w, name, rnd >> 16);
}

static void
put_entry(struct ntp_engine *e, struct mru_job *j, const struct mru_entry *ent)
{
	uint32_t rnd = engine_random(e);

	for (uint32_t i = 0; i < FIELDS; i++)
		put_field(
		    j, e->mru, ent, (enum field)((rnd % FIELDS + i) % FIELDS));
	if (j->index == 0)
		put_noise(j, rnd >> 3, 0);
	j->index++;
	j->newest = ent->last;
}

/* --- sending ------------------------------------------------------------- */

/* What is left of the text after SENT octets have gone. */
static void
keep_rest(struct mru_job *j, size_t sent)
{
	memmove(j->text, j->text + sent, j->w.len - sent);
	j->w.len -= sent;
}

static void
send_fragment(struct ntp_engine *e, struct mru_job *j, bool last)
{
	struct control_way way = {.ep = j->ep,
	    .dst = &j->src,
	    .src = &j->dst,
	    .keyid = j->keyid,
	    .align = j->align};
	uint8_t buf[MODE6_PACKET_MAX] = {0};
	size_t n = j->w.len < MODE6_DATA_MAX ? j->w.len : MODE6_DATA_MAX;

	j->hdr.count = (uint16_t)n;
	j->hdr.more = !last || n < j->w.len;
	mode6_encode(&j->hdr, buf);
	memcpy(buf + MODE6_HEADER_LEN, j->text, n);
	control_send(e, &way, buf, MODE6_HEADER_LEN + (n + 3) / 4 * 4);
	j->hdr.offset = (uint16_t)(j->hdr.offset + n);
	j->sent++;
	keep_rest(j, n);
}

static struct mruset_cursor *
place_of(struct ntp_engine *e, const struct mru_job *j)
{
	return &e->ctlmru.at[j - e->ctlmru.job];
}

static void
job_close(struct ntp_engine *e, struct mru_job *j)
{
	mruset_stop(&e->lists, place_of(e, j));
	j->busy = j->marked = false;
}

/* End the text; COMPLETE: the end of the list was reached. */
static void
job_finish(struct ntp_engine *e, struct mru_job *j, bool complete)
{
	if (j->index > 0)
		put_noise(j, engine_random(e) >> 3, j->index - 1);
	if (complete) {
		var_ts(&j->w, "now", mru_ts(e->mru, j->started).v);
		if (j->index > 0)
			var_ts(
			    &j->w, "last.newest", mru_ts(e->mru, j->newest).v);
	}
	(void)var_end(&j->w);
	do
		send_fragment(e, j, true);
	while (j->w.len > 0);
	e->ctl.responses++;
	if (complete || e->lists.n < 2) {
		job_close(e, j);
		return;
	}
	mruset_pause(&e->lists, place_of(e, j));
	j->busy = false;
	j->marked = true;
}

/* --- one step ------------------------------------------------------------ */

/* Packets a second, in at least a second. */
static double
score(const struct mru_entry *ent)
{
	double span = (double)(ent->last - mru_first(ent)) / 1e9;

	return (ent->count - 1) / (span > 1 ? span : 1);
}

static bool
wanted(const struct mru_filter *f, const struct mru_entry *ent)
{
	if (ent->count < f->mincount || ent->dropped < f->mindrop ||
	    ent->last < f->not_before || ent->last > f->not_after)
		return false;
	if (f->minscore > 0 && score(ent) < f->minscore)
		return false;
	if (f->resall != 0 && (ent->flags & f->resall) != f->resall)
		return false;
	return f->resall != 0 || f->resany == 0 ||
	    (ent->flags & f->resany) != 0;
}

/* Is ENT, at which the reply stands, to be in it? */
static bool
to_be_told(struct ntp_engine *e, struct mru_job *j, const struct mru_entry *ent)
{
	const struct ntp_addr *a = &j->filter.laddr;

	if (j->skip > 0) {
		j->skip--;
		return false;
	}
	return ent->last > j->after && wanted(&j->filter, ent) &&
	    (a->family == ADDR_NONE ||
		mruset_came_to(&e->lists, place_of(e, j), a));
}

static bool
job_full(const struct mru_job *j)
{
	return j->sent + 1 >= j->frags || j->index >= j->limit;
}

/* The newest of all are among the newest of each. */
static void
walk_back(struct ntp_engine *e, struct mru_job *j)
{
	size_t want = j->back < SCAN ? j->back : SCAN;
	size_t made = mruset_back(&e->lists, place_of(e, j), j->walked, want);

	j->skip += made;
	j->back -= (uint32_t)made;
	if (made == want && j->back > 0)
		return;
	j->walked++;
	j->back = j->walked < e->lists.n ? j->recent : 0;
	if (j->back == 0)
		j->skip -= j->skip < j->recent ? j->skip : j->recent;
}

/* Look at the next entry; false when the reply is complete. */
static bool
job_entry(struct ntp_engine *e, struct mru_job *j)
{
	const struct mru_entry *ent = mruset_entry(&e->lists, place_of(e, j));
	bool end = ent == NULL || ent->last > j->started;

	if (end || job_full(j)) {
		job_finish(e, j, end);
		return false;
	}
	if (to_be_told(e, j, ent))
		put_entry(e, j, ent);
	mruset_newer(place_of(e, j));
	return true;
}

static void
job_step(struct ntp_engine *e, struct mru_job *j)
{
	if (j->back > 0) {
		walk_back(e, j);
		return;
	}
	for (int i = 0; i < SCAN && j->w.len < MODE6_DATA_MAX; i++)
		if (!job_entry(e, j))
			return;
	if (j->w.len >= MODE6_DATA_MAX)
		send_fragment(e, j, false);
}

bool
ctlmru_step(struct ntp_engine *e)
{
	struct ctl_mru *c = &e->ctlmru;

	for (unsigned i = 0; i < MRU_JOBS; i++) {
		struct mru_job *j = &c->job[(c->turn + i) % MRU_JOBS];

		if (!j->busy)
			continue;
		c->turn = (c->turn + i + 1) % MRU_JOBS;
		job_step(e, j);
		return true;
	}
	return false;
}

void
ctlmru_stop(struct ntp_engine *e)
{
	for (unsigned i = 0; i < MRU_JOBS; i++)
		if (e->ctlmru.job[i].busy || e->ctlmru.job[i].marked)
			job_close(e, &e->ctlmru.job[i]);
}

/* --- how one begins ------------------------------------------------------ */

bool
ctlmru_nonce(struct control *c)
{
	struct var_wr w = var_init(c->e->out, sizeof c->e->out);
	char nonce[NONCE_STRLEN];

	var_raw(
	    &w, "nonce", guard_nonce(&c->e->guard, c->rb->src, c->now, nonce));
	c->len = var_end(&w);
	return true;
}

/* One reply for a client at a time: who asks again has given up the first, but
 * may go on where the last one that he got ended.  NULL when all are busy; he
 * will ask again. */
static struct mru_job *
job_for(struct ntp_engine *e, const struct ntp_addr *src)
{
	struct mru_job *idle = NULL;

	for (unsigned i = 0; i < MRU_JOBS; i++) {
		struct mru_job *j = &e->ctlmru.job[i];
		bool his = addr_equal_port(&j->src, src);

		if (j->busy && his)
			job_close(e, j);
		if (j->marked && his)
			return j;
		if (!j->busy && (idle == NULL || idle->marked))
			idle = j;
	}
	return idle;
}

/* Is this one of many requests that were sent without waiting for replies? */
static bool
is_answered(const struct control *c)
{
	for (unsigned i = 0; i < MRU_JOBS; i++) {
		const struct mru_job *j = &c->e->ctlmru.job[i];

		if (j->busy && addr_equal_port(&j->src, c->rb->src))
			return mono_diff(c->now.mono, (ntp_mono){j->started}) <
			    PATIENCE;
	}
	return false;
}

static void
job_open(struct control *c, struct mru_job *j, const struct mru_request *q)
{
	char nonce[NONCE_STRLEN];

	*j = (struct mru_job){.busy = true,
	    .after = INT64_MIN,
	    .src = *c->rb->src,
	    .dst = *c->rb->dst,
	    .ep = c->rb->ep,
	    .keyid = c->keyid,
	    .align = c->align,
	    .filter = q->filter,
	    .frags = q->frags,
	    .limit = q->limit,
	    .started = c->now.mono.ns,
	    .hdr = control_header(c)};
	j->w = var_init(j->text, sizeof j->text);
	if (q->matched != NULL) {
		var_ts(
		    &j->w, "last.older", mru_ts(c->e->mru, q->matched->last).v);
		put_addr(&j->w, "addr.older", q->matched);
	}
	var_raw(&j->w, "nonce",
	    guard_nonce(&c->e->guard, c->rb->src, c->now, nonce));
}

static void
job_place(struct ntp_engine *e, struct mru_job *j, const struct mru_request *q)
{
	const struct mruset *s = &e->lists;
	struct mruset_cursor *at = place_of(e, j);

	if (q->matched == NULL && q->recent > 0) {
		mruset_start_newest(s, at);
		j->recent = j->back = q->recent;
	} else if (q->matched == NULL) {
		mruset_start(s, at);
	} else if (!mruset_start_after(s, at, q->matched)) {
		j->after = q->matched->last;
		mruset_start(s, at);
	}
}

/* Where the last reply to this client ended, what he has not got begins. */
static bool
job_continues(const struct mru_job *j, const struct mru_request *q)
{
	return j->marked && !q->direct && q->matched != NULL &&
	    q->matched->last <= j->newest;
}

/* Entries named by their addresses, whatever happened to them since. */
static void
answer_named(struct control *c, struct mru_job *j, const struct mru_request *q)
{
	for (unsigned i = 0; i < q->nresume; i++) {
		if (q->sought[i].found)
			put_entry(c->e, j, &q->sought[i].entry);
		if (j->w.len >= MODE6_DATA_MAX)
			send_fragment(c->e, j, false);
	}
	job_finish(c->e, j, true);
}

bool
ctlmru_read(struct control *c)
{
	struct mru_request q = {0};
	struct mru_job *j;
	bool goes_on;

	if ((c->restricts & RES_NOMRULIST) != 0)
		return control_fail(c, MODE6_ERR_PERMISSION);
	if (is_answered(c))
		return control_silent(c);
	if (!mrureq_parse(c, &q))
		return false;
	if (c->e->mru == NULL)
		return ctlmru_nonce(c);
	j = job_for(c->e, c->rb->src);
	if (j == NULL)
		return control_silent(c);
	goes_on = addr_equal_port(&j->src, c->rb->src) && job_continues(j, &q);
	if (j->marked && !goes_on)
		job_close(c->e, j);
	job_open(c, j, &q);
	if (q.direct) {
		mruset_start(&c->e->lists, place_of(c->e, j));
		answer_named(c, j, &q);
	} else if (!goes_on) {
		job_place(c->e, j, &q);
	}
	return control_silent(c);
}
