/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_stats.c - statistics: a label and a variable each, read in one request.
 *
 * A server that does not know one of the names refuses them all; then they
 * are asked for one by one, so that the others are still shown.
 */
#include <string.h>
#include <time.h>

#include "ntpq.h"

#define ROWS_MAX 18U
#define UNKNOWN	 "???"

struct stats_row {
	const char *label; /* NULL: shown with the row before */
	const char *name;
};

struct stats_table {
	int width;	  /* of a label, with its colon */
	bool status_line; /* begins with one */
	struct stats_row row[ROWS_MAX];
};

static const struct stats_table tables[] = {
    [STATS_AUTHINFO] = {.width = 17,
	.row = {{"time since reset:", "authreset"},
	    {"stored keys:", "authkeys"}, {"free keys:", "authfreek"},
	    {"key lookups:", "authklookups"},
	    {"keys not found:", "authknotfound"},
	    {"uncached keys:", "authkuncached"},
	    {"expired keys:", "authkexpired"}, {"encryptions:", "authencrypts"},
	    {"decryptions:", "authdecrypts"}}},
    [STATS_IOSTATS] = {.width = 22,
	.row = {{"time since reset:", "iostats_reset"},
	    {"receive buffers:", "total_rbuf"},
	    {"free receive buffers:", "free_rbuf"},
	    {"used receive buffers:", "used_rbuf"},
	    {"low water refills:", "rbuf_lowater"},
	    {"dropped packets:", "io_dropped"},
	    {"ignored packets:", "io_ignored"},
	    {"received packets:", "io_received"}, {"packets sent:", "io_sent"},
	    {"packet send failures:", "io_sendfailed"},
	    {"input wakeups:", "io_wakeups"},
	    {"useful input wakeups:", "io_goodwakeups"}}},
    [STATS_KERNINFO] = {.width = 21,
	.status_line = true,
	.row = {{"pll offset:", "koffset"}, {"pll frequency:", "kfreq"},
	    {"maximum error:", "kmaxerr"}, {"estimated error:", "kesterr"},
	    {"kernel status:", "kstflags"},
	    {"pll time constant:", "ktimeconst"}, {"precision:", "kprecis"},
	    {"frequency tolerance:", "kfreqtol"},
	    {"pps frequency:", "kppsfreq"}, {"pps stability:", "kppsstab"},
	    {"pps jitter:", "kppsjitter"},
	    {"calibration interval", "kppscalibdur"},
	    {"calibration cycles:", "kppscalibs"},
	    {"jitter exceeded:", "kppsjitexc"},
	    {"stability exceeded:", "kppsstbexc"},
	    {"calibration errors:", "kppscaliberrs"}}},
    [STATS_MONSTATS] = {.width = 20,
	.row = {{"enabled:", "mru_enabled"}, {"addresses:", "mru_depth"},
	    {"peak addresses:", "mru_deepest"},
	    {"maximum addresses:", "mru_maxdepth"},
	    {"reclaim above count:", "mru_mindepth"},
	    {"reclaim older than:", "mru_maxage"}, {"kilobytes:", "mru_mem"},
	    {"maximum kilobytes:", "mru_maxmem"}}},
    [STATS_MSSNTPINFO] = {.width = 22,
	.row = {{"requests to sign:", "mssntp_serves"},
	    {"no signing daemon:", "mssntp_serves_no"},
	    {"lost on the way:", "mssntp_serves_err"},
	    {"signed:", "mssntp_serves_good"},
	    {"time for them:", "mssntp_serves_good_wall"},
	    {"slowest of them:", "mssntp_serves_good_slowest"},
	    {"refused:", "mssntp_serves_bad"},
	    {"time for refusals:", "mssntp_serves_bad_wall"},
	    {"slowest refusal:", "mssntp_serves_bad_slowest"}}},
    [STATS_NTSINFO] = {.width = 25,
	.row = {{"client sends:", "nts_client_send"},
	    {"client receives good:", "nts_client_recv_good"},
	    {"client receives bad:", "nts_client_recv_bad"},
	    {"server receives good:", "nts_server_recv_good"},
	    {"server receives bad:", "nts_server_recv_bad"},
	    {"server sends:", "nts_server_send"},
	    {"cookies made:", "nts_cookie_make"},
	    {"cookies decoded:", "nts_cookie_decode"},
	    {"cookies decoded, old:", "nts_cookie_decode_old"},
	    {"cookies decoded, old2:", "nts_cookie_decode_old2"},
	    {"cookies decoded, older:", "nts_cookie_decode_older"},
	    {"cookies too old:", "nts_cookie_decode_too_old"},
	    {"cookies bad:", "nts_cookie_decode_error"},
	    {"key exchanges as server:", "nts_ke_serves_good"},
	    {"failed as server:", "nts_ke_serves_bad"},
	    {"key exchanges as client:", "nts_ke_probes_good"},
	    {"failed as client:", "nts_ke_probes_bad"}}},
    [STATS_NTSKEINFO] = {.width = 25,
	.row = {{"key exchanges as server:", "nts_ke_serves_good"},
	    {"failed as server:", "nts_ke_serves_bad"},
	    {"key exchanges as client:", "nts_ke_probes_good"},
	    {"failed as client:", "nts_ke_probes_bad"}}},
    [STATS_PSTATS] = {.width = 21,
	.status_line = true,
	.row = {{"remote host:", "srcadr"}, {NULL, "srcport"},
	    {"local address:", "dstadr"}, {"time last received:", "timerec"},
	    {"time until next send:", "timer"},
	    {"reachability change:", "timereach"}, {"packets sent:", "sent"},
	    {"packets received:", "received"},
	    {"bad authentication:", "badauth"}, {"bogus origin:", "bogusorg"},
	    {"duplicate:", "oldpkt"}, {"bad dispersion:", "seldisp"},
	    {"bad reference time:", "selbroken"},
	    {"candidate order:", "candidate"}}},
    [STATS_SYSINFO] = {.width = 18,
	.status_line = true,
	.row = {{"system peer:", "peeradr"}, {"system peer mode:", "peermode"},
	    {"leap indicator:", "leap"}, {"stratum:", "stratum"},
	    {"log2 precision:", "precision"}, {"root delay:", "rootdelay"},
	    {"root dispersion:", "rootdisp"}, {"reference ID:", "refid"},
	    {"reference time:", "reftime"}, {"system jitter:", "sys_jitter"},
	    {"clock jitter:", "clk_jitter"}, {"clock wander:", "clk_wander"},
	    {"broadcast delay:", "bcastdelay"},
	    {"symm. auth. delay:", "authdelay"}}},
    [STATS_SYSSTATS] = {.width = 22,
	.row = {{"uptime:", "ss_uptime"}, {"sysstats reset:", "ss_reset"},
	    {"packets received:", "ss_received"},
	    {"current version:", "ss_thisver"}, {"older version:", "ss_oldver"},
	    {"bad length or format:", "ss_badformat"},
	    {"authentication failed:", "ss_badauth"},
	    {"declined:", "ss_declined"}, {"restricted:", "ss_restricted"},
	    {"rate limited:", "ss_limited"}, {"KoD responses:", "ss_kodsent"},
	    {"processed for time:", "ss_processed"}}},
    [STATS_TIMERSTATS] = {.width = 19,
	.row = {{"time since reset:", "timerstats_reset"},
	    {"timer overruns:", "timer_overruns"},
	    {"calls to transmit:", "timer_xmts"}}},
};

