/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shm.c - driver 28: System V shared memory.
 *
 * Whoever comes first makes the segment.  That of a private unit (0, 1, or
 * mode bit 0) must belong to root or to us and be closed to everybody else:
 * another's segment under the same key is not read.
 *
 * flag1 switches the difference check off, as with the reference; in NTPsec
 * it switches it on.
 */
#include "shm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "../ntpd.h"

#define PRIVATE_UNITS	2U
#define MODE_PRIVATE	1U
#define DIFF_DEFAULT	14400.0 /* s */
#define DIFF_MAX	86400.0
#define PRECISION_USUAL (-1)
#define SAMPLES_USUAL	3

static bool
is_private(const struct refclock_unit *u)
{
	return u->cfg.ref_unit < PRIVATE_UNITS ||
	    (u->cfg.ref_mode & MODE_PRIVATE) != 0;
}

/* Ours alone, or root's? */
static bool
may_trust(struct refclock_unit *u, int id)
{
	struct shmid_ds ds;

	if (!is_private(u))
		return true;
	if (shmctl(id, IPC_STAT, &ds) != 0) {
		refclock_complain(u, "the segment cannot be examined");
		return false;
	}
	if ((ds.shm_perm.uid == 0 || ds.shm_perm.uid == geteuid()) &&
	    (ds.shm_perm.mode & 0077) == 0)
		return true;
	refclock_complain(u,
	    "the segment is not private to root or to us, it is not read: "
	    "remove it with ipcrm and start its writer anew");
	return false;
}

static void
init_segment(struct shm_time *s)
{
	s->valid = 0;
	s->precision = PRECISION_USUAL;
	s->nsamples = SAMPLES_USUAL;
}

static bool
attach(struct refclock_unit *u)
{
	key_t key = SHM_KEY + u->cfg.ref_unit;
	int mode = is_private(u) ? 0600 : 0666;
	int id = shmget(key, sizeof(struct shm_time), IPC_CREAT | mode);
	void *at;

	if (id < 0) {
		refclock_complain(u, "no segment: shmget() fails");
		return false;
	}
	if (!may_trust(u, id))
		return false;
	at = shmat(id, NULL, 0);
	if (at == (void *)-1) { /* NOLINT(performance-no-int-to-ptr) */
		refclock_complain(u, "the segment cannot be attached");
		return false;
	}
	u->data = at;
	init_segment(at);
	return true;
}

static void
shm_start(struct refclock_unit *u)
{
	if (!is_private(u))
		refclock_say(u, NTP_LOG_INFO,
		    "every user of this machine may write to this segment "
		    "(mode 1 makes it private)");
	(void)attach(u);
}

static struct shm_param
param_of(const struct refclock_unit *u)
{
	struct shm_param p = {.limit = DIFF_DEFAULT};
	double time2 = u->cfg.time2;

	if (time2 >= 1 && time2 <= DIFF_MAX)
		p.limit = time2;
	if ((u->cfg.ref_flags & REF_FLAG1) != 0)
		p.limit = 0;
	return p;
}

static enum clock_code
code_of(enum shm_verdict v)
{
	switch (v) {
	case SHM_EMPTY:
		return CLOCK_NO_REPLY;
	case SHM_CLASH:
		return CLOCK_BAD_SIGNAL;
	case SHM_STALE:
	case SHM_LIMIT:
		return CLOCK_BAD_TIME;
	case SHM_GOOD:
	case SHM_MODE:
	case SHM_RANGE:
	default:
		return CLOCK_BAD_FORMAT;
	}
}

static void
say_why(struct refclock_unit *u, enum shm_verdict v)
{
	if (v == SHM_MODE)
		refclock_complain(u, "bad mode found in shared memory");
	else if (v == SHM_STALE)
		refclock_complain(u, "stale/bad receive time");
	else if (v == SHM_LIMIT)
		refclock_complain(
		    u, "difference limit exceeded (see time2, flag1)");
	else if (v == SHM_RANGE)
		refclock_complain(u, "no time found in shared memory");
}

static void
shm_tick(struct refclock_unit *u)
{
	struct shm_param par = param_of(u);
	struct refclock_stamp s = {.fudge = 0};
	struct timespec now;
	enum shm_verdict v;

	if (u->data == NULL && !attach(u)) {
		refclock_fault(u, CLOCK_FAULT);
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	v = shm_read(u->data, &par, &now, &s);
	if (v == SHM_GOOD) {
		refclock_stamp(u, &s);
	} else {
		say_why(u, v);
		refclock_fault(u, code_of(v));
	}
}

static void
shm_stop(struct refclock_unit *u)
{
	if (u->data != NULL)
		(void)shmdt(u->data);
	u->data = NULL;
}

const struct refclock_driver refclock_shm = {
    .type = CLOCK_SHM,
    .start = shm_start,
    .tick = shm_tick,
    .stop = shm_stop,
};
