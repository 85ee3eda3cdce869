/*
 * vmx/vmx.h: Intel's wing behind the door of virt/virt.h: its table of operations, and the
 * functions in there, by the file that they are in. What each is to do, its units and its ranges:
 * virt/virt.h.
 */
#pragma once

#include "vcpu.h"
#include "virt/virt.h"

extern const struct virt_operations vmx_operations; /* vmx.c */

/* guest_area.c */
void vmx_real_mode(void);

/* windows.c */
void vmx_set_control(enum virt_control control, bool on);
void vmx_exit_soon(bool wanted);

/* bitmaps.c. The first one gives the current VMCS its bitmaps, with all that always exits. */
void vmx_open_bitmaps(const struct vcpu *vcpu);
void vmx_trap_msr(const struct vcpu *vcpu, uint32_t msr, bool read, bool write);
void vmx_trap_port(const struct vcpu *vcpu, uint16_t port, bool on);

/* virtual_apic.c */
const char *vmx_apic_lacks(const struct virt_apic *wanted);
bool vmx_apic_posts(void);
void vmx_apic_open(const struct virt_apic *wanted, const struct virt_apic_pages *pages);
void vmx_apic_follow_mode(const struct virt_apic *wanted, bool x2apic);
void vmx_exit_when_tpr_below(uint32_t class);
void vmx_exit_at_eoi(uint8_t vector, bool on);

/* exit_facts.c */
struct exit_io vmx_exit_io(void);
struct exit_memory vmx_exit_memory(void);
struct exit_apic vmx_exit_apic(void);
struct exit_event vmx_exit_event(void);
struct exit_cr vmx_exit_cr(void);
struct exit_task vmx_exit_task(void);

/* loop.c */
void vmx_handle_exits(const struct exit_handlers *given);
_Noreturn void vmx_loop(struct vcpu *vcpu);
void vmx_log_state(const struct vcpu *vcpu); /* all that helps, to the log */

/* dump.c */
void vmx_dump(const struct vcpu *vcpu);
