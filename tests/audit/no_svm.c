/*
 * no_svm.c: in place of hv/svm: the audit's own code would not fit into the image beside it.
 */
#include "svm/svm.h"

const struct virt_operations svm_operations;
const uint8_t svm_take_idt[10]; /* for take.asm */

bool svm_exists(void)
{
    return false;
}
