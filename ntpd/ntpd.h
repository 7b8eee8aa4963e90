/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpd.h - the shell of the daemon: all its state, and its rooms.
 *
 * Private to the shell.  Everything the process knows beside the engine is in
 * one struct daemon; the functions below are named after their files.
 */
#ifndef NTPD_H
#define NTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <uv.h>

#include "ntp_batch.h"
#include "ntp_config.h"
#include "ntp_engine.h"
#include "ntp_filegen.h"
#include "ntp_iface.h"
#include "ntp_keys.h"
#include "ntp_leapsec.h"
#include "ntp_opts.h"
#include "ntp_phc.h"
#include "ntp_ports.h"
#include "ntp_records.h"
#include "ntp_socket.h"
#include "ntp_syslog.h"
#include "ntp_systime.h"
#include "ntp_util.h"
#include "ntp_virtclock.h"
#include "ntp_worker.h"

#define RX_SLOTS      256U /* datagrams in the receive queue */
#define RX_RESERVED   64U  /* of these kept free of server traffic */
#define TX_MARKS      64U  /* datagrams whose departure may be due */
#define RX_BATCH      16U  /* datagrams read at once */
#define RX_DATA	      BATCH_DATA
#define IO_SERVERS    256U  /* sockets to serve on */
#define IO_ENDPOINTS  1024U /* sockets of associations, at most */
#define DNS_PENDING   32U   /* questions at one time */
#define DNS_ADDRS     16U   /* addresses taken of one answer */
#define NTPD_SIGNALS  6U
#define STATUS_TEXT   400U
#define INHERIT_MAX   64U  /* sockets handed over to us */
#define SIGND_PATH    256U /* octets of a file name */
#define SIGND_PENDING 64U  /* replies waiting for their signature */
#define SIGND_REQUEST 68U  /* octets with the length before it */
#define SIGND_REPLY   84U  /* likewise */

/* Exit codes; documented in ntpd(8). */
enum ntpd_exit {
	NTPD_OK = 0,
	NTPD_FAIL = 1,	    /* bad command line, no socket, no configuration */
	NTPD_PANIC = 3,	    /* offset beyond the panic threshold */
	NTPD_TIMEOUT = 110, /* -w: not synchronized in time */
	NTPD_SANDBOX = 255, /* user, group, root or capabilities refused */
};

struct daemon;

enum sock_state { SOCK_FREE, SOCK_OPEN, SOCK_CLOSING };

/* One watched UDP socket. */
struct netsock {
	uv_poll_t poll;
	struct daemon *d;
	int fd;
	int ep; /* 0: a server's socket, else the association's endpoint */
	enum sock_state state;
	struct ntp_addr local;
	char name[IF_NAMESIZE];
	bool wildcard, shortcut, drop, wanted; /* as in struct iface_want */
	bool
	    threads; /* of a server thread: cards are not asked for its stamps */
	uint64_t received, sent, failed, dropped;
	bool hardware;		 /* the card's stamps are asked for, too */
	uint32_t stamped;	 /* datagrams whose departure was asked for */
	uint32_t mark[TX_MARKS]; /* the names of the latest */
	ntp_mono opened;
};

/* A slot of the receive queue; RB points into its own slot. */
struct rxslot {
	struct recvbuf rb;
	struct ntp_addr src, dst;
	bool dead; /* nothing to see: refused after it was read */
	uint8_t data[RX_DATA];
};

struct io {
	struct packet_port port; /* first: the port is the object */
	struct daemon *d;
	/* where an arrival time of the kernel is translated */
	ntp_ts (*arrival)(struct clock_port *, const struct timespec *);
	/* that clock, and at the same moment CLOCK_REALTIME */
	ntp_ts (*read)(struct clock_port *, struct timespec *);
	struct batch *batch;	 /* of the server's sockets */
	_Atomic uint32_t gather; /* us */
	uint8_t dscp;
	struct netsock *server; /* IO_SERVERS */
	size_t nserver;		/* slots of it ever used */
	struct netsock *assoc;	/* IO_ENDPOINTS; endpoint = index + 1 */
	size_t nassoc;		/* likewise */
	struct rxslot *rx;	/* ring of RX_SLOTS */
	size_t rx_head, rx_used;
	/* since `since`, of sockets that are gone too */
	ntp_mono since;
	uint64_t received, sent, failed, ignored, full, wakeups, useful;
};

/* Network cards that stamp datagrams. */
struct hwstamp {
	struct phc card[CONFIG_CARDS];
	size_t n;
	/* stamps taken of arrivals and departures, and not believed; departures
	 * told by the kernel */
	uint64_t arrivals, departures, refused, kernel;
};

