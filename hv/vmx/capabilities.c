/*
 * vmx/capabilities.c: is this processor enough for hv16?
 * Source: SDM volume 3, "VMX Capability Reporting Facility" (appendix A).
 */
#include "vmx/capabilities.h"
#include "console/end.h"
#include "console/log.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "machine.h"
#include "vmx/bits.h"

#define VMX_BASIC_TRUE (1ull << 55) /* the IA32_VMX_TRUE_... MSRs exist */
#define LINEAR_WIDTH   48

struct vmcs_capabilities vmx_capabilities;

/* The high half of a control's capability MSR has the bits that may be 1, the low half those that
 * must be. */
#define MAY_BE_1(controls) ((uint64_t)(controls) << 32)

/* What hv16 cannot do without: all of these bits in a capability MSR. Each processor that has
 * "unrestricted guest" has all that stands after it here. */
static const struct {
    const uint64_t *capability;
    uint64_t bits;
    const char *name; /* as the SDM calls it */
} needs[] = {
    {&vmx_capabilities.proc, MAY_BE_1(PROC_ACTIVATE_SECONDARY), "activate secondary controls"},
    {&vmx_capabilities.proc, MAY_BE_1(PROC_USE_IO_BITMAPS), "use I/O bitmaps"},
    {&vmx_capabilities.proc, MAY_BE_1(PROC_USE_MSR_BITMAPS), "use MSR bitmaps"},
    {&vmx_capabilities.proc2, MAY_BE_1(PROC2_ENABLE_EPT), "enable EPT"},
    {&vmx_capabilities.proc2, MAY_BE_1(PROC2_UNRESTRICTED_GUEST), "unrestricted guest"},
    {&vmx_capabilities.pin, MAY_BE_1(PIN_VIRTUAL_NMIS), "virtual NMIs"},
    {&vmx_capabilities.pin, MAY_BE_1(PIN_PREEMPTION_TIMER), "activate VMX-preemption timer"},
    {&vmx_capabilities.exit, MAY_BE_1(EXITCTL_HOST_ADDRESS_SPACE_SIZE), "host address-space size"},
    {&vmx_capabilities.exit, MAY_BE_1(EXITCTL_SAVE_EFER), "save IA32_EFER"},
    {&vmx_capabilities.exit, MAY_BE_1(EXITCTL_LOAD_EFER), "load IA32_EFER on exit"},
    {&vmx_capabilities.exit, MAY_BE_1(EXITCTL_SAVE_PAT), "save IA32_PAT"},
    {&vmx_capabilities.exit, MAY_BE_1(EXITCTL_LOAD_PAT), "load IA32_PAT on exit"},
    {&vmx_capabilities.entry, MAY_BE_1(ENTRYCTL_LOAD_EFER), "load IA32_EFER on entry"},
    {&vmx_capabilities.entry, MAY_BE_1(ENTRYCTL_LOAD_PAT), "load IA32_PAT on entry"},
    {&vmx_capabilities.ept_vpid, VMX_EPT_WALK_4, "EPT page-walk length 4"},
    {&vmx_capabilities.ept_vpid, VMX_EPT_WRITE_BACK, "EPT structures in write-back memory"},
    {&vmx_capabilities.ept_vpid, VMX_EPT_2M_PAGES, "2-MByte EPT pages"},
    {&vmx_capabilities.ept_vpid, VMX_EPT_INVEPT | VMX_EPT_INVEPT_SINGLE, "INVEPT, single-context"},
};

/* Firmware should have locked IA32_FEATURE_CONTROL; where it did not, we do. */
bool vmx_enable(void)
{
    uint64_t control = rdmsr(MSR_IA32_FEATURE_CONTROL);

    if ((control & FEATURE_CONTROL_LOCK) == 0) {
        control |= FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMXON;
        wrmsr(MSR_IA32_FEATURE_CONTROL, control);
        log_info("VMX: the firmware left IA32_FEATURE_CONTROL open: locked as %lx", control);
    }
    return (control & FEATURE_CONTROL_VMXON) != 0;
}

