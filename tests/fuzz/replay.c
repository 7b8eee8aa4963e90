/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - feed a fuzz target its corpus, without a fuzzer.
 *
 * A crash that was found once must never come back, so "make check" replays
 * the corpus with any compiler.  Each file is given whole and cut short at
 * every octet: truncation is what parsers get wrong most often, and costs
 * nothing to try.  The copy has exactly the size of the input, so that
 * AddressSanitizer sees the first octet read too far.
 *
 * usage: fuzz_NAME [DIRECTORY]; speaks TAP, one test a file.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 65536U /* octets; longer files are refused */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
feed(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if ((copy = malloc(size > 0 ? size : 1)) == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

/* Octets read from PATH into BUF, or -1. */
static long
slurp(const char *path, uint8_t buf[INPUT_MAX])
{
	FILE *f;
	size_t n;
	int bad;

	if ((f = fopen(path, "rb")) == NULL)
		return -1;
	n = fread(buf, 1, INPUT_MAX, f);
	bad = ferror(f) || fgetc(f) != EOF;
	fclose(f);
	return bad ? -1 : (long)n;
}

static int
replay_file(unsigned number, const char *dir, const char *name)
{
	static uint8_t buf[INPUT_MAX];
	char path[4096];
	long n;
	size_t cut;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((n = slurp(path, buf)) < 0) {
		printf("not ok %u - %s cannot be read, or is longer than %u "
		       "octets\n",
		    number, name, INPUT_MAX);
		return 1;
	}
	for (cut = 0; cut <= (size_t)n; cut++)
		feed(buf, cut);
	printf("ok %u - %s\n", number, name);
	return 0;
}

static int
is_input(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int
replay_dir(const char *dir)
{
	struct dirent **list = NULL;
	int i, n, failed = 0;

	if ((n = scandir(dir, &list, is_input, alphasort)) <= 0) {
		printf("1..1\nnot ok 1 - corpus %s: %s\n", dir,
		    n < 0 ? strerror(errno) : "empty");
		free(list);
		return 1;
	}
	printf("1..%d\n", n);
	for (i = 0; i < n; i++) {
		failed |= replay_file((unsigned)i + 1, dir, list[i]->d_name);
		fflush(stdout);
		free(list[i]);
	}
	free(list);
	return failed;
}

/* fuzz_packet replays $srcdir/fuzz/corpus/packet. */
static int
default_corpus(const char *program, char *out, size_t len)
{
	const char *src = getenv("srcdir");
	const char *target = strstr(program, "fuzz_");
	const char *next;
	int n;

	while (target != NULL && (next = strstr(target + 5, "fuzz_")) != NULL)
		target = next;
	if (target == NULL)
		return -1;
	n = snprintf(out, len, "%s/fuzz/corpus/%s", src != NULL ? src : "tests",
	    target + 5);
	return n > 0 && (size_t)n < len ? 0 : -1;
}

int
main(int argc, char **argv)
{
	char dir[4096];

	if (argc > 1)
		return replay_dir(argv[1]);
	if (default_corpus(argv[0], dir, sizeof(dir)) != 0) {
		fprintf(stderr, "usage: fuzz_NAME [DIRECTORY]\n");
		return 2;
	}
	return replay_dir(dir);
}