/* Addresses, rules, and how we learn of changes. */
struct ifwatch {
	struct iface_list list;
	struct iface_rules rules;
	struct iface_filter
	    filter; /* of both; changes while threads are held */
	struct config_iface *optrules; /* of -I and -L; owned */
	uv_timer_t rescan;
	uv_poll_t netlink;
	int netlink_fd; /* -1: changes are only polled for */
	bool no4, no6;	/* family missing on this machine */
	bool anew;	/* rules have changed: wildcard sockets may come */
	bool again;	/* closed sockets had to go before others can come */
	bool full;	/* that there is no room for more was said */
	uint64_t every; /* ms, 0: never */
};

struct dns_query {
	uv_getaddrinfo_t req;
	struct daemon *d;
	uint32_t tag;
	bool busy;
};

struct dns {
	struct dns_port port; /* first: the port is the object */
	struct daemon *d;
	struct dns_query query[DNS_PENDING];
	size_t busy;
};

struct rng {
	struct rng_port port; /* first: the port is the object */
};

/* A reply that Samba is asked to sign. */
struct signd_request {
	bool used, sent;
	uint16_t id;
	uint64_t asked; /* ns, uv_hrtime() */
	struct ntp_addr dst, src;
	uint8_t frame[SIGND_REQUEST];
};

enum signd_state { SIGND_IDLE, SIGND_CONNECTING, SIGND_OPEN, SIGND_CLOSING };

struct signd {
	struct signd_port port; /* first: the port is the object */
	struct daemon *d;
	char path[SIGND_PATH];
	uv_pipe_t pipe;
	uv_connect_t connect;
	enum signd_state state;
	bool complained; /* since it last worked */
	uint16_t next_id;
	struct signd_request ring[SIGND_PENDING]; /* request ID at ID mod N */
	uint8_t in[SIGND_REPLY];		  /* one frame */
	size_t have;				  /* octets of it */
};

struct notify {
	int fd; /* -1: nobody listens */
	uv_timer_t timer;
	bool refused;	  /* the last reload changed nothing */
	const char *word; /* of the status said last, NULL: none */
	ntp_mono said;	  /* and when */
	char status[STATUS_TEXT];
};

/* Sockets that we were started with, bound already. */
struct inherited {
	size_t n;
	struct {
		int fd; /* -1: in use, or gone */
		struct ntp_addr local;
	} sock[INHERIT_MAX];
};

/* The leap second file as it was when last looked at. */
struct leapfile {
	struct timespec mtime, ctime;
	struct leap_table table; /* in force */
	int64_t read, warned;	 /* Unix s */
	bool smear_idle; /* it was said that there is nothing to smear */
};

struct nts;
struct refclock_unit;

/* The reference clocks that a driver reads. */
struct refclocks {
	struct refclock_unit **unit; /* owned, also what they point to */
	size_t n;
	uv_timer_t timer;
};

/* What of the daemon has to follow a change of configuration. */
enum host_change {
	HOST_KEYS = 0x01,
	HOST_LOG = 0x02,
	HOST_LEAP = 0x04,
	HOST_STATS = 0x08,
	HOST_IFACES = 0x10,
	HOST_CLOCK = 0x20,
	HOST_COUNTERS = 0x40,
	HOST_REFCLOCKS = 0x80,
	HOST_CARDS = 0x100,
	HOST_DSCP = 0x200,
	HOST_SHARING = 0x400,
	HOST_NTS = 0x800,
};

struct host {
	struct host_port port; /* first: the port is the object */
	struct daemon *d;
	unsigned changed; /* enum host_change, not yet followed */
};

/* As it was an hour ago. */
struct hourly {
	uv_timer_t timer;
	struct engine_counters counted;
	struct rusage used;
	uint64_t nts[NTS_COUNTS];
	struct ke_cost ke[KE_ENDS]; /* since then */
	ntp_mono began;
};

/* What the engine does when there is nothing else to do. */
struct background {
	uv_poll_t rest;
	int fd;		/* timerfd, -1: none */
	unsigned steps; /* since the last rest */
};

struct daemon {
	struct options opt;
	struct msyslog log;
	struct ntp_config *cfg; /* until the engine takes it */
	char *filetext;		/* what the files last said; NULL: not known */
	const struct ntp_config *conf; /* the same; borrowed of the engine */
	struct keystore *keys;
	struct ntp_ports ports;
	struct systime systime;
	struct virtclock virt;
	struct rng rng;
	struct dns dns;
	struct filestats stats;
	struct io io;
	struct ifwatch iface;
	struct hwstamp hw;
	struct workers workers;
	struct notify notify;
	struct inherited inherited;
	struct signd signd;
	struct host host;
	struct driftfile drift;
	struct pidfile pid;
	struct leapfile leap;
	struct refclocks clocks;
	struct nts *nts; /* owned */
	uv_poll_t clockset;
	int clockset_fd; /* timerfd, -1: none */
	struct ntp_engine *engine;
	char version[64], processor[65], system[131];

