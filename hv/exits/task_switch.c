/*
 * exits/task_switch.c: a hardware task switch, exit reason 9, which no control can turn off.
 *
 * VMX leaves all of it to software: saving and loading two TSSs with every check on the way. No
 * system since the 386's first years relies on it, so hv16 says what happened and stops.
 * Source: SDM volume 3, "Exit Qualification for Task Switches" (3C 28.2.1, table 28-2).
 */
#include "console/log.h"
#include "exits/exits.h"
#include "vmx/vmcs.h"

#define QUAL_SELECTOR(q) ((uint16_t)(q))
#define QUAL_SOURCE(q)   ((uint32_t)(q) >> 30 & 3)

enum exit_action exit_task_switch(struct vcpu *vcpu)
{
    static const char *const sources[] = {"CALL", "IRET", "JMP", "a task gate in the IDT"};
    uint64_t qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);

    (void)vcpu;
    log_error(
        "the guest switches to the TSS %x by %s: hv16 does not emulate hardware task switches",
        QUAL_SELECTOR(qualification), sources[QUAL_SOURCE(qualification)]);
    return EXIT_UNHANDLED;
}
