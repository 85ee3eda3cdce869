/*
 * model/format.h: printf-like text into a buffer. Pure logic, no libc.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* The compiler checks the arguments of such a function against its format, as it does for printf.
 * `fmt` and `first` are the places of the format and of its first argument, counted from 1. */
#define PRINTF_LIKE(fmt, first) __attribute__((__format__(__printf__, fmt, first)))

/*
 * Writes `fmt` with its arguments to `out`, at most `size` bytes with the NUL, which is always
 * written unless `size` is 0. Returns the length written, without the NUL. Knows %s %c %d %u %x
 * %ld %lu %lx %p (0x and hex) and %%, each with an optional '-' (pad on the right) or '0' (pad
 * with zeros) and a width in decimal. There are no other flags and no precision.
 */
size_t format_text(char *out, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);
size_t format_varargs(char *out, size_t size, const char *fmt, va_list args) PRINTF_LIKE(3, 0);