/* CPUID first: reading the MSR says nothing, or faults, where there is no VMX. */
static void check_enabled(void)
{
    if ((cpuid(1, 0).ecx & CPUID_1_ECX_VMX) == 0)
        end_refuse("this processor has neither VMX (CPUID.01H:ECX bit 5) nor SVM "
                   "(CPUID.80000001H:ECX bit 2)");
    if (!vmx_enable())
        end_refuse("the firmware has locked VMX off (IA32_FEATURE_CONTROL is %lx): look for "
                   "\"virtualization\" or \"VT-x\" in its set-up",
                   rdmsr(MSR_IA32_FEATURE_CONTROL));
}

static void read_capabilities(void)
{
    struct vmcs_capabilities *caps = &vmx_capabilities;
    bool exact;

    caps->basic = rdmsr(MSR_IA32_VMX_BASIC);
    exact = (caps->basic & VMX_BASIC_TRUE) != 0;
    caps->pin = rdmsr(exact ? MSR_IA32_VMX_TRUE_PIN : MSR_IA32_VMX_PIN);
    caps->proc = rdmsr(exact ? MSR_IA32_VMX_TRUE_PROC : MSR_IA32_VMX_PROC);
    caps->exit = rdmsr(exact ? MSR_IA32_VMX_TRUE_EXIT : MSR_IA32_VMX_EXIT);
    caps->entry = rdmsr(exact ? MSR_IA32_VMX_TRUE_ENTRY : MSR_IA32_VMX_ENTRY);
    caps->misc = rdmsr(MSR_IA32_VMX_MISC);
    caps->cr0_fixed0 = rdmsr(MSR_IA32_VMX_CR0_FIXED0);
    caps->cr0_fixed1 = rdmsr(MSR_IA32_VMX_CR0_FIXED1);
    caps->cr4_fixed0 = rdmsr(MSR_IA32_VMX_CR4_FIXED0);
    caps->cr4_fixed1 = rdmsr(MSR_IA32_VMX_CR4_FIXED1);
    if (vmx_allows(caps->proc, PROC_ACTIVATE_SECONDARY))
        caps->proc2 = rdmsr(MSR_IA32_VMX_PROC2);
    if (vmx_allows(caps->proc2, PROC2_ENABLE_EPT))
        caps->ept_vpid = rdmsr(MSR_IA32_VMX_EPT_VPID);
    machine.has_1g_pages = (caps->ept_vpid & VMX_EPT_1G_PAGES) != 0;
    machine.physical_bits = cpuid(0x80000008, 0).eax & 0xFF; /* there, as long mode is */
    caps->physical_width = machine.physical_bits;
    caps->linear_width = LINEAR_WIDTH;
}

void vmx_check_machine(void)
{
    check_enabled();
    read_capabilities();
    for (uint32_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if ((*needs[i].capability & needs[i].bits) != needs[i].bits)
            end_refuse("this processor's VMX lacks \"%s\"", needs[i].name);
    }
    if (vmx_capabilities.proc & PROC_CR3_LOAD_EXITING)
        end_refuse("this processor's VMX insists on \"CR3-load exiting\"");
    if (vmx_capabilities.proc & PROC_CR3_STORE_EXITING)
        end_refuse("this processor's VMX insists on \"CR3-store exiting\"");
}

const char *vmx_lacks_for_several(bool real_sipis)
{
    if (real_sipis && (vmx_capabilities.misc & VMX_MISC_WAIT_FOR_SIPI) == 0)
        return "no activity state \"wait-for-SIPI\", which apic=off needs";
    return NULL;
}

bool vmx_allows(uint64_t capability, uint32_t controls)
{
    return (~capability & MAY_BE_1(controls)) == 0;
}

uint32_t vmx_control(uint64_t capability, uint32_t wanted)
{
    return (wanted | (uint32_t)capability) & (uint32_t)(capability >> 32);
}
