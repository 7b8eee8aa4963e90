/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_nocaps.c - where libcap is missing: all rights of root, or none.
 */
#include <errno.h>
#include <unistd.h>

#include "ntpd.h"

const char caps_words[] = "no libcap";

bool
caps_may_set_clock(void)
{
	return geteuid() == 0;
}

/* Root cannot be less than root; the virtual clock sets nothing anyway. */
void
caps_forsake_clock(void)
{
}

int
caps_drop(bool want_clock)
{
	(void)want_clock;
	return 0;
}

/* Another user could no longer set the clock: better not to start. */
int
caps_keep(bool want_clock)
{
	errno = ENOTSUP;
	return want_clock ? -1 : 0;
}
