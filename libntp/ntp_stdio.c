/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_stdio.c - standard input, output and error that are there.
 */
#include "ntp_stdio.h"

#include <fcntl.h>
#include <unistd.h>

#include "ntp_err.h"

int
stdio_fill(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* the lowest that is free, hence FD */
		if (open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -NTP_EIO;
	}
	return 0;
}
