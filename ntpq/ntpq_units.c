/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_units.c - values with the unit that suits their size.
 */
#include <math.h>
#include <string.h>

#include "ntp_fmt.h"
#include "ntpq.h"

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define STEP	      1000.0 /* from one unit to the next */
#define DECIMALS_MAX  3	     /* below them stands the next smaller unit */
#define VARIABLE_ROOM 32     /* columns: never too narrow */

enum { NS, US, MS, S };
static const char *const times[] = {"ns", "us", "ms", "s"};
enum { PPT, PPB, PPM, PPK };
static const char *const ratios[] = {"ppt", "ppb", "ppm", "ppk"};

static const struct {
	const char *name;
	const char *const *units;
	unsigned unit; /* of what servers send */
	bool has_sign; /* a plus belongs before it */
} variables[] = {
    {"clk_jitter", times, MS, false},
    {"clk_wander", ratios, PPM, false},
    {"delay", times, MS, false},
    {"dispersion", times, MS, false},
    {"frequency", ratios, PPM, true},
    {"jitter", times, MS, false},
    {"offset", times, MS, true},
    {"rootdelay", times, MS, false},
    {"rootdisp", times, MS, false},
    {"rootdist", times, MS, false},
    {"sys_jitter", times, MS, false},
    {"tai", times, S, false},
};

/* "-118.4": no zeros at the end that say nothing. */
static void
trim_zeros(char *s)
{
	size_t len = strlen(s);

	if (strchr(s, '.') == NULL)
		return;
	while (s[len - 1] == '0')
		len--;
	if (s[len - 1] == '.')
		len--;
	s[len] = '\0';
}

/* V in units[UNIT], at most WIDTH columns if decimals can be given up. */
static const char *
format(char out[UNITS_MAX], double v, const char *const *units, unsigned unit,
    bool plus, size_t width)
{
	char number[UNITS_MAX - 4];
	unsigned decimals = DECIMALS_MAX;

	for (; fabs(v) >= STEP && unit < S; unit++)
		v /= STEP;
	for (; v != 0 && fabs(v) < 1 && unit > NS; unit--)
		v *= STEP;
	do {
		fmt_fixed(number, sizeof(number), v, decimals);
		trim_zeros(number);
		snprintf(out, UNITS_MAX, "%s%s%s",
		    plus && number[0] != '-' ? "+" : "", number, units[unit]);
	} while (strlen(out) > width && decimals-- > 0);
	return out;
}

const char *
units_ms(char out[UNITS_MAX], double ms, bool plus, size_t width)
{
	return format(out, ms, times, MS, plus, width);
}

bool
units_variable(const struct var_item *it, bool plus, char *out, size_t cap)
{
	char text[UNITS_MAX];
	double v;
	size_t i;

	for (i = 0; i < COUNT(variables); i++)
		if (var_is(it, variables[i].name))
			break;
	if (i == COUNT(variables) ||
	    fmt_parse_double(it->value, it->valuelen, &v) != 0)
		return false;
	snprintf(out, cap, "%s",
	    format(text, v, variables[i].units, variables[i].unit,
		plus && variables[i].has_sign, VARIABLE_ROOM));
	return true;
}
