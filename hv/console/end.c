/*
 * console/end.c: the last lines of a run.
 */
#include "console/end.h"
#include "console/log.h"
#include "console/screen.h"
#include "cpu/cpu.h"
#include "lab.h"
#include "machine.h"

void (*end_call_first)(void);

static void log_counters_of(const struct vcpu *vcpu)
{
    if (vcpu->init.inits + vcpu->init.sipis != 0)
        log_info("cpu %u: %u INITs, %u SIPIs", vcpu->id, vcpu->init.inits, vcpu->init.sipis);
    if (vcpu->dma.started + vcpu->dma.refused != 0)
        log_info("cpu %u: %lu transfers of the IDE bus master, %lu refused of all DMA", vcpu->id,
                 vcpu->dma.started, vcpu->dma.refused);
    for (uint32_t i = 0; i < EXIT_REASON_MAX; i++) {
        if (vcpu->exits[i] != 0)
            log_info("cpu %u: %lu exits: %s (%u)", vcpu->id, vcpu->exits[i], exit_reason_name(i),
                     i);
    }
}

void counters_log(void)
{
    for (uint32_t i = 0; i < machine.cpus; i++)
        log_counters_of(&vcpus[i]);
}

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
    counters_log();
    log_error("end: the guest ended (code %u)", code);
    finish();
}

/* A lab's stub was reached: lab.h. */
_Noreturn void lab_not_implemented(int number, const char *file, int line)
{
    end_stop("LAB %d: not implemented (%s:%d)", number, file, line);
}
