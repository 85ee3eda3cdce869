/*
 * lab.h: what a lab's starter has in place of the solution, LAB_TODO(number): it stops and says
 * where. The Makefile includes it for the files that a student changes; the reference does without.
 */
#pragma once

#define LAB_TEXT(x) #x
#define LAB_LINE(x) LAB_TEXT(x)
#define LAB_TODO(number)                                                                           \
    lab_not_implemented("LAB " #number ": not implemented (" __FILE__ ":" LAB_LINE(__LINE__) ")")

/* console/end.c ends the run; on the host, labs/common/host.c ends the test. */
_Noreturn void lab_not_implemented(const char *what);
