/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_device.h - what is asked of the kernel about a device.
 *
 * In one place, so that tests can answer instead.
 */
#ifndef NTP_DEVICE_H
#define NTP_DEVICE_H

/* Errors in errno. */
struct device_sys {
	int (*open)(const char *path, int flags);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	int (*close)(int fd);
};
extern const struct device_sys device_kernel;

#endif /* NTP_DEVICE_H */
