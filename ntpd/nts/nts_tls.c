/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_tls.c - TLS 1.3 for key establishment, over memory.
 *
 * Nothing below 1.3, no tickets, no resumption, no early data: a session is
 * used once, for one exporter.  A peer without our ALPN is no peer.
 */
#include "nts_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "ntp_err.h"
#include "ntp_ke.h"

static const uint8_t alpn[] = "\x07" KE_ALPN;
#define ALPN_LEN (sizeof alpn - 1)

/* --- reasons ---------------------------------------------------------------- */

static void
say_ssl(char why[TLS_WHY], const char *what, const char *path)
{
	unsigned long e = ERR_peek_error();
	const char *words = ERR_reason_error_string(e);

	(void)snprintf(why, TLS_WHY, "%s%s%.120s: %s", what,
	    path != NULL ? " " : "", path != NULL ? path : "",
	    words != NULL ? words : "refused by the TLS library");
	ERR_clear_error();
}

/* False, and WHY, when the file PATH cannot be read. */
static bool
readable(const char *path, const char *what, char why[TLS_WHY])
{
	if (access(path, R_OK) == 0)
		return true;
	(void)snprintf(why, TLS_WHY,
	    "%s %.120s: %s (the user that ntpd runs as must be able to read "
	    "it)",
	    what, path, uv_strerror(uv_translate_sys_error(errno)));
	return false;
}

/* --- contexts --------------------------------------------------------------- */

/* Nobody is there to type it. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)writing;
	(void)arg;
	if (size > 0)
		buf[0] = '\0';
	return -1;
}

static SSL_CTX *
context(const SSL_METHOD *method, const struct tls_words *w, char why[TLS_WHY])
{
	SSL_CTX *c = SSL_CTX_new(method);

	if (c == NULL ||
	    SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(c, 0) != 1) {
		say_ssl(why, "TLS", NULL);
	} else if (w->suites != NULL &&
	    SSL_CTX_set_ciphersuites(c, w->suites) != 1) {
		say_ssl(why, "tlsciphersuites", w->suites);
	} else if (w->curves != NULL &&
	    SSL_CTX_set1_groups_list(c, w->curves) != 1) {
		say_ssl(why, "tlsecdhcurves", w->curves);
	} else {
		(void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_default_passwd_cb(c, no_passphrase);
		return c;
	}
	SSL_CTX_free(c);
	return NULL;
}

static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned inlen, void *arg)
{
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, outlen, alpn, ALPN_LEN, in, inlen) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Without the extension nobody would ask choose_alpn(). */
static int
want_alpn(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *p;
	size_t len;

	(void)arg;
	if (SSL_client_hello_get0_ext(ssl,
		TLSEXT_TYPE_application_layer_protocol_negotiation, &p,
		&len) == 1)
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

static bool
load_identity(SSL_CTX *c, const struct tls_words *w, char why[TLS_WHY])
{
	if (!readable(w->cert, "certificate", why) ||
	    !readable(w->key, "private key", why))
		return false;
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(c, w->cert) != 1)
		say_ssl(why, "certificate", w->cert);
	else if (SSL_CTX_use_PrivateKey_file(c, w->key, SSL_FILETYPE_PEM) != 1)
		say_ssl(why, "private key", w->key);
	else
		return true; /* and they match, or it had been refused */
	return false;
}

