/*
 * apic/choose.c: which of the ways, and whether this processor can go it.
 */
#include "apic/apic.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "machine.h"
#include "vmx/capabilities.h"
#include "vmx/fields.h"

static const struct apic_way *const ways[] = {
    [APIC_MMIO] = &apic_mmio,   [APIC_TPR_RO] = &apic_tpr_ro, [APIC_TPR] = &apic_tpr,
    [APIC_APICV] = &apic_apicv, [APIC_X2APIC] = &apic_x2apic, [APIC_POSTED] = &apic_posted,
};

/* By their names in the SDM, those first without which the others make no sense. */
static const struct {
    const uint64_t *capability;
    uint32_t bit;
    bool in_proc2;
    const char *name;
} controls[] = {
    {&vmx_capabilities.proc, PROC_USE_TPR_SHADOW, false, "use TPR shadow"},
    {&vmx_capabilities.proc2, PROC2_VIRTUALIZE_APIC_ACCESSES, true, "virtualize APIC accesses"},
    {&vmx_capabilities.proc2, PROC2_VIRTUALIZE_X2APIC_MODE, true, "virtualize x2APIC mode"},
    {&vmx_capabilities.proc2, PROC2_APIC_REGISTER_VIRTUALIZATION, true,
     "APIC-register virtualization"},
    {&vmx_capabilities.proc2, PROC2_VIRTUAL_INTERRUPT_DELIVERY, true, "virtual-interrupt delivery"},
};

/* What `way` needs and the processor lacks; NULL if nothing. */
static const char *lacking(const struct apic_way *way)
{
    for (uint32_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        uint32_t wanted = controls[i].in_proc2 ? way->proc2 : way->proc;

        if ((wanted & controls[i].bit) && (*controls[i].capability >> 32 & controls[i].bit) == 0)
            return controls[i].name;
    }
    if (way->x2apic && (cpuid(1, 0).ecx & CPUID_1_ECX_X2APIC) == 0)
        return "x2APIC (CPUID.01H:ECX bit 21)";
    return NULL;
}

/* posted= is for those who ask for it, while there is a processor that lacks the control. */
static enum apic_mode best(void)
{
    enum apic_mode mode = APIC_X2APIC;

    if (vmx_capabilities.pin >> 32 & PIN_PROCESS_POSTED_INTERRUPTS)
        mode = APIC_POSTED;
    while (mode > APIC_MMIO && lacking(ways[mode]) != NULL)
        mode--;
    return mode;
}

/* Most modes hide most mistakes: docs/apic.md. Each shows in these. */
static const struct {
    enum apic_mode first, last;
    const char *name; /* of the first */
} bug_shows[] = {
    [BUG_NONE] = {APIC_OFF, APIC_POSTED, NULL},
    [BUG_STALE_TPR] = {APIC_TPR, APIC_TPR, "tpr"},
    [BUG_NO_THRESHOLD] = {APIC_TPR, APIC_TPR, "tpr"},
    [BUG_RAW_PAGE] = {APIC_X2APIC, APIC_POSTED, "x2apic"},
    [BUG_STICKY_INIT] = {APIC_OFF, APIC_OFF, "off"},
};

static void warn_of_hidden_bug(enum apic_mode mode)
{
    enum bug bug = machine.options.bug;

    if (mode < bug_shows[bug].first || mode > bug_shows[bug].last)
        log_warn("bug=: this one shows with apic=%s only", bug_shows[bug].name);
}

void apic_choose(void)
{
    enum apic_mode *mode = &machine.options.apic;
    const char *what;

    if (*mode == APIC_AUTO) {
        *mode = best();
        log_info("apic: auto takes the best that this processor has");
    }
    warn_of_hidden_bug(*mode);
    if (*mode == APIC_OFF)
        return;
    if ((cpuid(1, 0).edx & CPUID_1_EDX_APIC) == 0)
        machine_refuse("this processor has no local APIC, or it is switched off: use apic=off");
    apic_way = ways[*mode];
    what = lacking(apic_way);
    if (what != NULL)
        machine_refuse("apic=%s: this processor lacks \"%s\"; apic=auto takes the best it has",
                       apic_way->name, what);
    if ((vmx_capabilities.pin >> 32 & PIN_EXTERNAL_INTERRUPT_EXITING) == 0 ||
        (vmx_capabilities.exit >> 32 & EXITCTL_ACKNOWLEDGE_INTERRUPT) == 0)
        machine_refuse("this processor's VMX cannot exit on external interrupts: use apic=off");
}
