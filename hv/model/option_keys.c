/*
 * model/option_keys.c: the keys of the options sector, and their values. One table row per key: a
 * new option is a field in struct options, a row and its function.
 */
#include "model/option_keys.h"
#include "layout.h"

static bool equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* The position of `value` in `names`, a list that ends with NULL; or -1. */
static int find_name(const char *const *names, const char *value)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (equal(names[i], value))
            return i;
    }
    return -1;
}

/* The value of a hex digit of either case, or 16, which no base accepts. */
static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A' + 10);
    return 16;
}

/* Reads a decimal or 0x hex number of at most `max` (15 or more) that ends at a `stop` character,
 * and moves `text` to that character. */
static bool read_number(const char **text, char stop, uint64_t max, uint64_t *number)
{
    const char *at = *text;
    unsigned base = 10;

    if (at[0] == '0' && at[1] == 'x') {
        base = 16;
        at += 2;
    }
    uint64_t value = 0;
    if (*at == stop)
        return false; /* no digit at all */
    for (; *at != stop; at++) {
        unsigned digit = digit_of(*at);
        if (digit >= base || value > (max - digit) / base)
            return false;
        value = value * base + digit;
    }
    *text = at;
    *number = value;
    return true;
}

static bool set_guest(struct options *options, const char *value)
{
    uint64_t drive = GUEST_ACTIVE_PARTITION;

    if (!equal(value, "active") && !read_number(&value, '\0', 0xFF, &drive))
        return false;
    options->guest = (uint16_t)drive;
    return true;
}

static bool set_log(struct options *options, const char *value)
{
    static const char *const names[] = {"none", "e9", "com2", "e9,com2", "com2,e9", NULL};
    int found = find_name(names, value);

    if (found < 0)
        return false;
    options->log_e9 = found == 1 || found >= 3; /* e9 is bit 0 of the position, com2 bit 1 */
    options->log_com2 = found >= 2;
    return true;
}

static bool set_cpus(struct options *options, const char *value)
{
    uint64_t number = 0;

    read_number(&value, '\0', UINT8_MAX, &number);
    options->cpus = (uint32_t)number;
    return number >= 1 && number <= CPUS_MAX;
}

static bool set_trace(struct options *options, const char *value)
{
    options->trace_exits = equal(value, "exits");
    return options->trace_exits || equal(value, "none");
}

static bool set_status(struct options *options, const char *value)
{
    options->status_line = equal(value, "on");
    return options->status_line || equal(value, "off");
}

static bool set_poke(struct options *options, const char *value)
{
    uint64_t field = 0, number = 0;

    if (options->poke_count == OPTION_POKES || !read_number(&value, ':', UINT32_MAX, &field))
        return false;
    value++; /* the colon */
    if (!read_number(&value, '\0', UINT64_MAX, &number))
        return false;
    options->poke[options->poke_count++] =
        (struct option_poke){.field = (uint32_t)field, .value = number};
    return true;
}

/* Keys whose values are names: the position in the list is the enum's value. */
static const char *const level_names[] = {"error", "warn", "info", "debug", NULL};
static const char *const reset_names[] = {"guest", "stop", "machine", NULL};
static const char *const apic_names[] = {"off",    "mmio",   "tpr-ro", "tpr", "apicv",
                                         "x2apic", "posted", "auto",   NULL};
static const char *const bug_names[] = {"none",     "stale-tpr",   "no-threshold",
                                        "raw-page", "sticky-init", NULL};
static const char *const init_names[] = {"auto", "ack", "storm", NULL};

#define CHOICE(key) NULL, key##_names, offsetof(struct options, key)

const struct option_key option_keys[] = {
    {"guest", "\"active\" or a drive from 0 to 0xff", set_guest, NULL, 0},
    {"log", "\"none\", \"e9\", \"com2\" or \"e9,com2\"", set_log, NULL, 0},
    {"level", "\"error\", \"warn\", \"info\" or \"debug\"", CHOICE(level)},
    {"trace", "\"exits\" or \"none\"", set_trace, NULL, 0},
    {"status", "\"on\" or \"off\"", set_status, NULL, 0},
    {"reset", "\"guest\", \"stop\" or \"machine\"", CHOICE(reset)},
    {"apic", "off mmio tpr-ro tpr apicv x2apic posted or auto", CHOICE(apic)},
    {"bug", "none stale-tpr no-threshold raw-page or sticky-init", CHOICE(bug)},
    {"cpus", "a number from 1 to 8", set_cpus, NULL, 0},
    {"init", "\"auto\", \"ack\" or \"storm\"", CHOICE(init)},
    {"poke", "FIELD:VALUE, two numbers, at most 4 times", set_poke, NULL, 0},
};
const size_t option_key_count = sizeof option_keys / sizeof option_keys[0];

bool option_set(const struct option_key *key, struct options *options, const char *value)
{
    int found;

    if (key->set != NULL)
        return key->set(options, value);
    found = find_name(key->choices, value);
    if (found >= 0)
        *(uint32_t *)((char *)options + key->member) = (uint32_t)found;
    return found >= 0;
}

void options_set_defaults(struct options *options)
{
    *options = (struct options){
        .guest = GUEST_ACTIVE_PARTITION,
        .log_e9 = true,
        .log_com2 = true,
        .level = LOG_INFO,
        .status_line = true,
        .cpus = CPUS_MAX,
        .reset = RESET_GUEST,
        .apic = APIC_AUTO,
    };
}
