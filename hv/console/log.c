/*
 * console/log.c: lines to port E9h and COM2. With screen.c the only file that touches the console's
 * ports.
 */
#include "console/log.h"
#include "cpu/cpu.h"
#include "layout.h"
#include "lib/lock.h"
#include "machine.h"
#include <stdbool.h>

/* Registers of a 16550 UART, as offsets from its first port. */
#define UART_DATA     0
#define UART_IER      1
#define UART_FCR      2
#define UART_LCR      3
#define UART_MCR      4
#define UART_LSR      5
#define UART_SCRATCH  7
#define LCR_8N1       0x03
#define LCR_DLAB      0x80 /* the first two registers are the divisor */
#define LSR_THR_EMPTY 0x20
#define LSR_IDLE      0x40

/* A line status that never comes right must not hang the machine: about 20 ms on a PC. */
#define UART_PATIENCE 20000

static bool com2_ready;
static bool writing;

static bool uart_wait(uint8_t bits)
{
    for (uint32_t i = 0; i < UART_PATIENCE; i++) {
        if (in8(PORT_COM2 + UART_LSR) & bits)
            return true;
    }
    return false;
}

/* A scratch register that keeps what is written to it means that a UART is there. */
static bool uart_open(void)
{
    out8(PORT_COM2 + UART_SCRATCH, 0x5A);
    if (in8(PORT_COM2 + UART_SCRATCH) != 0x5A)
        return false;
    out8(PORT_COM2 + UART_IER, 0);
    out8(PORT_COM2 + UART_LCR, LCR_DLAB);
    out8(PORT_COM2 + UART_DATA, 1); /* divisor 1: 115200 baud */
    out8(PORT_COM2 + UART_IER, 0);
    out8(PORT_COM2 + UART_LCR, LCR_8N1);
    out8(PORT_COM2 + UART_FCR, 0x07); /* FIFOs on and empty */
    out8(PORT_COM2 + UART_MCR, 0x03); /* DTR and RTS */
    return true;
}

static void put_text(const char *text)
{
    bool *to_com2 = &machine.options.log_com2;

    for (; *text != '\0'; text++) {
        if (machine.options.log_e9)
            out8(PORT_E9, (uint8_t)*text);
        if (*to_com2 && !com2_ready)
            com2_ready = *to_com2 = uart_open();
        if (*to_com2 && !uart_wait(LSR_THR_EMPTY))
            *to_com2 = false; /* it hangs: do without from now on */
        if (*to_com2)
            out8(PORT_COM2 + UART_DATA, (uint8_t)*text);
    }
}

void log_write(enum log_level level, const char *fmt, ...)
{
    char line[LOG_LINE_MAX];
    va_list args;

    if (level > machine.options.level)
        return;
    va_start(args, fmt);
    format_varargs(line, sizeof line, fmt, args);
    va_end(args);
    lock(&writing); /* lines of two processors never mix */
    put_text("hv16: ");
    put_text(line);
    put_text("\n");
    unlock(&writing);
}

void log_flush(void)
{
    if (machine.options.log_com2 && com2_ready)
        uart_wait(LSR_IDLE);
}
