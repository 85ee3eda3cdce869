/*
 * vmx/vmcs.h: the current VMCS. All VMREADs and VMWRITEs are here.
 *
 * A wrapper that fails does not return: it stops and names the field. No caller has to check
 * anything.
 */
#pragma once

#include "vcpu.h"
#include "vmx/fields.h"
#include <stdint.h>

/* What a failed access comes to: stops, and names the field. */
__attribute__((cold)) _Noreturn void vmcs_access_failed(uint32_t field, bool write);

/* The two below, where a call would cost too much. An encoding is 16 bits; what is above them in
 * `field`, virt/guest.h knows. CF says VMfailInvalid, ZF VMfailValid. */
static inline uint64_t vmcs_read_inline(uint32_t field)
{
    uint64_t value;
    bool failed;

    __asm__ volatile("vmread %2, %1"
                     : "=@ccbe"(failed), "=r"(value)
                     : "r"((uint64_t)(uint16_t)field));
    if (failed)
        vmcs_access_failed(field, false);
    return value;
}

static inline void vmcs_write_inline(uint32_t field, uint64_t value)
{
    bool failed;

    __asm__ volatile("vmwrite %1, %2"
                     : "=@ccbe"(failed)
                     : "r"(value), "r"((uint64_t)(uint16_t)field)
                     : "memory");
    if (failed)
        vmcs_access_failed(field, true);
}

/* One field's value. */
uint64_t vmcs_read(uint32_t field);
void vmcs_write(uint32_t field, uint64_t value);
/* Sets bits of a field. */
void vmcs_set_bits(uint32_t field, uint64_t bits);
/* Sets them if `on`, clears them otherwise; writes only what changes. */
void vmcs_switch_bits(uint32_t field, uint64_t bits, bool on);

/*
 * Without the check, for what every exit reads and writes. vmcs_prove() has tried these fields
 * before the first entry, and a field that can be accessed once can be accessed always.
 */
static inline __attribute__((always_inline)) uint64_t vmcs_read_proven(uint32_t field)
{
    uint64_t value;

    __asm__ volatile("vmread %1, %0" : "=r"(value) : "r"((uint64_t)field) : "cc");
    return value;
}

static inline __attribute__((always_inline)) void vmcs_write_proven(uint32_t field, uint64_t value)
{
    __asm__ volatile("vmwrite %0, %1" : : "r"(value), "r"((uint64_t)field) : "cc", "memory");
}

/* Accesses each field that the exit loop uses unchecked, checked. */
void vmcs_prove(void);

/* VMXON on this processor. Stops if it fails. */
void vmx_on(struct vcpu *vcpu);

/* Makes a VMCS for `vcpu`, with its bitmaps, and makes it current: VMCLEAR, VMPTRLD. */
void vmcs_create(struct vcpu *vcpu);

/* VMCLEAR: what the processor keeps of it goes to memory, and the next entry is a VMLAUNCH.
 * VMPTRLD: it is the current one. */
void vmcs_clear(const struct vcpu *vcpu);
void vmcs_load(const struct vcpu *vcpu);

/* Fill parts of the current VMCS: one file each. */
void vmcs_write_host(const struct vcpu *vcpu);
void vmcs_write_controls(const struct vcpu *vcpu);

/* The option poke=: overwrites fields, to see what the processor says to it. */
void vmcs_poke(void);
