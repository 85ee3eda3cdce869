/*
 * exits/hidden.c: the guest touches the hypervisor's block. It reads all ones, its writes are
 * dropped, and it runs on.
 *
 * Instead of emulating whatever instruction it was, hv16 lets the processor execute it: for the
 * length of one instruction, found by single-stepping, the block is mapped to a decoy page full
 * of ones. That is right for every instruction there is, at the price of two exits.
 * Source: SDM volume 3, "Single-Step Exception Condition" (3B 17.3.1.4).
 */
#include "console/log.h"
#include "cpu/cpu.h"
#include "exits/exits.h"
#include "mem/ept.h"
#include "vmx/inject.h"
#include "vmx/vmcs.h"

#define QUAL_READ  0x1u
#define QUAL_WRITE 0x2u
#define QUAL_FETCH 0x4u

#define LOGGED_ACCESSES 8 /* then only each power of two: a guest may do this a million times */

static void count_and_log(struct vcpu *vcpu, uint64_t address, uint64_t qualification)
{
    bool write = (qualification & QUAL_WRITE) != 0;
    uint64_t total;

    if (write)
        vcpu->hidden_writes++;
    else
        vcpu->hidden_reads++;
    total = vcpu->hidden_reads + vcpu->hidden_writes;
    if (total <= LOGGED_ACCESSES || (total & (total - 1)) == 0)
        log_warn("hidden memory: the guest %s %lx, at %lx:%lx (%lu reads, %lu writes so far)",
                 write ? "writes" : "reads", address, vmcs_read(VMCS_GUEST_CS_SELECTOR),
                 vmcs_read(VMCS_GUEST_RIP), vcpu->hidden_reads, vcpu->hidden_writes);
}

enum exit_action hidden_access(struct vcpu *vcpu, uint64_t address, uint64_t qualification)
{
    uint64_t rflags = vmcs_read(VMCS_GUEST_RFLAGS);

    count_and_log(vcpu, address, qualification);
    if (qualification & QUAL_FETCH) {
        inject_exception(VECTOR_UD); /* FFh FFh is no instruction */
        return EXIT_RESUME;
    }
    ept_decoy_show();
    vcpu->stepping = true;
    vcpu->chores_in = 1; /* the next exit ends the step, whatever it is */
    vcpu->step_guest_tf = (rflags & RFLAGS_TF) != 0;
    vmcs_set(VMCS_EXCEPTION_BITMAP, 1u << VECTOR_DB);
    vmcs_write(VMCS_GUEST_RFLAGS, rflags | RFLAGS_TF);
    /* With TF and a STI or MOV SS shadow, VM entry wants the trap to be pending already. */
    if (vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS))
        vmcs_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
    return EXIT_RESUME;
}

void hidden_step_end(struct vcpu *vcpu)
{
    ept_decoy_hide();
    vcpu->stepping = false;
    vmcs_clear(VMCS_EXCEPTION_BITMAP, 1u << VECTOR_DB);
    if (!vcpu->step_guest_tf) {
        vmcs_clear(VMCS_GUEST_RFLAGS, RFLAGS_TF);
        vmcs_clear(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS);
    }
}
