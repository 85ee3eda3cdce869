/*
 * host.h: for a lab's driver, a C program that runs the student's pure functions on the host.
 * Commands come from standard input, a word and numbers in hexadecimal on each line. Values go back
 * after the run's nonce, so nothing that a student's code prints is taken for one.
 */
#pragma once

#include "lab.h"
#include <stdbool.h>
#include <stdint.h>

#define WORDS_MAX 8

/* The next command. False at the end. */
bool host_next(char **command, uint64_t number[WORDS_MAX]);

void host_report(uint64_t value);
