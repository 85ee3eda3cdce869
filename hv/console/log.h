/*
 * console/log.h: one line of text to port E9h (emulators print it) and to COM2.
 *
 * Each line goes out as "hv16: ...", as the options log= and level= want it. COM2 is set up (115200
 * 8N1) when its first character comes, if it is there. COM1 is the guest's and is never touched.
 */
#pragma once

#include "model/format.h"
#include "model/options.h"
#include <stdbool.h>
#include <stdint.h>

#define LOG_LINE_MAX 200

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/* Lines over LOG_LINE_MAX bytes are cut. Errors are written whatever level= says. */
void log_write(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Whether the `times`-th of the same kind is to be logged: a guest may do it a million times. */
static inline bool log_is_due(uint64_t times)
{
    return times <= 8 || (times & (times - 1)) == 0;
}

/* Waits until COM2 has sent its last bit. */
void log_flush(void);
