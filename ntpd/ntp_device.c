/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_device.c - what is asked of the kernel about a device.
 *
 * open() and ioctl() take what arguments they like; these take one.
 */
#include "ntp_device.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int
kernel_open(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC);
}

static int
kernel_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

const struct device_sys device_kernel = {kernel_open, kernel_ioctl, close};
