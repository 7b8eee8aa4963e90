/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_preset.c - options from .ntprc and from the environment, and back.
 *
 * The reference reads .ntprc in whatever directory it is started.  An option
 * can write files, so we do that only when nobody else could have left it.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ntpq.h"
#include "ntpq_preset.h"

#define PRESET_FILE	".ntprc"
#define PRESET_FILE_MAX 65536U /* octets */
#define PRESET_NAME_MAX 64U    /* octets of a name with NUL */
#define PROGRAM		"ntpq"

void
presets_begin(struct presets *p, const struct option *table, FILE *err)
{
	memset(p, 0, sizeof(*p));
	p->table = table;
	p->err = err;
	p->word[p->n++] = strdup(PROGRAM);
}

void
presets_end(struct presets *p)
{
	while (p->n > 0)
		free(p->word[--p->n]);
}

static void
add_word(struct presets *p, char *word)
{
	if (word != NULL && p->n < PRESETS_MAX) {
		p->word[p->n++] = word;
		return;
	}
	fprintf(p->err, "ntpq: option left out: %s\n",
	    word == NULL ? "out of memory" : "too many");
	free(word);
}

void
presets_add(struct presets *p, const char *name, const char *value)
{
	char *word = NULL;

	if (asprintf(&word, "--%s%s%s", name, value == NULL ? "" : "=",
		value == NULL ? "" : value) < 0)
		word = NULL;
	add_word(p, word);
}

void
presets_drop(struct presets *p, const char *name)
{
	size_t len = strlen(name);
	unsigned i, kept = 1;
	char *word;

	for (i = 1; i < p->n; i++) {
		word = p->word[i];
		if (strncmp(word + 2, name, len) == 0 &&
		    (word[2 + len] == '\0' || word[2 + len] == '='))
			free(word);
		else
			p->word[kept++] = word;
	}
	p->n = kept;
	p->word[kept] = NULL;
}

/* --- what a line or a variable says --------------------------------------- */

/* Case and the kind of stroke do not count. */
static bool
same_name(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (tolower((unsigned char)(*a == '_' ? '-' : *a)) !=
		    tolower((unsigned char)(*b == '_' ? '-' : *b)))
			return false;
	return *a == *b;
}

static const struct option *
find_option(const struct presets *p, const char *name)
{
	const struct option *o;

	for (o = p->table; o->name != NULL; o++)
		if (same_name(o->name, name))
			return o;
	return NULL;
}

