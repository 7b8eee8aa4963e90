/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpsd_parse.c - what gpsd reports, and which of it the driver uses.
 */
#include "gpsd_parse.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "ntp_calendar.h"

#define FIX_2D	      2
#define NS_MAX	      1000000000
#define SECONDS_MAX   (INT64_C(1) << 40)
#define TOFF_MINOR    10 /* protocol 3.10 */
#define SILENCE_MAX   120U
#define PULSES_WANTED 40U

/* --- times ------------------------------------------------------------------- */

static bool
digits(const char *p, size_t n, int *out)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = 10 * v + (p[i] - '0');
	}
	*out = v;
	return true;
}

/* ".123", up to the Z */
static bool
fraction(const char *p, size_t len, long *nsec)
{
	long v = 0;

	if (len < 2 || p[0] != '.')
		return len == 0;
	for (size_t i = 1; i < 10; i++) {
		int d = 0;

		if (i < len && !digits(p + i, 1, &d))
			return false;
		v = 10 * v + d;
	}
	*nsec = v;
	return true;
}

static bool
in_range(const struct ntp_date *d)
{
	return d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= 31 &&
	    d->hour <= 23 && d->minute <= 59 && d->second <= 60;
}

bool
gpsd_time(const char *text, size_t len, struct timespec *out)
{
	static const char form[] = "0000-00-00T00:00:00";
	struct ntp_date d = {.year = 0};
	int year;

	if (len < sizeof form || text[len - 1] != 'Z')
		return false;
	for (size_t i = 0; i + 1 < sizeof form; i++)
		if (form[i] != '0' && text[i] != form[i])
			return false;
	if (!digits(text, 4, &year) || !digits(text + 5, 2, &d.month) ||
	    !digits(text + 8, 2, &d.day) || !digits(text + 11, 2, &d.hour) ||
	    !digits(text + 14, 2, &d.minute) ||
	    !digits(text + 17, 2, &d.second) || !in_range(&d))
		return false;
	d.year = year;
	out->tv_sec = (time_t)calendar_to_unix(&d);
	out->tv_nsec = 0;
	return fraction(
	    text + sizeof form - 1, len - sizeof form, &out->tv_nsec);
}

static bool
stamp(const struct json_object *o, const char *sec, const char *nsec,
    struct timespec *out)
{
	int64_t s, ns;

	if (!json_integer(o, sec, &s) || !json_integer(o, nsec, &ns) || s < 0 ||
	    s > SECONDS_MAX || ns < 0 || ns >= NS_MAX)
		return false;
	*out = (struct timespec){(time_t)s, (long)ns};
	return true;
}

/* --- reports ----------------------------------------------------------------- */

static void
take_text(
    const struct json_object *o, const char *name, struct gpsd_message *out)
{
	const struct json_member *m = json_find(o, name);
	size_t len = m != NULL ? m->value.len : 0;

	if (len >= sizeof out->text)
		len = sizeof out->text - 1;
	if (len > 0)
		memcpy(out->text, m->value.p, len);
	out->text[len] = '\0';
}

static enum gpsd_report
take_version(const struct json_object *o, struct gpsd_message *out)
{
	int64_t major, minor;

	if (!json_integer(o, "proto_major", &major) ||
	    !json_integer(o, "proto_minor", &minor))
		return GPSD_BAD;
	out->has_toff = major > 3 || (major == 3 && minor >= TOFF_MINOR);
	take_text(o, "release", out);
	return GPSD_VERSION;
}

static enum gpsd_report
take_fix(const struct json_object *o, struct gpsd_message *out)
{
	const struct json_member *t = json_find(o, "time");
	int64_t mode;

	if (!json_integer(o, "mode", &mode))
		return GPSD_BAD;
	if (mode < FIX_2D || t == NULL || t->type != JSON_STRING)
		return GPSD_NOFIX;
	return gpsd_time(t->value.p, t->value.len, &out->real) ? GPSD_FIX
							       : GPSD_BAD;
}

static enum gpsd_report
take_pair(const struct json_object *o, struct gpsd_message *out, bool pulse)
{
	int64_t precision;

	if (!stamp(o, "real_sec", "real_nsec", &out->real) ||
	    !stamp(o, "clock_sec", "clock_nsec", &out->clock))
		return GPSD_BAD;
	if (json_integer(o, "precision", &precision) && precision >= -30 &&
	    precision < 0)
		out->precision = (int8_t)precision;
	return pulse ? GPSD_PULSE : GPSD_SERIAL;
}

enum gpsd_report
gpsd_parse(const char *text, size_t len, struct gpsd_message *out)
{
	struct json_object o;

	*out = (struct gpsd_message){.precision = 0};
	if (json_parse(&o, text, len) != 0)
		return GPSD_BAD;
	if (json_is(&o, "class", "VERSION"))
		return take_version(&o, out);
	if (json_is(&o, "class", "TPV"))
		return take_fix(&o, out);
	if (json_is(&o, "class", "TOFF"))
		return take_pair(&o, out, false);
	if (json_is(&o, "class", "PPS"))
		return take_pair(&o, out, true);
	if (!json_is(&o, "class", "ERROR"))
		return GPSD_OTHER;
	take_text(&o, "message", out);
	return GPSD_ERROR;
}

/* --- which of both ------------------------------------------------------------ */

void
gpsd_second(struct gpsd_choice *c, bool paired)
{
	c->without = paired ? 0 : c->without + 1;
	c->with = paired ? c->with + 1 : 0;
	if (c->without >= SILENCE_MAX)
		c->serial = true;
	else if (c->with >= PULSES_WANTED)
		c->serial = false;
}

bool
gpsd_wants_serial(const struct gpsd_choice *c)
{
	return c->mode == GPSD_MODE_SERIAL ||
	    (c->mode == GPSD_MODE_AUTO && c->serial);
}

bool
gpsd_wants_pulse(const struct gpsd_choice *c)
{
	return c->mode != GPSD_MODE_SERIAL && !gpsd_wants_serial(c);
}