	uv_loop_t loop;
	uv_signal_t signals[NTPD_SIGNALS];
	uv_timer_t alarm; /* at engine_deadline() */
	struct background background;
	struct hourly hour;
	uv_timer_t mend; /* log and pid file */
	bool pid_refused;
	uv_timer_t minutely; /* leap second file */
	bool alarm_flag;
	bool backlog; /* there is something to do at once */
	bool noset;   /* no right to set the clock */
	bool taken;   /* the kernel's clock is ours */
	bool started; /* the parent has been told */
	bool synced;  /* likewise */
	bool stopping;
	int status;    /* to exit with */
	int parent_fd; /* pipe to the waiting parent, -1: none */
};

/* The daemon from its command line to its end; returns the exit code. */
int ntpdmain(int argc, char *argv[]);

/* Both clocks, read together. */
struct ntp_now ntpd_now(struct daemon *d);

/* --- ntp_io.c ------------------------------------------------------------- */

int io_init(struct daemon *d, uint8_t dscp);
void io_fini(struct daemon *d);

/* The class of what all sockets send. */
void io_set_dscp(struct daemon *d, uint8_t dscp);

/* Counters of sockets and of the queue begin at zero. */
void io_reset(struct daemon *d);

/* Wait for the next event; what arrived is in the queue afterwards. */
void io_handler(struct daemon *d);

/* --- ntp_receive.c -------------------------------------------------------- */

/* Where requests are answered as they are read; NULL when out of memory. */
struct batch *serve_batch_new(struct daemon *d);

/* Read what NS has ready, in batches, into the queue. */
void read_network_packet(struct netsock *ns);

/* The oldest datagram, or NULL; borrowed until freerecvbuf(). */
struct recvbuf *get_full_recv_buffer(struct daemon *d);
void freerecvbuf(struct daemon *d, struct recvbuf *rb);

/* Watch the descriptor FD in NS; 0 or -NTP_EIO (FD is closed then). */
int netsock_open(struct daemon *d, struct netsock *ns, int fd, int ep);
void netsock_close(struct netsock *ns);
/* The next datagram sent on NS asks when it departs; MARK is its name. */
void netsock_mark(struct netsock *ns, uint32_t mark);

/* --- ntp_background.c ----------------------------------------------------- */

int background_start(struct daemon *d); /* 0 or -NTP_EIO */
/* After the loop has closed its handles. */
void background_stop(struct daemon *d);
/* One piece of what can wait, unless it is time to rest; true when the next is
 * not to wait. */
bool background(struct daemon *d);

/* --- ntp_hwstamp.c -------------------------------------------------------- */

/* Have the cards that the configuration names stamp, and no others; what
 * cannot is said in the log, once. */
void hwstamp_follow(struct daemon *d);
void hwstamp_stop(struct daemon *d);
/* Is there a card that stamps? */
bool hwstamp_wanted(const struct daemon *d);
/* CLOCK_REALTIME of the arrival that INFO tells, by the card if it can be
 * believed; borrowed until the next call or of INFO. */
const struct timespec *hwstamp_arrival(
    struct netsock *ns, struct sock_info *info);
/* The same of a departure; false: not known. */
bool hwstamp_departure(
    struct netsock *ns, const struct sock_error *se, struct timespec *left);

/* --- ntp_ifwatch.c -------------------------------------------------------- */

/* Take rules of configuration and command line.  0, or -NTP_EINVAL when both
 * have some (said in the log). */
int ifwatch_init(struct daemon *d);
/* Find the addresses and open the sockets to serve on.  0 or -NTP_E*, said
 * in the log. */
int ifwatch_start(struct daemon *d);
/* Tell the engine our addresses. */
void ifwatch_publish(struct daemon *d);
void ifwatch_fini(struct daemon *d);

/* The rules, or the port, are those of a new configuration: look at the
 * addresses at the next opportunity. */
void ifwatch_follow(struct daemon *d);

/* --- ntp_groups.c: multicast and broadcast --------------------------------- */

/* Does the configuration want anything that is sent to a group? */
bool groups_wanted(const struct daemon *d);
/* Add to the N sockets planned in W (CAP) those that groups need where there
 * is no wildcard socket; the new number. */
