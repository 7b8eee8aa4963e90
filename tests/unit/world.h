/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - a small world for one engine: a clock that errs, servers that
 * answer with a delay, names.  Time passes only in world_run().
 */
#ifndef WORLD_H
#define WORLD_H

#include "ntp_packet.h"
#include "ntp_rng.h"
#include "ntp_state.h"

#define WORLD_SERVERS 12
#define WORLD_FLIGHT  64

struct world_packet;
struct world_server;

struct world_server {
	struct ntp_addr addr;
	double offset; /* s, its error against true time */
	double delay;  /* s, each way */
	double jitter; /* s, mean of an exponential on the way back */
	double held;   /* s, more on the way back: somebody delays it */
	uint8_t leap, stratum;
	uint32_t refid;
	double rootdisp;      /* s, claimed */
	bool dead;	      /* answers nothing */
	uint32_t keyid;	      /* signs with this key */
	unsigned requests;    /* seen so far */
	unsigned lose;	      /* replies still to be lost */
	ntp_ts last_nonce;    /* transmit timestamp of the last request */
	uint8_t last_version; /* of the same */
	int last_ep;
	/* What it makes of the plain reply F to DG; NULL: nothing. */
	void (*seal)(struct world_server *, const struct datagram *dg,
	    struct world_packet *f);
};

struct world_packet {
	bool used;
	double due; /* s, true time */
	int ep;
	struct ntp_addr src;
	uint8_t data[1536];
	size_t len;
};

struct world {
	struct clock_port clock;
	struct packet_port net;
	struct rng_port rngport;
	struct dns_port dns;
	struct log_port log;
	double t;	 /* s, true time since the start */
	double err;	 /* s, our clock minus true time */
	double natural;	 /* s/s, frequency error of the oscillator */
	double freq;	 /* s/s, correction in force */
	double slew;	 /* s/s, of this second */
	double slew_end; /* s, true time */
	unsigned steps;	 /* step_systime() calls */
	unsigned adjusts;
	bool net_down; /* nothing can be sent */
	int net_error; /* why, 0: NTP_ENET */
	int next_ep, closed;
	struct ntp_addr ep_remote[256];
	struct world_server srv[WORLD_SERVERS];
	size_t nsrv;
	struct world_packet flight[WORLD_FLIGHT];
	struct ntp_rng rng;
	/* names */
	unsigned asked;
	uint32_t dns_tag;
	char dns_name[64];
	/* key establishments: the last one */
	struct nts_port ntsport;
	unsigned ke_asked;
	uint32_t ke_tag;
	char ke_host[64];
	struct ntp_addr ke_silent;
	/* the last server-path datagram sent from endpoint 0 */
	uint8_t sent[1024];
	size_t sentlen;
	unsigned nsent;
	char lastlog[256];
	char logs[16384]; /* all lines, one after the other */
	/* a leap second of UTC at true time leap_t, when leap_dir is not 0 */
	double leap_t;
	int leap_dir;
	enum ntp_leap armed; /* what the kernel was told last */
	bool kernel_leapt;   /* and it did it */
	int tai;	     /* told to the kernel */
	struct ntp_engine *e;
};

/* Our clock minus UTC in s; beside `err` this knows of the leap second. */
double world_utc_err(const struct world *w);
/* Go to true time T at once, before anything has run. */
void world_begin(struct world *w, double t);
/* True time of Unix second S. */
double world_time_of(int64_t s);

/* Four servers, and two. */
#define WORLD_FOUR                                                             \
	"server 192.0.2.1 iburst\nserver 192.0.2.2 iburst\n"                   \
	"server 192.0.2.3 iburst\nserver 192.0.2.4 iburst\n"
/* Asked often enough that a step waits for the stepout. */
#define WORLD_FOUR_OFTEN                                                         \
	"server 192.0.2.1 iburst maxpoll 6\nserver 192.0.2.2 iburst maxpoll 6\n" \
	"server 192.0.2.3 iburst maxpoll 6\nserver 192.0.2.4 iburst maxpoll 6\n"
#define WORLD_TWO "server 192.0.2.1 iburst\nserver 192.0.2.2 iburst\n"

/* Set up with the text of an ntp.conf; errors in it are fatal. */
void world_init(struct world *w, const char *conf,
    const struct engine_options *opt, double err, double ppm);
void world_fini(struct world *w);
/* A server at 192.0.2.N, stratum 1, 5 ms away. */
struct world_server *world_server(struct world *w, unsigned n, double offset);
/* The four of WORLD_FOUR agree, but for the OFFSET of the last one. */
void world_four(struct world *w, double offset);
struct ntp_now world_now(struct world *w);
/* Let S seconds pass. */
void world_run(struct world *w, double s);
/* Run until PRED or LIMIT s have passed; true when PRED held. */
bool world_until(struct world *w, bool (*pred)(struct world *), double limit);
/* We have the time from somebody. */
bool world_is_synced(struct world *w);
/* Hand the engine a datagram on endpoint EP. */
void world_inject(struct world *w, int ep, const struct ntp_addr *src,
    const void *data, size_t len);
struct ntp_addr world_addr(unsigned n);
/* The K-th association in use. */
struct peer *world_peer(struct world *w, unsigned k);

#endif /* WORLD_H */
