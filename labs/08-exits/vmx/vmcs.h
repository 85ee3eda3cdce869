/*
 * vmx/vmcs.h as driver.c plays it, in place of hv/vmx/vmcs.h, which has instructions of VMX: the
 * VMCS is an array.
 */
#pragma once

#include "vmx/bits.h"
#include "vmx/fields.h"
#include <stdbool.h>
#include <stdint.h>

static uint64_t fields[0x8000];

static uint64_t vmcs_read(uint32_t field)
{
    return fields[field & 0x7FFF];
}
static void vmcs_write(uint32_t field, uint64_t value)
{
    fields[field & 0x7FFF] = value;
}
static inline void vmcs_set_bits(uint32_t field, uint64_t bits)
{
    vmcs_write(field, vmcs_read(field) | bits);
}
static inline void vmcs_switch_bits(uint32_t field, uint64_t bits, bool on)
{
    vmcs_write(field, on ? vmcs_read(field) | bits : vmcs_read(field) & ~bits);
}
#define vmcs_read_proven  vmcs_read
#define vmcs_write_proven vmcs_write

static void vmcs_prove(void) {}