static const char *const mode_names[] = {"unspec", "sym_active", "sym_passive",
    "client", "server", "broadcast", "control", "private", "bclient"};

typedef char stats_value[NTPQ_NAME_MAX];

struct stats {
	struct reply reply; /* the last good one: its status */
	stats_value value[ROWS_MAX];
};

static void
take_mode(const struct reply *rep, const char *name, stats_value out)
{
	unsigned mode, max = sizeof(mode_names) / sizeof(mode_names[0]);

	mode = reply_uint(rep, name, max - 1, max);
	if (mode < max)
		snprintf(out, sizeof(stats_value), "%s", mode_names[mode]);
}

static void
append_port(const struct reply *rep, stats_value out)
{
	unsigned port = reply_uint(rep, "srcport", UINT16_MAX, 0);
	stats_value host;

	if (port == 0)
		return;
	memcpy(host, out, sizeof(host));
	snprintf(out, sizeof(stats_value),
	    strchr(host, ':') != NULL ? "[%.200s]:%u" : "%.200s:%u", host,
	    port);
}

/* Stays UNKNOWN when it is not in the reply. */
static void
take_value(const struct ntpq *q, const struct reply *rep, const char *name,
    stats_value out)
{
	/* The sign is for people who compare offsets, not for totals. */
	struct cooked_style style = {
	    .numeric = q->numeric, .units = q->units, .pivot = time(NULL)};
	struct var_item it;
	bool have = reply_find(rep, name, &it);

	if (q->json != NULL && have)
		json_variable(q->json, &it, style.pivot);
	else if (q->json != NULL)
		json_null(q->json, name);
	if (q->json != NULL || !have)
		return;
	if (strcmp(name, "peermode") == 0) {
		take_mode(rep, name, out);
		return;
	}
	var_unquote(&it);
	cooked_value(&it, &style, out, sizeof(stats_value));
	if (strcmp(name, "srcadr") == 0)
		append_port(rep, out);
}