size_t groups_plan(
    struct daemon *d, struct iface_want *w, size_t n, size_t cap);
/* Join the groups on every interface, also on those that have come since. */
void groups_join(struct daemon *d);

/* --- ntp_host.c ----------------------------------------------------------- */

void host_init(struct daemon *d);
struct daemon *host_daemon(struct host_port *p);
/* Do what a change of the configuration asks for; after each datagram. */
void host_follow(struct daemon *d);

/* --- ntp_hostinfo.c: the rest of that port -------------------------------- */

int host_save(struct host_port *p, const char *dir, const char *name,
    const char *text, size_t len, char made[SAVED_NAME_MAX]);
bool host_iface(struct host_port *p, size_t i, struct iface_row *out);
void host_io(struct host_port *p, struct io_counters *out);

/* --- ntp_holder.c --------------------------------------------------------- */

/* Who holds UDP port PORT: "chronyd (pid 812)" into OUT; false when that
 * cannot be found out. */
bool port_holder(uint16_t port, char *out, size_t cap);

/* --- ntp_dns.c ------------------------------------------------------------ */

void dns_init(struct daemon *d);
/* Give up what has not begun; true when look-ups still run in threads. */
bool dns_fini(struct daemon *d);
/* The family to look for (AF_*) where FAMILY is wished for: not one that we
 * cannot send by. */
int dns_family(const struct daemon *d, enum addr_family family);

/* --- ntp_setup.c, ntp_start.c: from files to the engine ------------------- */

/* Read the configuration into d->cfg; 0 or -NTP_E* (said in the log). */
int setup_config(struct daemon *d);
/* Read it into *OUT, the caller's (NULL below 0), with diagnostics to TELL, or
 * into the log: 0, 1 when the default file is not there, or -NTP_E* (said in
 * the log). */
int setup_read(
    struct daemon *d, const struct config_io *tell, struct ntp_config **out);
/* The kernel's random octets; needs no preparation. */
void rng_port_fill(struct rng_port *p, void *buf, size_t len);
/* Choose the clock and say what it is. */
void setup_clock(struct daemon *d);
void clock_after_base(struct daemon *d);
/* `enable ntp` or `disable ntp` at run time. */
void clock_follow(struct daemon *d);
/* Make the engine. */
int setup_engine(struct daemon *d);

/* --- ntp_confcheck.c: questions about the configuration --------------------- */

/* --check-config, --print-config, --explain-restrict, --saveconfigquit: give
 * the answer; the exit code. */
int confcheck(struct daemon *d);

/* --- ntp_reload.c: SIGHUP --------------------------------------------------- */

/* Read all files again and follow what has changed. */
void reload(struct daemon *d);
/* The configuration in force is that of the files. */
void reload_remember(struct daemon *d);

/* --- ntp_keysfile.c ------------------------------------------------------- */

/* Read and trust the keys; 0, or -NTP_ENOMEM.  A file that cannot be read is
 * only said in the log. */
int keysfile_setup(struct daemon *d);
/* Again (SIGHUP): hand the engine new keys, or keep the old when the file
 * cannot be read or is something else. */
void keysfile_reload(struct daemon *d);

/* --- ntp_leapfile.c ------------------------------------------------------- */

/* Read the leap second file (that of tzdata unless configured otherwise) when
 * it is due, hand its table to the engine, and warn of its age.  At start and
 * then every minute. */
void leapfile_check(struct daemon *d);

/* --- ntp_clockwatch.c ----------------------------------------------------- */

/* Once a second: has somebody else changed the clock, or did we sleep? */
void watch_clock(struct daemon *d);
/* Hear of it at once, if the kernel tells; the engine is there. */
void clockwatch_start(struct daemon *d);
/* After the loop has closed its handles. */
void clockwatch_stop(struct daemon *d);

/* --- ntp_hourly.c --------------------------------------------------------- */

/* Begin to write the frequency file, sysstats and usestats. */
int hourly_start(struct daemon *d);
/* Write the frequency file by SAVE, if there is something to write. */
void save_drift(struct daemon *d, int (*save)(struct driftfile *, double));

/* --- ntp_mend.c ----------------------------------------------------------- */

/* Log to the file PATH; NULL: no change.  While it cannot be opened, which is
 * said, the log stays where it was. */
void log_to(struct daemon *d, const char *path);
/* Write the pid file of the configuration; a refusal is said. */
void mend_pidfile(struct daemon *d);
/* Try from now on what the disk refuses, until it does no longer. */
int mend_start(struct daemon *d);

/* --- ntp_signd.c ---------------------------------------------------------- */

/* The port to Samba's signing daemon, whose `socket` is in directory DIR;
 * connected at the first request. */
