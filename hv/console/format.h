/*
 * console/format.h: printf-like text into a buffer. Pure logic, no libc.
 *
 * The arguments travel in an array and not as C varargs: a variadic call may put arguments into
 * r8 and r9, even with -ffixed-r8, and in hv16 those registers belong to the guest. The macros
 * below build the array, and have the compiler check it against the format as it does for printf.
 */
#ifndef HV16_CONSOLE_FORMAT_H
#define HV16_CONSOLE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes `fmt` with its arguments to `out`, at most `size` bytes with the NUL, which is always
 * written unless `size` is 0. Returns the length written, without the NUL. Knows %s %c %d %u %x
 * %ld %lu %lx %p (0x and hex) and %%, each with an optional '-' (pad on the right) or '0' (pad
 * with zeros) and a width in decimal. There are no other flags and no precision.
 */
size_t format_array(char *out, size_t size, const char *fmt, const uint64_t *args);

/* format_text(out, size, "cpu %u: %s", cpu, name): what is called in practice. */
#define format_text(out, size, ...) format_array(out, size, FORMAT_ARGS(__VA_ARGS__))

/*
 * FORMAT_ARGS(fmt, up to eight arguments) becomes the two arguments `fmt, array`. A function that
 * takes them, `void log_write(enum log_level level, const char *fmt, const uint64_t *args)`, is
 * made printf-like by `#define log_info(...) log_write(LOG_INFO, FORMAT_ARGS(__VA_ARGS__))`.
 * The call of format_check() is compiled for its warnings only and never executed, so an argument
 * is evaluated once.
 */
#define FORMAT_ARGS(...)                                                                           \
    (0 ? format_check(__VA_ARGS__) : FORMAT_FIRST(__VA_ARGS__, 0)), (const uint64_t[])             \
    {                                                                                              \
        FORMAT_COUNT(__VA_ARGS__, FORMAT_8, FORMAT_7, FORMAT_6, FORMAT_5, FORMAT_4, FORMAT_3,      \
                     FORMAT_2, FORMAT_1, FORMAT_0, 0)                                              \
        (__VA_ARGS__)                                                                              \
    }

const char *format_check(const char *fmt, ...) __attribute__((__format__(__printf__, 1, 2)));

/* Integers and pointers alike become one 64-bit element each. */
#define FORMAT_FIRST(fmt, ...)                            fmt
#define FORMAT_COUNT(fmt, a, b, c, d, e, f, g, h, n, ...) n
#define FORMAT_0(fmt)                                     0
#define FORMAT_1(fmt, a)                                  (uint64_t)(a)
#define FORMAT_2(fmt, a, ...)                             (uint64_t)(a), FORMAT_1(fmt, __VA_ARGS__)
#define FORMAT_3(fmt, a, ...)                             (uint64_t)(a), FORMAT_2(fmt, __VA_ARGS__)
#define FORMAT_4(fmt, a, ...)                             (uint64_t)(a), FORMAT_3(fmt, __VA_ARGS__)
#define FORMAT_5(fmt, a, ...)                             (uint64_t)(a), FORMAT_4(fmt, __VA_ARGS__)
#define FORMAT_6(fmt, a, ...)                             (uint64_t)(a), FORMAT_5(fmt, __VA_ARGS__)
#define FORMAT_7(fmt, a, ...)                             (uint64_t)(a), FORMAT_6(fmt, __VA_ARGS__)
#define FORMAT_8(fmt, a, ...)                             (uint64_t)(a), FORMAT_7(fmt, __VA_ARGS__)

#endif
