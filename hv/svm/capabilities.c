/*
 * svm/capabilities.c: is this processor enough for hv16?
 * Source: APM volume 2, "Enabling SVM" (15.4); APM volume 3, "CPUID", functions 8000_0001h and
 * 8000_000Ah.
 */
#include "console/end.h"
#include "cpu/cpu.h"
#include "cpu/msr.h"
#include "machine.h"
#include "svm/svm.h"

#define CPUID_AMD_ECX_SVM (1u << 2)
#define CPUID_AMD_EDX_1G  (1u << 26)
#define CPUID_SVM_EDX_NP  (1u << 0)

uint32_t svm_features;

bool svm_exists(void)
{
    return cpuid(0x80000000, 0).eax >= 0x8000000A &&
           (cpuid(0x80000001, 0).ecx & CPUID_AMD_ECX_SVM) != 0;
}

bool svm_enable(void)
{
    if (rdmsr(MSR_VM_CR) & VM_CR_SVMDIS)
        return false;
    wrmsr(MSR_IA32_EFER, rdmsr(MSR_IA32_EFER) | EFER_SVME);
    return true;
}

void svm_check_machine(void)
{
    svm_features = (uint32_t)cpuid(0x8000000A, 0).edx;
    if (!svm_enable())
        end_refuse("the firmware has locked SVM off (VM_CR is %lx): look for \"virtualization\" or "
                   "\"SVM\" in its set-up",
                   rdmsr(MSR_VM_CR));
    if ((svm_features & CPUID_SVM_EDX_NP) == 0)
        end_refuse("this processor's SVM lacks \"nested paging\"");
    svm_take_open();
    machine.has_1g_pages = (cpuid(0x80000001, 0).edx & CPUID_AMD_EDX_1G) != 0;
    machine.physical_bits = cpuid(0x80000008, 0).eax & 0xFF;
}

const char *svm_lacks_for_several(bool real_sipis)
{
    (void)real_sipis;
    return "a way to start processors, which hv16's SVM wing has not learnt yet";
}
