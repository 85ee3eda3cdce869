/*
 * machine.c: how a run ends.
 */
#include "machine.h"
#include "console/log.h"
#include "console/screen.h"
#include "cpu/cpu.h"

struct machine machine;

static _Noreturn void finish(void)
{
    log_flush();
    magic_breakpoint();
    halt_for_ever();
}

static _Noreturn void finish_with(const char *kind, const char *fmt, const uint64_t *args)
{
    char text[LOG_LINE_MAX];
    size_t length = format_text(text, sizeof text, "%s: ", kind);

    format_array(text + length, sizeof text - length, fmt, args);
    log_always("%s", text);
    screen_message(text);
    finish();
}

void machine_refuse_with(const char *fmt, const uint64_t *args)
{
    finish_with("refused", fmt, args);
}

void machine_stop_with(const char *fmt, const uint64_t *args)
{
    finish_with("stop", fmt, args);
}

void machine_end(uint8_t code)
{
    log_always("end: the guest ended (code %u)", code);
    finish();
}
