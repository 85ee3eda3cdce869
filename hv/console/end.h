/*
 * console/end.h: the ways in which a run ends. Each writes its last line to the log and halts;
 * refused and stopped show the line on the screen too.
 */
#pragma once

#include "model/format.h"
#include <stdint.h>

/* Before the guest runs: this machine or these options cannot do it. The line names what. */
_Noreturn void end_refuse(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* hv16 cannot go on with this guest. */
_Noreturn void end_stop(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The guest said that it is done. */
_Noreturn void end_guest(uint8_t code);

/* What the end has to do first, before the last line is out: to halt the other processors. It is
 * for whoever starts them. */
extern void (*end_call_first)(void);
