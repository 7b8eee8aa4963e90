/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_auth.c - who we are to the daemon: key id, type and secret.
 *
 * Whatever the user says becomes a line of a keys file, so that a secret means
 * here what it means in the daemon's own: text up to 20 characters, else
 * hexadecimal.  The password is never shown and asked for only at a terminal.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "ntp_fmt.h"
#include "ntpq.h"

#define KEYS_FILE_MAX 1048576U /* octets */
#define KEY_LINE_MAX  (NTPQ_SECRET_MAX + 64U)

/* --- the keys file ------------------------------------------------------ */

static struct keystore *
keystore_of(struct ntpq *q)
{
	if (q->cred.keys == NULL)
		q->cred.keys = keys_new();
	if (q->cred.keys == NULL)
		complain(q, "Out of memory");
	return q->cred.keys;
}

/* Octets read, or -1. */
static long
read_file(const char *path, char *buf, size_t cap)
{
	FILE *f = fopen(path, "re");
	size_t len;
	bool bad;

	if (f == NULL)
		return -1;
	len = fread(buf, 1, cap, f);
	bad = ferror(f) != 0;
	if (len == cap) {
		errno = EFBIG;
		bad = true;
	}
	fclose(f);
	return bad ? -1 : (long)len;
}

struct key_report {
	struct ntpq *q;
	const char *path;
};

static void
report_line(void *arg, unsigned line, const char *text)
{
	const struct key_report *r = arg;

	fprintf(r->q->err, "ntpq: %s:%u: %s\n", r->path, line, text);
}

bool
auth_read_keys(struct ntpq *q, const char *path)
{
	struct key_report report = {.q = q, .path = path};
	struct keystore *keys = keystore_of(q);
	char *buf = malloc(KEYS_FILE_MAX);
	long len = -1;

	if (keys != NULL && buf != NULL)
		len = read_file(path, buf, KEYS_FILE_MAX);
	if (len < 0)
		fprintf(q->err, "ntpq: cannot read the keys file %s: %s\n",
		    path, net_strerror(errno));
	else
		keys_parse(keys, buf, (size_t)len, report_line, &report);
	if (buf != NULL)
		explicit_bzero(buf, KEYS_FILE_MAX);
	free(buf);
	return len >= 0;
}

void
auth_forget(struct ntpq *q)
{
	explicit_bzero(q->cred.secret, sizeof(q->cred.secret));
	keys_free(&q->cred.keys);
	q->net.keys = NULL;
}

/* --- asking ------------------------------------------------------------- */

/* The terminal as it was, and while nothing that is typed is shown. */
static struct termios shown, hiding;
/* What is asked meanwhile, else NULL. */
static const char *volatile asked;

static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
#define CAUGHT (sizeof(caught) / sizeof(caught[0]))

/* Who gives up at a password gets a terminal back that shows what he types. */
static void
on_fatal(int sig)
{
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &shown);
	(void)raise(sig);
}

static void
mask(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	(void)sigprocmask(how, &set, NULL);
}

/* So does who stops us, until we go on.  Without a shell that could continue us
 * the system ignores the signal: then we go on at once. */
static void
on_stop(int sig)
{
	struct sigaction ours, stop = {.sa_handler = SIG_DFL};
	int err = errno;

	(void)tcsetattr(STDIN_FILENO, TCSANOW, &shown);
	(void)sigaction(sig, &stop, &ours);
	(void)raise(sig);
	mask(SIG_UNBLOCK, sig);
	mask(SIG_BLOCK, sig);
	(void)sigaction(sig, &ours, NULL);
	if (asked != NULL) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hiding);
		if (write(STDERR_FILENO, asked, strlen(asked)) < 0)
			err = errno;
	}
	errno = err;
}

static void
catch_signal(int sig, struct sigaction *before)
{
	struct sigaction sa = {
	    .sa_handler = sig == SIGTSTP ? on_stop : on_fatal,
	    .sa_flags = sig == SIGTSTP ? SA_RESTART : (int)SA_RESETHAND};

	sigemptyset(&sa.sa_mask);
	(void)sigaction(sig, &sa, before);
	if (before->sa_handler == SIG_IGN)
		(void)sigaction(sig, before, NULL);
}

/* False when there is no terminal to hide anything on. */
static bool
hide(const char *prompt, struct sigaction before[])
{
	size_t i;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return false;
	hiding = shown;
	hiding.c_lflag &= (tcflag_t)~ECHO;
	asked = prompt;
	for (i = 0; i < CAUGHT; i++)
		catch_signal(caught[i], &before[i]);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hiding);
	return true;
}

static void
show(const struct sigaction before[])
{
	size_t i;

	asked = NULL;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &shown);
	for (i = 0; i < CAUGHT; i++)
		(void)sigaction(caught[i], &before[i], NULL);
}

/* Whoever is asked may leave, also where Ctrl-C only ends a command. */
static void
let_leave(struct sigaction *before)
{
	struct sigaction leave = {.sa_handler = SIG_DFL};

	(void)sigaction(SIGINT, &leave, before);
	if (before->sa_handler == SIG_IGN)
		(void)sigaction(SIGINT, before, NULL);
}

/*
 * A line of at most CAP - 1 characters; empty at the end of input.  It is asked
 * for where complaints go: the output may be a file.
 */