static size_t
all_names(const struct stats_table *t, char out[MODE6_DATA_MAX])
{
	size_t i, len = 0;

	for (i = 0; i < ROWS_MAX && t->row[i].name != NULL; i++)
		len += (size_t)snprintf(out + len, MODE6_DATA_MAX - len, "%s%s",
		    i > 0 ? "," : "", t->row[i].name);
	return len;
}

static enum ask_result
ask_together(struct ntpq *q, const struct stats_table *t, struct query *query,
    struct stats *stats)
{
	char names[MODE6_DATA_MAX];
	enum ask_result res;
	size_t i;

	query->data = names;
	query->len = all_names(t, names);
	res = ask_quietly(q, query, &stats->reply);
	if (res == ASK_OK)
		for (i = 0; i < ROWS_MAX && t->row[i].name != NULL; i++)
			take_value(
			    q, &stats->reply, t->row[i].name, stats->value[i]);
	query->data = NULL;
	query->len = 0;
	return res;
}

/* One unknown name spoils the request; this finds the others, if any. */
static enum ask_result
ask_one_by_one(struct ntpq *q, const struct stats_table *t, struct query *query,
    struct stats *stats)
{
	enum ask_result res, best = ASK_ERROR;
	struct reply rep;
	size_t i;

	for (i = 0; i < ROWS_MAX && t->row[i].name != NULL; i++) {
		query->data = t->row[i].name;
		query->len = strlen(query->data);
		res = ask_quietly(q, query, &rep);
		if (res != ASK_OK && res != ASK_ERROR)
			return res;
		if (res == ASK_OK) {
			best = ASK_OK;
			stats->reply = rep;
		} else {
			rep = (struct reply){.text = ""};
		}
		take_value(q, &rep, t->row[i].name, stats->value[i]);
	}
	return best;
}

static void
print_statistics(const struct ntpq *q, const struct stats_table *t,
    const struct query *query, struct stats *stats)
{
	size_t i;

	if (q->json != NULL) {
		if (t->status_line)
			status_json(q->json, query, &stats->reply);
		return;
	}
	server_print(q, q->out);
	if (t->status_line)
		status_line_print(q->out, query, &stats->reply);
	for (i = 0; i < ROWS_MAX && t->row[i].name != NULL; i++)
		if (t->row[i].label != NULL)
			fprintf(q->out, "%-*s  %s\n", t->width, t->row[i].label,
			    stats->value[i]);
}

static void
show_statistics(struct ntpq *q, const struct stats_table *t, uint16_t associd)
{
	struct query query = {.opcode = MODE6_READVAR, .associd = associd};
	struct stats stats = {.reply = {.text = ""}};
	enum ask_result res;
	size_t i;

	for (i = 0; i < ROWS_MAX; i++)
		memcpy(stats.value[i], UNKNOWN, sizeof(UNKNOWN));
	if (q->json != NULL)
		json_object(q->json, "variables");
	res = ask_together(q, t, &query, &stats);
	if (res == ASK_ERROR && stats.reply.errcode == MODE6_ERR_UNKNOWNVAR)
		res = ask_one_by_one(q, t, &query, &stats);
	if (q->json != NULL)
		json_object_end(q->json);
	if (res == ASK_OK)
		print_statistics(q, t, &query, &stats);
	else
		ask_complain(q, res, &query, &stats.reply);
}

/* a->arg: enum stats_id. */
void
cmd_statistics(struct ntpq *q, const struct ntpq_args *a)
{
	uint16_t associd = 0;

	if (a->n > 0 && !assoc_arg(q, a->v[0], &associd))
		return;
	show_statistics(q, &tables[a->arg], associd);
}
