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
#define TAG_LEN	 16U
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

static void
job_close(struct ntp_engine *e, struct mru_job *j)
{
	if (e->mru != NULL)
		mru_cursor_stop(e->mru, &j->at);
	j->busy = false;
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
	job_close(e, j);
}

/* --- one step ------------------------------------------------------------ */

static bool
wanted(const struct mru *m, const struct mru_filter *f,
    const struct mru_entry *ent)
{
	if (ent->count < f->mincount || ent->dropped < f->mindrop ||
	    ent->last < f->not_before || ent->last > f->not_after)
		return false;
	if (f->resall != 0 && (ent->flags & f->resall) != f->resall)
		return false;
	if (f->resall == 0 && f->resany != 0 && (ent->flags & f->resany) == 0)
		return false;
	return f->laddr.family == ADDR_NONE || mru_came_to(m, ent, &f->laddr);
}

static bool
job_full(const struct mru_job *j)
{
	return j->sent + 1 >= j->frags || j->index >= j->limit;
}

static void
walk_back(const struct mru *m, struct mru_job *j)
{
	for (int i = 0; i < SCAN && j->back > 0; i++)
		j->back = mru_cursor_older(m, &j->at) ? j->back - 1 : 0;
}

static void
job_step(struct ntp_engine *e, struct mru_job *j)
{
	const struct mru_entry *ent;

	if (j->back > 0) {
		walk_back(e->mru, j);
		return;
	}
	for (int i = 0; i < SCAN && j->w.len < MODE6_DATA_MAX; i++) {
		ent = mru_cursor_entry(e->mru, &j->at);
		if (ent == NULL || ent->last > j->started) {
			job_finish(e, j, true);
			return;
		}
		if (job_full(j)) {
			job_finish(e, j, false);
			return;
		}
		if (wanted(e->mru, &j->filter, ent))
			put_entry(e, j, ent);
		mru_cursor_newer(e->mru, &j->at);
	}
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
		if (e->ctlmru.job[i].busy)
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

/* One reply for a client at a time: who asks again has given up the first.
 * NULL when all are busy; he will ask again. */
static struct mru_job *
job_for(struct ntp_engine *e, const struct ntp_addr *src)
{
	struct mru_job *idle = NULL;

	for (unsigned i = 0; i < MRU_JOBS; i++) {
		struct mru_job *j = &e->ctlmru.job[i];

		if (j->busy && addr_equal_port(&j->src, src))
			job_close(e, j);
		if (!j->busy)
			idle = j;
	}
	return idle;
}

static void
job_open(struct control *c, struct mru_job *j, const struct mru_request *q)
{
	char nonce[NONCE_STRLEN];

	*j = (struct mru_job){.busy = true,
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
	const struct mru_entry *from = q->matched;

	if (from == NULL && q->recent > 0) {
		from = mru_newest(e->mru);
		j->back = q->recent - 1;
	}
	mru_cursor_start(e->mru, &j->at, from);
	if (q->matched != NULL)
		mru_cursor_newer(e->mru, &j->at);
}

/* Entries named by their addresses, whatever happened to them since. */
static void
answer_named(struct control *c, struct mru_job *j, const struct mru_request *q)
{
	const struct mru_entry *ent;

	for (unsigned i = 0; i < q->nresume; i++) {
		ent = mru_find(c->e->mru, &q->resume[i].addr);
		if (ent != NULL)
			put_entry(c->e, j, ent);
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

	if ((c->restricts & RES_NOMRULIST) != 0)
		return control_fail(c, MODE6_ERR_PERMISSION);
	if (!mrureq_parse(c, &q))
		return false;
	if (c->e->mru == NULL)
		return ctlmru_nonce(c);
	j = job_for(c->e, c->rb->src);
	if (j == NULL)
		return control_silent(c);
	job_open(c, j, &q);
	if (q.direct) {
		mru_cursor_start(c->e->mru, &j->at, NULL);
		answer_named(c, j, &q);
	} else {
		job_place(c->e, j, &q);
	}
	return control_silent(c);
}
