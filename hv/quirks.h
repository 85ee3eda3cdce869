/*
 * quirks.h: what emulators do against the manual, and what hv16 does about it.
 *
 * One named function for each deviation, with the emulator and the manual's rule. All other code is
 * about the manual's processor: a reader who wants only that skips this file, and what it is called
 * from: exits/init_signal.c and init/acknowledge.c, which answer an INIT that stays pending.
 */
#pragma once

#include "vcpu.h"
#include "virt/inject.h"

/* --- Events --- */

/* Bochs 2.7 reports an error code for an exception in real mode, where none is pushed and none may
 * be injected: SDM volume 3, "VM-Entry Interruption-Information Field" (3C 25.8.3). Returns `info`,
 * in the format of that field, as it should be. */
uint32_t quirk_error_code_in_real_mode(uint32_t info);

/* Bochs 2.7 saves the trap of a guest that single-steps as pending, although the instruction has
 * exited and will be executed again. Rule: the trap comes after the instruction. SDM volume 3,
 * "Pending Debug Exceptions" in "Guest Non-Register State" (3C 25.4.2). */
void quirk_early_step_trap(void);

/* Bochs 2.7 does not note that it delivers a virtual interrupt: an exit meanwhile says that it has
 * interrupted the event before that. Rule: SDM volume 3, "Information for VM Exits During Event
 * Delivery" (3C 28.2.4). At a task switch the gate tells: `its_gate` is whether the event's vector
 * has the gate that was used. */
void quirk_event_is_a_virtual_interrupt(struct interrupted_event *event, bool its_gate);

/* Bochs 3.0 saves RF as 1 when an NMI or an interrupt leads to a task gate. Rule: RF is as it was
 * before the event, for only a fault sets it. SDM volume 3, "Saving RIP, RSP, RFLAGS, and SSP"
 * (3C 28.3.3). Returns `rflags` as it should be. */
uint64_t quirk_interrupt_sets_rf(const struct interrupted_event *event, uint64_t rflags);

/* Bochs 2.7 lets XSETBV exit at any privilege level. Rule: a fault that is based on the privilege
 * level comes before an exit. SDM volume 3, "Relative Priority of Faults and VM Exits" (3C 26.1.1).
 * True: it is #GP. */
bool quirk_exits_before_privilege(void);

/* Bochs up to 3.0 does not load CR2 from the VMCB: the guest's is what the processor has. Rule: APM
 * volume 2, "Basic Operation" of "VMRUN Instruction" (15.5.1). So guest_set_cr2() writes both. */

/* Bochs up to 3.0 leaves the trap of a guest that single-steps pending at #VMEXIT, and the
 * hypervisor gets it before its second instruction. Rule: APM volume 2, "#VMEXIT" (15.6): the
 * hypervisor goes on with its own state. So host/tables.c returns from a #DB. */

/* --- Sleep --- */

/* Bochs 2.7 does not wake a processor in HLT for a virtual interrupt. Rule: "a virtual interrupt
 * ... wakes" it, SDM volume 3, "Virtual-Interrupt Delivery" (3C 30.2.2). So HLT exits all the time
 * where the processor delivers, and exits/hlt.c looks first. */
void quirk_delivery_does_not_wake(void);

/* After Bochs 3.0 its sources leave a processor asleep that an entry puts into HLT while a virtual
 * interrupt waits for it. Rule: it is delivered right after the entry. SDM volume 3, "Evaluation of
 * Pending Virtual Interrupts" (3C 30.2.1). So the guest is woken when one is requested. */
void quirk_request_does_not_wake(struct vcpu *vcpu);

/* Bochs 2.7 does not open the interrupt window for a guest that executes HLT right after STI. Rule:
 * SDM volume 3, "Interrupt-Window Exiting and Virtual-Interrupt Delivery" (3C 26.5.6). So HLT exits
 * while a window is wanted. */
void quirk_window_is_shut_in_hlt(bool wanted);

/* Bochs 2.7, 3.0 and its sources of August 2026 hand a pending virtual interrupt over as soon as an
 * interrupt of the machine comes, whatever RFLAGS.IF is. Rule: SDM volume 3, "Evaluation of Pending
 * Virtual Interrupts" (3C 30.2.1): not while IF is 0, nor while the window is asked for. True: ask
 * for it, to hold this one back. */
bool quirk_delivery_ignores_if(struct vcpu *vcpu);

/* Bochs up to 3.0 lets an NMI that exits wake a processor that sleeps in the guest. Rule: an exit
 * leaves the activity state as it is, and in "wait-for-SIPI" NMIs are blocked. SDM volume 3, "Guest
 * Non-Register State" (3C 25.4.2). So where NMIs bring notes HLT exits, too (the first). Who has
 * gone to sleep with interrupts off, before the instruction at `rip`, is remembered (the second):
 * nothing but an NMI of the guest's wakes that one. True (the third): it waits for a SIPI, or for
 * such an NMI, so put it to sleep again. */
void quirk_nmi_wakes_from_hlt(void);
void quirk_falls_asleep(struct vcpu *vcpu, uint64_t rip);
bool quirk_nmi_has_woken(struct vcpu *vcpu);

/* --- INIT and SIPI --- */

/* Bochs up to 2.7 does not acknowledge an INIT by its VM exit: it is there again at the next entry,
 * before an instruction of the guest. Rule: SDM volume 3, "Other Causes of VM Exits" (3C 26.2).
 * True: this INIT exit is the same INIT as the last one, for which quirk_init_came() was called. */
bool quirk_sticky_init(const struct vcpu *vcpu);
/* An INIT exit, with no instruction of the guest after this, is the same INIT again, or one that
 * came before the SIPI. */
void quirk_init_came(struct vcpu *vcpu);

/* Bochs up to 3.0 drops an INIT that is sent in VMX root operation. Rule: it is blocked there, and
 * not lost. SDM volume 3, "Restrictions on VMX Operation" (3C 24.8). The answer is a file of its
 * own: init/stage.c sends an INIT that is to stay pending from non-root operation. */

/* Bochs 2.7 keeps NMIs and SMIs blocked after a SIPI has ended "wait-for-SIPI". Rule: they are
 * blocked in that state only. SDM volume 3, "Guest Non-Register State" (3C 25.4.2). The first is
 * for the SIPI's exit. From then on each exit says that SMIs are blocked, which no entry may: the
 * second mends that, and returns whether it has to be called at the next exit, too. */
void quirk_sipi_leaves_blocking(struct vcpu *vcpu);
bool quirk_smis_stay_blocked(const struct vcpu *vcpu);

/* Bochs up to 3.0 never ends the blocking of NMIs by a VM entry: only an IRET of the guest does. So
 * after an INIT inside an NMI handler each exit says that NMIs are blocked. Rule: after an entry
 * they are if the field says so. SDM volume 3, "Guest Non-Register State" (3C 25.4.2). To be called
 * where no NMI can be what blocks them. */
void quirk_entry_keeps_nmis_blocked(void);

/* --- Guest state --- */

/* The access rights of CS in real mode: present, data, read/write, accessed. Code, 9Bh, would be
 * what a reader expects, but with that Bochs 2.7 refuses a selector whose bits 1:0 are not the DPL,
 * 0. Rule: in an unrestricted guest either will do. SDM volume 3, "Checks on Guest Segment
 * Registers" (3C 27.3.1.2). */
static inline uint32_t quirk_real_mode_code_rights(void)
{
    return 0x93;
}
