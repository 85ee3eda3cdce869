/*
 * machine.h: what is known about the machine once hv_main() has looked, and its virtual processors.
 */
#pragma once

#include "boot.h"
#include "layout.h"
#include "model/options.h"
#include "vcpu.h"
#include <stdint.h>

struct machine {
    struct boot_info boot;
    struct options options;
    uint32_t resident_base; /* physical address of hv/guest/resident.asm */
    uint32_t physical_bits; /* MAXPHYADDR */
    bool is_svm;            /* AMD's processor; otherwise Intel's, with VMX */
    bool has_1g_pages;      /* in nested page tables */
    bool ended;             /* the run is over: every processor is to halt */
    uint32_t cpus;          /* how many of vcpus[] are in use; 0 until the first one is ready */
};

extern struct machine machine;
extern struct vcpu vcpus[CPUS_MAX];

/* The guest's memory and the machine's devices, below 4 GiB. Not where a pointer of value 0 leads:
 * that faults. */
static inline void *physical_pointer(uint64_t address)
{
    return (void *)(HV_PHYSICAL + address);
}

/* The physical address of something inside the hypervisor's block, or of what physical_pointer()
 * gave. */
static inline uint64_t physical_address(const void *pointer)
{
    uint64_t address = (uint64_t)pointer;
    return address >= HV_VIRT ? address - HV_VIRT + machine.boot.hv_base : address - HV_PHYSICAL;
}
