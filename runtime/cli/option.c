/* option.c - parsing of option tables. */
#include "runtime/cli/option.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static int refuse(struct err *e, const char *text, const char *option)
{
	err_set(e, ERR_INVALID, "option `%s`: %s", option, text);
	return err_phase(e, PHASE_ARGUMENTS);
}

static int option_store(const struct option_row *row, const char *given, const char *value,
			void *values, struct err *e)
{
	char *at = (char *)values + row->offset;
	uint64_t number;

	switch (row->kind) {
	case OPTION_FLAG: *(bool *)at = true; break;
	case OPTION_TEXT: *(const char **)at = value; break;
	case OPTION_NUMBER:
		if (str_to_uint64(value, &number) < 0 || number > INT_MAX)
			return refuse(e, "expected a number, 0 or more", given);
		*(int *)at = (int)number;
		break;
	case OPTION_LIST: {
		struct option_list *list = (struct option_list *)at;
		const char **items = realloc(list->items, (list->count + 1) * sizeof *items);
		if (!items)
			return err_errno(e, ENOMEM, "read the options");
		items[list->count++] = value;
		list->items = items;
		break;
	}
	case OPTION_BOOLEAN:
		*(bool *)at = !value || !(str_equal(value, "false") || str_equal(value, "no"));
		break;
	case OPTION_ACCEPTED: break;
	}
	return 0;
}

static const struct option_row *find_long(const struct option_table *table, const char *name,
					  size_t length, bool *out_ambiguous)
{
	const struct option_row *found = NULL;

	*out_ambiguous = false;
	for (size_t i = 0; i < table->count; i++) {
		const char *candidate = table->rows[i].name;
		if (!candidate || strncmp(candidate, name, length) != 0)
			continue;
		if (!candidate[length])
			return &table->rows[i];
		*out_ambiguous = found != NULL;
		found = &table->rows[i];
	}
	return found;
}

static const struct option_row *find_letter(const struct option_table *table, char letter)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].letter == letter)
			return &table->rows[i];
	return NULL;
}

static int parse_long(const struct option_table *table, int argc, char *const *argv, int *index,
		      const char *word, void *values, bool *out_help, struct err *e)
{
	const char *given = argv[*index];
	const char *equals = strchr(word, '=');
	const char *value = equals ? equals + 1 : NULL;
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	bool ambiguous;

	(*index)++;
	const struct option_row *row = find_long(table, word, length, &ambiguous);
	if (!row && (strcmp(word, "help") == 0 || strcmp(word, "usage") == 0)) {
		*out_help = true;
		return 0;
	}
	if (!row || ambiguous)
		return refuse(e, row ? "ambiguous" : "unrecognized; see --help", given);
	if (!row->argument && value)
		return refuse(e, "takes no value", given);
	if (row->argument && !value && row->kind != OPTION_BOOLEAN) {
		if (*index >= argc)
			return refuse(e, "requires a value", given);
		value = argv[(*index)++];
	}
	return option_store(row, given, value, values, e);
}

static int parse_letters(const struct option_table *table, int argc, char *const *argv, int *index,
			 void *values, bool *out_help, struct err *e)
{
	const char *given = argv[(*index)++];

	for (const char *p = given + 1; *p; p++) {
		const struct option_row *row = find_letter(table, *p);
		if (!row && *p == '?') {
			*out_help = true;
			continue;
		}
		if (!row)
			return refuse(e, "unrecognized; see --help", given);
		if (!row->argument || row->kind == OPTION_BOOLEAN) {
			if (option_store(row, given, NULL, values, e) < 0)
				return -1;
			continue;
		}
		const char *value = p[1] ? p + 1 : *index < argc ? argv[(*index)++] : NULL;
		if (!value)
			return refuse(e, "requires a value", given);
		return option_store(row, given, value, values, e);
	}
	return 0;
}

int option_parse(const struct option_table *table, int argc, char *const *argv, int *index,
		 void *values, bool *out_help, struct err *e)
{
	bool ambiguous;

	while (*index < argc) {
		const char *word = argv[*index];
		int result;
		if (word[0] != '-' || !word[1])
			return 0;
		if (strcmp(word, "--") == 0) {
			(*index)++;
			return 0;
		}
		if (word[1] == '-')
			result =
				parse_long(table, argc, argv, index, word + 2, values, out_help, e);
		else if (word[2] && !find_letter(table, word[1]) &&
			 find_long(table, word + 1, strcspn(word + 1, "="), &ambiguous))
			result =
				parse_long(table, argc, argv, index, word + 1, values, out_help, e);
		else
			result = parse_letters(table, argc, argv, index, values, out_help, e);
		if (result < 0)
			return -1;
	}
	return 0;
}

int option_listen_fds(int *preserve_fds, int *out_count, struct err *e)
{
	const char *text = getenv("LISTEN_FDS");
	uint64_t count = 0;

	if (!str_empty(text) &&
	    (str_to_uint64(text, &count) < 0 || count > (uint64_t)(INT_MAX - *preserve_fds))) {
		err_set(e, ERR_INVALID, "LISTEN_FDS=%s: expected a number of descriptors", text);
		return err_phase(e, PHASE_ARGUMENTS);
	}
	*out_count = (int)count;
	*preserve_fds += *out_count;
	return 0;
}

void option_done(const struct option_table *table, void *values)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].kind == OPTION_LIST)
			free(((struct option_list *)((char *)values + table->rows[i].offset))
				     ->items);
}

void option_print(const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		char left[64], letter[8] = "    ";

		if (row->letter)
			snprintf(letter, sizeof letter, "-%c, ", row->letter);
		snprintf(left, sizeof left, "  %s--%s%s%s%s", letter, row->name,
			 row->argument ? (row->kind == OPTION_BOOLEAN ? "[=" : "=") : "",
			 row->argument ? row->argument : "",
			 row->argument && row->kind == OPTION_BOOLEAN ? "]" : "");
		printf("%-30s %s\n", left, row->help);
	}
	printf("%-30s %s\n", "  -?, --help", "give this help list");
}
