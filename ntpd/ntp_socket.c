/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_socket.c - UDP sockets with arrival times and packet information.
 *
 * Server sockets are bound without SO_REUSEADDR: on Linux that would let a
 * second daemon bind the same UDP port in silence.  SO_REUSEPORT lets in who
 * sets it, too, and is the same user; a daemon's first socket is bound without.
 */
#include "ntp_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Some asm/socket.h headers of old kernels lack it. */
#ifndef SO_SELECT_ERR_QUEUE
#define SO_SELECT_ERR_QUEUE 45
#endif

#define SERVER_BUFFER (4 << 20) /* octets */
#define SPARE_FD      32U	/* for files and what else there is */

void
sock_addr_get(const struct sockaddr_storage *ss, struct ntp_addr *a)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

	memset(a, 0, sizeof *a);
	if (ss->ss_family == AF_INET) {
		a->family = ADDR_V4;
		memcpy(a->ip, &in->sin_addr, 4);
		a->port = ntohs(in->sin_port);
	} else if (ss->ss_family == AF_INET6) {
		a->family = ADDR_V6;
		memcpy(a->ip, &in6->sin6_addr, 16);
		a->port = ntohs(in6->sin6_port);
		addr_unmap(a);
		if (addr_is_linklocal(a))
			a->scope = in6->sin6_scope_id;
	}
}

bool
sock_addr_found(const struct addrinfo *ai, struct ntp_addr *a)
{
	struct sockaddr_storage ss = {0};

	if (ai->ai_addrlen > sizeof ss)
		return false;
	memcpy(&ss, ai->ai_addr, ai->ai_addrlen);
	sock_addr_get(&ss, a);
	return a->family != ADDR_NONE;
}

socklen_t
sock_addr_put(const struct ntp_addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof *ss);
	if (a->family == ADDR_V4) {
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, a->ip, 4);
		in->sin_port = htons(a->port);
		return sizeof *in;
	}
	in6->sin6_family = AF_INET6;
	memcpy(&in6->sin6_addr, a->ip, 16);
	in6->sin6_port = htons(a->port);
	in6->sin6_scope_id = a->scope;
	return sizeof *in6;
}

static bool
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

void
sock_set_dscp(int fd, bool v6, uint8_t dscp)
{
	if (v6)
		(void)set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2);
	else
		(void)set_int(fd, IPPROTO_IP, IP_TOS, dscp << 2);
}

/* Arrival times and marks are wanted, not needed: what the kernel refuses
 * costs accuracy only. */
static void
set_common(int fd, bool v6, uint8_t dscp)
{
	(void)set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	/* An error in the queue must show as priority data, else libuv
	 * stops watching the descriptor. */
	(void)set_int(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1);
	sock_set_dscp(fd, v6, dscp);
}

void
sock_tell_departures(int fd, bool hardware)
{
	const int kernel = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
	    SOF_TIMESTAMPING_OPT_TSONLY;
	const int card = SOF_TIMESTAMPING_RAW_HARDWARE |
	    SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_OPT_TX_SWHW;

	if (hardware && set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, kernel | card))
		return;
	(void)set_int(fd, SOL_SOCKET, SO_TIMESTAMPING, kernel);
}

/* Without the destination address we could answer from the wrong one. */
static bool
set_pktinfo(int fd, bool v6, bool on)
{
	if (v6)
		return set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, on);
	return set_int(fd, IPPROTO_IP, IP_PKTINFO, on);
}

static int
sock_new(bool v6)
{
	int fd = socket(v6 ? AF_INET6 : AF_INET,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	return fd >= 0 ? fd : -errno;
}

static int
sock_fail(int fd)
{
	int err = -errno;

	(void)close(fd);
	return err;
}

/* Replies leave whole or not at all: a forged word of a narrow path would have
 * them sent in pieces, which others could complete as they like.  And what is
 * never cut needs no number, which the kernel draws at a price. */
static void
set_whole(int fd)
{
	(void)set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
}

/* How much may wait while we are busy decides how much is lost.  Beyond the
 * system's limit only who administers the network gets it. */
static void
set_receive_buffer(int fd)
{
	if (!set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, SERVER_BUFFER))
		(void)set_int(fd, SOL_SOCKET, SO_RCVBUF, SERVER_BUFFER);
}

