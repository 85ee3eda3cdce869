/*
 * cpu/processors.h: which processors the firmware's tables name. Pure logic.
 */
#ifndef HV16_CPU_PROCESSORS_H
#define HV16_CPU_PROCESSORS_H

#include <stdint.h>

/* Where the tables were found. */
enum processors_source { PROCESSORS_NOWHERE, PROCESSORS_MADT, PROCESSORS_MP, PROCESSORS_CALLED };

struct processors {
    enum processors_source source;
    uint32_t count; /* of APIC IDs below; more that the tables name are in `left_out` */
    uint32_t left_out;
    uint32_t id[8];
};

/* Looks through `memory`, the machine's physical memory from address 0 to `size`, for ACPI's table
 * of processors, and if there is none for the one of the MultiProcessor Specification. Processors
 * that a table calls disabled do not count.
 * Source: ACPI specification, "Multiple APIC Description Table (MADT)" (5.2.12); MultiProcessor
 * Specification 1.4, "MP Configuration Table" (4). */
void processors_find(struct processors *found, const uint8_t *memory, uint64_t size);

#endif
