/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_clock.c - an oscillator, and the Linux kernel's clock upon it.
 *
 * Facts of Linux that matter (kernel/time/ntp.c): a frequency takes effect at
 * once; a phase is worked off from the next roll-over of the second on: of
 * ADJ_OFFSET a quarter of what is left in each second at time constant 0, of
 * adjtime(3) up to 500 us in each second.  A step ends both.  Both move
 * CLOCK_BOOTTIME as they move CLOCK_REALTIME.  What the daemon tells it is
 * what systime.c tells the real one.
 *
 * Between two changes of rate the clock is a straight line.  Whole ns are kept
 * apart from the fraction so that nothing is lost over years.
 */
#include "sim_clock.h"

#include <math.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_slew.h"
#include "sim_math.h"

#define MONO_START   (1000 * NS_PER_S) /* some time after boot */
#define DAY_NS	     (86400 * NS_PER_S)
#define FREQ_SCALE   65536e6 /* the kernel's unit of frequency */
#define PHASE_SHARE  4.0     /* 1 / share worked off in a second */
#define SINGLE_RATE  5e-4    /* s/s, adjtime(3) */
#define OFFSET_LIMIT 4e9     /* s */
#define PRECISION    (-24)   /* log2 s, of a usual machine */
#define OFFSET_TINY  1e-12   /* s; nothing is left */

static double
limit(double v, double max)
{
	return v > max ? max : v < -max ? -max : v;
}

int64_t
sim_utc_at(const struct sim_utc *u, int64_t t)
{
	int64_t leap = u->leap != 0 && t >= u->leap_at ? u->leap : 0;

	return u->start + t - leap * NS_PER_S;
}

int64_t
sim_clock_when(const struct sim_clock *c, int64_t mono)
{
	double left = (double)(mono - c->mono) - c->frac;

	return c->t + (int64_t)ceil(left / (1 + c->rate));
}

static void
set_rate(struct sim_clock *c)
{
	c->rate = c->natural + (c->freq + c->slew) * (1 + c->natural);
	c->roll = sim_clock_when(c, c->next_sec);
}

static void
find_next_second(struct sim_clock *c)
{
	int64_t real = c->mono + c->epoch;
	int64_t part = real % NS_PER_S;

	if (part < 0)
		part += NS_PER_S;
	c->next_sec = c->mono + NS_PER_S - part;
}

/* ntp_clear() of the kernel: whoever steps ends what was being slewed. */
static void
change_epoch(struct sim_clock *c, int64_t ns)
{
	c->epoch += ns;
	c->offset = c->single = c->slew = 0;
	find_next_second(c);
	set_rate(c);
}

/* --- the oscillator --------------------------------------------------------- */

static void
osc_tick(struct sim_clock *c)
{
	const struct osc_param *o = &c->osc;

	if (o->wander > 0)
		c->walk += o->wander * sim_normal(&c->rng);
	c->natural = c->walk;
	if (o->white > 0)
		c->natural += o->white * sim_normal(&c->rng);
	if (o->swing > 0)
		c->natural +=
		    o->swing * sim_sin_turns((double)c->t / (double)DAY_NS);
	c->next_osc += NS_PER_S;
}

/* --- the kernel ------------------------------------------------------------- */

static void
leap_second(struct sim_clock *c)
{
	int64_t real = c->mono + c->epoch;
	int64_t second = (real + NS_PER_S / 2) / NS_PER_S;

	if (c->leap_done)
		return;
	if (c->leap == NTP_LEAP_INS && second % 86400 == 0)
		c->epoch -= NS_PER_S;
	else if (c->leap == NTP_LEAP_DEL && (second + 1) % 86400 == 0)
		c->epoch += NS_PER_S;
	else
		return;
	c->leap_done = true;
}

static double
take_single(struct sim_clock *c)
{
	double part = limit(c->single, SINGLE_RATE);

	c->single -= part;
	return part;
}

static void
second_overflow(struct sim_clock *c)
{
	c->slew = c->offset / PHASE_SHARE;
	c->offset -= c->slew;
	if (fabs(c->offset) < OFFSET_TINY)
		c->offset = 0;
	if (fabs(c->single) > 0)
		c->slew += take_single(c);
	leap_second(c);
	c->next_sec += NS_PER_S;
}

/* A straight line to T. */
static void
move(struct sim_clock *c, int64_t t)
{
	int64_t dt = t - c->t, whole;
	double gain = (double)dt * c->rate + c->frac;

	whole = (int64_t)floor(gain);
	c->frac = gain - (double)whole;
	c->mono += dt + whole;
	c->t = t;
}

void
sim_clock_advance(struct sim_clock *c, int64_t t)
{
	while (c->t < t) {
		int64_t to = t < c->next_osc ? t : c->next_osc;

		move(c, to < c->roll ? to : c->roll);
		if (c->mono >= c->next_sec)
			second_overflow(c);
		if (c->t == c->next_osc)
			osc_tick(c);
		else if (c->t < c->roll)
			continue;
		set_rate(c);
	}
}

