/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_noedit.c - where libedit is missing: lines as the terminal gives them.
 */
#include "ntpq.h"

const char edit_words[] = "without line editing (libedit)";

char *
edit_line(const char *prompt, edit_name_fn *names)
{
	(void)names;
	return edit_plain_line(prompt);
}