static void
prompt_line(const char *prompt, bool hidden, char *out, size_t cap)
{
	struct sigaction before[CAUGHT], interrupt;
	size_t len;

	let_leave(&interrupt);
	/* before anything asks for it: what is typed at once is hidden, too */
	if (hidden)
		hidden = hide(prompt, before);
	out[0] = '\0';
	fflush(stdout);
	fputs(prompt, stderr);
	if (fgets(out, (int)cap, stdin) == NULL)
		out[0] = '\0';
	/* a terminal goes on after an end of input */
	clearerr(stdin);
	len = strcspn(out, "\r\n");
	if (hidden)
		show(before);
	(void)sigaction(SIGINT, &interrupt, NULL);
	if (hidden || out[len] == '\0')
		fputc('\n', stderr);
	out[len] = '\0';
}

static void
prompt_secret(struct ntpq *q)
{
	char prompt[64];

	snprintf(prompt, sizeof(prompt),
	    "%s Password: ", mac_type_name(q->cred.type));
	prompt_line(prompt, true, q->cred.secret, sizeof(q->cred.secret));
}

static bool
parse_keyid(const char *s, uint32_t *id)
{
	int64_t v;

	if (fmt_parse_int(s, strlen(s), false, &v) != 0 || v < 0 ||
	    v > NTP_KEYID_MAX)
		return false;
	*id = (uint32_t)v;
	return true;
}

static bool
need_keyid(struct ntpq *q)
{
	char line[NTPQ_WORD_MAX];

	if (q->cred.keyid == 0 && isatty(STDIN_FILENO)) {
		prompt_line("Keyid: ", false, line, sizeof(line));
		if (!parse_keyid(line, &q->cred.keyid))
			q->cred.keyid = 0;
	}
	if (q->cred.keyid != 0)
		return true;
	fputs("Invalid key identifier\n", q->err);
	advise(q,
	    "name the key: -a KEYID and -k KEYFILE, or the commands "
	    "`keyid' and `passwd'");
	return false;
}

static bool
secret_to_key(struct ntpq *q)
{
	char line[KEY_LINE_MAX];
	int n;

	snprintf(line, sizeof(line), "%u %s %s", (unsigned)q->cred.keyid,
	    mac_type_name(q->cred.type), q->cred.secret);
	n = keys_parse(q->cred.keys, line, strlen(line), NULL, NULL);
	explicit_bzero(line, sizeof(line));
	return n == 1;
}

static bool
have_key(const struct ntpq *q)
{
	return keys_trust(q->cred.keys, q->cred.keyid, q->cred.keyid) == 0 &&
	    keys_find(q->cred.keys, q->cred.keyid) != NULL;
}

bool
auth_ready(struct ntpq *q)
{
	if (keystore_of(q) == NULL || !need_keyid(q))
		return false;
	if (q->cred.secret[0] == '\0' && !have_key(q) && isatty(STDIN_FILENO))
		prompt_secret(q);
	if ((q->cred.secret[0] != '\0' && !secret_to_key(q)) || !have_key(q)) {
		q->cred.secret[0] = '\0';
		fputs("Invalid password\n", q->err);
		advise(q,
		    "give the secret of key %u as in the daemon's keys file: "
		    "-k KEYFILE, or `passwd' and `keytype'",
		    (unsigned)q->cred.keyid);
		return false;
	}
	q->net.keys = q->cred.keys;
	q->net.keyid = q->cred.keyid;
	return true;
}

/* --- the commands ------------------------------------------------------- */

void
cmd_keyid(struct ntpq *q, const struct ntpq_args *a)
{
	uint32_t id;

	if (a->n == 0 && q->cred.keyid == 0)
		fputs("no keyid defined\n", q->out);
	else if (a->n == 0)
		fprintf(q->out, "keyid is %u\n", (unsigned)q->cred.keyid);
	else if (parse_keyid(a->v[0], &id))
		q->cred.keyid = id;
	else
		complain(q, "Invalid key identifier %s, 1 to %u, please",
		    a->v[0], NTP_KEYID_MAX);
}

void
cmd_keytype(struct ntpq *q, const struct ntpq_args *a)
{
	enum mac_type type;

	if (a->n == 0) {
		fprintf(q->out, "keytype is %s with %zu octet digests\n",
		    mac_type_name(q->cred.type), mac_digest_len(q->cred.type));
		return;
	}
	type = mac_type_by_name(a->v[0], strlen(a->v[0]));
	if (type == MAC_NONE)
		fputs("keytype is not valid. Type \"help keytype\" for the "
		      "available digest types.\n",
		    q->err);
	else
		q->cred.type = type;
}

void
keytypes_print(FILE *out)
{
	unsigned t, column = 0;

	fputs("types:", out);
	for (t = MAC_NONE + 1; t < MAC_TYPES; t++) {
		if (column++ % 6 == 0 && t > MAC_NONE + 1)
			fputs("\n      ", out);
		fprintf(out, " %s", mac_type_name((enum mac_type)t));
	}
	fputc('\n', out);
}

void
cmd_passwd(struct ntpq *q, const struct ntpq_args *a)
{
	if (a->n > 0)
		snprintf(q->cred.secret, sizeof(q->cred.secret), "%s", a->v[0]);
	else if (isatty(STDIN_FILENO))
		prompt_secret(q);
	if (q->cred.secret[0] != '\0')
		return;
	fputs("Invalid password\n", q->err);
	if (!isatty(STDIN_FILENO))
		advise(q, "the input is no terminal: write passwd SECRET");
}

void
cmd_authenticate(struct ntpq *q, const struct ntpq_args *a)
{
	if (a->n == 0)
		fprintf(q->out, "%sauthenticated requests being sent\n",
		    q->cred.always ? "" : "un");
	else if (strcmp(a->v[0], "yes") == 0)
		q->cred.always = true;
	else if (strcmp(a->v[0], "no") == 0)
		q->cred.always = false;
	else
		complain(q, "yes or no expected, not `%s'", a->v[0]);
}
