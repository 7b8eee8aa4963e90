/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_filegen.h - statistics files that change with the calendar.
 */
#ifndef NTP_FILEGEN_H
#define NTP_FILEGEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ntp_config.h"
#include "ntp_ports.h"

#define FILEGEN_DIR	 "/var/log/ntpstats/"
#define FILEGEN_PATH	 1024U /* octets of a file name */
#define FILESTATS_RECORD 4096U /* octets of a record */

/* One set of files: NAME, NAME.20250106 ... */
struct filegen {
	struct config_filegen par; /* its `file` is borrowed */
	const char *name;	   /* of the set */
	char path[FILEGEN_PATH];   /* opened last */
	int fd;			   /* -1: closed */
	int64_t period;		   /* which one FD is for */
	uint64_t lost;		   /* records since it cannot be written */
	bool told;		   /* the log knows */
	int64_t tried;		   /* when that failed last, Unix s */
};

/* The statistics port.  Its records are made in ntp_records.c. */
struct filestats {
	struct stats_port port; /* first: the port is the object */
	const char *dir;	/* borrowed */
	bool dir_default;	/* nobody has named it */
	struct filegen gen[STATS_SETS];
	struct log_port *log; /* borrowed */
	int64_t started;      /* Unix s; for FILEGEN_AGE */
	pid_t pid;
};

/* CFG is borrowed as long as S lives; NOW in Unix s. */
void filestats_init(struct filestats *s, const struct ntp_config *cfg,
    struct log_port *log, int64_t now);
/* The same with another configuration, borrowed from here on; what is open
 * stays so until filestats_close(). */
void filestats_follow(struct filestats *s, const struct ntp_config *cfg);
/* Close all; the next record opens them anew. */
void filestats_close(struct filestats *s);

/* Is SET recorded? */
bool filestats_wants(const struct filestats *s, enum stats_set set);

/* Append the record TEXT (without date) to SET, dated WHEN.  What cannot be
 * written is lost; the log tells when that begins and when it ends. */
void filestats_record(
    struct filestats *s, enum stats_set set, ntp_ts when, const char *text);

/* The number of the period that Unix time T falls in; it changes when the
 * file has to change. */
int64_t filegen_period(enum filegen_type type, int64_t t, int64_t started);

/* The suffix for Unix time T, with its point, into OUT; "" for none. */
void filegen_suffix(enum filegen_type type, int64_t t, int64_t started,
    pid_t pid, char *out, size_t cap);

#endif /* NTP_FILEGEN_H */
