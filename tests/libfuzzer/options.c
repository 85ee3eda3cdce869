/*
 * options.c: model/options.c, with any sector as its text.
 */
#include "model/options.h"
#include "fuzz.h"

static bool parse(struct options *options, const uint8_t *text, size_t size,
                  char error[OPTIONS_ERROR_SIZE])
{
    char *copy = malloc(size + 1); /* of just this size, for AddressSanitizer */
    bool good;

    memset(options, 0xA5, sizeof *options);
    memset(error, 0xA5, OPTIONS_ERROR_SIZE);
    memcpy(copy + 1, text, size);
    good = options_parse(options, copy + 1, size, error);
    free(copy);
    return good;
}

static bool is_same(const struct options *a, const struct options *b)
{
    bool same = a->guest == b->guest && a->log_e9 == b->log_e9 && a->log_com2 == b->log_com2 &&
                a->level == b->level && a->trace_exits == b->trace_exits &&
                a->status_line == b->status_line && a->cpus == b->cpus && a->reset == b->reset &&
                a->apic == b->apic && a->bug == b->bug && a->init == b->init &&
                a->poke_count == b->poke_count;

    for (uint32_t i = 0; same && i < a->poke_count; i++)
        same = a->poke[i].field == b->poke[i].field && a->poke[i].value == b->poke[i].value;
    return same;
}

static void claim_values(const struct options *o)
{
    CLAIM(o->guest <= GUEST_ACTIVE_PARTITION);
    CLAIM(o->level <= LOG_DEBUG && o->reset <= RESET_MACHINE && o->apic <= APIC_AUTO);
    CLAIM(o->bug <= BUG_STICKY_INIT && o->init <= INIT_STORM);
    CLAIM(o->trace_exits <= 1 && o->status_line <= 1);
    CLAIM(o->cpus >= 1 && o->cpus <= 8);
    CLAIM(o->poke_count <= OPTION_POKES);
}

/* One line that can be shown, and that quotes the word that is wrong. */
static void claim_error(const char *error)
{
    size_t length = strnlen(error, OPTIONS_ERROR_SIZE);

    CLAIM(length > 0 && length < OPTIONS_ERROR_SIZE - 1); /* otherwise its end may be missing */
    for (size_t i = 0; i < length; i++)
        CLAIM(error[i] >= ' ' && error[i] <= '~');
    CLAIM(strchr(error, '"') != NULL && strchr(error, '"') != strrchr(error, '"'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options options, other, defaults;
    char error[OPTIONS_ERROR_SIZE], second[OPTIONS_ERROR_SIZE];
    uint8_t text[600];
    bool good;

    if (size > 512)
        return 0;
    CLAIM(parse(&defaults, text, 0, error) && error[0] == '\0');
    good = parse(&options, data, size, error);
    claim_values(&options);
    if (good) {
        CLAIM(error[0] == '\0');
    } else {
        claim_error(error);
        CLAIM(is_same(&options, &defaults));
    }
    /* The end of the text may be the sector's, a NUL, Ctrl-Z or white space: all the same. */
    for (unsigned i = 0; i < 3; i++) {
        memcpy(text, data, size);
        memset(text + size, "\0\x1A\n"[i], sizeof text - size);
        if (i < 2)
            memcpy(text + size + 1, "guest=0", 7);
        CLAIM(parse(&other, text, size + 16, second) == good);
        CLAIM(is_same(&options, &other) && strcmp(error, second) == 0);
    }
    return 0;
}
