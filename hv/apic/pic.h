/*
 * apic/pic.h: the machine's 8259 interrupt controllers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether `vector`, acknowledged from the 8259s, is in service there. */
bool pic_serves(uint8_t vector);
