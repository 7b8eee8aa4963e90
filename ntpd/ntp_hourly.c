/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_hourly.c - what is written once an hour: frequency, sysstats, usestats,
 * ntsstats, ntskestats.
 *
 * Counters of the records are those of the hour; what mode 6 shows goes on
 * counting.
 */
#include <string.h>

#include "ntp_err.h"
#include "ntpd.h"

#define HOUR_MS 3600000U

static void
record_security(struct daemon *d, struct ntp_now now, double age)
{
	uint64_t total[NTS_COUNTS], n[NTS_COUNTS];

	engine_nts_counters(d->engine, total);
	for (size_t i = 0; i < NTS_COUNTS; i++)
		n[i] = total[i] - d->hour.nts[i];
	record_nts(&d->stats, now.sys, age, n);
	record_ntske(&d->stats, now.sys, age, d->hour.ke, n);
	memcpy(d->hour.nts, total, sizeof total);
	memset(d->hour.ke, 0, sizeof d->hour.ke);
}

static void
record_hour(struct daemon *d)
{
	struct ntp_now now = ntpd_now(d);
	double age = mono_diff(now.mono, d->hour.began);
	struct engine_counters n, total;
	struct rusage used;

	engine_counters(d->engine, now.mono, &n);
	total = n;
	counters_since(&n, &d->hour.counted);
	record_sys(&d->stats, now.sys, &n);
	d->hour.counted = total;
	record_security(d, now, age);
	d->hour.began = now.mono;
	if (getrusage(RUSAGE_SELF, &used) != 0)
		return;
	record_use(&d->stats, now.sys, age, &d->hour.used, &used);
	d->hour.used = used;
}

void
save_drift(struct daemon *d, int (*save)(struct driftfile *, double))
{
	struct engine_status s;

	engine_status(d->engine, &s);
	if (d->drift.path == NULL || !s.freq_valid)
		return;
	if (save(&d->drift, s.freq) != 0)
		msyslog_errno(
		    &d->log, NTP_LOG_ERR, "frequency file %s", d->drift.path);
}

/* logconfig +sysstatistics: a line an hour. */
static void
say_hour(struct daemon *d)
{
	struct engine_status s;

	if ((d->conf->logmask & LOGBIT_SYSSTATIST) == 0)
		return;
	engine_status(d->engine, &s);
	msyslog(&d->log, NTP_LOG_INFO,
	    "offset %.6f sec freq %.3f ppm error %.6f poll %d", s.offset,
	    s.freq * 1e6, s.jitter, s.poll);
}

static void
on_hour(uv_timer_t *t)
{
	struct daemon *d = t->data;

	save_drift(d, drift_hourly);
	record_hour(d);
	say_hour(d);
	(void)msyslog_follow(&d->log);
}

int
hourly_start(struct daemon *d)
{
	d->hour.began = ntpd_now(d).mono;
	(void)getrusage(RUSAGE_SELF, &d->hour.used);
	d->hour.timer.data = d;
	if (uv_timer_init(&d->loop, &d->hour.timer) != 0)
		return -NTP_EIO;
	return uv_timer_start(&d->hour.timer, on_hour, HOUR_MS, HOUR_MS);
}
