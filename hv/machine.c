/*
 * machine.c: how a run ends.
 */
#include "machine.h"
#include "apic/physical.h"
#include "console/log.h"
#include "console/screen.h"
#include "cpu/cpu.h"
#include "host/tables.h"

struct machine machine;
struct vcpu vcpus[CPUS_MAX];

/* The others may not run on with a guest that has ended. */
static void stop_the_others(void)
{
    machine.ended = true;
    if (machine.cpus < 2)
        return;
    for (uint32_t i = 0; i < machine.cpus; i++) {
        if (&vcpus[i] != tables_current_vcpu())
            physical_apic_send(vcpus[i].apic_id, IPI_NMI);
    }
}

static _Noreturn void finish(void)
{
    stop_the_others();
    log_flush();
    halt_at_breakpoint();
}

static _Noreturn void finish_with(const char *text)
{
    log_error("%s", text);
    screen_message(text);
    finish();
}

void machine_refuse(const char *fmt, ...)
{
    char text[LOG_LINE_MAX];
    size_t length = format_text(text, sizeof text, "refused: ");
    va_list args;

    va_start(args, fmt);
    format_varargs(text + length, sizeof text - length, fmt, args);
    va_end(args);
    finish_with(text);
}

void machine_stop(const char *fmt, ...)
{
    char text[LOG_LINE_MAX];
    size_t length = format_text(text, sizeof text, "stop: ");
    va_list args;

    va_start(args, fmt);
    format_varargs(text + length, sizeof text - length, fmt, args);
    va_end(args);
    finish_with(text);
}

void machine_end(uint8_t code)
{
    log_error("end: the guest ended (code %u)", code);
    finish();
}
