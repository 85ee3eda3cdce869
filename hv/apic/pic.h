/*
 * apic/pic.h: the machine's 8259 interrupt controllers.
 */
#ifndef HV16_APIC_PIC_H
#define HV16_APIC_PIC_H

#include <stdbool.h>
#include <stdint.h>

/* Whether `vector`, acknowledged from the 8259s, is in service there. */
bool pic_serves(uint8_t vector);

#endif
