/*
 * model/processors.h: which processors the firmware's tables name. Pure logic.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct processors {
    bool has_table; /* otherwise there is nothing to be known */
    uint32_t count; /* of APIC IDs below; more that the tables name are in `left_out` */
    uint32_t left_out;
    uint32_t id[8];
};

/* Looks through `memory`, the machine's physical memory from address 0 to `size`, for ACPI's table
 * of processors. Those that it calls disabled do not count.
 * Source: ACPI specification, "Multiple APIC Description Table (MADT)" (5.2.12). */
void processors_find(struct processors *found, const uint8_t *memory, uint64_t size);
