/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_caps.c - the capabilities of Linux, by libcap.
 */
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "ntpd.h"

const char caps_words[] = "libcap";

bool
caps_may_set_clock(void)
{
	cap_flag_value_t v = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps == NULL)
		return false;
	if (cap_get_flag(caps, CAP_SYS_TIME, CAP_EFFECTIVE, &v) != 0)
		v = CAP_CLEAR;
	(void)cap_free(caps);
	return v == CAP_SET;
}

void
caps_forsake_clock(void)
{
	static const cap_value_t clock = CAP_SYS_TIME;
	cap_t caps = cap_get_proc();

	if (caps == NULL)
		return;
	if (cap_set_flag(caps, CAP_EFFECTIVE, 1, &clock, CAP_CLEAR) == 0 &&
	    cap_set_flag(caps, CAP_PERMITTED, 1, &clock, CAP_CLEAR) == 0)
		(void)cap_set_proc(caps);
	(void)cap_free(caps);
}

/* Only what we hold can be kept; a container may have taken some. */
static int
keep_only(const cap_value_t *want, int nwant)
{
	cap_t old = cap_get_proc(), caps = cap_init();
	int err = -1;

	if (old == NULL || caps == NULL)
		goto out;
	for (int i = 0; i < nwant; i++) {
		cap_flag_value_t v = CAP_CLEAR;

		if (cap_get_flag(old, want[i], CAP_PERMITTED, &v) != 0 ||
		    v == CAP_CLEAR)
			continue;
		if (cap_set_flag(caps, CAP_PERMITTED, 1, &want[i], CAP_SET) !=
			0 ||
		    cap_set_flag(caps, CAP_EFFECTIVE, 1, &want[i], CAP_SET) !=
			0)
			goto out;
	}
	err = cap_set_proc(caps);
out:
	(void)cap_free(caps);
	(void)cap_free(old);
	return err;
}

int
caps_drop(bool want_clock)
{
	static const cap_value_t want[] = {CAP_NET_BIND_SERVICE, CAP_SYS_TIME};

	return keep_only(want, want_clock ? 2 : 1);
}

int
caps_keep(bool want_clock)
{
	(void)want_clock;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}
