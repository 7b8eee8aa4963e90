/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_name.c - names of hosts and of reference clocks.
 *
 * The daemon sends numbers; the names of its 127.127.t.u addresses are the
 * ones that the world's scripts know.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <netdb.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntpq.h"

static const char *const clock_names[] = {
    [1] = "LOCAL",
    [2] = "GPS_TRAK",
    [3] = "WWV_PST",
    [4] = "SPECTRACOM",
    [5] = "TRUETIME",
    [6] = "IRIG_AUDIO",
    [7] = "CHU_AUDIO",
    [8] = "GENERIC",
    [9] = "GPS_MX4200",
    [10] = "GPS_AS2201",
    [11] = "GPS_ARBITER",
    [12] = "IRIG_TPRO",
    [13] = "ATOM_LEITCH",
    [14] = "MSF_EES",
    [16] = "GPS_BANC",
    [17] = "GPS_DATUM",
    [18] = "NIST_ACTS",
    [19] = "WWV_HEATH",
    [20] = "GPS_NMEA",
    [21] = "GPS_VME",
    [22] = "PPS",
    [23] = "ACTS_PTB",
    [24] = "ACTS_USNO",
    [26] = "GPS_HP",
    [27] = "ARCRON_MSF",
    [28] = "SHM",
    [29] = "GPS_PALISADE",
    [30] = "GPS_ONCORE",
    [31] = "GPS_JUPITER",
    [32] = "CHRONOLOG",
    [33] = "DUMBCLOCK",
    [34] = "ULINK_M320",
    [35] = "PCF",
    [36] = "WWV_AUDIO",
    [37] = "GPS_FG",
    [38] = "HOPF_S",
    [39] = "HOPF_P",
    [40] = "JJY",
    [41] = "TT_IRIG",
    [42] = "GPS_ZYFER",
    [43] = "GPS_RIPENCC",
    [44] = "NEOCLK4X",
    [45] = "PCI_TSYNC",
    [46] = "GPSD_JSON",
    [60] = "PHC",
};

bool
name_of_clock(const struct ntp_addr *addr, char *out, size_t cap)
{
	const char *name = NULL;
	unsigned type, unit;

	if (!addr_is_refclock(addr, &type, &unit))
		return false;
	if (type < sizeof(clock_names) / sizeof(clock_names[0]))
		name = clock_names[type];
	if (name != NULL)
		snprintf(out, cap, "%s(%u)", name, unit);
	else
		snprintf(out, cap, "REFCLK(%u,%u)", type, unit);
	return true;
}

static socklen_t
to_sockaddr(const struct ntp_addr *addr, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	memset(ss, 0, sizeof(*ss));
	if (addr->family == ADDR_V4) {
		memcpy(&v4.sin_addr, addr->ip, sizeof(v4.sin_addr));
		memcpy(ss, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, addr->ip, sizeof(v6.sin6_addr));
	v6.sin6_scope_id = addr->scope;
	memcpy(ss, &v6, sizeof(v6));
	return sizeof(v6);
}

/* The owner of an address chooses its name: no control characters. */
static bool
name_from_dns(const struct ntp_addr *addr, char *out)
{
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(addr, &ss);
	char host[NI_MAXHOST];

	if (getnameinfo((const struct sockaddr *)&ss, len, host, sizeof(host),
		NULL, 0, NI_NAMEREQD | NI_DGRAM) != 0)
		return false;
	fmt_safe(out, NTPQ_NAME_MAX, host, strlen(host));
	return true;
}

const char *
name_of(const struct ntp_addr *addr, bool numeric, char *out)
{
	char text[ADDR_STRLEN];

	if (!numeric) {
		if (name_of_clock(addr, out, NTPQ_NAME_MAX))
			return out;
		if (!addr_is_any(addr) && !interrupt_came() &&
		    name_from_dns(addr, out))
			return out;
	}
	snprintf(out, NTPQ_NAME_MAX, "%s", addr_format(addr, text));
	return out;
}
