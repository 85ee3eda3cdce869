/*
 * vmx/exit_facts.h: the operations of virt/virt.h that tell about the last exit.
 */
#ifndef HV16_VMX_EXIT_FACTS_H
#define HV16_VMX_EXIT_FACTS_H

#include "virt/exit.h"

uint32_t vmx_exit_reason(void);
uint64_t vmx_exit_detail(void);
struct exit_io vmx_exit_io(void);
struct exit_memory vmx_exit_memory(void);
struct exit_apic vmx_exit_apic(void);
struct exit_event vmx_exit_event(void);
struct exit_cr vmx_exit_cr(void);
struct exit_task vmx_exit_task(void);
uint8_t vmx_exit_sipi(void);

#endif
