/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ctlconf.c - CONFIGURE and SAVECONFIG: a line of ntp.conf from ntpq, and
 * what all of them have come to in a file.
 *
 * What the parser says goes back to the client as the text of a successful
 * reply, as the reference does it: clients look for `column N syntax error` at
 * its beginning to point at the place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_control.h"
#include "ntp_err.h"
#include "ntp_say.h"
#include "ntp_scanner.h"
#include "ntp_state.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define REPLY_MAX 2048U /* octets, however much is wrong */

/* The reply as it grows; its capacity keeps room for the end of the line. */
struct reply {
	struct text text;
	unsigned errors;
};

/* --- messages of the parser ------------------------------------------------ */

/* The first error opens the reply in the form that clients know; what was
 * warned of before will be said again when the line is right. */
static void
on_diag(void *arg, const struct config_diag *d)
{
	struct reply *r = arg;
	bool bad = d->severity == CONFIG_ERROR;

	if (bad && r->errors == 0)
		r->text.len = 0;
	say(&r->text, "%scolumn %u %s, %s", r->text.len > 0 ? "\r\n" : "",
	    d->column, bad ? "syntax error" : "warning", d->text);
	if (d->hint != NULL)
		say(&r->text, "; %s", d->hint);
	r->errors += bad;
}

/* Printable text, perhaps with the end of its line. */
static size_t
line_length(const struct control *c)
{
	size_t len = c->req.count;

	while (len > 0 && strchr("\r\n", c->data[len - 1]) != NULL)
		len--;
	return len;
}

static bool
is_printable(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((s[i] < ' ' && s[i] != '\t') || s[i] > '~')
			return false;
	}
	return true;
}

static void
log_line(struct control *c, size_t len)
{
	char buf[ADDR_STRLEN];

	engine_log(c->e, NTP_LOG_NOTICE, "%s config: %.*s",
	    addr_format_port(c->rb->src, buf), (int)len, c->data);
}

/* --- CONFIGURE ------------------------------------------------------------- */

static void
outcome(struct reply *r, int err)
{
	size_t warned = r->text.len;
	char kept[REPLY_MAX];

	if (r->errors > 0)
		return;
	memcpy(kept, r->text.p, warned);
	r->text.len = 0;
	if (err == -NTP_ERANGE)
		say(&r->text,
		    "Config Failed: no room for another association "
		    "before a restart");
	else if (err != 0)
		say(&r->text, "Config Failed: %s", ntp_strerror(err));
	else
		say(&r->text, "Config Succeeded");
	if (warned > 0)
		say(&r->text, "\r\n%.*s", (int)warned, kept);
}

static void
apply_line(struct control *c, struct reply *r, size_t len)
{
	const struct config_io io = {.arg = r, .diag = on_diag};
	struct ntp_engine *e = c->e;

	log_line(c, len);
	outcome(r, engine_configure(e, c->data, len, &io, c->now));
}

/* --- files ---------------------------------------------------------------- */

/* Words by which a directive names a file or directory of the daemon; who may
 * choose those of `nts' may be whom he likes. */
static const struct {
	const char *directive, *word, *shown;
} file_words[] = {
    {"driftfile", "driftfile", "driftfile"},
    {"filegen", "file", "filegen ... file"},
    {"leapfile", "leapfile", "leapfile"},
    {"logfile", "logfile", "logfile"},
    {"nts", "ca", "nts ca"},
    {"nts", "cert", "nts cert"},
    {"nts", "cookie", "nts cookie"},
    {"nts", "key", "nts key"},
    {"ntpsigndsocket", "ntpsigndsocket", "ntpsigndsocket"},
    {"pidfile", "pidfile", "pidfile"},
    {"saveconfigdir", "saveconfigdir", "saveconfigdir"},
    {"statsdir", "statsdir", "statsdir"},
};

/*
 * The one in LINE, or NULL.  Where the daemon writes is the business of who may
 * edit its ntp.conf, not of who has a key of it.  `keys' is only read, and to
 * read it anew is much used.  Words are cut as the parser will cut them.
 */
