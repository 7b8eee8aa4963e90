/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpd.c - the daemon: start, main loop, signals, end.
 *
 * Nothing but this file ends the process.  The order of the start matters:
 * sockets come before the clock, so that a second daemon fails on the port
 * before it has touched anything; rights are given up before the first
 * thread exists and the first datagram is read.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntp_records.h"
#include "ntp_stdio.h"
#include "ntpd.h"

#define MINUTE_MS    60000U
#define COMMAND_MAX  512U
#define EXPLAIN_MAX  600U
#define CLOSE_ROUNDS 8
#define RECEIVE_MAX  4U /* datagrams of the queue in a row */

/* --- signals -------------------------------------------------------------- */

static void
set_debug(struct daemon *d, unsigned level)
{
	d->opt.debug = level;
	d->log.port.min = level > 0 ? NTP_LOG_DEBUG : NTP_LOG_INFO;
	msyslog(&d->log, NTP_LOG_NOTICE, "debug level is %u", level);
}

static const char *
signal_name(int signum)
{
	switch (signum) {
	case SIGTERM:
		return "Terminated";
	case SIGINT:
		return "Interrupt";
	default:
		return "Quit";
	}
}

static void
on_signal(uv_signal_t *handle, int signum)
{
	struct daemon *d = handle->data;

	switch (signum) {
	case SIGHUP:
		reload(d);
		break;
	case SIGUSR1:
		set_debug(d, d->opt.debug + 1);
		break;
	case SIGUSR2:
		set_debug(d, d->opt.debug > 0 ? d->opt.debug - 1 : 0);
		break;
	default:
		msyslog(&d->log, NTP_LOG_NOTICE,
		    "ntpd exiting on signal %d (%s)", signum,
		    signal_name(signum));
		d->stopping = true;
		break;
	}
}

/* From the first line of the log on: whoever reads it may have gone. */
static void
ignore_signals(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGALRM, SIG_IGN);
	(void)signal(SIGIO, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* as a full disk */
}

/* HOW: SIG_BLOCK where nobody takes them, at both ends of our life. */
static void
keep_signals(int how)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)pthread_sigmask(how, &all, NULL);
}

static int
start_signals(struct daemon *d)
{
	static const int wanted[NTPD_SIGNALS] = {
	    SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};

	for (size_t i = 0; i < NTPD_SIGNALS; i++) {
		d->signals[i].data = d;
		if (uv_signal_init(&d->loop, &d->signals[i]) != 0 ||
		    uv_signal_start(&d->signals[i], on_signal, wanted[i]) != 0)
			return -NTP_EIO;
	}
	keep_signals(SIG_UNBLOCK);
	return 0;
}

static void
on_minute(uv_timer_t *t)
{
	leapfile_check(t->data);
}

/* --- start ---------------------------------------------------------------- */

static int
start_timers(struct daemon *d)
{
	d->minutely.data = d;
	if (uv_timer_init(&d->loop, &d->minutely) != 0 ||
	    uv_timer_start(&d->minutely, on_minute, MINUTE_MS, MINUTE_MS) != 0)
		return -NTP_EIO;
	if (mend_start(d) != 0 || background_start(d) != 0)
		return -NTP_EIO;
	return hourly_start(d);
}

/* A socket for each address and thread may be more than we were given, not
 * more than we may take. */
static void
take_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static int
start_sockets(struct daemon *d)
{
	take_descriptors();
	if (workers_init(d) != 0 || ifwatch_init(d) != 0 ||
	    io_init(d, d->conf->dscp) != 0)
		return -NTP_EIO;
	inherit_take(d);
	return ifwatch_start(d);
}

/* Everything up to the main loop; NTPD_OK or what to exit with. */
static int
start(struct daemon *d)
{
	/* heard when the main loop runs; till then nobody's reload is our end */
	if (start_signals(d) != 0)
		return NTPD_FAIL;
	notify_init(d);
	if (setup_config(d) != 0)
		return NTPD_FAIL;
	reload_remember(d);
	log_to(d, d->conf->logfile);
	sandbox_priority(d);
	if (keysfile_setup(d) != 0 || start_sockets(d) != 0)
		return NTPD_FAIL;
	setup_clock(d);
	clock_after_base(d);
	hwstamp_follow(d);
	if (refclocks_start(d) != 0)
		return NTPD_FAIL;
	mend_pidfile(d);
	if (nts_init(d) != 0)
		return NTPD_FAIL;
	if (sandbox_enter(d) != 0)
		return NTPD_SANDBOX;
	dns_init(d);
	if (setup_engine(d) != 0 || start_timers(d) != 0 ||
	    workers_start(d) != 0) {
		msyslog_errno(&d->log, NTP_LOG_ERR, "cannot start");
		return NTPD_FAIL;
	}
	ifwatch_publish(d);
	nts_start(d);
	leapfile_check(d);
	clockwatch_start(d);
	daemon_ready(d);
	notify_ready(d);
	return NTPD_OK;
}

