/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * systime.c - the kernel's clock: read, slew, step, status.
 *
 * Everything that ever changes this machine's time goes through the function
 * pointers of struct systime; nothing else in the tree may do so.
 */
#include "ntp_systime.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntp_slew.h"

#define NS_PER_S	1000000000LL
#define FREQ_SCALE	65536e6	 /* s/s to the kernel's ppm with 16 bits */
#define ERROR_MAX	16.0	 /* s, NTP_PHASE_LIMIT of the kernel */
#define ADJTIME_MAX	2000.0	 /* s, so that microseconds fit everywhere */
#define JUMP_MIN_NS	50000000 /* below that the loop filter copes */
#define SLEEP_MIN_NS	NS_PER_S
#define TIGHT_NS	1000000 /* two readings that close belong together */
#define TIGHT_TRIES	4
#define LEAP_SLACK_NS	1000000
#define PRECISION_HITS	64
#define PRECISION_WORST 0x1p-6 /* s, a clock of 64 Hz */
#define PRECISION_READ	50000  /* a few ms at the most */

static int
kernel_error(void)
{
	return errno == EPERM || errno == EACCES ? -NTP_EPERM : -NTP_EIO;
}

static int
kernel_adjust(struct systime *s, struct timex *tx)
{
	return s->adjtimex(tx) < 0 ? kernel_error() : 0;
}

