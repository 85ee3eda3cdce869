/*
 * machine.c: the two variables that all floors share.
 */
#include "machine.h"

struct machine machine;
struct vcpu vcpus[CPUS_MAX];
