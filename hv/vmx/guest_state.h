/*
 * vmx/guest_state.h: the operations of virt/virt.h on the guest's state.
 */
#ifndef HV16_VMX_GUEST_STATE_H
#define HV16_VMX_GUEST_STATE_H

#include "virt/virt.h"

void vmx_real_mode(uint16_t cs, uint16_t ip);
void vmx_sleep(enum virt_sleep how);
uint32_t vmx_blocking(void);
void vmx_set_blocking(uint32_t blocking);
bool vmx_step_trap_waits(void);
void vmx_set_step_trap(bool waits);
bool vmx_cr0_ne(void);
void vmx_set_cr0_ne(bool ne);

#endif
