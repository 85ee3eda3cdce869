/*
 * vmx/virtual_apic.h: the operations of virt/virt.h on the virtual APIC.
 */
#ifndef HV16_VMX_VIRTUAL_APIC_H
#define HV16_VMX_VIRTUAL_APIC_H

#include "virt/apic.h"

const char *vmx_apic_lacks(const struct virt_apic *wanted);
bool vmx_apic_posts(void);
void vmx_apic_open(const struct virt_apic *wanted, const struct virt_apic_pages *pages);
void vmx_apic_follow_mode(const struct virt_apic *wanted, bool x2apic);
void vmx_apic_deliver(bool on);
void vmx_apic_set_status(uint8_t rvi, uint8_t svi);
uint8_t vmx_apic_requested(void);
void vmx_exit_when_tpr_below(uint32_t class);
uint32_t vmx_tpr_limit(void);
void vmx_exit_at_eoi(uint8_t vector, bool on);

#endif