static bool
means_no(const char *value)
{
	static const char *const words[] = {"no", "off", "false", "0"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

/* Why not, or NULL. */
static const char *
take_preset(struct presets *p, const struct option *o, const char *value)
{
	if (o->has_arg == no_argument) {
		if (!means_no(value))
			presets_add(p, o->name, NULL);
		return NULL;
	}
	if (*value == '\0')
		return "needs a value";
	presets_add(p, o->name, value);
	return NULL;
}

/* --- files ---------------------------------------------------------------- */

static char *
trim(char *s)
{
	size_t len;

	s += strspn(s, " \t\r");
	len = strlen(s);
	while (len > 0 && isspace((unsigned char)s[len - 1]))
		s[--len] = '\0';
	return s;
}

static char *
unquote(char *s)
{
	size_t len = strlen(s);

	if (len < 2 || (s[0] != '"' && s[0] != '\'') || s[len - 1] != s[0])
		return s;
	s[len - 1] = '\0';
	return s + 1;
}

/* Splits LINE into a name, which stays there, and its value. */
static char *
split_value(char *line)
{
	char *value = line + strcspn(line, " \t=:");

	if (*value == '\0')
		return value;
	if (*value == ' ' || *value == '\t') {
		*value++ = '\0';
		value += strspn(value, " \t");
		if (*value != '=' && *value != ':')
			return unquote(value);
	}
	*value++ = '\0';
	return unquote(trim(value));
}

/* "[NTPQ]" or "<?program ntpq>": the program, or NULL. */
static char *
section_of(char *line)
{
	static const char word[] = "<?program";
	size_t len = strlen(line);
	char end = line[0] == '[' ? ']' : '>';

	if (len == 0 || line[len - 1] != end)
		return NULL;
	if (line[0] == '[')
		line++;
	else if (strncmp(line, word, sizeof(word) - 1) == 0)
		line += sizeof(word) - 1;
	else
		return NULL;
	line[strlen(line) - 1] = '\0';
	return trim(line);
}

static void
take_line(struct presets *p, const char *file, unsigned number, char *line)
{
	char *value = split_value(line);
	const struct option *o = find_option(p, line);
	const char *why = "is no option";

	if (o != NULL)
		why = take_preset(p, o, value);
	if (why != NULL)
		fprintf(
		    p->err, "ntpq: %s:%u: %.40s %s\n", file, number, line, why);
}

void
presets_from_text(struct presets *p, const char *file, char *text)
{
	char *line, *section, *rest = text;
	unsigned number = 0;
	bool ours = true;

	while ((line = strsep(&rest, "\n")) != NULL) {
		number++;
		line = trim(line);
		section = section_of(line);
		if (section != NULL)
			ours = strcasecmp(section, PROGRAM) == 0;
		else if (ours && *line != '\0' && *line != '#')
			take_line(p, file, number, line);
	}
}

/* Root and ourselves apart, can nobody have written it? */
static bool
is_trusted(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return false;
	if ((st->st_mode & S_IWGRP) != 0 && st->st_gid != getegid())
		return false;
	return (st->st_mode & S_IWOTH) == 0;
}

/* The text of FD, to be freed; NULL: errno. */
static char *
read_text(int fd)
{
	char *text = calloc(1, PRESET_FILE_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (text == NULL)
		return NULL;
	while (n > 0 && len < PRESET_FILE_MAX) {
		n = read(fd, text + len, PRESET_FILE_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n == 0)
		return text;
	if (n > 0)
		errno = EFBIG;
	free(text);
	return NULL;
}

/* Why the file FD is none to take options from by itself, or NULL. */
static const char *
distrust(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return net_strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is no regular file";
	if (!is_trusted(&st))
		return "others than you and root can write it";
	return NULL;
}

/* Nobody named the file: what others put there in its place, a FIFO say, must
 * not hold us up. */
static int
open_at_once(const char *path)
{
	return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool
presets_from_file(struct presets *p, const char *path, bool careful)
{
	int fd = careful ? open_at_once(path)
			 : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	const char *why = NULL;
	char *text = NULL;
	bool good;

	if (fd < 0 && careful && (errno == ENOENT || errno == ENOTDIR))
		return true;
	if (fd >= 0 && careful)
		why = distrust(fd);
	if (fd >= 0 && why == NULL)
		text = read_text(fd);
	good = text != NULL;
	if (good)
		presets_from_text(p, path, text);
	else
		fprintf(p->err, "ntpq: %s not read: %s\n", path,
		    why != NULL ? why : net_strerror(errno));
	free(text);
	if (fd >= 0)
		close(fd);
	return good;
}

void
presets_from_home(struct presets *p)
{
	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *home = getenv("HOME");
	struct stat there, here;
	char *path = NULL;
	bool same = false;

	if (home != NULL && *home == '/' &&
	    asprintf(&path, "%s/" PRESET_FILE, home) >= 0) {
		presets_from_file(p, path, true);
		same = stat(path, &there) == 0 &&
		    stat(PRESET_FILE, &here) == 0 &&
		    there.st_dev == here.st_dev && there.st_ino == here.st_ino;
		free(path);
	}
	if (!same)
		presets_from_file(p, PRESET_FILE, true);
}

/* --- the environment ------------------------------------------------------ */

/* $NTPQ: words as on a command line, quotes keep blanks. */
static void
take_words(struct presets *p, char *text)
{
	const char *ends;
	size_t len;

	for (text += strspn(text, " \t"); *text != '\0';
	     text += strspn(text, " \t")) {
		ends = " \t";
		if (*text == '"' || *text == '\'')
			ends = *text++ == '"' ? "\"" : "'";
		len = strcspn(text, ends);
		add_word(p, strndup(text, len));
		text += len;
		if (*text != '\0')
			text++;
	}
}

static const char *
variable_of(const struct option *o)
{
	char name[PRESET_NAME_MAX];
	size_t i;

	snprintf(name, sizeof(name), PRESET_PREFIX "%s", o->name);
	for (i = 0; name[i] != '\0'; i++)
		name[i] = name[i] == '-'
		    ? '_'
		    : (char)toupper((unsigned char)name[i]);
	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	return getenv(name);
}

void
presets_from_environment(struct presets *p)
{
	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *words = getenv("NTPQ"), *value;
	const struct option *o;
	char *copy;

	if (words != NULL && (copy = strdup(words)) != NULL) {
		take_words(p, copy);
		free(copy);
	}
	for (o = p->table; o->name != NULL; o++) {
		value = variable_of(o);
		if (value != NULL &&
		    (*value != '\0' || o->has_arg == no_argument))
			take_preset(p, o, value);
	}
}

/* --- saving --------------------------------------------------------------- */

/* Whether PATH has a section that saving would lose. */
static bool
has_foreign_section(const char *path)
{
	int fd = open_at_once(path);
	char *text = NULL, *line, *rest, *section;
	bool foreign = false;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		text = read_text(fd);
	if (fd >= 0)
		close(fd);
	rest = text;
	while (text != NULL && (line = strsep(&rest, "\n")) != NULL) {
		section = section_of(trim(line));
		if (section != NULL && strcasecmp(section, PROGRAM) != 0)
			foreign = true;
	}
	free(text);
	return foreign;
}

static void
write_lines(FILE *f, const struct presets *p)
{
	const char *name, *value;
	unsigned i;

	fputs("# Options of ntpq, written by ntpq --save-opts\n", f);
	for (i = 1; i < p->n; i++) {
		name = p->word[i] + 2;
		value = strchr(name, '=');
		if (value == NULL)
			fprintf(f, "%s\n", name);
		else
			fprintf(f, "%.*s %s\n", (int)(value - name), name,
			    value + 1);
	}
}

bool
presets_save(const struct presets *p, const char *path)
{
	FILE *f;
	bool good;

	if (has_foreign_section(path)) {
		fprintf(p->err,
		    "ntpq: %s has sections for other programs: save to "
		    "another file and copy the lines\n",
		    path);
		return false;
	}
	f = fopen(path, "we");
	if (f != NULL)
		write_lines(f, p);
	good = f != NULL && ferror(f) == 0;
	if (f != NULL && fclose(f) != 0)
		good = false;
	if (!good)
		fprintf(p->err, "ntpq: %s: %s\n", path, net_strerror(errno));
	return good;
}