static bool
set_server(int fd, bool v6, uint8_t dscp)
{
	set_common(fd, v6, dscp);
	set_receive_buffer(fd);
	if (!v6) {
		(void)set_int(fd, SOL_SOCKET, SO_BROADCAST, 1);
		set_whole(fd);
	}
	return set_pktinfo(fd, v6, true);
}

/* A socket for server use, not yet bound, or -errno. */
static int
server_new(bool v6, uint8_t dscp)
{
	int fd = sock_new(v6);

	if (fd < 0)
		return fd;
	if ((v6 && !set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
	    !set_server(fd, v6, dscp))
		return sock_fail(fd);
	return fd;
}

static int
server_bind(int fd, const struct ntp_addr *local)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_put(local, &ss);

	return bind(fd, (struct sockaddr *)&ss, len) == 0 ? fd : sock_fail(fd);
}

int
sock_open_server(const struct ntp_addr *local, uint8_t dscp)
{
	int fd = server_new(local->family == ADDR_V6, dscp);

	return fd < 0 ? fd : server_bind(fd, local);
}

int
sock_share(int fd)
{
	return set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1) ? 0 : -errno;
}

/* The same where it could be done without: files need descriptors, too. */
static int
server_spare(bool v6, uint8_t dscp)
{
	int fd = server_new(v6, dscp);
	struct rlimit most;

	if (fd < 0 || getrlimit(RLIMIT_NOFILE, &most) != 0 ||
	    (rlim_t)fd + SPARE_FD < most.rlim_cur)
		return fd;
	errno = EMFILE;
	return sock_fail(fd);
}

int
sock_open_shortcut(const struct ntp_addr *local, uint8_t dscp)
{
	int fd = server_spare(local->family == ADDR_V6, dscp);

	if (fd < 0)
		return fd;
	return sock_share(fd) == 0 ? server_bind(fd, local) : sock_fail(fd);
}

/* Groups are for the first socket alone, or each would get a copy. */
static void
hear_no_group(int fd, bool v6)
{
	if (v6)
		(void)set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
	else
		(void)set_int(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
}

int
sock_open_sibling(const struct ntp_addr *local, uint8_t dscp)
{
	bool v6 = local->family == ADDR_V6;
	int fd = server_spare(v6, dscp);

	if (fd < 0)
		return fd;
	hear_no_group(fd, v6);
	if (!addr_is_any(local)) /* then it is known where a datagram went */
		(void)set_pktinfo(fd, v6, false);
	return sock_share(fd) == 0 ? server_bind(fd, local) : sock_fail(fd);
}

/* FD, and where it is bound in *LOCAL; or -errno. */
static int
sock_name(int fd, struct ntp_addr *local)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return sock_fail(fd);
	sock_addr_get(&ss, local);
	return fd;
}

static bool
has_int(int fd, int level, int name, int value)
{
	int have = -1;
	socklen_t len = sizeof have;

	return getsockopt(fd, level, name, &have, &len) == 0 && have == value;
}

/* 0 or what is wrong with it. */
static int
unfit(int fd, bool v6)
{
	if ((!v6 && !has_int(fd, SOL_SOCKET, SO_DOMAIN, AF_INET)) ||
	    !has_int(fd, SOL_SOCKET, SO_TYPE, SOCK_DGRAM))
		return EPROTOTYPE;
	if (v6 && !has_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
		return EADDRINUSE;
	return 0;
}

int
sock_adopt_server(int fd, uint8_t dscp, struct ntp_addr *local)
{
	bool v6 = has_int(fd, SOL_SOCKET, SO_DOMAIN, AF_INET6);
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	errno = unfit(fd, v6);
	if (errno != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || !set_server(fd, v6, dscp))
		return sock_fail(fd);
	return sock_name(fd, local);
}

int
sock_open_client(
    const struct ntp_addr *remote, uint8_t dscp, struct ntp_addr *local)
{
	struct sockaddr_storage ss;
	bool v6 = remote->family == ADDR_V6;
	socklen_t len = sock_addr_put(remote, &ss);
	int fd = sock_new(v6);

	if (fd < 0)
		return fd;
	set_common(fd, v6, dscp);
	/* who says that a server cannot be reached */
	if (v6)
		(void)set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	else
		(void)set_int(fd, IPPROTO_IP, IP_RECVERR, 1);
	if (addr_is_multicast(remote)) {
		struct ntp_addr any = {.family = remote->family};

		len = sock_addr_put(&any, &ss);
		if ((v6 && !set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
		    !set_pktinfo(fd, v6, true) ||
		    bind(fd, (struct sockaddr *)&ss, len) != 0)
			return sock_fail(fd);
	} else if (connect(fd, (struct sockaddr *)&ss, len) != 0) {
		return sock_fail(fd);
	}
	return sock_name(fd, local);
}

int
sock_join(int fd, const struct ntp_addr *group, unsigned ifindex)
{
	bool v6 = group->family == ADDR_V6;
	struct group_req req = {.gr_interface = ifindex};

	(void)sock_addr_put(group, &req.gr_group);
	if (setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, MCAST_JOIN_GROUP,
		&req, sizeof req) == 0 ||
	    errno == EADDRINUSE)
		return 0;
	return -errno;
}

int
sock_route(const struct ntp_addr *remote, struct ntp_addr *local)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_put(remote, &ss);
	int fd = sock_new(remote->family == ADDR_V6);

	if (fd < 0)
		return fd;
	(void)set_int(fd, SOL_SOCKET, SO_BROADCAST, 1);
	if (connect(fd, (struct sockaddr *)&ss, len) != 0)
		return sock_fail(fd);
	fd = sock_name(fd, local);
	if (fd < 0)
		return fd;
	local->port = 0;
	(void)close(fd);
	return 0;
}

