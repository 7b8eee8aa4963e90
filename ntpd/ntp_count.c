/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_count.c - the sums of counters that mode 6 and sysstats tell.
 */
#include <string.h>

#include "ntp_count.h"

uint64_t
count_badformat(const struct server_counters *n)
{
	return n->drop[DROP_SHORT] + n->drop[DROP_PORT0] +
	    n->drop[DROP_VERSION] + n->drop[DROP_FORMAT] +
	    n->drop[DROP_CONTROL] + n->drop[DROP_NTS];
}

uint64_t
count_badauth(const struct server_counters *n)
{
	return n->drop[DROP_BADAUTH] + n->drop[DROP_NOTRUST] +
	    n->drop[DROP_CRYPTONAK] + n->drop[DROP_NTSN];
}

uint64_t
count_declined(const struct server_counters *n)
{
	return n->drop[DROP_BOGON] + n->drop[DROP_OWN] + n->drop[DROP_MODE] +
	    n->drop[DROP_MODE7] + n->drop[DROP_NOASSOC];
}

uint64_t
count_restricted(const struct server_counters *n)
{
	return n->drop[DROP_IGNORE] + n->drop[DROP_NOSERVE] +
	    n->drop[DROP_NOQUERY] + n->drop[DROP_FLAKE];
}

uint64_t
count_limited(const struct server_counters *n)
{
	return n->drop[DROP_LIMITED] + n->drop[DROP_KOD];
}

uint64_t
count_processed(const struct ntp_engine *e)
{
	uint64_t n = e->total.processed;

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

uint64_t
count_sent(const struct ntp_engine *e)
{
	return count_polls(e) + e->total.processed + e->total.kodsent +
	    e->ctl.frags;
}

void
engine_counters(struct ntp_engine *e, ntp_mono now, struct engine_counters *out)
{
	const struct server_counters *n = &e->total;

	serving_hold(e);
	serving_release(e);
	out->age = mono_diff(now, e->since.sys);
	out->n[COUNT_RECEIVED] = n->received;
	out->n[COUNT_PROCESSED] = count_processed(e);
	out->n[COUNT_THISVER] = n->thisver;
	out->n[COUNT_OLDVER] = n->oldver;
	out->n[COUNT_RESTRICTED] = count_restricted(n);
	out->n[COUNT_BADFORMAT] = count_badformat(n);
	out->n[COUNT_BADAUTH] = count_badauth(n);
	out->n[COUNT_DECLINED] = count_declined(n);
	out->n[COUNT_LIMITED] = count_limited(n);
	out->n[COUNT_KODSENT] = n->kodsent;
}

void
engine_nts_counters(struct ntp_engine *e, uint64_t n[NTS_COUNTS])
{
	serving_hold(e);
	serving_release(e);
	memcpy(n, e->total.nts, sizeof e->total.nts);
}

void
counters_since(struct engine_counters *now, const struct engine_counters *then)
{
	if (now->age < then->age)
		return;
	now->age -= then->age;
	for (size_t i = 0; i < ENGINE_COUNTERS; i++)
		now->n[i] -= now->n[i] < then->n[i] ? now->n[i] : then->n[i];
}
