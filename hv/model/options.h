/*
 * model/options.h: the text sector that sets hv16 up, like a kernel's command line. Pure logic.
 *
 *     guest=0x80 log=e9,com2 trace=exits status=on
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_ACTIVE_PARTITION                                                                     \
    0x100 /* guest=: not a drive, but the boot drive's active partition */
#define OPTION_POKES       4
#define OPTIONS_ERROR_SIZE 144 /* bytes of a message, with its NUL */

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
/* How the guest's local APIC is virtualized, from the plainest way to the most of a processor. */
enum apic_option {
    APIC_OFF,    /* it is not: the guest has the machine's own */
    APIC_MMIO,   /* every access to its page exits and is emulated */
    APIC_TPR_RO, /* TPR shadow: reading TPR is free */
    APIC_TPR,    /* TPR shadow: writing it as well */
    APIC_APICV,  /* APIC-register virtualization and virtual-interrupt delivery */
    APIC_X2APIC, /* the same through MSRs 800H-8FFH */
    APIC_POSTED, /* and interrupts posted from one processor to another */
    APIC_AUTO,   /* the last of these that the processor has */
};
/* Mistakes that one can make with a virtual APIC, on demand: docs/apic.md. The last one is made
 * elsewhere, by some emulators, and staged for processors that have it right: docs/init.md. */
enum bug { BUG_NONE, BUG_STALE_TPR, BUG_NO_THRESHOLD, BUG_RAW_PAGE, BUG_STICKY_INIT };
/* An INIT that stays pending, as in Bochs up to 2.7: take it for real, or show what happens. */
enum init_policy { INIT_AUTO, INIT_ACK, INIT_STORM };
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
    uint32_t trace_exits;    /* 1: trace=exits: one log line for each exit; 0: none (default) */
    uint32_t status_line;    /* 1: status=on (default); 0: off */
    uint32_t cpus;           /* cpus=1 to 8 (default 8): so many processors at most */
    enum reset_policy reset; /* reset=guest (default)|stop|machine */
    enum apic_option apic;   /* apic=off|mmio|tpr-ro|tpr|apicv|x2apic|posted|auto (default auto) */
    enum bug bug;            /* bug=none (default)|stale-tpr|no-threshold|raw-page|sticky-init */
    enum init_policy init;   /* init=auto (default)|ack|storm: docs/init.md */
    uint32_t poke_count;
    struct option_poke poke[OPTION_POKES];
};

/*
 * Fills `options` from `text`: KEY=VALUE words between white space, up to `size` bytes, a NUL or
 * a 1Ah. Words may repeat, the last one counts (poke= adds up). Numbers are decimal or 0x hex.
 * Returns true; or false with one line in `error` that names the word and what it may be:
 *     unknown option "gest=0x80"; known: guest log level trace status reset apic bug cpus init poke
 *     option "guest=512": needs "active" or a drive from 0 to 0xff
 *     option "guest" has no value: write KEY=VALUE
 * After false `options` holds the defaults, so that the line can be logged.
 */
bool options_parse(struct options *options, const char *text, size_t size,
                   char error[OPTIONS_ERROR_SIZE]);
