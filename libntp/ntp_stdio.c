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

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
	return fd < 0 ? -NTP_EIO : 0;
}
