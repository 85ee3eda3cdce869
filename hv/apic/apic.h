/*
 * apic/apic.h: the guest's local APIC, virtualized as the option apic= says.
 *
 * There is one model of the APIC (model/lapic.h) and one small file for each mode (mmio.c,
 * tpr_ro.c, tpr.c, apicv.c, x2apic.c, posted.c), which says how much of it the processor does
 * without an exit. What exits ends in the model, whatever the mode.
 */
#pragma once

#include "mem/ept.h"
#include "model/options.h"
#include "vcpu.h"
#include "virt/apic.h"
#include "virt/exit.h"

/* One mode: the option apic=. What the processor is to do is what it must be able to do: otherwise
 * the mode is refused by the name of what lacks. */
struct apic_mode {
    const char *name;
    struct virt_apic virtual;
    uint32_t page_access; /* how EPT maps the APIC's page: EPT_NOTHING and so on, of mem/ept.h */
};

extern const struct apic_mode apic_mmio, apic_tpr_ro, apic_tpr, apic_apicv, apic_x2apic,
    apic_posted;

/* The mode in use; NULL with apic=off. Its number is machine.options.apic. */
extern const struct apic_mode *apic_mode;

/* Finds the mode, and refuses one that the processor lacks. apic=auto: the best that it has. */
void apic_choose(void);

/* Gives the vCPU of this processor its APIC. Nothing with apic=off. */
void apic_open(struct vcpu *vcpu);

/* The guest is restarted at its boot sector: its APIC is as after apic_open() again. */
void apic_restart(struct vcpu *vcpu);

/* INIT: SDM volume 3, "Local APIC State After an INIT Reset" (3A 11.4.7.3). */
void apic_reset(struct vcpu *vcpu);

/* The APIC-access address and the virtual-APIC address; 0 where the mode does not use it. */
uint64_t apic_access_address(void);
uint64_t apic_virtual_address(const struct vcpu *vcpu);

/* --- apic.c: what the exits bring --- */

/* True where EPT keeps `physical` away from the guest because of its APIC, that of another of its
 * processors, or the machine's. */
bool apic_claims(const struct vcpu *vcpu, uint64_t physical);
/* True where the guest's APIC answers there: enabled, and not in x2APIC mode. */
bool apic_answers(const struct vcpu *vcpu, uint64_t physical);

uint32_t apic_read(struct vcpu *vcpu, uint32_t offset);
void apic_write(struct vcpu *vcpu, uint32_t offset, uint32_t value);
/* CPUID leaf 1 in the vCPU's registers: whether there is an APIC now, and x2APIC mode. */
void apic_correct_cpuid(struct vcpu *vcpu);
/* The processor has put the guest's value into the page already. */
void apic_written(struct vcpu *vcpu, uint32_t offset);
/* Carries out the LAPIC_... effects that the model returned. */
void apic_carry_out(struct vcpu *vcpu, uint32_t effects);
/* MSRs 800H-8FFH and IA32_APIC_BASE; false: #GP. */
bool apic_read_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
bool apic_write_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value);

/* --- ipi.c: interprocessor interrupts of the guest --- */

/* Sends what the guest's ICR holds. Physical IPIs never leave for a guest. */
void ipi_send(struct vcpu *vcpu);

/* --- x2apic.c: the guest switches between the APIC's page and its MSRs --- */

/* The controls and the MSR bitmap follow the mode that the guest's IA32_APIC_BASE says. Until then,
 * and in modes without x2APIC, all of MSRs 800H-8FFH exit. */
void x2apic_follow_mode(struct vcpu *vcpu);
/* While interrupts are left to the machine there is no virtual-interrupt delivery. WRMSR of EOI and
 * of self-IPI would reach the machine's APIC, and PPR and IRR are not all in the page: these exit.
 */
void x2apic_follow_delivery(struct vcpu *vcpu);

/* --- external.c: interrupts of the machine, on their way to the guest --- */

/* What the processor virtualizes follows IA32_APIC_BASE, after x2apic_follow_mode(), and whether an
 * interrupt is left to the machine. */
void external_follow_mode(struct vcpu *vcpu);
/* One exits and is not acknowledged yet; one exits and is; the guest can take one now. */
void external_arrives(struct vcpu *vcpu);
void external_acknowledged(void);
void external_window_opens(struct vcpu *vcpu);

/* --- access.c --- */

/* The instruction at the guest's RIP accesses the APIC's page at `physical`: carries it out. */
enum exit_action apic_emulate(struct vcpu *vcpu, uint64_t physical, bool is_write);

/* --- deliver.c: interrupts to the guest --- */

/* True if the processor itself delivers the APIC's interrupts: virtual-interrupt delivery. */
bool apic_delivers(void);
/* Delivers what can be delivered now, and arranges for an exit when the rest can. To be called when
 * the model's IRR, ISR or TPR, or what the guest's RFLAGS allow, may have changed. */
void apic_update(struct vcpu *vcpu);
/* The TPR threshold in force; 0 where the mode uses none. */
uint32_t apic_threshold(void);
/* An interrupt from the machine: its APIC's `vector`, or the 8259's. */
void apic_request(struct vcpu *vcpu, uint8_t vector, bool level);
void apic_request_extint(struct vcpu *vcpu, uint8_t vector);
/* Whether an interrupt would come right after a HLT. */
bool apic_is_waiting(struct vcpu *vcpu);