/* --- as a port -------------------------------------------------------------- */

ntp_ts
sim_clock_read(const struct sim_clock *c, double extra)
{
	int64_t real = c->mono + c->epoch + (int64_t)floor(extra * 1e9 + 0.5);

	return ts_from_unix_ns(real - real % c->res);
}

static ntp_ts
port_get(struct clock_port *p)
{
	return sim_clock_read((struct sim_clock *)p, 0);
}

static int
port_adj(struct clock_port *p, double adj, double freq)
{
	struct sim_clock *c = (struct sim_clock *)p;
	struct slew_order order;

	if (!isfinite(adj) || !isfinite(freq))
		return -NTP_ERANGE;
	order = slew_next(&c->owed, adj);
	slew_returned(&c->owed, (long)floor(c->single * 1e6 + 0.5));
	c->single = (double)order.single * 1e-6;
	c->offset = (double)order.offset * 1e-9;
	freq = limit(freq, NTP_MAXFREQ) * FREQ_SCALE;
	c->freq = floor(freq + 0.5) / FREQ_SCALE;
	set_rate(c);
	return 0;
}

static int
port_step(struct clock_port *p, double offset)
{
	struct sim_clock *c = (struct sim_clock *)p;

	if (!(fabs(offset) < OFFSET_LIMIT))
		return -NTP_ERANGE;
	c->steps++;
	c->last_step = offset;
	c->owed = 0;
	change_epoch(c, (int64_t)floor(offset * 1e9 + 0.5));
	return 0;
}

static int
port_status(struct clock_port *p, enum ntp_leap leap, double est_error,
    double max_error)
{
	struct sim_clock *c = (struct sim_clock *)p;

	(void)est_error;
	(void)max_error;
	if (leap != c->leap)
		c->leap_done = false;
	c->leap = leap;
	return 0;
}

static int
port_tai(struct clock_port *p, int tai)
{
	((struct sim_clock *)p)->tai = tai;
	return 0;
}

static int
port_slew(struct clock_port *p, double offset)
{
	struct sim_clock *c = (struct sim_clock *)p;

	sim_clock_release(c);
	c->single = limit(offset, OFFSET_LIMIT);
	return 0;
}

/* --- for the simulator ------------------------------------------------------ */

void
sim_clock_init(struct sim_clock *c, const struct osc_param *osc,
    const struct sim_utc *utc, double err, uint64_t seed)
{
	memset(c, 0, sizeof *c);
	c->port = (struct clock_port){.get_systime = port_get,
	    .adj_systime = port_adj,
	    .step_systime = port_step,
	    .set_status = port_status,
	    .slew_systime = port_slew,
	    .set_tai = port_tai,
	    .precision = PRECISION,
	    .leaps = true};
	c->utc = utc;
	c->osc = *osc;
	c->res = 1;
	rng_seed(&c->rng, seed);
	c->mono = MONO_START;
	c->epoch = utc->start - MONO_START + (int64_t)floor(err * 1e9 + 0.5);
	c->walk = osc->freq;
	c->leap = NTP_LEAP_UNSYNC;
	osc_tick(c);
	find_next_second(c);
	set_rate(c);
}

void
sim_clock_coarsen(struct sim_clock *c, int64_t res)
{
	int exp;

	c->res = res;
	/* to the nearest power of two, as a daemon finds its own */
	(void)frexp((double)res * 1e-9 * M_SQRT1_2, &exp);
	if (exp > c->port.precision)
		c->port.precision = (int8_t)exp;
}

double
sim_clock_error(const struct sim_clock *c)
{
	int64_t ns = c->mono + c->epoch - sim_utc_at(c->utc, c->t);

	return ((double)ns + c->frac) * 1e-9;
}

double
sim_clock_freq_error(const struct sim_clock *c)
{
	return c->natural + c->freq * (1 + c->natural);
}

struct ntp_now
sim_clock_now(const struct sim_clock *c)
{
	struct ntp_now now = {sim_clock_read(c, 0), {c->mono}};

	return now;
}

void
sim_clock_jump(struct sim_clock *c, double d)
{
	int64_t ns = (int64_t)floor(d * 1e9 + 0.5);

	c->behind += ns;
	change_epoch(c, ns);
}

void
sim_clock_wake(struct sim_clock *c, double d)
{
	c->mono += (int64_t)floor(d * 1e9 + 0.5);
	change_epoch(c, 0);
}

void
sim_clock_drift(struct sim_clock *c, double d)
{
	c->walk += d;
	c->natural += d;
	set_rate(c);
}

void
sim_clock_release(struct sim_clock *c)
{
	c->offset = c->single = c->owed = 0;
}

void
sim_clock_orphan(struct sim_clock *c)
{
	const struct slew_order order = {0, (long)(c->offset * 1e9)};

	if (slew_is_quick(&order))
		sim_clock_release(c);
}