struct signd_port *signd_init(struct daemon *d, const char *dir);

/* --- refclock/refclock.c -------------------------------------------------- */

/* Start the drivers, as long as we are root; they tick once a second.  0 or
 * -NTP_E*; a device that is not there is no error. */
int refclocks_start(struct daemon *d);
void refclocks_stop(struct daemon *d);
/* The clocks of the configuration are others now. */
void refclocks_follow(struct daemon *d);

/* --- nts/nts.c: key establishment of Network Time Security ------------------ */

/* Read what only root may read, if the configuration wants any of it; 0 or
 * -NTP_ENOMEM. */
int nts_init(struct daemon *d);
/* Does C name anything that needs the thread? */
bool nts_wanted(const struct ntp_config *c);
/* The engine is there, and rights are gone: begin. */
void nts_start(struct daemon *d);
/* The configuration is another one now. */
void nts_follow(struct daemon *d);
/* Read certificates and cookie keys again (SIGHUP). */
void nts_reread(struct daemon *d);
/* False: a look-up hangs, only _exit() ends it. */
bool nts_stop(struct daemon *d);

/* --- nts/nts_check.c -------------------------------------------------------- */

enum nts_fault { NTS_FAULT_SERVER, NTS_FAULT_CA };
/* What of the files that C names for NTS is of no use here; A: the line of a
 * server, or NULL. */
typedef void nts_fault_fn(void *arg, enum nts_fault what,
    const struct config_assoc *a, const char *text);
void nts_check(const struct ntp_config *c, nts_fault_fn *tell, void *arg);

/* --- ntp_sandbox.c -------------------------------------------------------- */

/* Real-time priority of -N and -P; a refusal is only said. */
void sandbox_priority(struct daemon *d);
/* Change root and user, keep CAP_SYS_TIME (unless on a virtual clock) and
 * CAP_NET_BIND_SERVICE.  0 or -NTP_EPERM (said in the log). */
int sandbox_enter(struct daemon *d);

/* --- ntp_caps.c, or ntp_nocaps.c where libcap is missing ------------------ */

/* What `ntpd --version` says of it. */
extern const char caps_words[];
/* May this process set the clock (CAP_SYS_TIME)? */
bool caps_may_set_clock(void);
/* Give that right up for good: a daemon on a virtual clock needs it never. */
void caps_forsake_clock(void);
/* Let a change of user keep capabilities, for WANT_CLOCK; 0 or -1, errno. */
int caps_keep(bool want_clock);
/* Keep nothing but binding low ports and, with WANT_CLOCK, setting the clock.
 * 0 or -1, errno. */
int caps_drop(bool want_clock);

/* --- ntp_daemon.c --------------------------------------------------------- */

enum daemon_side { DAEMON_CHILD, DAEMON_PARENT, DAEMON_FAILED };

/* Go to the background; in the parent returns after the child is ready (or
 * failed, or synchronized for -w) with the exit code in *STATUS. */
enum daemon_side daemon_fork(struct daemon *d, int *status);
/* The child is up: let the parent go, leave the terminal. */
void daemon_ready(struct daemon *d);
/* The clock is synchronized: let a parent that waits for it go. */
void daemon_synced(struct daemon *d);

/* --- ntp_notify.c: the service manager ------------------------------------ */

/* The number in the variable NAME of the environment, if it is one. */
bool manager_number(const char *name, int64_t *v);
/* Is what came with the variable NAME meant for us: our process id, or that of
 * the parent that we have forked from? */
bool manager_means_us(const char *name);

/* Find who wants to hear of us, and give signs of life from the loop. */
void notify_init(struct daemon *d);
void notify_ready(struct daemon *d);
/* Say how the engine is, if that is new. */
void notify_status(struct daemon *d);
/* Around a reload of the configuration; TAKEN: it is in force now. */
void notify_reloading(struct daemon *d);
void notify_reloaded(struct daemon *d, bool taken);
/* On the way out with d->status. */
void notify_stopping(struct daemon *d);
void notify_fini(struct daemon *d);

/* --- ntp_inherit.c: sockets from the service manager ---------------------- */

/* Take the sockets handed over (LISTEN_FDS); what we cannot serve on is closed
 * and said in the log. */
void inherit_take(struct daemon *d);
/* The sockets to have are those handed over: into W (CAP).  Their number, 0
 * when there are none and the rules decide. */
size_t inherit_plan(const struct daemon *d, struct iface_want *w, size_t cap);
/* The one bound to LOCAL, which is the caller's then; -1 when there is none. */
int inherit_socket(struct daemon *d, const struct ntp_addr *local);

#endif /* NTPD_H */
