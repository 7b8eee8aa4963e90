/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_filter.c - the clock filter of one association
 *
 * Where RFC 5905 and the reference differ, or are both wanting:
 *
 * A stage keeps its dispersion as of its own epoch and is aged when it is
 * looked at.  That gives the sums of the RFC without rewriting eight stages
 * at each poll, and no rounding collects.
 *
 * While the frequency is trained the reference leaves the register unsorted,
 * since an old offset of low delay misleads as long as the clock runs away.
 * We do the same, but a missed poll still goes behind every real sample: an
 * unsorted register would hand its zeros out as a measurement.
 *
 * The popcorn gate of the reference compares with a jitter in which the spike
 * is already counted.  The jitter is taken around the spike itself, so that a
 * lone one is never three times as large, and the gate closes only on good
 * samples after a real change.  Here the spike is measured against the jitter
 * known before it came.  A suppressed spike counts from then on as a missed
 * poll; otherwise it would stay the sample of least delay and be used one
 * poll later.  If the change is real the next poll brings it again, past the
 * window or not: two in a row are no spike.  During training there is no gate:
 * the offsets do run away then.
 */
#include "ntp_filter.h"

#include <math.h>
#include <string.h>

/* Beyond what the difference of two timestamps can be: not a measurement. */
#define SAMPLE_LIMIT 0x1p32 /* s */

/* A stage as it looks at one moment. */
struct ranked {
	const struct sample *s;
	double disp, distance; /* s */
};

struct ranking {
	struct ranked at[NTP_SHIFT]; /* best first */
	unsigned usable;	     /* how many may be used */
	double disp;		     /* s, of the peer */
};

void
filter_reset(struct clock_filter *f, ntp_mono now, double precision)
{
	memset(f, 0, sizeof(*f));
	for (unsigned i = 0; i < NTP_SHIFT; i++) {
		f->stage[i].disp = NTP_MAXDISP;
		f->stage[i].epoch = now;
	}
	f->disp = NTP_MAXDISP;
	f->jitter = precision;
	f->update = now;
	f->epoch = now;
}

static bool
sample_is_sane(const struct sample *s)
{
	return fabs(s->offset) < SAMPLE_LIMIT &&
	    fabs(s->delay) < SAMPLE_LIMIT && fabs(s->disp) < SAMPLE_LIMIT;
}

static void
shift_in(struct clock_filter *f, const struct sample *s,
    const struct filter_param *fp, ntp_mono now)
{
	struct sample *to = &f->stage[f->next];

	f->next = (f->next + 1) % NTP_SHIFT;
	if (s == NULL || !sample_is_sane(s)) {
		*to = (struct sample){.disp = NTP_MAXDISP, .epoch = now};
		return;
	}
	*to = *s;
	to->delay = fmax(s->delay, fp->precision);
	to->disp = fmax(s->disp, 0.0);
}

static double
age_of(const struct sample *s, ntp_mono now)
{
	return fmax(mono_diff(now, s->epoch), 0.0);
}

static double
disp_of(const struct sample *s, const struct filter_param *fp, ntp_mono now)
{
	if (s->disp >= NTP_MAXDISP)
		return fp->maxdisp;
	return fmin(s->disp + fp->phi * age_of(s, now), fp->maxdisp);
}

static struct ranked
look_at(const struct sample *s, const struct filter_param *fp, ntp_mono now)
{
	struct ranked r = {.s = s, .disp = disp_of(s, fp, now)};

	if (r.disp >= fp->maxdisp)
		r.distance = fp->maxdisp;
	else if (age_of(s, now) <= fp->allan)
		r.distance = s->delay;
	else
		r.distance = s->delay + r.disp;
	return r;
}

static bool
goes_before(const struct ranked *a, const struct ranked *b,
    const struct filter_param *fp)
{
	if (fp->newest_first)
		return a->distance < fp->maxdisp && b->distance >= fp->maxdisp;
	return a->distance < b->distance;
}

static const struct sample *
by_age(const struct clock_filter *f, unsigned i)
{
	return &f->stage[(f->next + NTP_SHIFT - 1 - i % NTP_SHIFT) % NTP_SHIFT];
}

