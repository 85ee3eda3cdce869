/*
 * apic/choose.c: which of the modes, and whether this processor can.
 */
#include "apic/apic.h"
#include "console/end.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "machine.h"
#include "virt/virt.h"

static const struct apic_mode *const modes[] = {
    [APIC_MMIO] = &apic_mmio,   [APIC_TPR_RO] = &apic_tpr_ro, [APIC_TPR] = &apic_tpr,
    [APIC_APICV] = &apic_apicv, [APIC_X2APIC] = &apic_x2apic, [APIC_POSTED] = &apic_posted,
};

/* What `mode` needs and the processor lacks; NULL if nothing. */
static const char *lacking(const struct apic_mode *mode)
{
    const char *what = virt->apic_lacks(&mode->virtual);

    if (machine.is_svm && mode == &apic_tpr_ro) /* a page's writes cannot exit alone: docs/svm.md */
        what = "virtualize APIC accesses";
    if (what == NULL && mode->virtual.x2apic && (cpuid(1, 0).ecx & CPUID_1_ECX_X2APIC) == 0)
        what = "x2APIC (CPUID.01H:ECX bit 21)";
    return what;
}

/* apic=posted does without the processor's help, too, but only for those who ask for it. */
static enum apic_option best(void)
{
    enum apic_option mode = virt->apic_posts() ? APIC_POSTED : APIC_X2APIC;

    while (mode > APIC_MMIO && lacking(modes[mode]) != NULL)
        mode--;
    return mode;
}

/* Most modes hide most mistakes: docs/apic.md. Each shows in these. */
static const struct {
    enum apic_option first, last;
    const char *name; /* of the first */
} bug_shows[] = {
    [BUG_NONE] = {APIC_OFF, APIC_POSTED, NULL},
    [BUG_STALE_TPR] = {APIC_TPR, APIC_TPR, "tpr"},
    [BUG_NO_THRESHOLD] = {APIC_TPR, APIC_TPR, "tpr"},
    [BUG_RAW_PAGE] = {APIC_X2APIC, APIC_POSTED, "x2apic"},
    [BUG_STICKY_INIT] = {APIC_OFF, APIC_OFF, "off"},
};

static void warn_of_hidden_bug(enum apic_option mode)
{
    enum bug bug = machine.options.bug;

    if (mode < bug_shows[bug].first || mode > bug_shows[bug].last)
        log_warn("bug=: this one shows with apic=%s only", bug_shows[bug].name);
}

void apic_choose(void)
{
    enum apic_option *mode = &machine.options.apic;
    const char *what;

    if (*mode == APIC_AUTO) {
        *mode = best();
        log_info("apic: auto takes the best that this processor has");
    }
    warn_of_hidden_bug(*mode);
    if (*mode == APIC_OFF)
        return;
    if ((cpuid(1, 0).edx & CPUID_1_EDX_APIC) == 0)
        end_refuse("this processor has no local APIC, or it is switched off: use apic=off");
    apic_mode = modes[*mode];
    what = lacking(apic_mode);
    if (what != NULL)
        end_refuse("apic=%s: this processor lacks \"%s\"; apic=auto takes the best it has",
                   apic_mode->name, what);
}
