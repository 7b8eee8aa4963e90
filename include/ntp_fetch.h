/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_fetch.h - memory asked for before it is needed.
 */
#ifndef NTP_FETCH_H
#define NTP_FETCH_H

/* The cache line at P, which need not exist, will soon be written.  A hint:
 * without a compiler that knows how, nothing. */
#if defined(__GNUC__)
#define fetch_ahead(p) __builtin_prefetch((p), 1)
#else
#define fetch_ahead(p) ((void)(p))
#endif

#endif /* NTP_FETCH_H */
