/*
 * options.c: the text sector that sets hv16 up.
 *
 * One table row per key. A new option is a field in struct options, a row and its function.
 */
#include "options.h"
#include "console/format.h"
#include "vcpu.h"

#define WORD_MAX 47   /* longest word: every message fits OPTIONS_ERROR_SIZE */
#define END_MARK 0x1A /* Ctrl-Z, with which DOS editors end a text */

struct option_key {
    const char *name;
    bool (*set)(struct options *options, const char *value); /* false: not a value of this key */
    const char *needs;
};

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

static bool set_level(struct options *options, const char *value)
{
    static const char *const names[] = {"error", "warn", "info", "debug", NULL};
    int found = find_name(names, value);

    if (found < 0)
        return false;
    options->level = (enum log_level)found;
    return true;
}

static bool set_apic(struct options *options, const char *value)
{
    static const char *const names[] = {"off",    "mmio",   "tpr-ro", "tpr", "apicv",
                                        "x2apic", "posted", "auto",   NULL};
    int found = find_name(names, value);

    if (found < 0)
        return false;
    options->apic = (enum apic_mode)found;
    return true;
}

static bool set_bug(struct options *options, const char *value)
{
    static const char *const names[] = {"none", "stale-tpr", "no-threshold", "raw-page", NULL};
    int found = find_name(names, value);

    if (found < 0)
        return false;
    options->bug = (enum apic_bug)found;
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

static bool set_reset(struct options *options, const char *value)
{
    static const char *const names[] = {"guest", "stop", "machine", NULL};
    int found = find_name(names, value);

    if (found < 0)
        return false;
    options->reset = (enum reset_policy)found;
    return true;
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

static const struct option_key keys[] = {
    {"guest", set_guest, "\"active\" or a drive from 0 to 0xff"},
    {"log", set_log, "\"none\", \"e9\", \"com2\" or \"e9,com2\""},
    {"level", set_level, "\"error\", \"warn\", \"info\" or \"debug\""},
    {"trace", set_trace, "\"exits\" or \"none\""},
    {"status", set_status, "\"on\" or \"off\""},
    {"reset", set_reset, "\"guest\", \"stop\" or \"machine\""},
    {"apic", set_apic, "off mmio tpr-ro tpr apicv x2apic posted or auto"},
    {"bug", set_bug, "none stale-tpr no-threshold or raw-page"},
    {"cpus", set_cpus, "a number from 1 to 8"},
    {"poke", set_poke, "FIELD:VALUE, two numbers, at most 4 times"},
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

static void set_defaults(struct options *options)
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

/* Lists the known keys out of the table, so that the message cannot grow stale. */
static void describe_unknown(const char *word, char error[OPTIONS_ERROR_SIZE])
{
    size_t used = format_text(error, OPTIONS_ERROR_SIZE, "unknown option \"%s\"; known:", word);

    for (size_t i = 0; i < KEY_COUNT; i++)
        used += format_text(error + used, OPTIONS_ERROR_SIZE - used, " %s", keys[i].name);
}

/* Where the value starts in `word` if it is `name`=VALUE, otherwise NULL. */
static const char *value_of(const char *word, const char *name)
{
    while (*name != '\0' && *word == *name) {
        word++;
        name++;
    }
    return *name == '\0' && *word == '=' ? word + 1 : NULL;
}

static bool has_equals_sign(const char *word)
{
    while (*word != '\0' && *word != '=')
        word++;
    return *word == '=';
}

static bool set_word(struct options *options, const char *word, char error[OPTIONS_ERROR_SIZE])
{
    if (!has_equals_sign(word)) {
        format_text(error, OPTIONS_ERROR_SIZE, "option \"%s\" has no value: write KEY=VALUE", word);
        return false;
    }
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const char *value = value_of(word, keys[i].name);
        if (value == NULL)
            continue;
        if (keys[i].set(options, value))
            return true;
        format_text(error, OPTIONS_ERROR_SIZE, "option \"%s\": needs %s", word, keys[i].needs);
        return false;
    }
    describe_unknown(word, error);
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool at_end(const char *text, size_t size)
{
    return size == 0 || *text == '\0' || *text == END_MARK;
}

/* Copies the word that `text` starts with to `word`; returns its length, which may be larger than
 * what was copied. No value contains a '?', so putting it for bytes that no screen can show turns
 * nothing wrong into something right. */
static size_t copy_word(const char *text, size_t size, char word[WORD_MAX + 1])
{
    size_t length = 0, copied = 0;

    for (; !at_end(text + length, size - length) && !is_space(text[length]); length++) {
        char c = text[length];
        if (copied < WORD_MAX)
            word[copied++] = c > ' ' && c <= '~' ? c : '?';
    }
    word[copied] = '\0';
    return length;
}

bool options_parse(struct options *options, const char *text, size_t size,
                   char error[OPTIONS_ERROR_SIZE])
{
    char word[WORD_MAX + 1];

    set_defaults(options);
    error[0] = '\0';
    while (!at_end(text, size)) {
        size_t length = 1;
        if (!is_space(*text)) {
            length = copy_word(text, size, word);
            bool fits = length <= WORD_MAX;
            if (!fits)
                format_text(error, OPTIONS_ERROR_SIZE,
                            "option \"%s...\" is too long: %d characters at most", word, WORD_MAX);
            if (!fits || !set_word(options, word, error)) {
                set_defaults(options);
                return false;
            }
        }
        text += length;
        size -= length;
    }
    return true;
}
