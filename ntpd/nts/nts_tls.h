/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_tls.h - TLS 1.3 for key establishment, without sockets.
 *
 * What came from the peer is given to tls_input(), what tls_output() yields is
 * sent; nothing here waits.  An object is for one thread at a time.
 */
#ifndef NTS_TLS_H
#define NTS_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_WHY 256U /* octets of a reason, with its NUL */

/* Words of ntp.conf; NULL: none, or the library's. */
struct tls_words {
	char *cert, *key, *ca, *suites, *curves;
	bool server_order;
};

/* The caller's, or NULL and WHY. */
SSL_CTX *tls_server_context(const struct tls_words *w, char why[TLS_WHY]);
/* Trusts CA, a file or directory; NULL: the system's authorities. */
SSL_CTX *tls_client_context(
    const struct tls_words *w, const char *ca, char why[TLS_WHY]);
/* The file that this reads first; it need not exist. */
const char *tls_authorities(const char *ca);
/* Unix s of the last moment that the server's certificate is valid. */
int64_t tls_expires(const SSL_CTX *ctx);

/* Who shall be at the other end. */
struct tls_partner {
	const char *name; /* or numeric address */
	bool numeric;
	bool anybody; /* `noval` */
	int64_t now;  /* Unix s */
	bool unsure;  /* whether it is: a certificate may be of the future */
};

struct tls {
	SSL *ssl;
	BIO *in, *out; /* SSL's */
	bool early;    /* the certificate is of the future */
	bool unsure;
};

/* 0 or -NTP_ENOMEM. */
int tls_accept(struct tls *t, SSL_CTX *ctx);
int tls_connect(struct tls *t, SSL_CTX *ctx, const struct tls_partner *partner);
void tls_free(struct tls *t); /* may be called twice */

/* N octets of the peer; 0 or -NTP_ENOMEM. */
int tls_input(struct tls *t, const void *p, size_t n);
/* Octets for the peer, at most CAP; their number, 0: there are none. */
size_t tls_output(struct tls *t, void *p, size_t cap);
size_t tls_pending(const struct tls *t);

/* 1: it is done, and of ALPN ntske/1; 0: go on when more has come; below 0 and
 * WHY: never. */
int tls_handshake(struct tls *t, char why[TLS_WHY]);
/* Octets read; 0: wait for more; -1: there will be none. */
int tls_read(struct tls *t, void *p, size_t cap);
/* All in one record, if it fits into one; 0 or -NTP_EIO. */
int tls_write(struct tls *t, const void *p, size_t n);
void tls_close(struct tls *t);

/* The session's keys for AEAD, N octets; 0 or -NTP_EIO. */
int tls_export(
    struct tls *t, uint16_t aead, bool to_client, uint8_t *out, size_t n);
/* "TLSv1.3:TLS_AES_256_GCM_SHA384" and the like, into OUT. */
const char *tls_describe(const struct tls *t, char *out, size_t cap);

#endif /* NTS_TLS_H */