static int64_t
clock_ns(struct systime *s, clockid_t id)
{
	struct timespec t;

	if (s->gettime(id, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static double
limit(double v, double max)
{
	if (isnan(v))
		return 0.0;
	return v > max ? max : v < -max ? -max : v;
}

ntp_ts
get_systime(struct clock_port *p)
{
	struct systime *s = (struct systime *)p;
	struct timespec t = {0};

	(void)s->gettime(CLOCK_REALTIME, &t);
	return ts_from_unix(t.tv_sec, (uint32_t)t.tv_nsec);
}

ntp_ts
systime_read(struct clock_port *p, struct timespec *real)
{
	struct systime *s = (struct systime *)p;

	(void)s->gettime(CLOCK_REALTIME, real);
	return ts_from_unix(real->tv_sec, (uint32_t)real->tv_nsec);
}

ntp_ts
systime_arrival(struct clock_port *p, const struct timespec *at)
{
	(void)p;
	return ts_from_unix(at->tv_sec, (uint32_t)at->tv_nsec);
}

/* adjtime(3), which stands beside ADJ_OFFSET and may not be told together with
 * it.  *LEFT: us of the order before that were still to be done. */
static int
kernel_adjtime(struct systime *s, long us, long *left)
{
	struct timex tx = {0};
	int err;

	tx.modes = ADJ_OFFSET_SINGLESHOT;
	tx.offset = us;
	err = kernel_adjust(s, &tx);
	*left = tx.offset;
	return err;
}

static int
kernel_phase(struct systime *s, long ns, double freq)
{
	struct timex tx = {0};

	tx.modes =
	    ADJ_STATUS | ADJ_NANO | ADJ_TIMECONST | ADJ_OFFSET | ADJ_FREQUENCY;
	tx.status = s->status;
	tx.constant = 0;
	tx.offset = ns;
	tx.freq = lround(limit(freq, NTP_MAXFREQ) * FREQ_SCALE);
	return kernel_adjust(s, &tx);
}

/* Also in the guard's process. */
static void
end_slew(void *arg)
{
	struct systime *s = arg;
	struct timex tx = {0};
	long left;

	(void)kernel_adjtime(s, 0, &left);
	tx.modes = ADJ_STATUS | ADJ_NANO | ADJ_TIMECONST | ADJ_OFFSET;
	tx.status = s->status;
	(void)kernel_adjust(s, &tx);
}

/* What the kernel does not end by itself is not done without a guard. */
int
adj_systime(struct clock_port *p, double adj, double freq)
{
	struct systime *s = (struct systime *)p;
	struct slew_order order = slew_next(&s->owed, adj);
	bool quick = slew_is_quick(&order);
	long left;
	int err;

	if (quick && guard_begin(&s->guard, end_slew, s) != 0)
		order.offset = 0;
	err = kernel_adjtime(s, order.single, &left);
	if (err != 0)
		return err;
	slew_returned(&s->owed, left);
	err = kernel_phase(s, order.offset, freq);
	if (!quick)
		guard_end(&s->guard);
	return err;
}

/* How the clocks stand to each other; false when the reading was torn apart, as
 * by a preemption, and proves nothing. */
static bool
clocks_compare(struct systime *s, int64_t *epoch, int64_t *slept)
{
	int64_t before, after;
	int tries = 0;

	do {
		before = clock_ns(s, CLOCK_BOOTTIME);
		*epoch = clock_ns(s, CLOCK_REALTIME) - before;
		*slept = before - clock_ns(s, CLOCK_MONOTONIC);
		after = clock_ns(s, CLOCK_BOOTTIME);
	} while (after - before > TIGHT_NS && ++tries < TIGHT_TRIES);
	return after - before <= TIGHT_NS;
}

/* Kernels before 2.6.39 and some sandboxes do not know ADJ_SETOFFSET. */
static int
step_absolute(struct systime *s, int64_t ns)
{
	struct timespec t;
	int64_t now = clock_ns(s, CLOCK_REALTIME) + ns;

	if (now < 0)
		return -NTP_ERANGE;
	t.tv_sec = now / NS_PER_S;
	t.tv_nsec = now % NS_PER_S;
	return s->settime(CLOCK_REALTIME, &t) != 0 ? kernel_error() : 0;
}

/* Our own step is no surprise; what befell the clock just before it is still
 * to be told. */
int
step_systime(struct clock_port *p, double offset)
{
	struct systime *s = (struct systime *)p;
	struct timex tx = {0};
	int64_t ns, sec;
	int err;

	if (!(fabs(offset) < 0x1p32))
		return -NTP_ERANGE;
	ns = llround(offset * 1e9);
	sec = ns / NS_PER_S;
	if (ns % NS_PER_S < 0)
		sec--;
	tx.modes = ADJ_SETOFFSET | ADJ_NANO;
	tx.time.tv_sec = sec;
	tx.time.tv_usec = ns - sec * NS_PER_S;
	s->owed = 0.0;
	err = kernel_adjust(s, &tx);
	if (err == -NTP_EIO)
		err = step_absolute(s, ns);
	if (err == 0)
		s->epoch_ns += ns;
	return err;
}

static int
systime_set_status(struct clock_port *p, enum ntp_leap leap, double est_error,
    double max_error)
{
	struct systime *s = (struct systime *)p;
	struct timex tx = {0};

	s->leap = leap;
	s->status = STA_PLL | STA_FREQHOLD;
	if (leap == NTP_LEAP_INS)
		s->status |= STA_INS;
	else if (leap == NTP_LEAP_DEL)
		s->status |= STA_DEL;
	else if (leap == NTP_LEAP_UNSYNC)
		s->status |= STA_UNSYNC;
	tx.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR;
	tx.status = s->status;
	tx.esterror = lround(limit(fabs(est_error), ERROR_MAX) * 1e6);
	tx.maxerror = lround(limit(fabs(max_error), ERROR_MAX) * 1e6);
	return kernel_adjust(s, &tx);
}

static int
systime_set_tai(struct clock_port *p, int tai)
{
	struct systime *s = (struct systime *)p;
	struct timex tx = {0};

	tx.modes = ADJ_TAI;
	tx.constant = tai;
	return kernel_adjust(s, &tx);
}

void
systime_release(struct systime *s)
{
	end_slew(s);
	s->owed = 0.0;
	guard_end(&s->guard);
}

/* The kernel's adjtime(3) goes on at 500 ppm when we are gone. */
static int
systime_slew(struct clock_port *p, double offset)
{
	struct systime *s = (struct systime *)p;
	long left;

	systime_release(s);
	return kernel_adjtime(
	    s, lround(limit(offset, ADJTIME_MAX) * 1e6), &left);
}

static const struct {
	int bit;
	char word[12];
} status_words[] = {
    {STA_PLL, "pll"},
    {STA_PPSFREQ, "ppsfreq"},
    {STA_PPSTIME, "ppstime"},
    {STA_FLL, "fll"},
    {STA_INS, "ins"},
    {STA_DEL, "del"},
    {STA_UNSYNC, "unsync"},
    {STA_FREQHOLD, "freqhold"},
    {STA_PPSSIGNAL, "ppssignal"},
    {STA_PPSJITTER, "ppsjitter"},
    {STA_PPSWANDER, "ppswander"},
    {STA_PPSERROR, "ppserror"},
    {STA_CLOCKERR, "clockerr"},
    {STA_NANO, "nano"},
    {STA_MODE, "mode=fll"},
    {STA_CLK, "src=B"},
};

static void
describe_status(int status, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof status_words / sizeof status_words[0];
	     i++) {
		int n;

		if ((status & status_words[i].bit) == 0)
			continue;
		n = snprintf(out + len, cap - len, "%s%s", len > 0 ? " " : "",
		    status_words[i].word);
		if (n < 0 || len + (size_t)n >= cap)
			return;
		len += (size_t)n;
	}
}

/* Frequencies are in units of 2^-16 ppm. */
static bool
systime_kernel(struct clock_port *p, struct kernel_clock *out)
{
	struct systime *s = (struct systime *)p;
	struct timex tx = {0};
	double unit, ppm = 1e-6 / 65536;

	if (s->adjtimex(&tx) < 0)
		return false;
	unit = (tx.status & STA_NANO) != 0 ? 1e-9 : 1e-6;
	*out = (struct kernel_clock){.offset = (double)tx.offset * unit,
	    .freq = (double)tx.freq * ppm,
	    .maxerr = (double)tx.maxerror * 1e-6,
	    .esterr = (double)tx.esterror * 1e-6,
	    .precision = (double)tx.precision * 1e-6,
	    .tolerance = (double)tx.tolerance * ppm,
	    .constant = (int)tx.constant,
	    .pps_freq = (double)tx.ppsfreq * ppm,
	    .pps_stab = (double)tx.stabil * ppm,
	    .pps_jitter = (double)tx.jitter * unit,
	    .pps_interval = tx.shift > 0 && tx.shift < 31 ? 1 << tx.shift : 0,
	    .pps_calibs = (uint64_t)tx.calcnt,
	    .pps_errs = (uint64_t)tx.errcnt,
	    .pps_jitexc = (uint64_t)tx.jitcnt,
	    .pps_stbexc = (uint64_t)tx.stbcnt};
	describe_status(tx.status, out->flags, sizeof out->flags);
	return true;
}

void
systime_init(struct systime *s)
{
	memset(s, 0, sizeof *s);
	s->port.get_systime = get_systime;
	s->port.adj_systime = adj_systime;
	s->port.step_systime = step_systime;
	s->port.set_status = systime_set_status;
	s->port.slew_systime = systime_slew;
	s->port.set_tai = systime_set_tai;
	s->port.leaps = true;
	s->port.kernel = systime_kernel;
	s->adjtimex = adjtimex;
	s->gettime = clock_gettime;
	s->settime = clock_settime;
	s->status = STA_PLL | STA_FREQHOLD | STA_UNSYNC;
	s->leap = NTP_LEAP_UNSYNC;
	s->guard.fd = -1;
	s->port.precision = clock_precision(&s->port);
	(void)clocks_compare(s, &s->epoch_ns, &s->slept_ns);
}

int
systime_take(struct systime *s)
{
	struct timex tx = {0};
	long hz = sysconf(_SC_CLK_TCK);
	int err;

	tx.modes = ADJ_OFFSET_SINGLESHOT;
	err = kernel_adjust(s, &tx);
	if (err != 0)
		return err;
	s->status |= tx.status & (STA_INS | STA_DEL);
	memset(&tx, 0, sizeof tx);
	tx.modes = ADJ_STATUS | ADJ_NANO | ADJ_TIMECONST | ADJ_OFFSET |
	    ADJ_TICK | ADJ_MAXERROR | ADJ_ESTERROR;
	tx.status = s->status;
	tx.tick = 1000000 / (hz > 0 ? hz : 100);
	tx.maxerror = tx.esterror = (long)(ERROR_MAX * 1e6);
	return kernel_adjust(s, &tx);
}

/* The kernel's own leap second is no jump. */
static bool
is_leap(const struct systime *s, int64_t ns)
{
	if (s->leap == NTP_LEAP_INS)
		ns += NS_PER_S;
	else if (s->leap == NTP_LEAP_DEL)
		ns -= NS_PER_S;
	else
		return false;
	return ns > -LEAP_SLACK_NS && ns < LEAP_SLACK_NS;
}

bool
systime_jump(struct systime *s, struct systime_event *ev)
{
	int64_t epoch, slept, jump, sleep;

	if (!clocks_compare(s, &epoch, &slept))
		return false;
	jump = epoch - s->epoch_ns;
	sleep = slept - s->slept_ns;
	s->epoch_ns = epoch;
	s->slept_ns = slept;
	if ((jump > -JUMP_MIN_NS && jump < JUMP_MIN_NS) || is_leap(s, jump))
		jump = 0;
	if (sleep < SLEEP_MIN_NS)
		sleep = 0;
	ev->stepped = (double)jump * 1e-9;
	ev->slept = (double)sleep * 1e-9;
	return jump != 0 || sleep != 0;
}

int
systime_state(struct systime *s, int *status)
{
	struct timex tx = {0};
	int state = s->adjtimex(&tx);

	*status = tx.status;
	return state < 0 ? -NTP_EIO : state;
}

int8_t
clock_precision(struct clock_port *p)
{
	double least = PRECISION_WORST;
	int hits = 0, exp;
	ntp_ts last = p->get_systime(p);

	for (int i = 0; i < PRECISION_READ && hits < PRECISION_HITS; i++) {
		ntp_ts now = p->get_systime(p);
		double d = ts_diff(now, last);

		last = now;
		if (d <= 0.0)
			continue;
		hits++;
		least = d < least ? d : least;
	}
	(void)frexp(least * M_SQRT1_2, &exp);
	return (int8_t)exp;
}

ntp_mono
systime_mono(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (ntp_mono){(int64_t)t.tv_sec * NS_PER_S + t.tv_nsec};
}
