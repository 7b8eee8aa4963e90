/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_gpsd.c - any octets as what gpsd reports.
 *
 * What must hold for every input: the members of an object lie within it, and
 * a report that tells a time tells one that there is.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../ntpd/refclock/gpsd_parse.h"
#include "../../ntpd/refclock/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_within(const struct json_slice *s, const char *text, size_t size)
{
	return s->p >= text && s->p <= text + size &&
	    s->len <= size - (size_t)(s->p - text);
}

static bool
is_time(const struct timespec *t)
{
	return t->tv_nsec >= 0 && t->tv_nsec < 1000000000;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct gpsd_message m;
	struct json_object o;
	enum gpsd_report r;
	bool whole = json_parse(&o, text, size) == 0;

	must(o.n <= JSON_MEMBERS);
	for (size_t i = 0; i < o.n; i++) {
		must(is_within(&o.m[i].name, text, size));
		must(is_within(&o.m[i].value, text, size));
	}
	r = gpsd_parse(text, size, &m);
	must(whole || r == GPSD_BAD);
	must(is_time(&m.real) && is_time(&m.clock));
	must(m.precision <= 0 && m.precision >= -30);
	return 0;
}
