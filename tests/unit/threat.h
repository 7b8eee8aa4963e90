/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threat.h - name a test by its row of tests/threats.md.
 */
#ifndef THREAT_H
#define THREAT_H

#define THREAT(id, function)                                                   \
	{                                                                      \
		id " " #function, function, NULL, NULL, NULL                   \
	}

/* Likewise, with setup and teardown. */
#define THREAT_IN(id, function, setup, teardown)                               \
	{                                                                      \
		id " " #function, function, setup, teardown, NULL              \
	}

#endif /* THREAT_H */
