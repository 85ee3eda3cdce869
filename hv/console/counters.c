/*
 * console/counters.c: the counters of all vCPUs, to the log.
 */
#include "console/counters.h"
#include "console/log.h"
#include "machine.h"

static void log_counters_of(const struct vcpu *vcpu)
{
    if (vcpu->init.inits + vcpu->init.sipis != 0)
        log_info("cpu %u: %u INITs, %u SIPIs", vcpu->id, vcpu->init.inits, vcpu->init.sipis);
    for (uint32_t i = 0; i < EXIT_REASON_MAX; i++) {
        if (vcpu->exits[i] != 0)
            log_info("cpu %u: %lu exits: %s (%u)", vcpu->id, vcpu->exits[i], exit_reason_name(i),
                     i);
    }
}

void counters_log(void)
{
    for (uint32_t i = 0; i < machine.cpus; i++)
        log_counters_of(&vcpus[i]);
}
