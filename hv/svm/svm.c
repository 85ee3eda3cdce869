/*
 * svm/svm.c: the operations of virt/virt.h, and which function of this folder is which.
 */
#include "svm/svm.h"
#include "console/end.h"
#include "machine.h"

/* An INIT that no exit has acknowledged, which is taken once GIF is 1, outside of the guest. */
static void off(const struct vcpu *vcpu)
{
    (void)vcpu;
    end_stop(
        "hv16 cannot acknowledge an INIT with SVM yet; the other modes of apic= have no such INIT");
}

static void poke(void)
{
    if (machine.options.poke_count > 0)
        end_refuse("poke= is for the fields of a VMCS, and this processor has SVM");
}

const struct virt_operations svm_operations = {
    .hypercall = {0x0F, 0x01, 0xD9}, /* VMMCALL */
    .check_machine = svm_check_machine,
    .enable = svm_enable,
    .lacks_for_several = svm_lacks_for_several,
    .open = svm_open,
    .off = off,
    .handle_exits = svm_handle_exits,
    .run = svm_loop,
    .real_mode = svm_real_mode,
    .dump = svm_dump,
    .poke = poke,

    .set_control = svm_set_control,
    .exit_soon = svm_exit_soon,
    .trap_msr = svm_trap_msr,
    .trap_port = svm_trap_port,

    .apic_lacks = svm_apic_lacks,
    .apic_posts = svm_apic_posts,
    .apic_open = svm_apic_open,
    .apic_follow_mode = svm_apic_follow_mode,
    .exit_when_tpr_below = svm_exit_when_tpr_below,

    .exit_io = svm_exit_io,
    .exit_memory = svm_exit_memory,
    .exit_event = svm_exit_event,
    .exit_cr = svm_exit_cr,
};
