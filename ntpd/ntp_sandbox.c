/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_sandbox.c - give up every right that is not needed.
 *
 * What stays is setting the clock and binding low ports (addresses may come
 * later); nothing that is executed later can regain more.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ntp_err.h"
#include "ntp_fmt.h"
#include "ntpd.h"

#define USER_MAX   256U
#define GROUPS_MAX 64

struct identity {
	char user[USER_MAX]; /* name, for its further groups; "" if none */
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX]; /* found before the root is changed */
	int ngroups;
	bool given;
};

void
sandbox_priority(struct daemon *d)
{
	struct sched_param sp = {.sched_priority = d->opt.priority};

	if (d->opt.priority == 0)
		return;
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &sp) != 0)
		msyslog_errno(&d->log, NTP_LOG_WARN,
		    "real-time priority %d needs CAP_SYS_NICE, going on "
		    "without it",
		    d->opt.priority);
}

static int
refuse(struct daemon *d, const char *what, const char *arg)
{
	const char *hint = errno == EPERM && geteuid() != 0
	    ? " (only root may; started as that user, ntpd needs no -u or -i)"
	    : "";

	msyslog_errno(&d->log, NTP_LOG_ERR, "%s %s%s", what, arg, hint);
	return -NTP_EPERM;
}

static bool
numeric_id(const char *s, int64_t *id)
{
	return fmt_parse_int(s, strlen(s), false, id) == 0 && *id >= 0 &&
	    *id < UINT32_MAX;
}

/* Looked up before there are threads: NOLINTBEGIN(concurrency-mt-unsafe) */

static int
lookup_user(struct daemon *d, const char *name, struct identity *id)
{
	const struct passwd *pw = getpwnam(name);
	size_t len;
	int64_t n;

	if (pw == NULL && numeric_id(name, &n))
		pw = getpwuid((uid_t)n);
	if (pw == NULL) {
		msyslog(&d->log, NTP_LOG_ERR, "cannot find user %s", name);
		return -NTP_EPERM;
	}
	len = strnlen(pw->pw_name, sizeof id->user - 1);
	memcpy(id->user, pw->pw_name, len);
	id->user[len] = '\0';
	id->uid = pw->pw_uid;
	id->gid = pw->pw_gid;
	id->given = true;
	return 0;
}

static int
lookup_group(struct daemon *d, const char *name, struct identity *id)
{
	const struct group *gr = getgrnam(name);
	int64_t n;

	if (gr != NULL)
		id->gid = gr->gr_gid;
	else if (numeric_id(name, &n))
		id->gid = (gid_t)n;
	else {
		msyslog(&d->log, NTP_LOG_ERR, "cannot find group %s", name);
		return -NTP_EPERM;
	}
	return 0;
}

/* NOLINTEND(concurrency-mt-unsafe) */

/* USER[:GROUP]; without a group the user's own. */
static int
find_identity(struct daemon *d, struct identity *id)
{
	const char *spec = d->opt.user, *colon;
	char name[USER_MAX];
	size_t len;

	memset(id, 0, sizeof *id);
	if (spec == NULL)
		return 0;
	colon = strchr(spec, ':');
	len = colon != NULL ? (size_t)(colon - spec) : strlen(spec);
	if (len >= sizeof name) {
		errno = ENAMETOOLONG;
		return refuse(d, "user", spec);
	}
	memcpy(name, spec, len);
	name[len] = '\0';
	if (lookup_user(d, name, id) != 0)
		return -NTP_EPERM;
	if (colon != NULL && colon[1] != '\0' &&
	    lookup_group(d, colon + 1, id) != 0)
		return -NTP_EPERM;
	id->ngroups = GROUPS_MAX;
	if (getgrouplist(id->user, id->gid, id->groups, &id->ngroups) < 0)
		id->ngroups = GROUPS_MAX; /* the first ones must do */
	return 0;
}

static int
enter_jail(struct daemon *d, const char *dir)
{
	if (chdir(dir) != 0 || chroot(dir) != 0 || chdir("/") != 0)
		return refuse(d, "cannot change root to", dir);
	return 0;
}

static int
become(struct daemon *d, const struct identity *id)
{
	if (id->uid == geteuid() && id->gid == getegid() && id->uid != 0)
		return 0;
	if (caps_keep(!d->opt.virtual_clock) != 0)
		return refuse(d, "cannot keep capabilities for", id->user);
	if (setgroups((size_t)id->ngroups, id->groups) != 0 ||
	    setresgid(id->gid, id->gid, id->gid) != 0)
		return refuse(d, "cannot change to the groups of", id->user);
	if (setresuid(id->uid, id->uid, id->uid) != 0)
		return refuse(d, "cannot change to user", id->user);
	return 0;
}

static int
drop_capabilities(struct daemon *d)
{
	if (caps_drop(!d->opt.virtual_clock) != 0)
		return refuse(d, "cannot drop", "capabilities");
	return 0;
}

int
sandbox_enter(struct daemon *d)
{
	struct identity id;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		msyslog_errno(&d->log, NTP_LOG_WARN, "no-new-privs");
	if (d->opt.user == NULL && d->opt.jaildir == NULL)
		return 0;
	if (find_identity(d, &id) != 0)
		return -NTP_EPERM;
	if (d->opt.jaildir != NULL && enter_jail(d, d->opt.jaildir) != 0)
		return -NTP_EPERM;
	if (id.given && become(d, &id) != 0)
		return -NTP_EPERM;
	return drop_capabilities(d);
}
