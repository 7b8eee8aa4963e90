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
#include "ntp_state.h"

#define REPLY_MAX 2048U /* octets, however much is wrong */

/* The reply as it grows; its capacity keeps room for the end of the line. */
struct reply {
	struct text text;
	unsigned errors;
	bool begun; /* the first line is written */
};

static void
reply_line(struct reply *r)
{
	if (r->begun)
		say(&r->text, "\r\n");
	r->begun = true;
}

/* --- messages of the parser ------------------------------------------------ */

/* The first error opens the reply in the form that clients know. */
static void
on_diag(void *arg, const struct config_diag *d)
{
	struct reply *r = arg;
	bool bad = d->severity == CONFIG_ERROR;

	reply_line(r);
	say(&r->text, "column %u %s, %s", d->column,
	    bad ? "syntax error" : "warning", d->text);
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

struct word {
	const char *s;
	size_t len;
};

static struct word
next_word(struct word *rest)
{
	static const char blank[] = " \t\"";
	struct word w;

	while (rest->len > 0 && strchr(blank, rest->s[0]) != NULL) {
		rest->s++;
		rest->len--;
	}
	w = (struct word){rest->s, 0};
	while (rest->len > 0 && strchr(blank, rest->s[0]) == NULL) {
		rest->s++;
		rest->len--;
		w.len++;
	}
	return w;
}

static bool
is_word(struct word w, const char *s)
{
	return strlen(s) == w.len && memcmp(s, w.s, w.len) == 0;
}

/* The same in the words behind `nts`: who may choose these may be whom he
 * likes. */
static const char *
nts_file_word(struct word line)
{
	static const char *const words[] = {
	    "nts ca", "nts cert", "nts cookie", "nts key"};
	struct word w;

	while ((w = next_word(&line)).len > 0)
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			if (is_word(w, words[i] + strlen("nts ")))
				return words[i];
	return NULL;
}

/*
 * The word by which LINE names a file or directory of the daemon, or NULL.
 * Where it writes is the business of who may edit its ntp.conf, not of who has
 * a key of it.  `keys' is only read, and to read it anew is much used.
 */
static const char *
file_word(struct word line)
{
	static const char *const words[] = {"driftfile", "leapfile", "logfile",
	    "ntpsigndsocket", "pidfile", "saveconfigdir", "statsdir"};
	struct word first = next_word(&line), w;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (is_word(first, words[i]))
			return words[i];
	if (is_word(first, "nts"))
		return nts_file_word(line);
	if (!is_word(first, "filegen"))
		return NULL;
	while ((w = next_word(&line)).len > 0)
		if (is_word(w, "file"))
			return "filegen ... file";
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
	const char *file = file_word((struct word){c->data, len});

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
