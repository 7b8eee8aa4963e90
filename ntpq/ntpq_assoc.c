/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_assoc.c - the list of associations and its billboard.
 *
 * Kept between commands, so that &N means the same row until somebody asks
 * for the list again.
 */
#include <stdlib.h>

#include "ntp_wire.h"
#include "ntpq.h"

static int
by_id(const void *a, const void *b)
{
	const struct assoc *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

bool
assoc_fetch(struct ntpq *q)
{
	struct query query = {.opcode = MODE6_READSTAT};
	struct reply rep;
	struct wire_rd rd;

	q->know_assocs = false;
	q->nassocs = 0;
	if (!ask(q, &query, &rep))
		return false;
	q->know_assocs = true;
	rd = wire_rd_init(rep.text, rep.len);
	while (wire_left(&rd) >= 4 && q->nassocs < NTPQ_ASSOCS_MAX) {
		q->assoc[q->nassocs].id = wire_get16(&rd);
		q->assoc[q->nassocs].status = wire_get16(&rd);
		q->nassocs++;
	}
	if (q->nassocs == 0) {
		server_print(q, q->err);
		fputs("No association ID's returned\n", q->err);
		return false;
	}
	qsort(q->assoc, q->nassocs, sizeof(q->assoc[0]), by_id);
	return true;
}

static bool
is_shown(const struct assoc *a, bool all)
{
	return all || (a->status & (PEER_STATUS_CONFIG | PEER_STATUS_REACH));
}

static void
json_associations(struct ntpq *q, bool all)
{
	size_t i;

	json_array(q->json, "associations");
	for (i = 0; i < q->nassocs; i++)
		if (is_shown(&q->assoc[i], all))
			assoc_json(q->json, (unsigned)i + 1, q->assoc[i].id,
			    q->assoc[i].status);
	json_array_end(q->json);
}

static void
show_associations(struct ntpq *q, bool all)
{
	size_t i;

	if (q->json != NULL) {
		json_associations(q, all);
		return;
	}
	fputs("ind assid status  conf reach auth condition  last_event cnt\n",
	    q->out);
	fputs("===========================================================\n",
	    q->out);
	for (i = 0; i < q->nassocs; i++) {
		if (!is_shown(&q->assoc[i], all))
			continue;
		assoc_row(q->out, (unsigned)i + 1, q->assoc[i].id,
		    q->assoc[i].status);
		fputc('\n', q->out);
	}
}

/* a->arg: also what is neither configured nor reached. */
void
cmd_associations(struct ntpq *q, const struct ntpq_args *a)
{
	if (assoc_fetch(q))
		show_associations(q, a->arg != 0);
}

void
cmd_passociations(struct ntpq *q, const struct ntpq_args *a)
{
	if (q->know_assocs && q->nassocs > 0)
		show_associations(q, a->arg != 0);
	else
		fputs("No association ID's in list\n"
		      "ntpq: ask for `associations' first\n",
		    q->err);
}
