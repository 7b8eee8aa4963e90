/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_holder.c - which process holds a UDP port.
 *
 * The socket's inode is in /proc/net/udp, the process is the one that has
 * that inode among its descriptors, as far as we may look.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ntp_fmt.h"
#include "ntpd.h"

#define HOLDER_SOCKETS 16U
#define PROC_PATH      300U
#define PROC_LINE      512U
#define COMM_MAX       32U

struct inodes {
	unsigned long inode[HOLDER_SOCKETS];
	size_t n;
};

/* The K-th word of LINE, from 0; the empty end when there are fewer. */
static const char *
word(const char *line, unsigned k)
{
	const char *s = line + strspn(line, " ");

	for (; k > 0; k--) {
		s += strcspn(s, " ");
		s += strspn(s, " ");
	}
	return s;
}

/* "sl local:port remote:port st queues timer retrnsmt uid timeout inode" */
static unsigned long
inode_of(const char *line, uint16_t port)
{
	const char *colon = strchr(word(line, 1), ':');

	if (colon == NULL || strtoul(colon + 1, NULL, 16) != port)
		return 0;
	return strtoul(word(line, 9), NULL, 10);
}

/* Collect the inodes of sockets bound to PORT from a table of /proc/net. */
static void
read_table(const char *path, uint16_t port, struct inodes *in)
{
	char line[PROC_LINE];
	unsigned long inode;
	FILE *fp = fopen(path, "re");

	if (fp == NULL)
		return;
	while (in->n < HOLDER_SOCKETS && fgets(line, sizeof line, fp) != NULL) {
		inode = inode_of(line, port);
		if (inode != 0)
			in->inode[in->n++] = inode;
	}
	(void)fclose(fp);
}

static bool
is_wanted(const struct inodes *in, const char *link)
{
	char text[64];

	for (size_t i = 0; i < in->n; i++) {
		(void)snprintf(text, sizeof text, "socket:[%lu]", in->inode[i]);
		if (strcmp(link, text) == 0)
			return true;
	}
	return false;
}

static bool
process_has(const char *pid, const struct inodes *in)
{
	char path[PROC_PATH], link[64];
	struct dirent *de;
	bool found = false;
	ssize_t n;
	DIR *dir;

	(void)snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	/* no threads yet: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (!found && (de = readdir(dir)) != NULL) {
		n = readlinkat(dirfd(dir), de->d_name, link, sizeof link - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		found = is_wanted(in, link);
	}
	(void)closedir(dir);
	return found;
}

static void
process_name(const char *pid, char *out, size_t cap)
{
	char path[PROC_PATH], comm[COMM_MAX] = "";
	FILE *fp;

	(void)snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
	fp = fopen(path, "re");
	if (fp != NULL) {
		if (fgets(comm, sizeof comm, fp) == NULL)
			comm[0] = '\0';
		(void)fclose(fp);
	}
	comm[strcspn(comm, "\n")] = '\0';
	(void)fmt_safe(out, cap, comm, strlen(comm));
}

bool
port_holder(uint16_t port, char *out, size_t cap)
{
	struct inodes in = {.n = 0};
	char name[COMM_MAX * 2];
	struct dirent *de;
	bool found = false;
	DIR *dir;

	read_table("/proc/net/udp", port, &in);
	read_table("/proc/net/udp6", port, &in);
	dir = in.n > 0 ? opendir("/proc") : NULL;
	if (dir == NULL)
		return false;
	/* no threads yet: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (!found && (de = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)de->d_name[0]) ||
		    !process_has(de->d_name, &in))
			continue;
		found = true;
		process_name(de->d_name, name, sizeof name);
		(void)snprintf(out, cap, "%s (pid %s)", name, de->d_name);
	}
	(void)closedir(dir);
	return found;
}
