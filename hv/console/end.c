/*
 * console/end.c: the last line of a run.
 */
#include "console/end.h"
#include "console/log.h"
#include "console/screen.h"
#include "cpu/cpu.h"
#include "lab.h"
#include "machine.h"

void (*end_call_first)(void);

static _Noreturn void finish(void)
{
    machine.ended = true;
    if (end_call_first != NULL)
        end_call_first();
    log_flush();
    halt_at_breakpoint();
}

void end_with(const char *what, const char *fmt, ...)
{
    char text[LOG_LINE_MAX];
    size_t length = format_text(text, sizeof text, "%s: ", what);
    va_list args;

    va_start(args, fmt);
    format_varargs(text + length, sizeof text - length, fmt, args);
    va_end(args);
    log_error("%s", text);
    screen_message(text);
    finish();
}

void end_guest(uint8_t code)
{
    log_error("end: the guest ended (code %u)", code);
    finish();
}

/* A lab's stub was reached: lab.h. */
_Noreturn void lab_not_implemented(const char *what)
{
    end_stop("%s", what);
}
