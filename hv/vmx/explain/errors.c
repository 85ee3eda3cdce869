/*
 * vmx/explain/errors.c: numbers into words. SDM volume 3, "VM Instruction Error Numbers" (31.4) and
 * "VM-Entry Failures During or After Loading Guest State" (27.8).
 */
#include "vmx/explain/words.h"

#include <stddef.h>

static const char *const errors[] = {
    [1] = "VMCALL in VMX root operation",
    [2] = "VMCLEAR with an invalid physical address",
    [3] = "VMCLEAR of the VMXON region",
    [4] = "VMLAUNCH of a VMCS that is not clear (use VMRESUME, or VMCLEAR first)",
    [5] = "VMRESUME of a VMCS that was not launched (use VMLAUNCH)",
    [6] = "VMRESUME after VMXOFF and VMXON (VMCLEAR, then VMLAUNCH)",
    [7] = "VM entry with an invalid control field",
    [8] = "VM entry with an invalid host-state field",
    [9] = "VMPTRLD with an invalid physical address",
    [10] = "VMPTRLD of the VMXON region",
    [11] = "VMPTRLD of a region with the wrong VMCS revision identifier",
    [12] = "VMREAD or VMWRITE of a field this processor does not have",
    [13] = "VMWRITE to a read-only field",
    [15] = "VMXON in VMX root operation",
    [16] = "VM entry with an invalid executive-VMCS pointer",
    [17] = "VM entry with an executive VMCS that was not launched",
    [18] = "VM entry with an executive-VMCS pointer that is not the VMXON pointer",
    [19] = "VMCALL with a VMCS that is not clear, to activate the dual-monitor treatment",
    [20] = "VMCALL with an invalid VM-exit control field",
    [22] = "VMCALL with the wrong MSEG revision identifier",
    [23] = "VMXOFF under dual-monitor treatment of SMIs and SMM",
    [24] = "VMCALL with invalid SMM-monitor features",
    [25] = "VM entry with an invalid VM-execution control in the executive VMCS",
    [26] = "VM entry while MOV SS blocks events",
    [28] = "INVEPT or INVVPID with an invalid operand",
};

const char *vm_instruction_error(uint32_t number)
{
    if (number >= sizeof errors / sizeof *errors || errors[number] == NULL)
        return "unknown VM-instruction error";
    return errors[number];
}

const char *vm_entry_failure(uint32_t basic)
{
    switch (basic) {
    case 33:
        return "the guest state is invalid";
    case 34:
        return "an MSR of the VM-entry MSR-load area could not be loaded (the exit qualification "
               "is its place in the area, from 1)";
    case 41:
        return "a machine check happened during the VM entry";
    default:
        return "unknown VM-entry failure";
    }
}

const char *vm_entry_failure_detail(uint64_t qualification)
{
    switch (qualification) {
    case 2:
        return "the page-directory-pointer-table entries (PDPTEs) could not be loaded";
    case 3:
        return "an NMI was to be injected while STI blocks events";
    case 4:
        return "the VMCS link pointer is invalid";
    default:
        return NULL;
    }
}
