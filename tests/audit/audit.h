/*
 * audit.h: the parts of the audit: cases.c, which makes VMCSs, and processor.c, which tries them.
 */
#pragma once

#include <stdint.h>

/* --- cases.c: sound VMCSs, and what is changed in them --- */

/* Each of these alone is sound, on a processor that has it: audit.c tries that first. */
uint32_t cases_bases(void);
const char *cases_base_name(uint32_t base);
/* Fills the current VMCS, which holds hv16's own guest in real mode. */
void cases_set_base(uint32_t base);

/* Pseudo-random numbers: the same ones for the same seed. */
void cases_seed(uint64_t seed);
uint64_t cases_random(void);

/* Another value for `field`, near one that is valid. */
uint64_t cases_change(uint32_t field, uint64_t value);

/* --- processor.c --- */

/* Remembers what the hypervisor needs of its processor: an exit may have loaded other values. */
void processor_open(void);
/* Tries to enter the guest of the current VMCS. 0: it has been entered, and has exited. Otherwise
 * the VM-instruction error, 7 or 8, or the exit reason that says that the entry failed, such as 33.
 */
uint32_t processor_ask(void);
