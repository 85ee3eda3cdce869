/*
 * exits/task_switch.c: a hardware task switch, exit reason 9, which no control can turn off.
 *
 * VMX leaves all of it to software: saving and loading two TSSs with every check on the way. No
 * system since the 386's first years relies on it, so hv16 says what happened and stops.
 * Source: SDM volume 3, "Other Causes of VM Exits" (3C 26.2).
 */
#include "console/log.h"
#include "exits/exits.h"
#include "virt/virt.h"

enum exit_action exit_task_switch(struct vcpu *vcpu)
{
    static const char *const sources[] = {
        [TASK_CALL] = "CALL",
        [TASK_IRET] = "IRET",
        [TASK_JMP] = "JMP",
        [TASK_GATE] = "a task gate in the IDT",
    };
    struct exit_task task = virt->exit_task();

    (void)vcpu;
    log_error(
        "the guest switches to the TSS %x by %s: hv16 does not emulate hardware task switches",
        task.selector, sources[task.source]);
    return EXIT_UNHANDLED;
}
