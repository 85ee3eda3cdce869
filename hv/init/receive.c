/*
 * init/receive.c: an INIT or a SIPI arrives.
 */
#include "apic/apic.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "guest/reset_vector.h"
#include "guest/restart.h"
#include "init/init.h"
#include "virt/guest.h"
#include "virt/nmi.h"
#include "virt/virt.h"

/* With apic=off SIPIs are real, and "wait-for-SIPI" is what waits for them. In all other modes the
 * processor sleeps in the guest, with interrupts off, and the SIPI comes as a note. */
void init_sleep(void)
{
    guest_write(GUEST_ACTIVITY, apic_mode == NULL ? SLEEP_WAIT_FOR_SIPI : SLEEP_HLT);
}

/* The state after INIT, and from now on the processor sleeps until a SIPI comes. */
static void wait_for_sipi(struct vcpu *vcpu)
{
    init_write_state(vcpu);
    init_sleep();
    vcpu->init.waits_for_sipi = true;
}

void init_power_up(struct vcpu *vcpu)
{
    guest_real_mode(0, 0);
    guest_set(GUEST_CR0, CR0_CD | CR0_NW);
    wait_for_sipi(vcpu);
}

/* INIT of the processor that booted. It begins at the reset vector, where the BIOS looks whether it
 * was told about this. If not, it would test and boot the machine anew, and find hv16's disk: so
 * the guest begins anew instead. */
static void receive_first(struct vcpu *vcpu)
{
    if (bios_goes_on()) {
        apic_reset(vcpu);
        init_write_state(vcpu);
    } else {
        guest_restart(vcpu, "INIT, and CMOS 0Fh does not say where to go on");
    }
}

/* An INIT has come: it resets the APIC, too, and an NMI that waits for the guest is gone.
 * Counted in `inits`. */
void init_receive(struct vcpu *vcpu)
{
    nmi_forget(vcpu);
    vcpu->init.inits++;
    log_debug("cpu %u: INIT, at %lx:%lx", vcpu->id, guest_read(GUEST_CS_SELECTOR),
              guest_read(GUEST_RIP));
    if (vcpu->id == 0) {
        receive_first(vcpu);
        return;
    }
    apic_reset(vcpu);
    wait_for_sipi(vcpu);
}

/* A SIPI has come. Counted in `sipis`, if anything comes of it. */
void init_receive_sipi(struct vcpu *vcpu, uint8_t vector)
{
    if (!vcpu->init.waits_for_sipi)
        return;
    vcpu->init.waits_for_sipi = false;
    inbox_catch_up(vcpu);
    vcpu->init.sipis++;
    log_debug("cpu %u: SIPI, vector %x", vcpu->id, vector);
    guest_go_to((uint16_t)(vector << 8), (uint32_t)vector << 12, 0);
    guest_write(GUEST_ACTIVITY, SLEEP_NOT);
}
