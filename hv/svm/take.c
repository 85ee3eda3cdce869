/*
 * svm/take.c: the IDT of take.asm.
 */
#include "host/tables.h"
#include "svm/svm.h"

#define VECTORS   256
#define STUB_SIZE 5

extern const uint8_t svm_take_stubs[VECTORS][STUB_SIZE];

static struct gate idt[VECTORS];
struct __attribute__((packed)) {
    uint16_t limit;
    const struct gate *base;
} svm_take_idt = {sizeof idt - 1, idt};

void svm_take_open(void)
{
    for (uint32_t i = 0; i < VECTORS; i++)
        tables_set_gate(&idt[i], svm_take_stubs[i], 0);
}