static const char *
file_word(const char *line, size_t len)
{
	struct scan_token first, t;
	struct scanner s;

	scan_init(&s, line, len);
	scan_next(&s, SCAN_TOKENS, &first);
	for (t = first; t.kind != SCAN_EOL; scan_next(&s, SCAN_TOKENS, &t)) {
		for (size_t i = 0; i < COUNT(file_words); i++)
			if (strcmp(first.text, file_words[i].directive) == 0 &&
			    strcmp(t.text, file_words[i].word) == 0)
				return file_words[i].shown;
	}
	return NULL;
}

static void
reply_end(struct control *c, struct reply *r)
{
	memcpy(r->text.p + r->text.len, "\r\n", 2);
	c->len = r->text.len + 2;
}

bool
configure(struct control *c)
{
	struct reply r = {.text = {c->e->out, REPLY_MAX - 2, 0}};
	size_t len = line_length(c);
	const char *file = file_word(c->data, len);

	if (!control_may_write(c))
		return false;
	if (c->req.associd != 0)
		return control_fail(c, MODE6_ERR_BADVALUE);
	if ((c->restricts & RES_NOMODIFY) != 0)
		say(&r.text,
		    "runtime configuration prohibited by restrict "
		    "... nomodify");
	else if (!is_printable(c->data, len))
		say(&r.text,
		    "runtime configuration failed: unprintable character");
	else if (file != NULL)
		say(&r.text,
		    "runtime configuration prohibited: '%s' can only be set "
		    "in ntp.conf",
		    file);
	else
		apply_line(c, &r, len);
	reply_end(c, &r);
	return true;
}

/* --- SAVECONFIG ------------------------------------------------------------ */

static void
save_outcome(struct control *c, struct reply *r, int err, const char *made)
{
	if (err == -NTP_EINVAL)
		say(&r->text, "saveconfig rejects unsafe file name '%s'", made);
	else if (err == -NTP_EEXIST)
		say(&r->text,
		    "Unable to save configuration to file '%s': File exists",
		    made);
	else if (err != 0)
		say(&r->text, "Unable to save configuration to file '%s': %s",
		    made, ntp_strerror(err));
	else
		say(&r->text, "Configuration saved to '%s'", made);
	if (err == 0)
		memcpy(c->e->savedconfig, made, SAVED_NAME_MAX);
}

/* NAME is what the client asks for, MADE what the time makes of it. */
static void
save_as(struct control *c, struct reply *r, const char *name)
{
	struct host_port *h = c->e->port.host;
	char made[SAVED_NAME_MAX] = "", buf[ADDR_STRLEN];
	char *text;
	size_t len;
	int err = config_write(c->e->cfg, &text, &len);

	if (err == 0) {
		err =
		    h->save(h, c->e->cfg->saveconfigdir, name, text, len, made);
		free(text);
	}
	save_outcome(c, r, err, err == -NTP_EINVAL ? name : made);
	engine_log(c->e, NTP_LOG_NOTICE, "%s saveconfig '%s': %s",
	    addr_format_port(c->rb->src, buf), name,
	    err == 0 ? made : ntp_strerror(err));
}

static bool
take_name(const struct control *c, size_t len, char name[SAVED_NAME_MAX])
{
	if (len == 0 || len >= SAVED_NAME_MAX || !is_printable(c->data, len))
		return false;
	memcpy(name, c->data, len);
	name[len] = '\0';
	return true;
}

bool
save_config(struct control *c)
{
	struct reply r = {.text = {c->e->out, REPLY_MAX - 2, 0}};
	char name[SAVED_NAME_MAX] = "";

	if (!control_may_write(c))
		return false;
	if ((c->restricts & RES_NOMODIFY) != 0)
		say(&r.text, "saveconfig prohibited by restrict ... nomodify");
	else if (c->e->cfg->saveconfigdir == NULL || c->e->port.host == NULL)
		say(&r.text,
		    "saveconfig prohibited, no saveconfigdir configured");
	else if (!take_name(c, line_length(c), name))
		say(&r.text, "saveconfig rejects unsafe file name ''");
	else
		save_as(c, &r, name);
	reply_end(c, &r);
	return true;
}
