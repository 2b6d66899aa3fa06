/* option.h - command line options as tables: parsed, explained.
 *
 *   keg [GLOBAL OPTION...] COMMAND [OPTION...] ARGUMENT...
 *
 * `--name VALUE`, `--name=VALUE`, unambiguous prefixes, `-n VALUE`, `-nVALUE`, clusters of flags, and
 * one-dash long names (`-no-subreaper`, which containerd writes). Parsing ends at the first word that is
 * no option, so that `exec CONTAINER ls -l` needs no `--`.
 *
 * Ownership : values are borrowed from argv.
 * Errors    : ERR_INVALID, PHASE_ARGUMENTS.
 * Source    : crun(1); getopt_long(3) for the spelling. */
#ifndef KEG_RUNTIME_CLI_OPTION_H
#define KEG_RUNTIME_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum option_kind {
	OPTION_FLAG,	 /* bool */
	OPTION_TEXT,	 /* const char * */
	OPTION_NUMBER,	 /* int, 0 or more */
	OPTION_LIST,	 /* struct option_list: may be given many times */
	OPTION_BOOLEAN,	 /* bool: --tty, --tty=false */
	OPTION_ACCEPTED, /* read with its value, without effect; `help` says why */
};

struct option_list {
	const char **items; /* malloc'ed, freed by option_done; the texts are argv's */
	size_t count;
};

struct option_row {
	const char *name;
	char letter;	      /* 0: none */
	const char *argument; /* what the value is called; NULL: takes none */
	enum option_kind kind;
	size_t offset; /* of the value in the command's struct */
	const char *help;
};

struct option_table {
	const struct option_row *rows;
	size_t count;
};

/* Fills `values`. *index is where in argv to begin and, after, the first word that is no option.
 * --help and -? set *out_help. */
int option_parse(const struct option_table *table, int argc, char *const *argv, int *index,
		 void *values, bool *out_help, struct err *e);
/* The sockets that a service manager passed, by LISTEN_FDS of the environment, sd_listen_fds(3): they are
 * among the descriptors to preserve. */
int option_listen_fds(int *preserve_fds, int *out_count, struct err *e);
/* Frees what option_parse made in `values`. */
void option_done(const struct option_table *table, void *values);
/* Two columns, crun's layout. */
void option_print(const struct option_table *table);

#endif
