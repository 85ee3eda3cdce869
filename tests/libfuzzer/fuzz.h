/*
 * fuzz.h: what the drivers in this folder share. A driver is one function that libFuzzer calls with
 * bytes of its choice. It makes an input of them, calls the pure code, and claims what must hold
 * whatever the input was. A claim that is broken ends the program, as a sanitizer's finding does,
 * and libFuzzer keeps the bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM(holds) ((holds) ? (void)0 : claim_broken(__FILE__, __LINE__, #holds))

static inline _Noreturn void claim_broken(const char *file, int line, const char *claim)
{
    fprintf(stderr, "%s:%d: claim broken: %s\n", file, line, claim);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes that are left. After the last one there are zeros. */
struct input {
    const uint8_t *at;
    size_t left;
};

static inline uint64_t take(struct input *input, size_t bytes)
{
    uint64_t value = 0;
    size_t count = bytes < input->left ? bytes : input->left;

    memcpy(&value, input->at, count);
    input->at += count;
    input->left -= count;
    return value;
}

/* A number as programs have them: small, all ones, one bit, near a bit, or anything. */
static inline uint64_t take_number(struct input *input)
{
    uint64_t kind = take(input, 1);

    switch (kind >> 6) {
    case 0:
        return kind & 0x3F;
    case 1:
        return 1ull << (kind & 0x3F);
    case 2:
        return (1ull << (kind & 0x3F)) - 1;
    default:
        return take(input, 8);
    }
}
