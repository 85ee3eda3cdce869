/*
 * console/end.h: the ways in which a run ends. Each writes its last line to the log and halts;
 * refused and stopped show the line on the screen too.
 */
#pragma once

#include "model/format.h"
#include <stdint.h>

/* Before the guest runs: this machine or these options cannot do it. The line names what. */
#define end_refuse(...) end_with("refused", __VA_ARGS__)
/* hv16 cannot go on with this guest. */
#define end_stop(...) end_with("stop", __VA_ARGS__)
_Noreturn void end_with(const char *what, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The guest said that it is done. The counters go to the log first. */
_Noreturn void end_guest(uint8_t code);

/* How often each exit reason occurred: one line for each of each vCPU. */
void counters_log(void);

/* What the end has to do first, before the last line is out: to halt the other processors. It is
 * for whoever starts them. */
extern void (*end_call_first)(void);
