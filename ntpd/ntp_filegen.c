/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_filegen.c - statistics files that change with the calendar.
 *
 * Names, columns and digits are the reference's, byte for byte: plotting
 * tools read them.  A record is one write(2), so a reader sees whole lines.
 */
#include "ntp_filegen.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ntp_addr.h"
#include "ntp_calendar.h"

#define ERROR_WORDS 128U
#define DAY_S	    86400
#define RECORD_MAX  256U
#define SUFFIX_MAX  32U
#define LINK_SPARES 10 /* NAME.PIDC0 ... */

static const char *const set_names[STATS_SETS] = {
    [STATS_LOOP] = "loopstats",
    [STATS_PEER] = "peerstats",
    [STATS_RAW] = "rawstats",
    [STATS_SYS] = "sysstats",
    [STATS_CLOCK] = "clockstats",
    [STATS_PROTO] = "protostats",
    [STATS_OTHER] = "otherstats",
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
filegen_period(enum filegen_type type, int64_t t, int64_t started)
{
	struct ntp_date d;

	calendar_from_unix(t, &d);
	switch (type) {
	case FILEGEN_DAY:
		return floor_div(t, DAY_S);
	case FILEGEN_WEEK:
		/* 1970-01-01 was a Thursday; ISO weeks begin on Monday */
		return floor_div(floor_div(t, DAY_S) + 3, 7);
	case FILEGEN_MONTH:
		return d.year * 12 + d.month;
	case FILEGEN_YEAR:
		return d.year;
	case FILEGEN_AGE:
		return floor_div(t - started, DAY_S);
	case FILEGEN_NONE:
	case FILEGEN_PID:
		break;
	}
	return 0;
}

void
filegen_suffix(enum filegen_type type, int64_t t, int64_t started, pid_t pid,
    char *out, size_t cap)
{
	struct ntp_date d;
	int64_t year;
	int week;

	calendar_from_unix(t, &d);
	*out = '\0';
	switch (type) {
	case FILEGEN_PID:
		(void)snprintf(out, cap, ".#%ld", (long)pid);
		break;
	case FILEGEN_DAY:
		(void)snprintf(
		    out, cap, ".%04" PRId64 "%02d%02d", d.year, d.month, d.day);
		break;
	case FILEGEN_WEEK:
		calendar_iso_week(&d, &year, &week);
		(void)snprintf(out, cap, ".%04" PRId64 "w%02d", year, week);
		break;
	case FILEGEN_MONTH:
		(void)snprintf(out, cap, ".%04" PRId64 "%02d", d.year, d.month);
		break;
	case FILEGEN_YEAR:
		(void)snprintf(out, cap, ".%04" PRId64, d.year);
		break;
	case FILEGEN_AGE:
		(void)snprintf(out, cap, ".a%08" PRId64,
		    floor_div(t - started, DAY_S) * DAY_S);
		break;
	case FILEGEN_NONE:
		break;
	}
}

/* A file of that name which is not a link to a member is put aside. */
static void
link_make_room(const char *plain, pid_t pid)
{
	char spare[PATH_MAX];
	struct stat st;

	if (lstat(plain, &st) != 0)
		return;
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1) {
		(void)unlink(plain);
		return;
	}
	for (int i = 0; i < LINK_SPARES; i++) {
		(void)snprintf(
		    spare, sizeof spare, "%s.%ldC%d", plain, (long)pid, i);
		if (access(spare, F_OK) != 0) {
			(void)rename(plain, spare);
			return;
		}
	}
}