/* The kernel puts the address of the sender behind its own structure. */
static void
error_of(const struct cmsghdr *cm, struct sock_error *err)
{
	struct sock_extended_err ee;
	struct sockaddr_storage from = {0};
	size_t len = cm->cmsg_len - CMSG_LEN(0);

	if (len < sizeof ee)
		return;
	memcpy(&ee, CMSG_DATA(cm), sizeof ee);
	if (ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
		err->id = ee.ee_data;
	if (ee.ee_origin != SO_EE_ORIGIN_ICMP &&
	    ee.ee_origin != SO_EE_ORIGIN_ICMP6)
		return;
	len -= sizeof ee;
	memcpy(&from, CMSG_DATA(cm) + sizeof ee,
	    len < sizeof from ? len : sizeof from);
	sock_addr_get(&from, &err->from);
	err->from.port = 0;
	err->type = ee.ee_type;
	err->code = ee.ee_code;
}

enum stamp { STAMP_KERNEL = 0, STAMP_CARD = 2 };

/* Two of the three that are told together; zero: it has said nothing. */
static struct timespec
stamp_of(const struct cmsghdr *cm, enum stamp which)
{
	struct timespec t = {0};

	if (cm->cmsg_len >= CMSG_LEN(3 * sizeof t))
		memcpy(&t, CMSG_DATA(cm) + (size_t)which * sizeof t, sizeof t);
	return t;
}

void
sock_departure(const struct cmsghdr *cm, struct sock_error *err)
{
	err->left = stamp_of(cm, STAMP_CARD);
	err->hardware = err->left.tv_sec != 0;
	if (!err->hardware)
		err->left = stamp_of(cm, STAMP_KERNEL);
	err->departed = err->left.tv_sec != 0;
}

bool
sock_error_get(int fd, struct sock_error *err)
{
	_Alignas(struct cmsghdr) uint8_t control[SOCK_CONTROL];
	uint8_t data[64];
	struct iovec iov = {data, sizeof data};
	struct msghdr mh = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof control};

	*err = (struct sock_error){.type = 0};
	if (recvmsg(fd, &mh, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(&mh); cm != NULL;
	     cm = CMSG_NXTHDR(&mh, cm)) {
		if ((cm->cmsg_level == IPPROTO_IP &&
			cm->cmsg_type == IP_RECVERR) ||
		    (cm->cmsg_level == IPPROTO_IPV6 &&
			cm->cmsg_type == IPV6_RECVERR))
			error_of(cm, err);
		else if (cm->cmsg_level == SOL_SOCKET &&
		    cm->cmsg_type == SCM_TIMESTAMPING)
			sock_departure(cm, err);
	}
	return true;
}

static void
info_v4(const struct cmsghdr *cm, struct sock_info *info)
{
	struct in_pktinfo pi;

	memcpy(&pi, CMSG_DATA(cm), sizeof pi);
	info->dst.family = ADDR_V4;
	info->group = pi.ipi_addr.s_addr != pi.ipi_spec_dst.s_addr;
	memcpy(info->dst.ip, &pi.ipi_spec_dst, 4);
	info->ifindex = (unsigned)pi.ipi_ifindex;
}

static void
info_v6(const struct cmsghdr *cm, struct sock_info *info)
{
	struct in6_pktinfo pi;

	memcpy(&pi, CMSG_DATA(cm), sizeof pi);
	info->ifindex = pi.ipi6_ifindex;
	info->group = IN6_IS_ADDR_MULTICAST(&pi.ipi6_addr);
	if (info->group)
		return;
	info->dst.family = ADDR_V6;
	memcpy(info->dst.ip, &pi.ipi6_addr, 16);
	if (addr_is_linklocal(&info->dst))
		info->dst.scope = pi.ipi6_ifindex;
}

void
sock_info_get(struct msghdr *mh, struct sock_info *info)
{
	memset(info, 0, sizeof *info);
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(mh); cm != NULL;
	     cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level == SOL_SOCKET &&
		    cm->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&info->at, CMSG_DATA(cm), sizeof info->at);
			info->stamped = true;
		} else if (cm->cmsg_level == SOL_SOCKET &&
		    cm->cmsg_type == SCM_TIMESTAMPING)
			info->card = stamp_of(cm, STAMP_CARD);
		else if (cm->cmsg_level == IPPROTO_IP &&
		    cm->cmsg_type == IP_PKTINFO)
			info_v4(cm, info);
		else if (cm->cmsg_level == IPPROTO_IPV6 &&
		    cm->cmsg_type == IPV6_PKTINFO)
			info_v6(cm, info);
	}
}

