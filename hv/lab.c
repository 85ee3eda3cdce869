/*
 * lab.c: see lab.h.
 */
#include "lab.h"
#include "machine.h"

_Noreturn void lab_not_implemented(const char *what)
{
    machine_stop("%s", what);
}
