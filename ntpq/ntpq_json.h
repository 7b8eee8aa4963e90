/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_json.h - a writer of JSON (RFC 8259), one document on one line.
 *
 * Whatever is given as text may come from a hostile server: octets that are
 * not printable ASCII are written as \u00XX, so that the result is valid and
 * harmless on a terminal.  KEY is NULL inside an array and for the outermost
 * value.  Depth is bounded by JSON_DEPTH_MAX.
 */
#ifndef NTPQ_JSON_H
#define NTPQ_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ntp_mode6.h"
#include "ntp_time.h"

#define JSON_DEPTH_MAX 8U

struct json {
	FILE *out;
	unsigned depth;
	bool some[JSON_DEPTH_MAX]; /* a member was written at that depth */
};

struct json json_init(FILE *out);

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

void json_text(struct json *j, const char *key, const char *text);
void json_textn(struct json *j, const char *key, const char *text, size_t len);
void json_int(struct json *j, const char *key, int64_t v);
/* null when V is not finite. */
void json_real(struct json *j, const char *key, double v);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
/* "2025-01-06T08:14:10.359000000Z"; null when zero.  PIVOT in Unix s unfolds
 * the era. */
void json_time(struct json *j, const char *key, ntp_ts ts, int64_t pivot);

/*
 * A variable of a reply under its own name: a quoted value as text without
 * the quotes, a number (also hexadecimal) as a number, filt* as an array of
 * numbers, a timestamp as "2025-01-06T08:14:10.359000000Z" or null when never
 * set; PIVOT in Unix s unfolds its era.
 */
void json_variable(struct json *j, const struct var_item *it, int64_t pivot);

#endif /* NTPQ_JSON_H */