static void say(struct log_port *log, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void
say(struct log_port *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log->vlog(log, NTP_LOG_ERR, fmt, ap);
	va_end(ap);
}

/* A missing directory means that nobody wants statistics: no complaint. */
static void
open_failed(struct filestats *s, struct filegen *g, const char *path)
{
	char words[ERROR_WORDS];

	if (g->failed || errno == ENOENT)
		return;
	g->failed = true;
	say(s->log, "statistics file %s: %s", path,
	    strerror_r(errno, words, sizeof words));
}

static void
filegen_open(struct filestats *s, struct filegen *g, int64_t t)
{
	char path[PATH_MAX], plain[PATH_MAX - SUFFIX_MAX], suffix[SUFFIX_MAX];
	const char *slash =
	    s->dir[0] != '\0' && s->dir[strlen(s->dir) - 1] == '/' ? "" : "/";
	int n;

	n = snprintf(plain, sizeof plain, "%s%s%s", s->dir, slash, g->name);
	if (n < 0 || (size_t)n >= sizeof plain)
		return;
	filegen_suffix(
	    g->par.type, t, s->started, s->pid, suffix, sizeof suffix);
	(void)snprintf(path, sizeof path, "%s%s", plain, suffix);
	g->fd = open(path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
	    0644);
	if (g->fd < 0) {
		open_failed(s, g, path);
		return;
	}
	g->failed = false;
	g->period = filegen_period(g->par.type, t, s->started);
	if (g->par.link && suffix[0] != '\0') {
		link_make_room(plain, s->pid);
		if (link(path, plain) != 0 && errno != EEXIST)
			open_failed(s, g, plain);
	}
}

static void
filegen_shut(struct filegen *g)
{
	if (g->fd >= 0)
		(void)close(g->fd);
	g->fd = -1;
}

void
filestats_record(
    struct filestats *s, enum stats_set set, ntp_ts when, const char *text)
{
	struct filegen *g = &s->gen[set];
	char line[RECORD_MAX];
	int64_t t, day;
	uint32_t ns;
	int n;

	if (!g->par.enabled)
		return;
	ts_to_unix(when, time(NULL), &t, &ns);
	if (g->fd >= 0 &&
	    g->period != filegen_period(g->par.type, t, s->started))
		filegen_shut(g);
	if (g->fd < 0)
		filegen_open(s, g, t);
	if (g->fd < 0)
		return;
	day = t - floor_div(t, DAY_S) * DAY_S;
	n = snprintf(line, sizeof line, "%" PRId64 " %" PRId64 ".%03u %s\n",
	    calendar_mjd(t), day, (unsigned)(ns / 1000000), text);
	if (n > 0 && (size_t)n < sizeof line &&
	    write(g->fd, line, (size_t)n) != n)
		filegen_shut(g);
}

static void
record_loop(struct stats_port *p, const struct loop_sample *ls)
{
	struct filestats *s = (struct filestats *)p;
	char text[RECORD_MAX - 64];

	(void)snprintf(text, sizeof text, "%.9f %.3f %.9f %.6f %d", ls->offset,
	    ls->freq * 1e6, ls->jitter, ls->wander * 1e6, ls->poll);
	filestats_record(s, STATS_LOOP, ls->when, text);
}

static void
record_peer(struct stats_port *p, const struct peer_sample *ps)
{
	struct filestats *s = (struct filestats *)p;
	char text[RECORD_MAX - 64], addr[ADDR_STRLEN];

	(void)snprintf(text, sizeof text, "%s %x %.9f %.9f %.9f %.9f",
	    addr_format(ps->addr, addr), ps->status, ps->offset, ps->delay,
	    ps->disp, ps->jitter);
	filestats_record(s, STATS_PEER, ps->when, text);
}

static void
record_clock(struct stats_port *p, const struct clock_sample *cs)
{
	struct filestats *s = (struct filestats *)p;
	char text[RECORD_MAX - 64], addr[ADDR_STRLEN];

	(void)snprintf(
	    text, sizeof text, "%s %s", addr_format(cs->addr, addr), cs->text);
	filestats_record(s, STATS_CLOCK, cs->when, text);
}

void
filestats_init(struct filestats *s, const struct ntp_config *cfg,
    struct log_port *log, int64_t now)
{
	memset(s, 0, sizeof *s);
	s->port.loop = record_loop;
	s->port.peer = record_peer;
	s->port.clock = record_clock;
	s->log = log;
	s->started = now;
	s->pid = getpid();
	for (int i = 0; i < STATS_SETS; i++)
		s->gen[i].fd = -1;
	filestats_follow(s, cfg);
}

void
filestats_follow(struct filestats *s, const struct ntp_config *cfg)
{
	s->dir = cfg->statsdir != NULL ? cfg->statsdir : FILEGEN_DIR;
	for (int i = 0; i < STATS_SETS; i++) {
		struct filegen *g = &s->gen[i];

		g->par = cfg->filegen[i];
		g->par.enabled = g->par.enabled && cfg->stats;
		g->name = g->par.file != NULL ? g->par.file : set_names[i];
		g->failed = false;
	}
}

void
filestats_close(struct filestats *s)
{
	for (int i = 0; i < STATS_SETS; i++)
		filegen_shut(&s->gen[i]);
}
