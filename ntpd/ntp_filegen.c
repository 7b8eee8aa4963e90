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
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ntp_calendar.h"

#define ERROR_WORDS 128U
#define DAY_S	    86400
#define DATE_MAX    32U
#define SUFFIX_MAX  32U
#define RETRY_S	    10 /* after a failure */
#define LINK_SPARES 10 /* NAME.PIDC0 ... */

static const char *const set_names[STATS_SETS] = {
    [STATS_LOOP] = "loopstats",
    [STATS_PEER] = "peerstats",
    [STATS_RAW] = "rawstats",
    [STATS_SYS] = "sysstats",
    [STATS_CLOCK] = "clockstats",
    [STATS_PROTO] = "protostats",
    [STATS_TIMING] = "timingstats",
    [STATS_USE] = "usestats",
    [STATS_NTS] = "ntsstats",
    [STATS_NTSKE] = "ntskestats",
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
	char spare[FILEGEN_PATH];
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

static void say(struct log_port *log, enum ntp_loglevel lv, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
static void
say(struct log_port *log, enum ntp_loglevel lv, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log->vlog(log, lv, fmt, ap);
	va_end(ap);
}

/* A record that cannot be kept must cost no more than itself: one line tells
 * of the first, another of the end.  Nobody may have made the default
 * directory, because nobody wants statistics: no complaint. */
static void
lose(struct filestats *s, struct filegen *g, int64_t t, int err)
{
	char words[ERROR_WORDS];

	g->tried = t;
	if (g->lost++ > 0 || (err == ENOENT && s->dir_default))
		return;
	g->told = true;
	say(s->log, NTP_LOG_ERR,
	    "statistics file %s: %s; records are lost until it can be "
	    "written",
	    g->path, strerror_r(err, words, sizeof words));
}

static void
keep_again(struct filestats *s, struct filegen *g)
{
	if (g->told)
		say(s->log, NTP_LOG_NOTICE,
		    "statistics file %s is written again, %" PRIu64
		    " records were lost",
		    g->path, g->lost);
	g->told = false;
	g->lost = 0;
}

/* After a failure not every record tries again. */
static bool
may_try(const struct filegen *g, int64_t t)
{
	return g->lost == 0 || t < g->tried || t >= g->tried + RETRY_S;
}

static bool
same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && lstat(b, &sb) == 0 &&
	    sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev;
}

/* The link is a convenience: without it the records are still there. */
static void
link_plain(struct filestats *s, const struct filegen *g, const char *plain)
{
	if (!g->par.link || strcmp(g->path, plain) == 0 ||
	    same_file(g->path, plain))
		return;
	link_make_room(plain, s->pid);
	if (link(g->path, plain) != 0)
		say(s->log, NTP_LOG_DEBUG, "no link %s", plain);
}

static void
filegen_open(struct filestats *s, struct filegen *g, int64_t t)
{
	char plain[FILEGEN_PATH - SUFFIX_MAX], suffix[SUFFIX_MAX];
	const char *slash =
	    s->dir[0] != '\0' && s->dir[strlen(s->dir) - 1] == '/' ? "" : "/";
	int n;

	n = snprintf(plain, sizeof plain, "%s%s%s", s->dir, slash, g->name);
	if (n < 0 || (size_t)n >= sizeof plain) {
		lose(s, g, t, ENAMETOOLONG);
		return;
	}
	filegen_suffix(
	    g->par.type, t, s->started, s->pid, suffix, sizeof suffix);
	(void)snprintf(g->path, sizeof g->path, "%s%s", plain, suffix);
	g->fd = open(g->path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY |
		O_NONBLOCK,
	    0644);
	if (g->fd < 0) {
		lose(s, g, t, errno);
		return;
	}
	g->period = filegen_period(g->par.type, t, s->started);
	link_plain(s, g, plain);
}

static void
filegen_shut(struct filegen *g)
{
	if (g->fd >= 0)
		(void)close(g->fd);
	g->fd = -1;
}

/* Half a record would spoil the next one too: it is taken back. */
static void
filegen_write(
    struct filestats *s, struct filegen *g, int64_t t, const char *line)
{
	size_t len = strlen(line);
	ssize_t n = write(g->fd, line, len);
	int err = n < 0 ? errno : ENOSPC;
	struct stat st;

	if (n >= 0 && (size_t)n == len) {
		keep_again(s, g);
		return;
	}
	if (n > 0 && fstat(g->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    ftruncate(g->fd, st.st_size - n) != 0)
		err = errno;
	filegen_shut(g);
	lose(s, g, t, err);
}

bool
filestats_wants(const struct filestats *s, enum stats_set set)
{
	return s->gen[set].par.enabled;
}

void
filestats_record(
    struct filestats *s, enum stats_set set, ntp_ts when, const char *text)
{
	struct filegen *g = &s->gen[set];
	char line[FILESTATS_RECORD + DATE_MAX];
	int64_t t, day;
	uint32_t ns;

	if (!filestats_wants(s, set))
		return;
	ts_to_unix(when, time(NULL), &t, &ns);
	if (g->fd >= 0 &&
	    g->period != filegen_period(g->par.type, t, s->started))
		filegen_shut(g);
	if (g->fd < 0 && may_try(g, t))
		filegen_open(s, g, t);
	else if (g->fd < 0)
		g->lost++;
	if (g->fd < 0)
		return;
	day = t - floor_div(t, DAY_S) * DAY_S;
	(void)snprintf(line, sizeof line, "%" PRId64 " %" PRId64 ".%03u %s\n",
	    calendar_mjd(t), day, (unsigned)(ns / 1000000), text);
	filegen_write(s, g, t, line);
}

void
filestats_init(struct filestats *s, const struct ntp_config *cfg,
    struct log_port *log, int64_t now)
{
	memset(s, 0, sizeof *s);
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
	s->dir_default = cfg->statsdir == NULL;
	s->dir = s->dir_default ? FILEGEN_DIR : cfg->statsdir;
	for (int i = 0; i < STATS_SETS; i++) {
		struct filegen *g = &s->gen[i];

		g->par = cfg->filegen[i];
		g->par.enabled = g->par.enabled && cfg->stats;
		g->name = g->par.file != NULL ? g->par.file : set_names[i];
	}
}

void
filestats_close(struct filestats *s)
{
	for (int i = 0; i < STATS_SETS; i++) {
		filegen_shut(&s->gen[i]);
		s->gen[i].lost = 0;
		s->gen[i].told = false;
	}
}