/* --- end ------------------------------------------------------------------ */

static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* False when a look-up still hangs in a thread that we cannot wait for. */
static bool
close_loop(struct daemon *d)
{
	keep_signals(SIG_BLOCK);
	(void)dns_fini(d);
	for (size_t i = 0; i < d->io.nserver; i++)
		netsock_close(&d->io.server[i]);
	uv_walk(&d->loop, close_handle, NULL);
	for (int i = 0; i < CLOSE_ROUNDS; i++)
		(void)uv_run(&d->loop, UV_RUN_NOWAIT);
	return uv_loop_close(&d->loop) == 0;
}

static bool
disciplines_kernel(const struct daemon *d)
{
	return d->taken && d->ports.clock == &d->systime.port;
}

static void
stop(struct daemon *d)
{
	bool hangs;

	notify_stopping(d);
	if (d->engine != NULL)
		save_drift(d, drift_write);
	if (disciplines_kernel(d) && !d->opt.quit)
		systime_release(&d->systime);
	pidfile_remove(&d->pid);
	refclocks_stop(d);
	hangs = !nts_stop(d);
	workers_stop(d);
	hwstamp_stop(d);
	engine_free(&d->engine);
	if (!close_loop(d) || hangs)
		_exit(d->status);
	clockwatch_stop(d);
	background_stop(d);
	ifwatch_fini(d);
	io_fini(d);
	notify_fini(d);
	free(d->nts);
	filestats_close(&d->stats);
	keys_free(&d->keys);
	config_free(&d->cfg);
	free(d->filetext);
	msyslog_close(&d->log);
}

/* --- main loop ------------------------------------------------------------ */

static void
say_both(struct daemon *d, const char *text)
{
	(void)fprintf(stdout, "ntpd: %s\n", text);
	(void)fflush(stdout);
	msyslog(&d->log, NTP_LOG_NOTICE, "ntpd: %s", text);
}

/* Why there is no time to set: of each server. */
static void
say_servers(struct daemon *d)
{
	struct ntp_now now = ntpd_now(d);
	char text[EXPLAIN_MAX];
	size_t i = 0;

	while (engine_explain(d->engine, i, now, text, sizeof text)) {
		say_both(d, text);
		i++;
	}
	if (i == 0)
		say_both(d, "the configuration names no servers");
}

/* The words that callers of -q read, on the terminal and in the log. */
static void
say_set(struct daemon *d, const struct engine_status *s)
{
	char text[64];

	if (s->stop == ENGINE_STOP_NOSERVER)
		(void)snprintf(text, sizeof text, "no servers found");
	else if (s->stop == ENGINE_STOP_DENIED)
		(void)snprintf(text, sizeof text,
		    "%+.6f s off, but setting the clock is not permitted",
		    s->offset);
	else
		(void)snprintf(text, sizeof text, "time %s %+.6f s",
		    s->stepped ? "set" : "slew", s->offset);
	if (s->stop == ENGINE_STOP_NOSERVER)
		say_servers(d);
	say_both(d, text);
}

/* What the engine cannot do itself: end, and tell those who wait. */
static void
watch_engine(struct daemon *d)
{
	struct engine_status s;

	engine_status(d->engine, &s);
	if (s.synced && !d->synced)
		daemon_synced(d);
	if (d->alarm_flag || s.stop != ENGINE_RUN)
		notify_status(d);
	if (s.stop == ENGINE_RUN)
		return;
	d->stopping = true;
	if (s.stop == ENGINE_STOP_PANIC) {
		d->status = NTPD_PANIC;
		msyslog(&d->log, NTP_LOG_ERR,
		    "panic stop, exiting with status %d", d->status);
	} else {
		d->status = s.stop == ENGINE_STOP_DENIED ? NTPD_FAIL : NTPD_OK;
		say_set(d, &s);
	}
}

/* timingstats: our servers' packets, not what anybody may send. */
static void
record_spent(struct daemon *d, const struct recvbuf *rb)
{
	ntp_ts now;

	if (rb->ep == 0 || !filestats_wants(&d->stats, STATS_TIMING))
		return;
	now = d->ports.clock->get_systime(d->ports.clock);
	record_timing(&d->stats, now, rb->src, ts_diff(now, rb->rx_time));
}

/* Some of what is queued: others wait for the time meanwhile.  True when that
 * was not all. */
static bool
receive_some(struct daemon *d)
{
	struct recvbuf *rb = get_full_recv_buffer(d);

	for (unsigned k = 0; k < RECEIVE_MAX && rb != NULL; k++) {
		receive(d->engine, rb, ntpd_now(d));
		record_spent(d, rb);
		freerecvbuf(d, rb);
		host_follow(d);
		rb = get_full_recv_buffer(d);
	}
	return rb != NULL;
}

