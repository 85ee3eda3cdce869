/*
 * option_keys.h: what options.c has to know about each key.
 */
#ifndef HV16_OPTION_KEYS_H
#define HV16_OPTION_KEYS_H

#include "options.h"

struct option_key {
    const char *name;
    bool (*set)(struct options *options, const char *value); /* false: not a value of this key */
    const char *needs;
};

extern const struct option_key option_keys[];
extern const size_t option_key_count;

void options_set_defaults(struct options *options);

#endif
