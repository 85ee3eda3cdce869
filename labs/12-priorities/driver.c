/*
 * driver.c: hv/model/lapic.c on the host, one call for each command.
 */
#include "host.h"
#include "model/lapic.h"
#include <string.h>

static uint32_t page[PAGE_SIZE / 4];
static struct lapic lapic;

static void begin(void)
{
    memset(&lapic, 0, sizeof lapic);
    lapic_init(&lapic, page, 0, true);
    page[LAPIC_SVR / 4] |= LAPIC_SVR_ENABLE;
}

static void put_in_service(uint32_t vector)
{
    page[(LAPIC_ISR + vector / 32 * 16) / 4] |= 1u << vector % 32;
}

int main(void)
{
    char *word;
    uint64_t number[WORDS_MAX];

    begin();
    while (host_next(&word, number)) {
        if (strcmp(word, "begin") == 0)
            begin();
        else if (strcmp(word, "tpr") == 0)
            page[LAPIC_TPR / 4] = (uint32_t)number[0];
        else if (strcmp(word, "request") == 0)
            lapic_request(&lapic, (uint8_t)number[0], number[1] != 0);
        else if (strcmp(word, "in-service") == 0)
            put_in_service((uint32_t)number[0]);
        else if (strcmp(word, "ppr") == 0)
            host_report(lapic_ppr(&lapic));
        else if (strcmp(word, "page") == 0)
            host_report(page[number[0] / 4]);
        else if (strcmp(word, "deliverable") == 0)
            host_report((uint32_t)lapic_deliverable(&lapic));
        else if (strcmp(word, "deliver") == 0)
            host_report((uint32_t)lapic_deliver(&lapic));
        else if (strcmp(word, "eoi") == 0)
            host_report(lapic_eoi(&lapic));
        else if (strcmp(word, "threshold") == 0)
            host_report(lapic_tpr_threshold(&lapic));
    }
    return 0;
}
