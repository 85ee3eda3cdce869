/*
 * cpu/cpu.h: one inline function per instruction that C has no word for.
 */
#pragma once

#include "cpu/x86.h"
#include <stdbool.h>
#include <stdint.h>

/* CPUID clears the upper halves of the four registers. */
struct cpuid_result {
    uint64_t eax, ebx, ecx, edx;
};

static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline void xsetbv(uint32_t index, uint64_t value)
{
    __asm__ volatile("xsetbv" : : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline uint64_t read_cr0(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static inline uint64_t read_cr2(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline void write_cr2(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr2" : : "r"(value));
}

static inline uint64_t read_cr3(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static inline void write_cr3(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint64_t read_cr4(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static inline void write_cr0(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline void write_cr4(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint16_t in16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t port_in(uint16_t port, uint32_t size)
{
    return size == 1 ? in8(port) : size == 2 ? in16(port) : in32(port);
}

static inline void port_out(uint16_t port, uint32_t size, uint32_t value)
{
    if (size == 1)
        out8(port, (uint8_t)value);
    else if (size == 2)
        out16(port, (uint16_t)value);
    else
        out32(port, value);
}

static inline uint8_t cmos_read(uint8_t index)
{
    out8(PORT_CMOS_INDEX, index);
    return in8(PORT_CMOS_DATA);
}

static inline void cmos_write(uint8_t index, uint8_t value)
{
    out8(PORT_CMOS_INDEX, index);
    out8(PORT_CMOS_DATA, value);
}

static inline void open_a20(void)
{
    out8(PORT_SYSTEM_A, (uint8_t)((in8(PORT_SYSTEM_A) | SYSTEM_A_A20) & ~SYSTEM_A_RESET));
}

static inline uint64_t read_dr6(void)
{
    uint64_t value;
    __asm__ volatile("mov %%dr6, %0" : "=r"(value));
    return value;
}

static inline void write_dr6(uint64_t value)
{
    __asm__ volatile("mov %0, %%dr6" : : "r"(value));
}

static inline void wbinvd(void)
{
    __asm__ volatile("wbinvd" : : : "memory");
}

/* One instruction that counts down and tells whether 0 is reached. An NMI may come before or after
 * it, but not between the two, and may change the counter as well. */
static inline bool decrement_to_zero(uint32_t *counter)
{
    bool zero;
    __asm__ volatile("decl %0" : "+m"(*counter), "=@ccz"(zero));
    return zero;
}

static inline _Noreturn void halt_for_ever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

/*
 * Where a run ends. Bochs stops in its debugger at the XCHG (magic_break); on anything else it
 * exchanges BX with itself. In one piece: CLI and HLT right after it tell our end from the same
 * instruction in a guest (tools/hv16/bochs.py, halted()), and a compiler may put a jump in between.
 */
static inline _Noreturn void halt_at_breakpoint(void)
{
    __asm__ volatile("xchgw %%bx, %%bx; cli; hlt" : : : "memory");
    halt_for_ever();
}