/* Insertion keeps the newer of two equals in front. */
static void
rank(struct ranking *k, const struct clock_filter *f,
    const struct filter_param *fp, ntp_mono now)
{
	for (unsigned i = 0; i < NTP_SHIFT; i++) {
		struct ranked r = look_at(by_age(f, i), fp, now);
		unsigned j = i;

		for (; j > 0 && goes_before(&r, &k->at[j - 1], fp); j--)
			k->at[j] = k->at[j - 1];
		k->at[j] = r;
	}
	k->disp = 0.0;
	for (unsigned i = NTP_SHIFT; i-- > 0;)
		k->disp = (k->disp + k->at[i].disp) / 2.0;
	for (k->usable = 0; k->usable < NTP_SHIFT; k->usable++) {
		double limit = k->usable < 2 ? fp->maxdisp : fp->maxdist;

		if (k->at[k->usable].distance >= fmin(limit, fp->maxdisp))
			break;
	}
}

static double
jitter_of(const struct ranking *k, double precision)
{
	double sum = 0.0;

	for (unsigned i = 1; i < k->usable; i++) {
		double d = k->at[i].s->offset - k->at[0].s->offset;

		sum += d * d;
	}
	if (k->usable < 2)
		return precision;
	return fmax(sqrt(sum / (k->usable - 1)), precision);
}

static bool
is_popcorn(const struct clock_filter *f, const struct ranking *k,
    const struct filter_param *fp)
{
	const struct ranked *best = &k->at[0];

	return f->used && !f->spiked && !fp->newest_first &&
	    k->disp < fp->maxdist && best->disp < fp->maxdist &&
	    fabs(best->s->offset - f->offset) > NTP_SGATE * f->jitter &&
	    mono_before(f->epoch, best->s->epoch) &&
	    mono_diff(best->s->epoch, f->epoch) < fp->popcorn_window;
}

static void
drop_stage(struct clock_filter *f, const struct sample *s)
{
	f->stage[s - f->stage].disp = NTP_MAXDISP;
}

enum filter_verdict
clock_filter(struct clock_filter *f, const struct sample *s,
    const struct filter_param *fp, ntp_mono now)
{
	struct ranking k;

	shift_in(f, s, fp, now);
	f->update = now;
	rank(&k, f, fp, now);
	f->spiked = k.usable > 0 && is_popcorn(f, &k, fp);
	if (f->spiked) {
		drop_stage(f, k.at[0].s);
		rank(&k, f, fp, now);
		f->disp = k.disp;
		return FILTER_POPCORN;
	}
	f->disp = k.disp;
	if (k.usable == 0)
		return FILTER_NONE;
	f->jitter = jitter_of(&k, fp->precision);
	f->offset = k.at[0].s->offset;
	f->delay = k.at[0].s->delay;
	if (f->used && !mono_before(f->epoch, k.at[0].s->epoch))
		return FILTER_OLD;
	f->epoch = k.at[0].s->epoch;
	f->used = true;
	return FILTER_USE;
}

struct sample
filter_stage(const struct clock_filter *f, unsigned i,
    const struct filter_param *fp, ntp_mono now)
{
	struct sample s = *by_age(f, i);

	s.disp = disp_of(&s, fp, now);
	return s;
}

void
filter_slewed(struct clock_filter *f, double phase, double freq, ntp_mono now)
{
	for (unsigned i = 0; i < NTP_SHIFT; i++) {
		struct sample *s = &f->stage[i];

		if (s->disp < NTP_MAXDISP)
			s->offset += freq * age_of(s, now) - phase;
	}
	if (f->used)
		f->offset += freq * fmax(mono_diff(now, f->epoch), 0.0) - phase;
}

/* Half of what the samples waited in queues, which bounds the errors of their
 * offsets. */
static double
queued(const struct clock_filter *f)
{
	double least = HUGE_VAL, sum = 0.0;
	unsigned n = 0;

	for (unsigned i = 0; i < NTP_SHIFT; i++) {
		if (f->stage[i].disp >= NTP_MAXDISP)
			continue;
		least = fmin(least, f->stage[i].delay);
		sum += f->stage[i].delay;
		n++;
	}
	return n > 0 ? (sum / n - least) / 2 : 0.0;
}

void
filter_settle(
    struct clock_filter *f, const struct filter_param *fp, ntp_mono now)
{
	struct sample newest = *by_age(f, 0);

	if (newest.disp >= NTP_MAXDISP)
		return;
	f->jitter = fmax(queued(f), fp->precision);
	for (unsigned i = 0; i < NTP_SHIFT; i++)
		f->stage[i] = newest;
	f->offset = newest.offset;
	f->delay = newest.delay;
	f->disp = disp_of(&newest, fp, now);
	f->epoch = newest.epoch;
}
