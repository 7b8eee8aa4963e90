/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pps.c - pulses per second that the kernel stamps.
 *
 * Setting a device up takes CAP_SYS_TIME; one that captures the right edge
 * already is used as it is.
 */
#include "pps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pps.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PPS_DEVICES 16U
#define LINE_PPS    18 /* N_PPS */
#define NAME_MAX_   128U

static int
edge_of(const struct pps *p)
{
	return p->clear ? PPS_CAPTURECLEAR : PPS_CAPTUREASSERT;
}

static int
set_up(struct pps *p, const char **what)
{
	struct pps_kparams par = {.mode = 0};
	int can = 0;

	*what = "is no pulse device";
	if (p->sys->ioctl(p->fd, PPS_GETCAP, &can) != 0)
		return -errno;
	*what = p->clear ? "cannot stamp the clear edge (flag2)"
			 : "cannot stamp the assert edge (see flag2)";
	if ((can & edge_of(p)) == 0)
		return -EOPNOTSUPP;
	*what = "cannot be set up";
	if (p->sys->ioctl(p->fd, PPS_GETPARAMS, &par) != 0)
		return -errno;
	if ((par.mode & edge_of(p)) != 0)
		return 0;
	par.api_version = PPS_API_VERS;
	par.mode |= edge_of(p) | PPS_TSFMT_TSPEC;
	return p->sys->ioctl(p->fd, PPS_SETPARAMS, &par) == 0 ? 0 : -errno;
}

int
pps_open(struct pps *p, const struct device_sys *sys, const char *path,
    bool clear, const char **what)
{
	struct timespec at;
	int err;

	*p = (struct pps){.sys = sys, .clear = clear};
	*what = "cannot be opened";
	p->fd = sys->open(path, O_RDWR);
	if (p->fd < 0)
		return -errno;
	err = set_up(p, what);
	if (err != 0) {
		pps_close(p);
		return err;
	}
	(void)pps_fetch(p, &at); /* what came before is old */
	return 0;
}

bool
pps_is_open(const struct pps *p)
{
	return p->sys != NULL && p->fd >= 0;
}

void
pps_close(struct pps *p)
{
	if (pps_is_open(p))
		(void)p->sys->close(p->fd);
	p->fd = -1;
}

int
pps_fetch(struct pps *p, struct timespec *at)
{
	struct pps_fdata f = {.timeout = {.sec = 0}};
	const struct pps_ktime *t;
	uint32_t sequence;

	if (p->sys->ioctl(p->fd, PPS_FETCH, &f) != 0)
		return -errno;
	t = p->clear ? &f.info.clear_tu : &f.info.assert_tu;
	sequence = p->clear ? f.info.clear_sequence : f.info.assert_sequence;
	if (sequence == p->sequence ||
	    (t->sec == p->at.tv_sec && t->nsec == p->at.tv_nsec))
		return 0;
	p->sequence = sequence;
	p->at = (struct timespec){t->sec, t->nsec};
	*at = p->at;
	return t->nsec >= 0 && t->nsec < 1000000000 ? 1 : -EINVAL;
}

int
pps_bind(struct pps *p)
{
	struct pps_bind_args b = {.tsformat = PPS_TSFMT_TSPEC,
	    .edge = edge_of(p),
	    .consumer = PPS_KC_HARDPPS};

	return p->sys->ioctl(p->fd, PPS_KC_BIND, &b) == 0 ? 0 : -errno;
}

/* --- the pulse of a serial line ------------------------------------------------ */

static bool
belongs_to(unsigned n, const char *line)
{
	char path[64], text[NAME_MAX_];
	ssize_t got;
	int fd;

	(void)snprintf(path, sizeof path, "/sys/class/pps/pps%u/path", n);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, sizeof text - 1);
	(void)close(fd);
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, line) == 0;
}

bool
pps_of_line(int fd, const char *path, char *out, size_t cap)
{
	char *line = realpath(path, NULL);
	int discipline = LINE_PPS;
	bool found = false;

	if (line == NULL || ioctl(fd, TIOCSETD, &discipline) != 0) {
		free(line);
		return false;
	}
	for (unsigned n = 0; n < PPS_DEVICES && !found; n++) {
		found = belongs_to(n, line);
		if (found)
			(void)snprintf(out, cap, "/dev/pps%u", n);
	}
	free(line);
	return found;
}
