/*
 * vmx/windows.h: the operations of virt/virt.h that make the guest exit, or exit soon.
 */
#ifndef HV16_VMX_WINDOWS_H
#define HV16_VMX_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

void vmx_intercept_exceptions(uint32_t vectors);
void vmx_interrupts_exit(bool on);
void vmx_acknowledge(bool on);
void vmx_nmis_exit(void);
void vmx_hlt_exits(bool on);
void vmx_interrupt_window(bool wanted);
void vmx_nmi_window(bool wanted);
bool vmx_can_exit_soon(void);
void vmx_exit_soon(void);
void vmx_exit_soon_over(void);

#endif
