/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_err.h - error numbers of the libraries.
 *
 * Operations return 0 or a negative NTP_E*; predicates return bool.
 */
#ifndef NTP_ERR_H
#define NTP_ERR_H

enum ntp_err {
	NTP_OK = 0,
	NTP_ENOMEM,  /* out of memory, or a fixed table is full */
	NTP_EINVAL,  /* an argument makes no sense */
	NTP_EFORMAT, /* text or packet is malformed */
	NTP_ERANGE,  /* number outside its range */
	NTP_ESHORT,  /* buffer or packet too short */
	NTP_EAUTH,   /* digest does not match */
	NTP_ENOKEY,  /* key unknown or not trusted */
	NTP_ENOTSUP, /* not supported on this system or in this build */
	NTP_EPERM,   /* the system refused */
	NTP_EEXIST,  /* is there already */
	NTP_ENOENT,  /* is not there */
	NTP_ENET,    /* network unreachable or socket error */
	NTP_EAGAIN,  /* try again later */
	NTP_EIO,     /* the system failed otherwise */
	NTP_ECOUNT
};

/* Constant text for ERR, which may be given negative or positive. */
const char *ntp_strerror(int err);

#endif /* NTP_ERR_H */
