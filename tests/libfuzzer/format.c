/*
 * format.c: model/format.c against the C library's snprintf, with any of the formats that it knows.
 */
#include "model/format.h"
#include "fuzz.h"

#define TEXT 64

/* `format` is made here, so the compiler cannot check the argument: it is of the right type. */
#pragma clang diagnostic ignored "-Wformat-nonliteral"
#pragma clang diagnostic ignored "-Wformat-security"

static void compare(size_t room, const char *format, uint64_t value, const char *text)
{
    char ours[TEXT + 1], theirs[TEXT];
    size_t length, full;
    char last = format[strlen(format) - 1];

    memset(ours, 0x7F, sizeof ours);
    if (last == 's') {
        length = format_text(ours, room, format, text);
        full = (size_t)snprintf(theirs, sizeof theirs, format, text);
    } else if (strchr(format, 'l') != NULL) {
        length = format_text(ours, room, format, value);
        full = (size_t)snprintf(theirs, sizeof theirs, format, value);
    } else {
        length = format_text(ours, room, format, (unsigned)value);
        full = (size_t)snprintf(theirs, sizeof theirs, format, (unsigned)value);
    }
    CLAIM(full < TEXT);
    CLAIM(ours[room] == 0x7F); /* nothing past the end */
    if (room == 0) {
        CLAIM(length == 0);
        return;
    }
    CLAIM(length == (full < room ? full : room - 1));
    CLAIM(memcmp(ours, theirs, length) == 0 && ours[length] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"s", "d", "u", "x", "ld", "lu", "lx", "c"};
    struct input input = {data, size};
    size_t room = (size_t)(take(&input, 1) % (TEXT + 1)), width = (size_t)take(&input, 1);
    unsigned kind = (unsigned)take(&input, 1);
    uint64_t value = take_number(&input);
    char format[16], text[24] = "";

    for (unsigned i = 0; i < sizeof text - 1 && input.left != 0; i++)
        text[i] = (char)take(&input, 1);
    if (kind % 8 == 7)
        value = value % 127 + 1; /* %c of a NUL would end the text */
    /* There is no sense in zeros before a text or a character, and the C standard says so. */
    snprintf(format, sizeof format, "%%%s%.0u%s",
             kind & 8                                                    ? "-"
             : kind & 16 && width != 0 && kind % 8 != 0 && kind % 8 != 7 ? "0"
                                                                         : "",
             (unsigned)(width % 40), kinds[kind % 8]);
    compare(room, format, value, text);
    return 0;
}