static void
main_loop(struct daemon *d)
{
	while (!d->stopping) {
		io_handler(d);
		if (d->alarm_flag)
			timer(d->engine, ntpd_now(d));
		d->backlog = receive_some(d);
		engine_units_follow(d->engine);
		d->backlog = background(d) || d->backlog;
		watch_engine(d);
	}
}

/* --- the command line ----------------------------------------------------- */

/* Is standard error the journal already?  The variable names the stream by its
 * device and inode, and is inherited by those who write elsewhere. */
static bool
in_journal(void)
{
	char value[64], ours[64];
	size_t len = sizeof value;
	struct stat st;

	if (uv_os_getenv("JOURNAL_STREAM", value, &len) != 0 ||
	    fstat(STDERR_FILENO, &st) != 0)
		return false;
	(void)snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(value, ours) == 0;
}

/* A copy of the log goes to the terminal: all of it in the foreground, only
 * trouble while a daemon starts.  Under systemd both end in the journal. */
static void
first_log(struct daemon *d)
{
	bool journal = d->opt.nofork && in_journal();
	bool syslog = !d->opt.nofork || (!d->opt.virtual_clock && !journal);

	msyslog_init(&d->log, "ntpd", syslog, STDERR_FILENO);
	d->log.journal = journal;
	if (!d->opt.nofork)
		d->log.terminal_min = NTP_LOG_WARN;
	if (d->opt.debug > 0)
		d->log.port.min = NTP_LOG_DEBUG;
}

static void
say_start(struct daemon *d, int argc, char *const argv[])
{
	char line[COMMAND_MAX] = "";
	size_t used = 0;
	int n;

	for (int i = 0; i < argc && used < sizeof line; i++) {
		n = snprintf(line + used, sizeof line - used, "%s%s",
		    i > 0 ? " " : "", argv[i]);
		used += n > 0 ? (size_t)n : 0;
	}
	msyslog(&d->log, NTP_LOG_NOTICE, "%s: Starting", d->version);
	msyslog(&d->log, NTP_LOG_INFO, "Command line: %s", line);
	for (size_t i = 0; i < d->opt.nignored; i++)
		msyslog(&d->log, NTP_LOG_WARN, "%s has no effect any more",
		    d->opt.ignored[i]);
}

static int
run(struct daemon *d, int argc, char *const argv[])
{
	int err;

	keep_signals(SIG_BLOCK);
	log_to(d, d->opt.logfile);
	say_start(d, argc, argv);
	err = uv_loop_init(&d->loop);
	if (err != 0) {
		errno = -err;
		msyslog_errno(&d->log, NTP_LOG_ERR, "no event loop");
		return NTPD_FAIL;
	}
	d->status = start(d);
	if (d->status == NTPD_OK)
		main_loop(d);
	stop(d);
	return d->status;
}

static int
check(struct daemon *d)
{
	int status = confcheck(d);

	config_free(&d->cfg);
	msyslog_close(&d->log);
	return status;
}

static int
run_or_fork(struct daemon *d, int argc, char *const argv[])
{
	mode_t mask = umask(022);
	int status = NTPD_FAIL;

	if (mask != 0)
		(void)umask(mask);
	first_log(d);
	if (opts_ask(&d->opt))
		return check(d);
	ignore_signals();
	if (d->opt.nofork)
		return run(d, argc, argv);
	switch (daemon_fork(d, &status)) {
	case DAEMON_CHILD:
		return run(d, argc, argv);
	case DAEMON_FAILED:
		msyslog_errno(&d->log, NTP_LOG_ERR, "fork");
		break;
	case DAEMON_PARENT:
		break;
	}
	return status;
}

static int
say_version(const struct daemon *d)
{
	(void)printf("%s\nwith libuv %s, %s\n", d->version, uv_version_string(),
	    caps_words);
	return NTPD_OK;
}

int
ntpdmain(int argc, char *argv[])
{
	struct daemon *d = calloc(1, sizeof *d);
	int status = NTPD_FAIL;

	if (d == NULL || stdio_fill() != 0)
		return NTPD_FAIL;
	d->parent_fd = d->notify.fd = d->iface.netlink_fd = -1;
	d->clockset_fd = d->background.fd = -1;
	(void)snprintf(d->version, sizeof d->version, "ntpd %s-%s",
	    PACKAGE_NAME, PACKAGE_VERSION);
	switch (opts_parse(&d->opt, argc, argv)) {
	case OPTS_RUN:
		status = run_or_fork(d, argc, argv);
		break;
	case OPTS_HELP:
		opts_usage(stdout);
		status = NTPD_OK;
		break;
	case OPTS_VERSION:
		status = say_version(d);
		break;
	case OPTS_BAD:
		opts_hint(stderr);
		break;
	}
	free(d);
	return status;
}

int
main(int argc, char *argv[])
{
	/* all threads are gone: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	exit(ntpdmain(argc, argv));
}
