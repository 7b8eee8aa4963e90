/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_start.c - the ports, the clock and the engine of a daemon.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ntp_era.h"
#include "ntp_err.h"
#include "ntp_records.h"
#include "ntpd.h"

void
rng_port_fill(struct rng_port *p, void *buf, size_t len)
{
	uint8_t *b = buf;

	(void)p;
	while (len > 0) {
		ssize_t n = getrandom(b, len, 0);

		if (n < 0 && errno != EINTR)
			abort(); /* nothing we send may be guessable */
		if (n <= 0)
			continue;
		b += n;
		len -= (size_t)n;
	}
}

/* --- the clock ------------------------------------------------------------ */

static void
start_virtual(struct daemon *d)
{
	uint64_t seed;

	caps_forsake_clock();
	rng_port_fill(&d->rng.port, &seed, sizeof seed);
	virtclock_init(&d->virt, &d->opt.virt, seed);
	d->ports.clock = &d->virt.port;
	d->io.arrival = virtclock_arrival;
	d->io.read = virtclock_read;
	msyslog(&d->log, NTP_LOG_NOTICE,
	    "virtual clock: %+.6f s, %+.3f ppm; the real clock is not touched",
	    d->opt.virt.offset, d->opt.virt.freq * 1e6);
}

/* Information, not alarm: nobody is synchronized before he has begun. */
static void
say_kernel_state(struct daemon *d)
{
	int status, state = systime_state(&d->systime, &status);

	if (state == TIME_ERROR)
		msyslog(&d->log, NTP_LOG_INFO,
		    "kernel reports TIME_ERROR: 0x%x: Clock Unsynchronized "
		    "(normal before synchronization)",
		    (unsigned)status);
}

/* False when it should be ours and cannot be. */
static bool
take_clock(struct daemon *d)
{
	if (!d->conf->ntp)
		return true;
	d->taken = systime_take(&d->systime) == 0;
	return d->taken;
}

static void
start_kernel(struct daemon *d)
{
	systime_init(&d->systime);
	d->ports.clock = &d->systime.port;
	d->io.arrival = systime_arrival;
	d->io.read = systime_read;
	say_kernel_state(d);
	if (!d->conf->ntp) {
		msyslog(&d->log, NTP_LOG_NOTICE,
		    "`disable ntp`: measuring and serving, "
		    "the clock is left alone");
		d->noset = !caps_may_set_clock();
	} else if (!caps_may_set_clock() || !take_clock(d)) {
		msyslog(&d->log, NTP_LOG_WARN,
		    "no right to set the clock (CAP_SYS_TIME): "
		    "measuring and serving only");
		d->noset = true;
	}
}

void
setup_clock(struct daemon *d)
{
	d->rng.port.fill = rng_port_fill;
	if (d->opt.virtual_clock)
		start_virtual(d);
	else
		start_kernel(d);
	msyslog(&d->log, NTP_LOG_INFO, "proto: precision = %.3f usec (%d)",
	    log2_to_s(d->ports.clock->precision) * 1e6,
	    d->ports.clock->precision);
}

void
clock_follow(struct daemon *d)
{
	msyslog(&d->log, NTP_LOG_NOTICE, "the clock is %s",
	    d->conf->ntp ? "disciplined from now on"
			 : "left alone from now on");
	if (d->opt.virtual_clock || d->noset)
		return;
	if (d->taken && !d->conf->ntp) {
		systime_release(&d->systime);
		d->taken = false;
	} else if (!d->taken && !take_clock(d)) {
		msyslog(&d->log, NTP_LOG_ERR, "the kernel refuses its clock");
	}
}

/* A dead battery leaves the clock in 1970, or wherever: what comes from the
 * network can say which time of an era it is, but not which era. */
void
clock_after_base(struct daemon *d)
{
	struct clock_port *c = d->ports.clock;
	int64_t base = d->conf->tos.basedate, sec;
	uint32_t nsec;
	char day[ERA_TEXT];

	ts_to_unix(c->get_systime(c), (int64_t)time(NULL), &sec, &nsec);
	msyslog(
	    &d->log, NTP_LOG_INFO, "basedate set to %s", era_format(day, base));
	if (sec >= base || d->noset || !d->conf->ntp)
		return;
	if (c->step_systime(c, (double)(base - sec)) == 0)
		msyslog(&d->log, NTP_LOG_WARN,
		    "the clock was before the base date, it is set to that");
}

/* --- the engine ----------------------------------------------------------- */

static void
read_drift(struct daemon *d, struct engine_options *o)
{
	int err;

	drift_init(&d->drift, d->conf->driftfile, d->conf->nonvolatile);
	err = drift_read(&d->drift, &o->freq);
	o->freq_known = err == 0;
	if (err == 0)
		msyslog(&d->log, NTP_LOG_INFO,
		    "frequency initialized %.3f PPM from %s", o->freq * 1e6,
		    d->drift.path);
	else if (err == -NTP_EFORMAT)
		msyslog(&d->log, NTP_LOG_ERR, "format error frequency file %s",
		    d->drift.path);
	else if (err != -NTP_ENOENT)
		msyslog_errno(
		    &d->log, NTP_LOG_ERR, "frequency file %s", d->drift.path);
}

/* The file is replaced, so it is the directory that must be writable; better
 * said now than when the frequency is lost. */
static void
check_drift_directory(struct daemon *d)
{
	const char *path = d->drift.path, *slash;
	char dir[PATH_MAX] = ".";

	if (path == NULL)
		return;
	slash = strrchr(path, '/');
	if (slash != NULL && (size_t)(slash - path) + 2 <= sizeof dir)
		(void)snprintf(
		    dir, sizeof dir, "%.*s", (int)(slash - path) + 1, path);
	if (access(dir, W_OK | X_OK) != 0)
		msyslog_errno(&d->log, NTP_LOG_WARN,
		    "frequency file %s cannot be written, its directory %s "
		    "must belong to the user that ntpd runs as",
		    path, dir);
}

static void
describe_system(struct daemon *d)
{
	struct utsname u;

	if (uname(&u) != 0)
		return;
	(void)snprintf(d->processor, sizeof d->processor, "%.64s", u.machine);
	(void)snprintf(
	    d->system, sizeof d->system, "%.64s/%.64s", u.sysname, u.release);
}

int
setup_engine(struct daemon *d)
{
	struct engine_options o = {.panic_once = d->opt.panicgate,
	    .step_once = d->opt.step_once,
	    .set_once = d->opt.quit,
	    .slew = d->opt.slew,
	    .noset = d->noset,
	    .keys = d->keys,
	    .version = d->version,
	    .processor = d->processor,
	    .system = d->system};

	read_drift(d, &o);
	check_drift_directory(d);
	describe_system(d);
	filestats_init(&d->stats, d->conf, &d->log.port, (int64_t)time(NULL));
	records_attach(&d->stats);
	d->ports.packet = &d->io.port;
	d->ports.rng = &d->rng.port;
	d->ports.dns = &d->dns.port;
	d->ports.log = &d->log.port;
	d->ports.stats = &d->stats.port;
	if (d->conf->signddir != NULL)
		d->ports.signd = signd_init(d, d->conf->signddir);
	host_init(d);
	if (d->workers.n > 0)
		d->ports.threads = &d->workers.port;
	d->engine = engine_new(&d->cfg, &o, &d->ports, ntpd_now(d));
	return d->engine != NULL ? 0 : -NTP_ENOMEM;
}
