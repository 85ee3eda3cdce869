/*
 * options.h: the text sector that sets hv16 up, like a kernel's command line. Pure logic.
 *
 *     guest=0x80 log=e9,com2 trace=exits status=on
 */
#ifndef HV16_OPTIONS_H
#define HV16_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_ACTIVE_PARTITION                                                                     \
    0x100 /* guest=: not a drive, but the boot drive's active partition */
#define OPTION_POKES       4
#define OPTIONS_ERROR_SIZE 128 /* bytes of a message, with its NUL */

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum reset_policy { RESET_GUEST, RESET_STOP, RESET_MACHINE };

struct option_poke { /* poke=FIELD:VALUE: a VMCS field to overwrite just before the first entry */
    uint32_t field;
    uint64_t value;
};

struct options {
    uint16_t guest; /* guest=active (default) or a BIOS drive, 0x00 to 0xff */
    bool log_e9;    /* log=e9,com2 (default), log=none */
    bool log_com2;
    enum log_level level;    /* level=error|warn|info|debug (default info) */
    bool trace_exits;        /* trace=exits: one log line for each exit; trace=none (default) */
    bool status_line;        /* status=on (default) or off */
    enum reset_policy reset; /* reset=guest (default)|stop|machine */
    uint32_t poke_count;
    struct option_poke poke[OPTION_POKES];
};

/*
 * Fills `options` from `text`: KEY=VALUE words between white space, up to `size` bytes, a NUL or
 * a 1Ah. Words may repeat, the last one counts (poke= adds up). Numbers are decimal or 0x hex.
 * Returns true; or false with one line in `error` that names the word and what it may be:
 *     unknown option "gest=0x80"; known: guest log level trace status reset poke
 *     option "guest=512": needs "active" or a drive from 0 to 0xff
 *     option "guest" has no value: write KEY=VALUE
 * After false `options` holds the defaults, so that the line can be logged.
 */
bool options_parse(struct options *options, const char *text, size_t size,
                   char error[OPTIONS_ERROR_SIZE]);

#endif