/* Append one piece of control data to MH. */
static void
put_control(
    struct msghdr *mh, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *cm =
	    (struct cmsghdr *)(void *)((uint8_t *)mh->msg_control +
		mh->msg_controllen);

	cm->cmsg_level = level;
	cm->cmsg_type = type;
	cm->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cm), data, len);
	mh->msg_controllen += CMSG_SPACE(len);
}

void
sock_put_source(struct msghdr *mh, const struct ntp_addr *src)
{
	struct in_pktinfo pi = {0};
	struct in6_pktinfo pi6 = {0};

	if (src->family == ADDR_NONE || addr_is_any(src))
		return;
	if (src->family == ADDR_V6) {
		memcpy(&pi6.ipi6_addr, src->ip, 16);
		pi6.ipi6_ifindex = src->scope;
		put_control(mh, IPPROTO_IPV6, IPV6_PKTINFO, &pi6, sizeof pi6);
	} else {
		memcpy(&pi.ipi_spec_dst, src->ip, 4);
		put_control(mh, IPPROTO_IP, IP_PKTINFO, &pi, sizeof pi);
	}
}

void
sock_put_stamp(struct msghdr *mh, bool hardware)
{
	const uint32_t stamp = SOF_TIMESTAMPING_TX_SOFTWARE |
	    (hardware ? SOF_TIMESTAMPING_TX_HARDWARE : 0U);

	put_control(mh, SOL_SOCKET, SO_TIMESTAMPING, &stamp, sizeof stamp);
}

static void
put_ttl(struct msghdr *mh, bool v6, int ttl)
{
	if (v6)
		put_control(mh, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
	else
		put_control(mh, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
}

int
sock_send(int fd, const struct datagram *dg, unsigned how)
{
	const bool connected = (how & SOCK_CONNECTED) != 0;
	_Alignas(struct cmsghdr) uint8_t control[SOCK_CONTROL] = {0};
	struct sockaddr_storage ss;
	struct iovec iov = {.iov_len = dg->len};
	struct msghdr mh = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control};

	memcpy(&iov.iov_base, &dg->buf, sizeof dg->buf);
	if (!connected) {
		mh.msg_namelen = sock_addr_put(dg->dst, &ss);
		mh.msg_name = &ss;
	}
	if (!connected && dg->src != NULL)
		sock_put_source(&mh, dg->src);
	if (dg->stamp)
		sock_put_stamp(&mh, (how & SOCK_HARDWARE) != 0);
	if (dg->ttl != 0)
		put_ttl(&mh, dg->dst->family == ADDR_V6, dg->ttl);
	if (sendmsg(fd, &mh, MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EAGAIN || errno == EMSGSIZE)
		return -errno;
	return sendmsg(fd, &mh, MSG_NOSIGNAL) >= 0 ? 0 : -errno;
}
