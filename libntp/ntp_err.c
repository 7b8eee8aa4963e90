/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_err.c - texts of the error numbers.
 *
 * The texts are an array of arrays, not of pointers: nothing to relocate, so
 * the table lies in read-only memory also in a position independent program.
 */
#include "ntp_err.h"

static const char texts[NTP_ECOUNT][32] = {
    [NTP_OK] = "no error",
    [NTP_ENOMEM] = "out of memory",
    [NTP_EINVAL] = "invalid argument",
    [NTP_EFORMAT] = "bad format",
    [NTP_ERANGE] = "number out of range",
    [NTP_ESHORT] = "buffer or packet too short",
    [NTP_EAUTH] = "authentication failed",
    [NTP_ENOKEY] = "key unknown or not trusted",
    [NTP_ENOTSUP] = "not supported",
    [NTP_EPERM] = "permission denied",
    [NTP_EEXIST] = "exists already",
    [NTP_ENOENT] = "not found",
    [NTP_ENET] = "network error",
    [NTP_EAGAIN] = "try again later",
    [NTP_EIO] = "system error",
};

const char *
ntp_strerror(int err)
{
	if (err <= -NTP_ECOUNT || err >= NTP_ECOUNT)
		return "unknown error";
	return texts[err < 0 ? -err : err];
}
