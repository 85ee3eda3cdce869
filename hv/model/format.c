/*
 * model/format.c: printf-like text into a buffer.
 */
#include "model/format.h"
#include <stdbool.h>

struct output {
    char *at;     /* where the next character goes */
    char *end;    /* where the NUL goes at the latest */
    va_list args; /* those that have not been written yet */
};

/* What stands between '%' and the conversion's letter, and the sign or 0x of a number. */
struct spec {
    bool left;
    bool zero;
    bool is_long;
    size_t width;
    const char *prefix;
};

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

/* Drops what does not fit: a cut line in the log is better than none. */
static void put(struct output *out, char c)
{
    if (out->at < out->end)
        *out->at++ = c;
}

static void put_times(struct output *out, char c, size_t count)
{
    while (count-- > 0)
        put(out, c);
}

static void put_padded(struct output *out, const struct spec *spec, const char *text, size_t length)
{
    size_t prefix = length_of(spec->prefix);
    size_t pad = spec->width > prefix + length ? spec->width - prefix - length : 0;

    if (!spec->left && !spec->zero)
        put_times(out, ' ', pad);
    for (size_t i = 0; i < prefix; i++)
        put(out, spec->prefix[i]);
    if (!spec->left && spec->zero)
        put_times(out, '0', pad);
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
    if (spec->left)
        put_times(out, ' ', pad);
}

static void put_number(struct output *out, const struct spec *spec, uint64_t value, unsigned base)
{
    char digits[20]; /* 2^64 - 1 has 20 in decimal */
    size_t first = sizeof digits;

    do {
        digits[--first] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    put_padded(out, spec, digits + first, sizeof digits - first);
}

static uint64_t next_unsigned(struct output *out, const struct spec *spec)
{
    return spec->is_long ? va_arg(out->args, unsigned long) : va_arg(out->args, unsigned);
}

static void put_signed(struct output *out, struct spec *spec)
{
    int64_t value = spec->is_long ? va_arg(out->args, long) : va_arg(out->args, int);

    if (value < 0)
        spec->prefix = "-";
    /* Negated as an unsigned number, for the smallest int64_t has no positive counterpart. */
    put_number(out, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

static void put_string(struct output *out, struct spec *spec, const char *text)
{
    if (text == NULL)
        text = "(null)";
    spec->zero = false;
    put_padded(out, spec, text, length_of(text));
}

/* Returns the conversion's letter, past flags, width and 'l'. */
static const char *read_spec(const char *fmt, struct spec *spec)
{
    *spec = (struct spec){.prefix = ""};
    for (; *fmt == '-' || *fmt == '0'; fmt++) {
        if (*fmt == '-')
            spec->left = true;
        else
            spec->zero = true;
    }
    for (; *fmt >= '0' && *fmt <= '9'; fmt++)
        spec->width = spec->width * 10 + (size_t)(*fmt - '0');
    for (; *fmt == 'l'; fmt++)
        spec->is_long = true;
    return fmt;
}

static void put_argument(struct output *out, struct spec *spec, char letter)
{
    char c;

    switch (letter) {
    case 's':
        put_string(out, spec, va_arg(out->args, const char *));
        break;
    case 'c':
        c = (char)va_arg(out->args, int);
        spec->zero = false;
        put_padded(out, spec, &c, 1);
        break;
    case 'd':
        put_signed(out, spec);
        break;
    case 'u':
        put_number(out, spec, next_unsigned(out, spec), 10);
        break;
    case 'x':
        put_number(out, spec, next_unsigned(out, spec), 16);
        break;
    case 'p':
        spec->prefix = "0x";
        put_number(out, spec, (uint64_t)va_arg(out->args, void *), 16);
        break;
    default: /* a letter not known here: show it, so that the mistake is seen */
        put(out, '%');
        put(out, letter);
    }
}

size_t format_varargs(char *out, size_t size, const char *fmt, va_list args)
{
    struct output output = {.at = out};

    if (size == 0)
        return 0;
    output.end = out + size - 1;
    va_copy(output.args, args);
    for (; *fmt != '\0'; fmt++) {
        struct spec spec;
        if (*fmt != '%') {
            put(&output, *fmt);
            continue;
        }
        fmt = read_spec(fmt + 1, &spec);
        if (*fmt == '\0')
            break;
        if (*fmt == '%')
            put(&output, '%');
        else
            put_argument(&output, &spec, *fmt);
    }
    va_end(output.args);
    *output.at = '\0';
    return (size_t)(output.at - out);
}

size_t format_text(char *out, size_t size, const char *fmt, ...)
{
    va_list args;
    size_t length;

    va_start(args, fmt);
    length = format_varargs(out, size, fmt, args);
    va_end(args);
    return length;
}
