/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - the members of one JSON object (RFC 8259), as gpsd sends them.
 *
 * Pure.  Nothing is copied: what is found points into the text.  Members of
 * nested values are not looked at, but must be well-formed.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MEMBERS 64U /* more are read, and forgotten */
#define JSON_DEPTH   16U

enum json_type { JSON_STRING, JSON_NUMBER, JSON_WORD, JSON_NESTED };

struct json_slice {
	const char *p;
	size_t len;
};

struct json_member {
	struct json_slice name, value; /* of a string what is between quotes */
	enum json_type type;
};

struct json_object {
	struct json_member m[JSON_MEMBERS];
	size_t n;
};

/* TEXT of LEN octets is one object and nothing else: 0, or -NTP_EFORMAT. */
int json_parse(struct json_object *o, const char *text, size_t len);

/* The member NAME, or NULL. */
const struct json_member *json_find(
    const struct json_object *o, const char *name);
/* Is the member NAME the string TEXT?  Escapes are taken as they stand. */
bool json_is(const struct json_object *o, const char *name, const char *text);
/* The whole number NAME, fraction cut off; false: it is none. */
bool json_integer(const struct json_object *o, const char *name, int64_t *out);

#endif /* JSON_H */
