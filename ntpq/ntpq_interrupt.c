/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_interrupt.c - Ctrl-C that ends a command and not ntpq.
 *
 * Only a signal handler needs the static: there is one process, one command.
 */
#include "ntpq.h"

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int signum)
{
	(void)signum;
	interrupted = 1;
}

const volatile sig_atomic_t *
interrupt_catch(struct sigaction *before)
{
	/* Writing goes on, waiting for packets ends all the same. */
	struct sigaction sa = {
	    .sa_handler = on_interrupt, .sa_flags = SA_RESTART};

	sigemptyset(&sa.sa_mask);
	interrupted = 0;
	(void)sigaction(SIGINT, &sa, before);
	return &interrupted;
}

void
interrupt_release(const struct sigaction *before)
{
	(void)sigaction(SIGINT, before, NULL);
	interrupted = 0;
}

bool
interrupt_came(void)
{
	return interrupted != 0;
}
