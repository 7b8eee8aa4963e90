/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_tbl_keyword.h - every word of ntp.conf, written once.
 *
 * DIRECTIVE(id, word, tier, state, handler, text)	first word of a line
 * KEYWORD(ctx, id, word, tier, arg, state, text)	word inside a line
 * KEYNUM(ctx, id, word, tier, arg, state, lo, hi, text)	number: LO..HI
 * KEYSTRICT(the same)	a bad value refuses the line, others are clamped
 * RESTRICTFLAG(bit, word, shown, tier, state, text)	RES_bit; SHOWN: mode 6
 * ANYWORD(name, word, text)	each that has no other meaning where it is read
 *
 * tier A: met in stock files, B: useful, C: obsolete or unsafe.
 * state WORKS; QUIET: accepted, nothing to do; NOTYET: accepted, one warning
 * unless the value is 0; OBSOLETE: accepted, one warning; REFUSED: the line is
 * an error.  TEXT is what it does, or the hint that goes with the warning.
 */
#ifndef ANYWORD
#define ANYWORD(name, word, text)
#endif
#ifndef DIRECTIVE
#define DIRECTIVE(id, word, tier, state, handler, text)                        \
	ANYWORD(DIRECTIVE_##id, word, text)
#endif
#ifndef KEYWORD
#define KEYWORD(ctx, id, word, tier, arg, state, text)                         \
	ANYWORD(ctx##_##id, word, text)
#endif
#ifndef KEYNUM
#define KEYNUM(ctx, id, word, tier, arg, state, lo, hi, text)                  \
	ANYWORD(ctx##_##id, word, text)
#endif
#ifndef KEYSTRICT
#define KEYSTRICT(ctx, id, word, tier, arg, state, lo, hi, text)               \
	ANYWORD(ctx##_##id, word, text)
#endif
#ifndef RESTRICTFLAG
#define RESTRICTFLAG(bit, word, shown, tier, state, text)                      \
	ANYWORD(RESTRICT_##bit, word, text)
#endif

/* --- first words of a line ---------------------------------------------- */

DIRECTIVE(SERVER, "server", A, WORKS, assoc, "take time from this server")
DIRECTIVE(POOL, "pool", A, WORKS, assoc, "take time from servers of this name")
DIRECTIVE(RESTRICT, "restrict", A, WORKS, restrict, "who may do what")
DIRECTIVE(DRIFTFILE, "driftfile", A, WORKS, driftfile, "frequency file")
DIRECTIVE(PEER, "peer", B, WORKS, assoc, "give and take time")
DIRECTIVE(REFCLOCK, "refclock", B, WORKS, refclock, "clock driver by name")
DIRECTIVE(FUDGE, "fudge", A, WORKS, fudge, "set up a reference clock")
DIRECTIVE(UNPEER, "unpeer", B, WORKS, unpeer, "remove a server line")
DIRECTIVE(UNCONFIG, "unconfig", C, WORKS, unpeer, "as unpeer")
DIRECTIVE(UNRESTRICT, "unrestrict", B, WORKS, unrestrict, "undo restrict")
DIRECTIVE(DELRESTRICT, "delrestrict", B, WORKS, unrestrict, "undo restrict")
DIRECTIVE(DISCARD, "discard", A, WORKS, options, "rate limit")
DIRECTIVE(MRU, "mru", B, WORKS, options, "size of the client list")
DIRECTIVE(KEYS, "keys", A, WORKS, path, "symmetric keys file")
DIRECTIVE(TRUSTEDKEY, "trustedkey", A, WORKS, trustedkey, "keys in use")
DIRECTIVE(CONTROLKEY, "controlkey", A, WORKS, controlkey, "key of ntpq")
DIRECTIVE(REQUESTKEY, "requestkey", A, QUIET, ignore, "key of mode 7")
DIRECTIVE(STATSDIR, "statsdir", A, WORKS, statsdir, "statistics directory")
DIRECTIVE(STATISTICS, "statistics", A, WORKS, statistics, "sets to record")
DIRECTIVE(FILEGEN, "filegen", A, WORKS, filegen, "file set of a statistic")
DIRECTIVE(TOS, "tos", A, WORKS, options, "selection of servers")
DIRECTIVE(TINKER, "tinker", A, WORKS, options, "the clock discipline")
DIRECTIVE(ENABLE, "enable", A, WORKS, flags, "switch on")
DIRECTIVE(DISABLE, "disable", A, WORKS, flags, "switch off")
DIRECTIVE(LEAPFILE, "leapfile", A, WORKS, leapfile, "leap second file")
DIRECTIVE(LEAPSMEAR, "leapsmearinterval", B, WORKS, leapsmear,
	"hide a leap second from the clients, s")
DIRECTIVE(LOGFILE, "logfile", A, WORKS, path, "log file")
DIRECTIVE(LOGCONFIG, "logconfig", A, WORKS, logconfig, "which events to log")
DIRECTIVE(PIDFILE, "pidfile", A, WORKS, path, "file with the process id")
DIRECTIVE(INCLUDEFILE, "includefile", A, WORKS, include, "read a file here")
DIRECTIVE(END, "end", C, WORKS, end, "read no further")
DIRECTIVE(INTERFACE, "interface", A, WORKS, interface, "where to listen")
DIRECTIVE(NIC, "nic", A, WORKS, interface, "where to listen")
DIRECTIVE(LISTEN, "listen", A, WORKS, listen, "listen on this address")
DIRECTIVE(PORT, "port", A, WORKS, port, "serve on this port")
DIRECTIVE(DSCP, "dscp", A, WORKS, dscp, "traffic class of packets sent")
DIRECTIVE(HWTIMESTAMP, "hwtimestamp", B, WORKS, hwtimestamp,
	"network cards that stamp datagrams themselves")

DIRECTIVE(THREADS, "threads", B, WORKS, threads, "threads that serve")
DIRECTIVE(GATHER, "gather", B, WORKS, gather,
	"us to wait for more requests when busy")

DIRECTIVE(NONVOLATILE, "nonvolatile", B, WORKS, nonvolatile,
	"least change of the frequency that is written, s/s")
DIRECTIVE(LIMIT, "limit", B, WORKS, options, "rate limit, as NTPsec has it")
DIRECTIVE(NTS, "nts", B, WORKS, nts, "network time security")
DIRECTIVE(EXTRA, "extra", C, WORKS, options, "serve on one more port")
DIRECTIVE(DEVICE, "device", B, WORKS, device, "files of a reference clock")
DIRECTIVE(SETVAR, "setvar", B, WORKS, setvar, "a variable for ntpq")
DIRECTIVE(SAVECONFIGDIR, "saveconfigdir", C, WORKS, path,
	"where ntpq may save the configuration")
DIRECTIVE(BROADCAST, "broadcast", C, WORKS, assoc,
	"tell everybody the time at this address")
DIRECTIVE(BROADCASTCLIENT, "broadcastclient", C, WORKS, broadcastclient,
	"take time from broadcasts")
DIRECTIVE(MULTICASTCLIENT, "multicastclient", C, WORKS, groups,
	"take time from a multicast group")
DIRECTIVE(MANYCASTCLIENT, "manycastclient", C, WORKS, assoc,
	"look for servers in this group")
DIRECTIVE(MANYCASTSERVER, "manycastserver", C, WORKS, groups,
	"be found by clients in this group")
DIRECTIVE(BROADCASTDELAY, "broadcastdelay", C, WORKS, broadcastdelay,
	"delay of broadcasts, s; 0 measures it")
DIRECTIVE(TTL, "ttl", C, WORKS, ttl, "how far manycast looks, in order")
DIRECTIVE(MDNSTRIES, "mdnstries", C, NOTYET, number, "not registered in mDNS")
DIRECTIVE(RLIMIT, "rlimit", C, OBSOLETE, options,
	"limits are those the service manager sets")
DIRECTIVE(TRAP, "trap", C, OBSOLETE, ignore, "traps are not sent")
DIRECTIVE(RESET, "reset", C, WORKS, options, "set counters to zero")
DIRECTIVE(POLLSKEW, "pollskewlist", C, NOTYET, ignore,
	"polls are randomized always")
DIRECTIVE(SIMULATE, "simulate", C, OBSOLETE, simulate, "block skipped")
DIRECTIVE(TICK, "tick", C, OBSOLETE, ignore, "the kernel knows its tick")
DIRECTIVE(PHONE, "phone", C, WORKS, phone, "commands that call, for modem")
DIRECTIVE(SIGND, "ntpsigndsocket", C, WORKS, path, "where Samba signs")
DIRECTIVE(KEYSDIR, "keysdir", C, OBSOLETE, ignore, "Autokey is not supported")
DIRECTIVE(CRYPTO, "crypto", C, OBSOLETE, options, "Autokey is not supported")
DIRECTIVE(IDENT, "ident", C, OBSOLETE, ignore, "Autokey is not supported")
DIRECTIVE(AUTOMAX, "automax", C, OBSOLETE, ignore, "Autokey is not supported")
DIRECTIVE(REVOKE, "revoke", C, OBSOLETE, ignore, "Autokey is not supported")

/* Words of older versions and of other vendors' ntpd. */
DIRECTIVE(AUTOKEY, "autokey", C, OBSOLETE, ignore, "Autokey is not supported")
DIRECTIVE(AUTHENTICATE, "authenticate", C, OBSOLETE, ignore,
	"use `keys` and `trustedkey`")
DIRECTIVE(AUTHDELAY, "authdelay", C, OBSOLETE, ignore, "not needed")
DIRECTIVE(CALLDELAY, "calldelay", C, OBSOLETE, ignore, "not needed")
DIRECTIVE(CLIENTLIMIT, "clientlimit", C, OBSOLETE, ignore,
	"use `discard` and `restrict ... limited`")
DIRECTIVE(CLIENTPERIOD, "clientperiod", C, OBSOLETE, ignore,
	"use `discard` and `restrict ... limited`")
DIRECTIVE(PRECISION, "precision", C, OBSOLETE, ignore, "it is measured")
DIRECTIVE(PPS, "pps", C, OBSOLETE, ignore, "use `server 127.127.22.u`")
DIRECTIVE(RESOLVER, "resolver", C, OBSOLETE, ignore, "not needed")
DIRECTIVE(MAXSKEW, "maxskew", C, OBSOLETE, ignore, "not needed")
DIRECTIVE(SELECT, "select", C, OBSOLETE, ignore, "not needed")
DIRECTIVE(TICKADJ, "tickadj", C, OBSOLETE, ignore, "the kernel handles it")
DIRECTIVE(SLEWALWAYS, "slewalways", C, OBSOLETE, ignore,
	"use `tinker step 0`")
DIRECTIVE(MONITOR, "monitor", C, OBSOLETE, ignore,
	"use `enable monitor` or `disable monitor`")
DIRECTIVE(SLEWTHRESHOLD, "slewthreshold", C, OBSOLETE, ignore,
	"use `tinker step`")
DIRECTIVE(MAXTRAPS, "maxtraps", C, OBSOLETE, ignore, "traps are not sent")
DIRECTIVE(MLOCKALL, "mlockall", C, OBSOLETE, ignore, "memory is not locked")
DIRECTIVE(TRACEFILE, "tracefile", C, OBSOLETE, ignore, "use `logfile`")
DIRECTIVE(AUTHPROV, "authprov", C, OBSOLETE, ignore, "not needed")

/* --- options of server, pool, peer and refclock ------------------------- */

KEYWORD(ASSOC, IBURST, "iburst", A, NONE, WORKS, "six packets at the start")
KEYWORD(ASSOC, BURST, "burst", A, NONE, WORKS, "several packets each poll")
KEYNUM(ASSOC, MINPOLL, "minpoll", A, UINT, WORKS, -6, 17,
	"shortest poll interval, log2 s")
KEYNUM(ASSOC, MAXPOLL, "maxpoll", A, UINT, WORKS, -6, 17,
	"longest poll interval, log2 s")
KEYWORD(ASSOC, LAN, "lan", B, NONE, WORKS,
	"on the same network: polls may be less than a second apart")
KEYWORD(ASSOC, PREFER, "prefer", A, NONE, WORKS, "use this one if it is sane")
KEYSTRICT(ASSOC, KEY, "key", A, UINT, WORKS, 1, 65535,
	"authenticate with this key")
KEYWORD(ASSOC, NOSELECT, "noselect", A, NONE, WORKS, "measure, never use")
KEYWORD(ASSOC, TRUE, "true", B, NONE, WORKS, "never a falseticker")
KEYSTRICT(ASSOC, VERSION, "version", A, UINT, WORKS, 1, 4,
	"NTP version of requests")
KEYSTRICT(ASSOC, PORT, "port", A, UINT, WORKS, 1, 65535,
	"UDP port of the server")
KEYNUM(ASSOC, BIAS, "bias", B, NUM, WORKS, -16, 16,
	"added to each offset, s")
KEYWORD(ASSOC, XMTNONCE, "xmtnonce", B, NONE, QUIET,
	"requests carry random timestamps always")
KEYNUM(ASSOC, MODE, "mode", B, UINT, WORKS, 0, 4294967295.0,
	"of a reference clock driver")
KEYNUM(ASSOC, SUBTYPE, "subtype", B, UINT, WORKS, 0, 4294967295.0,
	"as mode")
KEYNUM(ASSOC, TTL, "ttl", C, UINT, WORKS, 0, 255, "hops of group packets")
KEYWORD(ASSOC, PREEMPT, "preempt", C, NONE, WORKS,
	"may go when it fails and there are more than `tos maxclock`")
KEYWORD(ASSOC, XLEAVE, "xleave", C, NONE, WORKS, "interleaved timestamps")
KEYWORD(ASSOC, PRECONN, "preconn", C, NONE, QUIET,
	"sockets of servers are connected always")
KEYWORD(ASSOC, DYNAMIC, "dynamic", C, NONE, OBSOLETE, "always so")
KEYWORD(ASSOC, AUTOKEY, "autokey", C, NONE, REFUSED,
	"use `key N`, or remove the word to go unauthenticated")
KEYWORD(ASSOC, IDENT, "ident", C, STR, OBSOLETE, "Autokey is not supported")
KEYWORD(ASSOC, NTS, "nts", B, NONE, WORKS,
	"authenticate by Network Time Security")
KEYWORD(ASSOC, NOVAL, "noval", B, NONE, WORKS,
	"with nts: do not look at the certificate")
KEYWORD(ASSOC, CA, "ca", B, STR, WORKS, "with nts: whom to trust")
KEYWORD(ASSOC, AEAD, "aead", B, STR, WORKS, "with nts: preferred algorithm")
KEYWORD(ASSOC, CERT, "cert", C, STR, OBSOLETE,
	"clients of NTS show no certificate")
KEYWORD(ASSOC, ASK, "ask", C, STR, OBSOLETE, "not in the standard of NTS")
KEYWORD(ASSOC, REQUIRE, "require", C, STR, OBSOLETE,
	"not in the standard of NTS")
KEYWORD(ASSOC, EXPIRE, "expire", C, STR, OBSOLETE,
	"not in the standard of NTS")
KEYSTRICT(ASSOC, UNIT, "unit", B, INT, WORKS, 0, 255, "of a clock driver")
KEYNUM(ASSOC, TIME1, "time1", B, NUM, WORKS, -1e6, 1e6,
	"reference clock: added to each offset, s")
KEYNUM(ASSOC, TIME2, "time2", B, NUM, WORKS, -1e6, 1e6,
	"reference clock: depends on the driver")
KEYSTRICT(ASSOC, STRATUM, "stratum", B, INT, WORKS, 0, 16,
	"stratum of a reference clock")
KEYWORD(ASSOC, REFID, "refid", B, STR, WORKS, "id of a reference clock")
KEYWORD(ASSOC, FLAG1, "flag1", B, BOOL, WORKS, "depends on the driver")
KEYWORD(ASSOC, FLAG2, "flag2", B, BOOL, WORKS, "depends on the driver")
KEYWORD(ASSOC, FLAG3, "flag3", B, BOOL, WORKS, "depends on the driver")
KEYWORD(ASSOC, FLAG4, "flag4", B, BOOL, WORKS, "depends on the driver")
KEYWORD(ASSOC, PATH, "path", B, STR, WORKS, "device of a reference clock")
KEYWORD(ASSOC, PPSPATH, "ppspath", B, STR, WORKS,
	"device of its pulse per second")
KEYNUM(ASSOC, BAUD, "baud", B, INT, WORKS, 0, 10e6,
	"speed of its serial line, bit/s")

/* --- device -------------------------------------------------------------- */

KEYWORD(DEVICE, TIMEDATA, "timedata", B, STR, WORKS, "as `path`")
KEYWORD(DEVICE, PPSDATA, "ppsdata", B, STR, WORKS, "as `ppspath`")

/* --- fudge --------------------------------------------------------------- */

KEYNUM(FUDGE, TIME1, "time1", A, NUM, WORKS, -1e6, 1e6,
	"added to each offset, s")
KEYNUM(FUDGE, TIME2, "time2", A, NUM, WORKS, -1e6, 1e6,
	"reference clock: depends on the driver")
KEYSTRICT(FUDGE, STRATUM, "stratum", A, INT, WORKS, 0, 16,
	"stratum of the clock")
KEYWORD(FUDGE, REFID, "refid", A, STR, WORKS, "up to four characters")
KEYWORD(FUDGE, FLAG1, "flag1", A, BOOL, WORKS, "depends on the driver")
KEYWORD(FUDGE, FLAG2, "flag2", A, BOOL, WORKS, "depends on the driver")
KEYWORD(FUDGE, FLAG3, "flag3", A, BOOL, WORKS, "depends on the driver")
KEYWORD(FUDGE, FLAG4, "flag4", A, BOOL, WORKS, "depends on the driver")
KEYWORD(FUDGE, ABBREV, "abbrev", C, STR, OBSOLETE, "was for the simulator")
KEYNUM(FUDGE, MINJITTER, "minjitter", C, NUM, WORKS, 0, 1e6,
	"least jitter of the clock, s")
KEYNUM(FUDGE, MODE, "mode", C, UINT, OBSOLETE, 0, 4294967295.0,
	"use `server ... mode`")

/* --- drivers by name: refclock NAME -------------------------------------- */

KEYNUM(DRIVER, LOCAL, "local", B, NONE, WORKS, 1, 1, "undisciplined clock")
KEYNUM(DRIVER, SPECTRACOM, "spectracom", B, NONE, WORKS, 4, 4, "WWVB or GPS receiver")
KEYNUM(DRIVER, TRUETIME, "truetime", B, NONE, WORKS, 5, 5, "receiver")
KEYNUM(DRIVER, GENERIC, "generic", B, NONE, WORKS, 8, 8, "Meinberg receivers")
KEYNUM(DRIVER, ARBITER, "arbiter", B, NONE, WORKS, 11, 11, "GPS receiver")
KEYNUM(DRIVER, MODEM, "modem", B, NONE, WORKS, 18, 18,
	"time services by telephone")
KEYNUM(DRIVER, NMEA, "nmea", B, NONE, WORKS, 20, 20, "GPS receiver")
KEYNUM(DRIVER, PPS, "pps", B, NONE, WORKS, 22, 22, "pulse per second")
KEYNUM(DRIVER, HPGPS, "hpgps", B, NONE, WORKS, 26, 26, "HP 58503A")
KEYNUM(DRIVER, SHM, "shm", B, NONE, WORKS, 28, 28, "shared memory")
KEYNUM(DRIVER, TRIMBLE, "trimble", B, NONE, WORKS, 29, 29, "GPS receivers")
KEYNUM(DRIVER, ONCORE, "oncore", B, NONE, WORKS, 30, 30, "GPS receivers")
KEYNUM(DRIVER, JJY, "jjy", B, NONE, WORKS, 40, 40, "JJY receivers")
KEYNUM(DRIVER, ZYFER, "zyfer", B, NONE, WORKS, 42, 42, "Zyfer GPStarplus")
KEYNUM(DRIVER, GPSD, "gpsd", B, NONE, WORKS, 46, 46, "gpsd over TCP")
KEYNUM(DRIVER, PHC, "phc", B, NONE, WORKS, 60, 60, "PTP hardware clock")

/* --- restrict ------------------------------------------------------------ */

RESTRICTFLAG(IGNORE, "ignore", "ignore", A, WORKS, "drop every packet")
RESTRICTFLAG(NOSERVE, "noserve", "noserve", A, WORKS, "no time")
RESTRICTFLAG(NOTRUST, "notrust", "notrust", A, WORKS, "ask for a valid MAC")
RESTRICTFLAG(NOQUERY, "noquery", "noquery", A, WORKS, "no ntpq")
RESTRICTFLAG(NOMODIFY, "nomodify", "nomodify", A, WORKS, "ntpq only reads")
RESTRICTFLAG(NOPEER, "nopeer", "nopeer", A, WORKS, "no new association")
RESTRICTFLAG(NOEPEER, "noepeer", "noepeer", B, WORKS,
	"no new association even with a MAC")
RESTRICTFLAG(NOTRAP, "notrap", "notrap", A, QUIET, "traps are never sent")
RESTRICTFLAG(LPTRAP, "lowpriotrap", "lptrap", C, NOTYET, "traps are not sent")
RESTRICTFLAG(LIMITED, "limited", "limited", A, WORKS, "rate limit")
RESTRICTFLAG(VERSION, "version", "version", B, WORKS, "version 4 only")
RESTRICTFLAG(KOD, "kod", "kod", A, WORKS, "say so when limited")
RESTRICTFLAG(MSSNTP, "mssntp", "mssntp", C, WORKS,
	"have Samba sign replies")
RESTRICTFLAG(FLAKE, "flake", "flake", C, WORKS, "lose one packet in ten")
RESTRICTFLAG(NOMRULIST, "nomrulist", "nomrulist", B, WORKS, "no client list")
RESTRICTFLAG(SRVRSPFUZ, "serverresponse", "srvrspfuz", C, WORKS,
	"reference times rounded to 64 s")
KEYWORD(RESTRICT, NTPPORT, "ntpport", B, NONE, WORKS, "source port 123 only")
KEYWORD(RESTRICT, EPEER, "epeer", B, NONE, QUIET, "the default")
KEYWORD(RESTRICT, MASK, "mask", A, STR, WORKS, "mask of the network")
KEYNUM(RESTRICT, IPPEERLIMIT, "ippeerlimit", B, INT, WORKS, -1, 100,
	"associations that one address may make")
KEYWORD(TARGET, DEFAULT, "default", A, NONE, WORKS, "everybody")
KEYWORD(TARGET, SOURCE, "source", A, NONE, WORKS, "our servers")

KEYNUM(DISCARD, AVERAGE, "average", A, INT, WORKS, 0, 16,
	"least average gap of packets, log2 s")
KEYNUM(DISCARD, MINIMUM, "minimum", A, NUM, WORKS, 0, 65536,
	"least gap of packets, s")
KEYNUM(DISCARD, MONITOR, "monitor", A, INT, WORKS, 0, 1e9,
	"age at which a client surely makes room for a new one, s")

KEYNUM(MRU, MAXDEPTH, "maxdepth", B, INT, WORKS, -2147483648.0, 16777216,
	"entries of the client list")
KEYNUM(MRU, MAXMEM, "maxmem", B, INT, WORKS, 1, 1048576,
	"memory of the client list, KiB")
KEYNUM(MRU, MINDEPTH, "mindepth", B, INT, WORKS, -2147483648.0, 2147483647.0,
	"entries that are never recycled before the list is full")
KEYNUM(MRU, MAXAGE, "maxage", B, INT, WORKS, -2147483648.0, 2147483647.0,
	"age above which the oldest entry is recycled, s")
KEYNUM(MRU, MINAGE, "minage", B, INT, WORKS, 0, 2147483647.0,
	"age below which a client keeps its place in a full list, s")
KEYNUM(MRU, V6PREFIX, "v6prefix", B, INT, WORKS, 32, 128,
	"bits of an IPv6 address that make a client")
KEYNUM(MRU, INITALLOC, "initalloc", C, INT, WORKS, 0, 2147483647.0,
	"entries whose memory is taken at the start")
KEYNUM(MRU, INITMEM, "initmem", C, INT, WORKS, 0, 1048576,
	"memory taken at the start, KiB")
KEYNUM(MRU, INCALLOC, "incalloc", C, INT, OBSOLETE, 0, 2147483647.0,
	"memory is taken as entries need it, up to `maxdepth`")
KEYNUM(MRU, INCMEM, "incmem", C, INT, OBSOLETE, 0, 2147483647.0,
	"memory is taken as entries need it, up to `maxmem`")

KEYNUM(LIMIT, AVERAGE, "average", B, NUM, WORKS, 0, 100, "packets a second")
KEYNUM(LIMIT, BURST, "burst", B, NUM, WORKS, 1, 100000,
	"time over which they are averaged, s")
KEYNUM(LIMIT, KOD, "kod", B, NUM, WORKS, 0, 100,
	"packets a second above it that are told so")

/* --- directives without effect: their words are checked all the same ----- */

KEYNUM(EXTRA, PORT, "port", C, INT, WORKS, 0, 65535,
	"served, too; requests leave from it; 0: none")
KEYNUM(RLIMIT, MEMLOCK, "memlock", C, INT, OBSOLETE, -1, 2147483647.0, "")
KEYNUM(RLIMIT, STACKSIZE, "stacksize", C, INT, OBSOLETE, 0, 2147483647.0, "")
KEYNUM(RLIMIT, FILENUM, "filenum", C, INT, OBSOLETE, 0, 2147483647.0, "")
KEYWORD(RESET, ALLPEERS, "allpeers", C, NONE, WORKS, "")
KEYWORD(RESET, AUTH, "auth", C, NONE, WORKS, "")
KEYWORD(RESET, CTL, "ctl", C, NONE, WORKS, "")
KEYWORD(RESET, IO, "io", C, NONE, WORKS, "")
KEYWORD(RESET, MEM, "mem", C, NONE, WORKS, "")
KEYWORD(RESET, SYS, "sys", C, NONE, WORKS, "")
KEYWORD(RESET, TIMER, "timer", C, NONE, WORKS, "")
KEYWORD(CRYPTO, DIGEST, "digest", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, HOST, "host", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, IDENT, "ident", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, PW, "pw", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, RANDFILE, "randfile", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, REVOKE, "revoke", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, LEAP, "leap", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, CERT, "cert", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, SIGN, "sign", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, PRIVATEKEY, "privatekey", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, PUBLICKEY, "publickey", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, DH, "dh", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, GQPAR, "gqpar", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, IFFPAR, "iffpar", C, STR, OBSOLETE, "")
KEYWORD(CRYPTO, MVPAR, "mvpar", C, STR, OBSOLETE, "")

/* --- nts ----------------------------------------------------------------- */

KEYWORD(NTS, ENABLE, "enable", B, NONE, WORKS, "give keys to clients")
KEYWORD(NTS, DISABLE, "disable", B, NONE, WORKS, "give no keys")
KEYWORD(NTS, CERT, "cert", B, STR, WORKS, "certificate chain of the server")
KEYWORD(NTS, KEY, "key", B, STR, WORKS, "private key of the server")
KEYWORD(NTS, CA, "ca", B, STR, WORKS, "whom clients trust")
KEYWORD(NTS, COOKIE, "cookie", B, STR, WORKS, "file with the cookie keys")
KEYWORD(NTS, MINTLS, "mintls", B, STR, WORKS, "TLS1.3, as it is")
KEYWORD(NTS, MAXTLS, "maxtls", B, STR, WORKS, "TLS1.3, as it is")
KEYWORD(NTS, SUITES, "tlsciphersuites", B, STR, WORKS, "of TLS 1.3")
KEYWORD(NTS, CURVES, "tlsecdhcurves", B, STR, WORKS, "groups of TLS 1.3")
KEYWORD(NTS, PREFERENCE, "tlscipherserverpreference", C, NONE, WORKS,
	"the server's order of suites counts")
KEYWORD(NTS, AEAD, "aead", B, STR, WORKS, "algorithm to ask for first")
KEYNUM(NTS, KEPORT, "keport", B, INT, WORKS, 1, 65535,
	"TCP port to give keys on")
KEYNUM(NTS, PORT, "port", C, INT, WORKS, 0, 65535, "as `extra port`")

/* --- statistics, filegen ------------------------------------------------- */

KEYWORD(STATS, LOOP, "loopstats", A, NONE, WORKS, "each clock update")
KEYWORD(STATS, PEER, "peerstats", A, NONE, WORKS, "each sample of a server")
KEYWORD(STATS, RAW, "rawstats", A, NONE, WORKS, "each packet of a server")
KEYWORD(STATS, SYS, "sysstats", A, NONE, WORKS, "packets of each hour")
KEYWORD(STATS, CLOCK, "clockstats", B, NONE, WORKS, "what clocks with flag4 say")
KEYWORD(STATS, PROTO, "protostats", B, NONE, WORKS, "each event")
KEYWORD(STATS, CRYPTO, "cryptostats", C, NONE, OBSOLETE,
	"Autokey is not supported")
KEYWORD(STATS, TIMING, "timingstats", C, NONE, WORKS,
	"how long each packet of a server took us")
KEYWORD(STATS, USE, "usestats", B, NONE, WORKS, "what each hour cost")
KEYWORD(STATS, NTS, "ntsstats", B, NONE, WORKS, "packets and cookies of each hour")
KEYWORD(STATS, NTSKE, "ntskestats", B, NONE, WORKS, "key establishments of each hour")
KEYWORD(STATS, NTSKELOG, "ntskelog", C, NONE, NOTYET, "nothing is recorded")

KEYWORD(FILEGEN, FILE, "file", A, STR, WORKS, "file name in statsdir")
KEYWORD(FILEGEN, TYPE, "type", A, NONE, WORKS, "when a new file begins")
KEYWORD(FILEGEN, LINK, "link", A, NONE, WORKS, "link to the current file")
KEYWORD(FILEGEN, NOLINK, "nolink", A, NONE, WORKS, "no such link")
KEYWORD(FILEGEN, ENABLE, "enable", A, NONE, WORKS, "record")
KEYWORD(FILEGEN, DISABLE, "disable", A, NONE, WORKS, "do not record")

KEYWORD(FILETYPE, NONE, "none", A, NONE, WORKS, "one file for ever")
KEYWORD(FILETYPE, PID, "pid", A, NONE, WORKS, "one for each process")
KEYWORD(FILETYPE, DAY, "day", A, NONE, WORKS, "one a day")
KEYWORD(FILETYPE, WEEK, "week", A, NONE, WORKS, "one a week")
KEYWORD(FILETYPE, MONTH, "month", A, NONE, WORKS, "one a month")
KEYWORD(FILETYPE, YEAR, "year", A, NONE, WORKS, "one a year")
KEYWORD(FILETYPE, AGE, "age", A, NONE, WORKS, "one for a day of running")

/* --- tos ----------------------------------------------------------------- */

KEYNUM(TOS, MINSANE, "minsane", A, INT, WORKS, 0, 1000,
	"survivors needed to set the clock")
KEYNUM(TOS, MINCLOCK, "minclock", A, NUM, WORKS, 1, 1000,
	"survivors that clustering leaves")
KEYNUM(TOS, MAXCLOCK, "maxclock", A, NUM, WORKS, 1, 1000,
	"associations wanted of pools")
KEYNUM(TOS, MINDIST, "mindist", A, NUM, WORKS, 0, 16,
	"floor of the root distance, s")
KEYNUM(TOS, MAXDIST, "maxdist", A, NUM, WORKS, 0, 16,
	"root distance of a usable server, s")
KEYNUM(TOS, MAXDISP, "maxdisp", B, NUM, WORKS, 0, 16, "largest dispersion, s")
KEYNUM(TOS, FLOOR, "floor", B, INT, WORKS, 0, 15, "lowest usable stratum")
KEYNUM(TOS, CEILING, "ceiling", A, INT, WORKS, 1, 15, "first unusable stratum")
KEYNUM(TOS, ORPHANWAIT, "orphanwait", A, INT, WORKS, 1, 86400,
	"time without servers before the local clock is used, s")
KEYNUM(TOS, ORPHAN, "orphan", A, INT, WORKS, 0, 17,
	"stratum to serve at when there is no source; 0, 16: never")
KEYWORD(TOS, COHORT, "cohort", B, BOOL, WORKS,
	"answer manycast clients of our own stratum too")
KEYNUM(TOS, BEACON, "beacon", C, INT, WORKS, 16, 2147483647.0,
	"pause between two searches of manycast, s")
KEYWORD(TOS, BASEDATE, "basedate", B, STR, WORKS,
	"no time is before that day, YYYY-MM-DD")
KEYNUM(TOS, BCPOLLBSTEP, "bcpollbstep", C, INT, WORKS, 0, 4,
	"silent intervals after which a broadcast may go back")

/* --- tinker -------------------------------------------------------------- */

KEYNUM(TINKER, STEP, "step", A, NUM, WORKS, 0, 1e9,
	"step threshold, s; 0 never")
KEYNUM(TINKER, STEPBACK, "stepback", A, NUM, WORKS, 0, 1e9,
	"step threshold backward, s")
KEYNUM(TINKER, STEPFWD, "stepfwd", A, NUM, WORKS, 0, 1e9,
	"step threshold forward, s")
KEYNUM(TINKER, STEPOUT, "stepout", A, NUM, WORKS, 300, 1e9,
	"how long before a step, s")
KEYNUM(TINKER, PANIC, "panic", A, NUM, WORKS, 0, 1e9,
	"largest offset believed, s; 0 any")
KEYWORD(TINKER, PANICACTION, "panicaction", B, NONE, WORKS,
	"exit or hold, beyond that offset")
KEYWORD(PANICACTION, EXIT, "exit", B, NONE, WORKS, "stop, as the reference")
KEYWORD(PANICACTION, HOLD, "hold", B, NONE, WORKS, "run unsynchronized")
KEYNUM(TINKER, DISPERSION, "dispersion", B, NUM, WORKS, 0, 1000,
	"growth of the dispersion, PPM")
KEYNUM(TINKER, ALLAN, "allan", B, NUM, WORKS, 0, 131072,
	"PLL to FLL crossover, log2 s")
KEYNUM(TINKER, FREQ, "freq", B, NUM, WORKS, -500, 500, "first frequency, PPM")
KEYWORD(TINKER, DISCIPLINE, "discipline", B, NONE, WORKS,
	"what steers the clock")
KEYNUM(TINKER, HUFFPUFF, "huffpuff", B, NUM, WORKS, 0, 1e9,
	"span of the huff-n'-puff filter, s; 0 off")
KEYNUM(TINKER, TICK, "tick", C, NUM, OBSOLETE, 0, 1e9,
	"the kernel knows its tick")
KEYNUM(TINKER, MINPOLL, "minpoll", C, INT, OBSOLETE, 0, 2147483647.0,
	"use `minpoll` of `server`")

KEYWORD(DISCIPLINE, KALMAN, "kalman", B, NONE, WORKS, "estimator (default)")
KEYWORD(DISCIPLINE, PLL, "pll", B, NONE, WORKS, "the reference's loop")

/* --- enable, disable ----------------------------------------------------- */

KEYWORD(FLAG, NTP, "ntp", A, NONE, WORKS, "discipline the clock")
KEYWORD(FLAG, KERNEL, "kernel", A, NONE, WORKS, "kernel discipline")
KEYWORD(FLAG, MONITOR, "monitor", A, NONE, WORKS, "keep the client list")
KEYWORD(FLAG, STATS, "stats", A, NONE, WORKS, "write statistics files")
KEYWORD(FLAG, AUTH, "auth", A, NONE, WORKS, "new associations need a MAC")
KEYWORD(FLAG, BCLIENT, "bclient", C, NONE, WORKS, "take broadcasts")
KEYWORD(FLAG, CALIBRATE, "calibrate", C, NONE, WORKS,
	"adjust `time1` of clocks to a pulse per second")
KEYWORD(FLAG, MODE7, "mode7", C, NONE, NOTYET, "use ntpq instead of ntpdc")
KEYWORD(FLAG, PPS, "pps", C, NONE, OBSOLETE, "use `enable kernel`")
KEYWORD(FLAG, PLL, "pll", C, NONE, OBSOLETE, "use `enable ntp`")
KEYWORD(FLAG, DIGEST_EARLY, "peer_clear_digest_early", C, NONE, OBSOLETE,
	"a bad digest never clears an association")
KEYWORD(FLAG, CRYPTO_EARLY, "unpeer_crypto_early", C, NONE, OBSOLETE,
	"a bad digest never clears an association")
KEYWORD(FLAG, CRYPTONAK_EARLY, "unpeer_crypto_nak_early", C, NONE, OBSOLETE,
	"a bad digest never clears an association")
KEYWORD(FLAG, UNPEER_DIGEST, "unpeer_digest_early", C, NONE, OBSOLETE,
	"a bad digest never clears an association")

/* --- interface, logconfig, leapfile -------------------------------------- */

KEYWORD(IFACE, LISTEN, "listen", A, NONE, WORKS, "open and answer")
KEYWORD(IFACE, IGNORE, "ignore", A, NONE, WORKS, "do not open")
KEYWORD(IFACE, DROP, "drop", A, NONE, WORKS, "open and answer nothing")
KEYWORD(MATCH, ALL, "all", A, NONE, WORKS, "every address")
KEYWORD(MATCH, IPV4, "ipv4", A, NONE, WORKS, "IPv4 addresses")
KEYWORD(MATCH, IPV6, "ipv6", A, NONE, WORKS, "IPv6 addresses")
KEYWORD(MATCH, WILDCARD, "wildcard", A, NONE, WORKS, "0.0.0.0 and ::")

KEYWORD(LOGCLASS, SYS, "sys", A, NONE, WORKS, "")
KEYWORD(LOGCLASS, PEER, "peer", A, NONE, WORKS, "")
KEYWORD(LOGCLASS, CLOCK, "clock", A, NONE, WORKS, "")
KEYWORD(LOGCLASS, SYNC, "sync", A, NONE, WORKS, "")
KEYWORD(LOGTYPE, INFO, "info", A, NONE, WORKS, "")
KEYWORD(LOGTYPE, EVENTS, "events", A, NONE, WORKS, "")
KEYWORD(LOGTYPE, STATUS, "status", A, NONE, WORKS, "")
KEYWORD(LOGTYPE, STATISTICS, "statistics", A, NONE, WORKS, "")
KEYWORD(LOGTYPE, ALL, "all", A, NONE, WORKS, "")
KEYWORD(LEAPHASH, CHECK, "checkhash", B, NONE, WORKS, "")
KEYWORD(LEAPHASH, IGNORE, "ignorehash", B, NONE, WORKS, "")
KEYWORD(SMEAR, COSINE, "cosine", B, NONE, WORKS, "as the reference")
KEYWORD(SMEAR, LINEAR, "linear", B, NONE, WORKS, "as NTPsec")

#undef ANYWORD
#undef DIRECTIVE
#undef KEYWORD
#undef KEYNUM
#undef KEYSTRICT
#undef RESTRICTFLAG
