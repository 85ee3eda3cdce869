/*
 * apic/pic.c: is an acknowledged interrupt of the 8259s still one?
 *
 * With apic=posted on a processor that takes posted interrupts over, every exit acknowledges (SDM
 * volume 3, "VM-Execution Control Fields", 3C 27.2.1.1), and the vector may have to wait for the
 * guest's IF. A guest that initializes the 8259s meanwhile has undone it: on a PC it would never
 * see that vector. Linux dies of one. Initialization clears the in-service bit, and that tells.
 * Source: Intel 8259A data sheet, "Operation Command Word 3" and "Initialization Command Words".
 */
#include "apic/pic.h"
#include "cpu/cpu.h"

static uint8_t in_service(uint16_t pic)
{
    uint8_t inputs;

    out8(pic, PIC_READ_ISR);
    inputs = in8(pic);
    out8(pic, PIC_READ_IRR);
    return inputs;
}

/* Each of the two has eight inputs, and gives them vectors with the same low bits. */
bool pic_serves(uint8_t vector)
{
    return ((in_service(PORT_PIC1_COMMAND) | in_service(PORT_PIC2_COMMAND)) >> (vector & 7) & 1) !=
           0;
}
