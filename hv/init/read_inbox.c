/*
 * init/read_inbox.c: what the notes of other processors come to.
 */
#include "apic/apic.h"
#include "apic/inbox.h"
#include "dma/dma.h"
#include "guest/restart.h"
#include "init/init.h"
#include "machine.h"
#include "mem/ept.h"
#include "quirks.h"
#include "virt/nmi.h"
#include "virt/repeat.h"
#include "virt/virt.h"

void inbox_open(struct vcpu *vcpu)
{
    if (machine.cpus > 1) {
        virt->exit_soon(false);
        if (apic_mode != NULL)
            quirk_nmi_wakes_from_hlt();
    }
    __atomic_store_n(&vcpu->is_up, true, __ATOMIC_RELEASE);
}

void inbox_catch_up(struct vcpu *vcpu)
{
    ept_flush(vcpu);
    dma_follow(vcpu);
}

void inbox_read(struct vcpu *vcpu)
{
    uint32_t notes;

    virt->exit_soon(false);
    notes = __atomic_exchange_n(&vcpu->inbox.notes, 0, __ATOMIC_SEQ_CST);
    if (notes != 0)
        repeat_forgive(vcpu);
    if (notes & NOTE_CHANGED)
        inbox_catch_up(vcpu);
    if (notes & NOTE_POSTED)
        posted_take(vcpu);
    if ((notes & NOTE_NMI) && !vcpu->init.waits_for_sipi)
        nmi_request(vcpu);
    if (notes & NOTE_INIT)
        init_receive(vcpu);
    if (notes & NOTE_STARTUP)
        init_receive_sipi(vcpu, (uint8_t)(notes >> 8));
    if (notes & NOTE_RESTART)
        guest_restart_here(vcpu);
    if (quirk_nmi_has_woken(vcpu))
        init_sleep();
}