SSL_CTX *
tls_server_context(const struct tls_words *w, char why[TLS_WHY])
{
	SSL_CTX *c = context(TLS_server_method(), w, why);

	if (c == NULL)
		return NULL;
	if (w->server_order)
		(void)SSL_CTX_set_options(c, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_client_hello_cb(c, want_alpn, NULL);
	SSL_CTX_set_alpn_select_cb(c, choose_alpn, NULL);
	if (load_identity(c, w, why))
		return c;
	SSL_CTX_free(c);
	return NULL;
}

static bool
load_authorities(SSL_CTX *c, const char *ca, char why[TLS_WHY])
{
	struct stat st;
	int done;

	ERR_clear_error();
	if (ca == NULL) {
		done = SSL_CTX_set_default_verify_paths(c);
	} else {
		if (!readable(ca, "ca", why))
			return false;
		done = stat(ca, &st) == 0 && S_ISDIR(st.st_mode)
		    ? SSL_CTX_load_verify_dir(c, ca)
		    : SSL_CTX_load_verify_file(c, ca);
	}
	if (done != 1)
		say_ssl(why, "ca", ca);
	return done == 1;
}

const char *
tls_authorities(const char *ca)
{
	const char *named;

	if (ca != NULL)
		return ca;
	/* nobody sets it: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	named = secure_getenv(X509_get_default_cert_file_env());
	return named != NULL ? named : X509_get_default_cert_file();
}

SSL_CTX *
tls_client_context(const struct tls_words *w, const char *ca, char why[TLS_WHY])
{
	SSL_CTX *c = context(TLS_client_method(), w, why);

	if (c == NULL)
		return NULL;
	/* the call that returns 0 for success */
	if (SSL_CTX_set_alpn_protos(c, alpn, ALPN_LEN) == 0 &&
	    load_authorities(c, ca, why))
		return c;
	SSL_CTX_free(c);
	return NULL;
}

int64_t
tls_expires(const SSL_CTX *ctx)
{
	const X509 *x = SSL_CTX_get0_certificate(ctx);
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, secs = 0;

	if (x != NULL && epoch != NULL)
		(void)ASN1_TIME_diff(
		    &days, &secs, epoch, X509_get0_notAfter(x));
	ASN1_TIME_free(epoch);
	return (int64_t)days * 86400 + secs;
}

/* --- one connection --------------------------------------------------------- */

static int
open_ssl(struct tls *t, SSL_CTX *ctx)
{
	memset(t, 0, sizeof *t);
	t->ssl = SSL_new(ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (t->ssl == NULL || t->in == NULL || t->out == NULL) {
		BIO_free(t->in);
		BIO_free(t->out);
		SSL_free(t->ssl);
		t->ssl = NULL;
		return -NTP_ENOMEM;
	}
	SSL_set_bio(t->ssl, t->in, t->out);
	(void)SSL_set_app_data(t->ssl, t);
	return 0;
}

int
tls_accept(struct tls *t, SSL_CTX *ctx)
{
	if (open_ssl(t, ctx) != 0)
		return -NTP_ENOMEM;
	SSL_set_accept_state(t->ssl);
	return 0;
}

/* As long as we do not know the time, a certificate may be younger than our
 * clock; an old one never becomes good again. */
static int
judge(int good, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);

	if (good || !t->unsure ||
	    X509_STORE_CTX_get_error(store) != X509_V_ERR_CERT_NOT_YET_VALID)
		return good;
	t->early = true;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

/* OpenSSL copies the name, and yet its macro wants one that can be written. */
static bool
say_name(SSL *ssl, const char *name)
{
	char host[TLSEXT_MAXLEN_host_name + 1];
	int n = snprintf(host, sizeof host, "%s", name);

	return n > 0 && (size_t)n < sizeof host &&
	    SSL_set_tlsext_host_name(ssl, host) == 1;
}

static bool
expect(struct tls *t, const struct tls_partner *p)
{
	X509_VERIFY_PARAM *v = SSL_get0_param(t->ssl);

	if (!p->numeric && !say_name(t->ssl, p->name))
		return false;
	if (p->anybody)
		return true;
	t->unsure = p->unsure;
	SSL_set_verify(t->ssl, SSL_VERIFY_PEER, judge);
	X509_VERIFY_PARAM_set_time(v, (time_t)p->now);
	X509_VERIFY_PARAM_set_hostflags(v,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return (p->numeric ? X509_VERIFY_PARAM_set1_ip_asc(v, p->name)
			   : X509_VERIFY_PARAM_set1_host(v, p->name, 0)) == 1;
}

int
tls_connect(struct tls *t, SSL_CTX *ctx, const struct tls_partner *partner)
{
	if (open_ssl(t, ctx) != 0)
		return -NTP_ENOMEM;
	SSL_set_connect_state(t->ssl);
	if (expect(t, partner))
		return 0;
	tls_free(t);
	return -NTP_ENOMEM;
}

void
tls_free(struct tls *t)
{
	SSL_free(t->ssl);
	t->ssl = NULL;
}

int
tls_input(struct tls *t, const void *p, size_t n)
{
	return BIO_write(t->in, p, (int)n) == (int)n ? 0 : -NTP_ENOMEM;
}

size_t
tls_pending(const struct tls *t)
{
	return t->ssl != NULL ? BIO_ctrl_pending(t->out) : 0;
}

size_t
tls_output(struct tls *t, void *p, size_t cap)
{
	int n = BIO_read(t->out, p, (int)cap);

	return n > 0 ? (size_t)n : 0;
}

static bool
has_alpn(const struct tls *t)
{
	const unsigned char *p;
	unsigned len;

	SSL_get0_alpn_selected(t->ssl, &p, &len);
	return len == ALPN_LEN - 1 && memcmp(p, alpn + 1, len) == 0;
}

static const char *
hint(long verdict)
{
	switch (verdict) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return " (is our clock right?)";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return " (`ca` names whom to trust)";
	default:
		return "";
	}
}

static void
say_handshake(const struct tls *t, char why[TLS_WHY])
{
	long verdict = SSL_get_verify_result(t->ssl);

	if (verdict != X509_V_OK)
		(void)snprintf(why, TLS_WHY, "certificate: %s%s",
		    X509_verify_cert_error_string(verdict), hint(verdict));
	else
		say_ssl(why, "TLS", NULL);
}

int
tls_handshake(struct tls *t, char why[TLS_WHY])
{
	int n, e;

	ERR_clear_error();
	n = SSL_do_handshake(t->ssl);
	e = SSL_get_error(t->ssl, n);
	if (n != 1 && (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE))
		return 0;
	if (n != 1) {
		say_handshake(t, why);
		return -1;
	}
	if (has_alpn(t))
		return 1;
	(void)snprintf(why, TLS_WHY, "TLS: no key establishment (ALPN) there");
	return -1;
}

int
tls_read(struct tls *t, void *p, size_t cap)
{
	int n, e;

	ERR_clear_error();
	n = SSL_read(t->ssl, p, (int)cap);
	if (n > 0)
		return n;
	e = SSL_get_error(t->ssl, n);
	return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

int
tls_write(struct tls *t, const void *p, size_t n)
{
	ERR_clear_error();
	return SSL_write(t->ssl, p, (int)n) == (int)n ? 0 : -NTP_EIO;
}

void
tls_close(struct tls *t)
{
	ERR_clear_error();
	(void)SSL_shutdown(t->ssl);
}

int
tls_export(struct tls *t, uint16_t aead, bool to_client, uint8_t *out, size_t n)
{
	uint8_t context[KE_CONTEXT_LEN];

	ke_context(context, aead, to_client);
	ERR_clear_error();
	return SSL_export_keying_material(t->ssl, out, n, ke_label,
		   strlen(ke_label), context, sizeof context, 1) == 1
	    ? 0
	    : -NTP_EIO;
}

const char *
tls_describe(const struct tls *t, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%s:%s", SSL_get_version(t->ssl),
	    SSL_get_cipher_name(t->ssl));
	return out;
}
