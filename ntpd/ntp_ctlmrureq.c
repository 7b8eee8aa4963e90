/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlmrureq.c - what a READ_MRU request asks for.
 *
 * Nothing of the request is looked at before its nonce is found good: so
 * nobody who forges his address learns or costs more than that.
 */
#include "ntp_ctlmrureq.h"

#include <string.h>

#include "ntp_fmt.h"
#include "ntp_state.h"

#define NAME_MAX_LEN 16U
#define BAD_NONCE    MODE6_DATA_MAX /* octets that a guess is charged with */
#define NS_PER_S     INT64_C(1000000000)

typedef bool param_fn(
    struct mru_request *q, const struct control *c, const char *v, size_t len);

/* --- values -------------------------------------------------------------- */

static void
trim(const char **s, size_t *len)
{
	while (*len > 0 && (*s)[0] == ' ') {
		(*s)++;
		(*len)--;
	}
	while (*len > 0 && (*s)[*len - 1] == ' ')
		(*len)--;
}

static bool
get_u32(const char *v, size_t len, bool hex, uint32_t *out)
{
	int64_t n;

	if (fmt_parse_int(v, len, hex, &n) != 0 || n < 0 || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* ADDR, ADDR:PORT or [ADDR]:PORT. */
static bool
get_addr(const char *v, size_t len, struct ntp_addr *a)
{
	char text[ADDR_STRLEN], host[ADDR_STRLEN];
	uint16_t port;

	if (len >= sizeof text)
		return false;
	memcpy(text, v, len);
	text[len] = '\0';
	return addr_split_port(text, host, sizeof host, &port) == 0 &&
	    addr_parse(host, strlen(host), a) == 0;
}

static bool
get_mask(const char *v, size_t len, uint16_t *out)
{
	uint32_t n;

	if (!get_u32(v, len, true, &n))
		return false;
	*out = (uint16_t)n;
	return true;
}

/* --- parameters ---------------------------------------------------------- */

static bool
take_frags(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return get_u32(v, len, false, &q->frags);
}

static bool
take_limit(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return get_u32(v, len, false, &q->limit);
}

static bool
take_recent(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return get_u32(v, len, false, &q->recent);
}

static bool
take_mincount(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return get_u32(v, len, false, &q->filter.mincount);
}

static bool
take_mindrop(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return get_u32(v, len, false, &q->filter.mindrop);
}

static bool
take_minscore(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return fmt_parse_double(v, len, &q->filter.minscore) == 0;
}

static bool
take_maxlstint(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	uint32_t s;

	if (!get_u32(v, len, false, &s))
		return false;
	q->filter.not_before = c->now.mono.ns - s * NS_PER_S;
	return true;
}

static bool
take_minlstint(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	uint32_t s;

	if (!get_u32(v, len, false, &s))
		return false;
	q->filter.not_after = c->now.mono.ns - s * NS_PER_S;
	return true;
}

static bool
take_laddr(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return get_addr(v, len, &q->filter.laddr);
}

static bool
take_resall(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return get_mask(v, len, &q->filter.resall);
}

static bool
take_resany(
    struct mru_request *q, const struct control *c, const char *v, size_t len)
{
	(void)c;
	return get_mask(v, len, &q->filter.resany);
}

static const struct param {
	char name[NAME_MAX_LEN];
	param_fn *take;
} params[] = {
    {"frags", take_frags},
    {"limit", take_limit},
    {"recent", take_recent},
    {"mincount", take_mincount},
    {"mindrop", take_mindrop},
    {"minscore", take_minscore},
    {"maxlstint", take_maxlstint},
    {"minlstint", take_minlstint},
    {"laddr", take_laddr},
    {"resall", take_resall},
    {"resany", take_resany},
};

/* --- resume points ------------------------------------------------------- */

/* The number after PREFIX, or MRU_RESUMES when NAME is none of these. */
static uint32_t
resume_index(const struct var_item *it, const char *prefix)
{
	size_t n = strlen(prefix);
	uint32_t i;

	if (it->namelen <= n || memcmp(it->name, prefix, n) != 0 ||
	    !get_u32(it->name + n, it->namelen - n, false, &i))
		return MRU_RESUMES;
	return i < MRU_RESUMES ? i : MRU_RESUMES;
}

static bool
take_resume(struct mru_request *q, const struct var_item *it)
{
	uint32_t a = resume_index(it, "addr.");
	uint32_t l = resume_index(it, "last.");

	if (a < MRU_RESUMES) {
		q->resume[a].have_addr = true;
		return get_addr(it->value, it->valuelen, &q->sought[a].addr);
	}
	if (l < MRU_RESUMES) {
		q->resume[l].have_last = true;
		return fmt_parse_ts(
			   it->value, it->valuelen, &q->resume[l].last) == 0;
	}
	return true;
}

/* --- the request --------------------------------------------------------- */

static bool
next_param(struct var_rd *r, struct var_item *it)
{
	if (!var_next(r, it))
		return false;
	if (it->value == NULL) {
		it->value = "";
		it->valuelen = 0;
	}
	trim(&it->name, &it->namelen);
	trim(&it->value, &it->valuelen);
	return true;
}

static bool
nonce_ok(struct control *c)
{
	struct var_rd r = var_rd_init(c->data, c->req.count);
	struct var_item it;

	while (next_param(&r, &it))
		if (var_is(&it, "nonce"))
			return guard_nonce_ok(&c->e->guard, c->rb->src, c->now,
			    it.value, it.valuelen);
	return false;
}

static bool
take_param(
    struct mru_request *q, const struct control *c, const struct var_item *it)
{
	for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
		if (var_is(it, params[i].name))
			return params[i].take(q, c, it->value, it->valuelen);
	return take_resume(q, it);
}

/* What is missing of the two is as much as there may be. */
static bool
complete_limits(struct mru_request *q)
{
	if (q->frags > MRU_FRAGS_MAX || q->limit > MRU_LIMIT_MAX ||
	    (q->frags == 0 && q->limit == 0))
		return false;
	if (q->frags == 0)
		q->frags = MRU_FRAGS_MAX;
	if (q->limit == 0)
		q->limit = UINT32_MAX;
	return true;
}

/* Is resume point I in the list as the client saw it? */
static bool
matches(const struct mru_request *q, const struct mruset *m, unsigned i)
{
	const struct mruset_sought *w = &q->sought[i];

	return w->found &&
	    (q->direct ||
		ts_equal(mru_ts(m->list[0], w->entry.last), q->resume[i].last));
}

static void
match_resume(struct mru_request *q, const struct mruset *m)
{
	while (q->nresume < MRU_RESUMES && q->resume[q->nresume].have_addr &&
	    (q->direct || q->resume[q->nresume].have_last))
		q->nresume++;
	mruset_find(m, q->sought, q->nresume);
	for (unsigned i = 0; i < q->nresume && q->matched == NULL; i++)
		if (matches(q, m, i))
			q->matched = &q->sought[i].entry;
}

bool
mrureq_parse(struct control *c, struct mru_request *q)
{
	struct var_rd r = var_rd_init(c->data, c->req.count);
	struct var_item it;

	if (!nonce_ok(c)) {
		guard_charge(&c->e->guard, c->rb->src, BAD_NONCE, c->now.mono);
		return control_silent(c);
	}
	q->filter.not_before = INT64_MIN;
	q->filter.not_after = INT64_MAX;
	while (next_param(&r, &it))
		if (!take_param(q, c, &it))
			return control_silent(c);
	if (!complete_limits(q))
		return control_fail(c, MODE6_ERR_BADVALUE);
	if (c->e->mru == NULL)
		return true;
	mru_set_clock(c->e->mru, c->now);
	q->direct = q->limit == 1 && q->resume[0].have_addr;
	match_resume(q, &c->e->lists);
	if (q->nresume > 0 && q->matched == NULL)
		return control_fail(c, MODE6_ERR_UNKNOWNVAR);
	return true;
}
