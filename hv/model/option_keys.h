/*
 * model/option_keys.h: what model/options.c has to know about each key.
 */
#pragma once

#include "model/options.h"

struct option_key {
    const char *name, *needs;
    bool (*set)(struct options *options, const char *value); /* false: not a value of this key */
    const char *const *choices; /* where `set` is NULL: names, and after them NULL */
    size_t member;              /* offset of the enum that gets the position of the name */
};

extern const struct option_key option_keys[];
extern const size_t option_key_count;

/* False: not a value of this key. */
bool option_set(const struct option_key *key, struct options *options, const char *value);

void options_set_defaults(struct options *options);
