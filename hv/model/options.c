/*
 * model/options.c: the text sector that sets hv16 up. A new option is a field in struct options and
 * a row in the table of keys, and a function if its values are not just names.
 */
#include "model/options.h"
#include "layout.h"
#include "model/format.h"

#define WORD_MAX 47   /* longest word: every message fits OPTIONS_ERROR_SIZE */
#define END_MARK 0x1A /* Ctrl-Z, with which DOS editors end a text */

/* Whether `text`, up to the character `end`, is `name`. */
static bool is_name(const char *text, char end, const char *name)
{
    while (*name != '\0' && *text == *name) {
        text++;
        name++;
    }
    return *name == '\0' && *text == end;
}

/* The position of `value` in `names`, a list that ends with NULL; or -1. */
static int find_name(const char *const *names, const char *value)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (is_name(value, '\0', names[i]))
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

/* Reads a decimal or 0x hex number of at most `max` (15 or more) that ends at a `stop` character.
 * Returns where the text after that character begins, or NULL. */
static const char *read_number(const char *text, char stop, uint64_t max, uint64_t *number)
{
    unsigned base = 10;

    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    if (*text == stop)
        return NULL; /* no digit at all */
    for (*number = 0; *text != stop; text++) {
        unsigned digit = digit_of(*text);
        if (digit >= base || *number > (max - digit) / base)
            return NULL;
        *number = *number * base + digit;
    }
    return text + 1;
}

static bool set_guest(struct options *options, const char *value)
{
    uint64_t drive = GUEST_ACTIVE_PARTITION;

    if (!is_name(value, '\0', "active") && read_number(value, '\0', 0xFF, &drive) == NULL)
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
    uint64_t number;

    if (read_number(value, '\0', UINT8_MAX, &number) == NULL || number < 1 || number > CPUS_MAX)
        return false;
    options->cpus = (uint32_t)number;
    return true;
}

static bool set_poke(struct options *options, const char *value)
{
    uint64_t field, number;
    const char *rest = read_number(value, ':', UINT32_MAX, &field);

    if (options->poke_count == OPTION_POKES || rest == NULL ||
        read_number(rest, '\0', UINT64_MAX, &number) == NULL)
        return false;
    options->poke[options->poke_count++] =
        (struct option_poke){.field = (uint32_t)field, .value = number};
    return true;
}

/* clang-format off */
#define ONE_OF(member, ...) NULL, offsetof(struct options, member), {__VA_ARGS__}
/* clang-format on */

/* A key has a function, which returns false if `value` is not one of the key's; or it has names as
 * values, and `member` is the field in struct options that gets the position of the name. */
static const struct key {
    const char *name, *needs;
    bool (*set)(struct options *options, const char *value);
    size_t member;
    const char *names[9]; /* NULL after the last one */
} keys[] = {
    {"guest", "\"active\" or a drive from 0 to 0xff", set_guest, 0, {NULL}},
    {"log", "\"none\", \"e9\", \"com2\" or \"e9,com2\"", set_log, 0, {NULL}},
    {"level", "\"error\", \"warn\", \"info\" or \"debug\"",
     ONE_OF(level, "error", "warn", "info", "debug")},
    {"trace", "\"exits\" or \"none\"", ONE_OF(trace_exits, "none", "exits")},
    {"status", "\"on\" or \"off\"", ONE_OF(status_line, "off", "on")},
    {"reset", "\"guest\", \"stop\" or \"machine\"", ONE_OF(reset, "guest", "stop", "machine")},
    {"apic", "off mmio tpr-ro tpr apicv x2apic posted or auto",
     ONE_OF(apic, "off", "mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted", "auto")},
    {"bug", "none stale-tpr no-threshold raw-page or sticky-init",
     ONE_OF(bug, "none", "stale-tpr", "no-threshold", "raw-page", "sticky-init")},
    {"cpus", "a number from 1 to 8", set_cpus, 0, {NULL}},
    {"init", "\"auto\", \"ack\" or \"storm\"", ONE_OF(init, "auto", "ack", "storm")},
    {"poke", "FIELD:VALUE, two numbers, at most 4 times", set_poke, 0, {NULL}},
};
#define KEYS (sizeof keys / sizeof keys[0])

/* False: not a value of this key. */
static bool set_value(struct options *options, const struct key *key, const char *value)
{
    int found;

    if (key->set != NULL)
        return key->set(options, value);
    found = find_name(key->names, value);
    if (found >= 0)
        *(uint32_t *)((char *)options + key->member) = (uint32_t)found;
    return found >= 0;
}

/* Lists the known keys out of the table, so that the message cannot grow stale. */
static void describe_unknown(const char *word, char error[OPTIONS_ERROR_SIZE])
{
    size_t used = format_text(error, OPTIONS_ERROR_SIZE, "unknown option \"%s\"; known:", word);

    for (size_t i = 0; i < KEYS; i++)
        used += format_text(error + used, OPTIONS_ERROR_SIZE - used, " %s", keys[i].name);
}

static bool set_word(struct options *options, const char *word, char error[OPTIONS_ERROR_SIZE])
{
    const char *equals = word;

    while (*equals != '\0' && *equals != '=')
        equals++;
    if (*equals == '\0') {
        format_text(error, OPTIONS_ERROR_SIZE, "option \"%s\" has no value: write KEY=VALUE", word);
        return false;
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (!is_name(word, '=', keys[i].name))
            continue;
        if (set_value(options, &keys[i], equals + 1))
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

static void set_defaults(struct options *options)
{
    *options = (struct options){
        .guest = GUEST_ACTIVE_PARTITION,
        .log_e9 = true,
        .log_com2 = true,
        .level = LOG_INFO,
        .status_line = 1,
        .cpus = CPUS_MAX,
        .reset = RESET_GUEST,
        .apic = APIC_AUTO,
    };
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
