/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_stdio.h - standard input, output and error that are there.
 */
#ifndef NTP_STDIO_H
#define NTP_STDIO_H

/*
 * To be called before anything is opened, which would else take the place of
 * one that the caller has closed, and get our words.  Reading finds the end
 * there, and writing fails.  0 or -NTP_EIO.
 */
int stdio_fill(void);

#endif /* NTP_STDIO_H */
