/*
 * svm/exit_facts.c: EXITINFO1 and EXITINFO2, decoded.
 * Source: APM volume 2, the sections named here.
 */
#include "cpu/cpu.h"
#include "cpu/event.h"
#include "svm/svm.h"
#include "svm/vmcb.h"

/* "IOIO Intercepts" (15.10.2). */
struct exit_io svm_exit_io(void)
{
    uint64_t info = svm_vmcb()->exit_info1;

    return (struct exit_io){
        .size = (uint8_t)(info >> 4 & 7), /* a bit each for 1, 2 and 4 bytes */
        .in = (info & 0x1) != 0,
        .string = (info & 0x4) != 0,
        .port = (uint16_t)(info >> 16),
    };
}

/* "Nested versus Guest Page Faults, Fault Ordering" (15.25.6): a page fault's error code. */
struct exit_memory svm_exit_memory(void)
{
    uint64_t info = svm_vmcb()->exit_info1;

    return (struct exit_memory){
        .address = svm_vmcb()->exit_info2,
        .write = (info & 0x2) != 0,
        .fetch = (info & 0x10) != 0,
    };
}

/* What loop.c has noted: an exception, or what svm_take() took. */
struct exit_event svm_exit_event(void)
{
    struct vmcb *vmcb = svm_vmcb();
    uint32_t event = (uint32_t)vmcb->kept.exited_event;
    uint64_t reasons = vmcb->dr6 & DR6_REASONS; /* set before the exit, says the APM */

    return (struct exit_event){
        .known = event != 0,
        .is_nmi = (event & INTERRUPTION_TYPE) == INTERRUPTION_TYPE_NMI,
        .vector = (uint8_t)event,
        .detail = (uint8_t)event == VECTOR_PF ? vmcb->exit_info2
                  : reasons != 0              ? reasons
                                              : DR6_BS,
    };
}

/* Without decode assists, which not all processors have. */
struct exit_cr svm_exit_cr(void)
{
    uint64_t code = svm_vmcb()->exit_code;

    return (struct exit_cr){
        .cr = code & 15,
        .is_mov = true, /* CLTS and LMSW are about CR0, which does not exit */
        .from_cr = code < SVM_EXIT_CR_WRITE,
        .gpr = svm_cr_register(),
    };
}
