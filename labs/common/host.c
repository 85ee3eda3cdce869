/*
 * host.c: see host.h.
 */
#include "host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool host_next(char **command, uint64_t number[WORDS_MAX])
{
    static char line[256];
    char *word;

    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    *command = strtok(line, " \n");
    for (unsigned i = 0; i < WORDS_MAX && (word = strtok(NULL, " \n")) != NULL; i++)
        number[i] = strtoull(word, NULL, 16);
    return *command != NULL;
}

void host_report(uint64_t value)
{
    printf("\n" NONCE " = %llx\n", (unsigned long long)value);
    fflush(stdout);
}

_Noreturn void lab_not_implemented(int number, const char *file, int line)
{
    printf("\n" NONCE " ! LAB %d: not implemented (%s:%d)\n", number, file, line);
    fflush(stdout);
    exit(3);
}
