/*
 * model/lapic.c: the state of a local APIC, and which interrupt comes next.
 * Source: SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)" (3A 11).
 */
#include "model/lapic.h"
#include "lib/string.h"

#define CLASS(vector) ((vector) >> 4)

/* The word of IRR, ISR or TMR that holds `vector`: vectors 0-31 are in the first, and so on. */
static uint32_t *vector_word(const struct lapic *lapic, uint32_t offset, uint32_t vector)
{
    return &lapic->page[(offset + (vector >> 5) * 0x10) / 4];
}

static bool vector_is_set(const struct lapic *lapic, uint32_t offset, uint32_t vector)
{
    return (*vector_word(lapic, offset, vector) >> (vector & 31) & 1) != 0;
}

static void vector_set(const struct lapic *lapic, uint32_t offset, uint32_t vector, bool value)
{
    uint32_t *word = vector_word(lapic, offset, vector);
    uint32_t bit = 1u << (vector & 31);

    *word = value ? *word | bit : *word & ~bit;
}

/* The highest vector in one of the three, or LAPIC_NO_VECTOR. Mostly there is none. */
static int highest(const struct lapic *lapic, uint32_t offset)
{
    const uint32_t *w = vector_word(lapic, offset, 0);

    if ((w[0] | w[4] | w[8] | w[12] | w[16] | w[20] | w[24] | w[28]) == 0)
        return LAPIC_NO_VECTOR;
    int last = 255;
    for (w += 28; *w == 0; w -= 4)
        last -= 32;
    return last - __builtin_clz(*w);
}

void lapic_init(struct lapic *lapic, void *page, uint32_t id, bool is_bsp)
{
    lapic->page = page;
    lapic->id = id;
    lapic->base = APIC_BASE_DEFAULT | APIC_BASE_EN | (is_bsp ? APIC_BASE_BSP : 0);
    lapic_reset(lapic);
}

void lapic_reset(struct lapic *lapic)
{
    uint32_t *page = memset(lapic->page, 0, PAGE_SIZE);

    lapic->errors = 0;
    lapic->ended = 0;
    lapic->tpr_written = 0;
    page[LAPIC_VERSION / 4] = LAPIC_VERSION_VALUE;
    page[LAPIC_DFR / 4] = ~0u;
    page[LAPIC_SVR / 4] = 0xFF;
    lapic_mask_lvts(lapic);
    lapic_set_ids(lapic);
}

/* TPR as the priorities see it. Hardware with a TPR shadow writes the page without telling us, so
 * the page is the only truth; bug=stale-tpr believes in the last write that it has seen itself. */
static uint8_t task_priority(const struct lapic *lapic)
{
    return lapic->stale_tpr ? lapic->tpr_written : (uint8_t)lapic->page[LAPIC_TPR / 4];
}

/* PPR, from TPR and what is in service; it goes into the page, too. Where the classes are
 * equal, the SDM lets bits 3:0 be TPR's or 0. Hardware's "PPR Virtualization" (30.1.3) takes TPR's,
 * and the modes that use it must not differ from those that don't. */
uint8_t lapic_ppr(struct lapic *lapic)
{
    int in_service = lapic_highest_in_service(lapic);
    uint8_t ppr = task_priority(lapic);

    if (CLASS(in_service) > CLASS(ppr))
        ppr = (uint8_t)(in_service & 0xF0);
    lapic->page[LAPIC_PPR / 4] = ppr;
    return ppr;
}

int lapic_highest_requested(const struct lapic *lapic)
{
    return highest(lapic, LAPIC_IRR);
}

int lapic_highest_in_service(const struct lapic *lapic)
{
    return highest(lapic, LAPIC_ISR);
}

/* The vector to offer now, if any. */
int lapic_deliverable(struct lapic *lapic)
{
    int requested = lapic_highest_requested(lapic);

    if (requested == LAPIC_NO_VECTOR)
        return LAPIC_NO_VECTOR;
    /* Only the class counts: a higher vector of the same class waits as well. */
    return CLASS(requested) > CLASS(lapic_ppr(lapic)) ? requested : LAPIC_NO_VECTOR;
}

int lapic_deliver(struct lapic *lapic)
{
    int vector = lapic_deliverable(lapic);

    if (vector != LAPIC_NO_VECTOR) {
        vector_set(lapic, LAPIC_IRR, (uint32_t)vector, false);
        vector_set(lapic, LAPIC_ISR, (uint32_t)vector, true);
        lapic_ppr(lapic);
    }
    return vector;
}

/* The end of an interrupt: SDM, "Signaling Interrupt Servicing Completion" (11.8.5). If it
 * was level-triggered, the I/O APIC must hear of it: its line may be active still. TMR keeps its
 * bit until the vector is requested again. */
uint32_t lapic_eoi(struct lapic *lapic)
{
    int vector = lapic_highest_in_service(lapic);

    if (vector == LAPIC_NO_VECTOR)
        return 0;
    lapic->ended = (uint8_t)vector;
    vector_set(lapic, LAPIC_ISR, lapic->ended, false);
    lapic_ppr(lapic);
    return vector_is_set(lapic, LAPIC_TMR, lapic->ended) ? LAPIC_UPDATE | LAPIC_EOI_LEVEL
                                                         : LAPIC_UPDATE;
}

/* Into IRR. TMR follows the latest request: SDM, "Interrupt Acceptance for Fixed Interrupts"
 * (11.8.4). */
static uint32_t accept(struct lapic *lapic, uint8_t vector, bool level)
{
    vector_set(lapic, LAPIC_IRR, vector, true);
    vector_set(lapic, LAPIC_TMR, vector, level);
    return LAPIC_UPDATE;
}

/* What is disabled drops it without a look, so without an error as well. */
uint32_t lapic_request(struct lapic *lapic, uint8_t vector, bool level)
{
    if (!lapic_is_enabled(lapic))
        return 0;
    if (vector < LAPIC_VECTOR_MIN)
        return lapic_error(lapic, LAPIC_RECEIVE_ILLEGAL_VECTOR);
    return accept(lapic, vector, level);
}

/* "This write also rearms the APIC error interrupt triggering mechanism": one interrupt for each
 * write of the ESR, so only for the first error. An error interrupt with an illegal vector is no
 * error of its own: it would never end. */
uint32_t lapic_error(struct lapic *lapic, uint32_t errors)
{
    uint32_t lvt = lapic->page[LAPIC_LVT_ERROR / 4];
    bool armed = lapic->errors == 0;

    lapic->errors |= errors;
    if (!armed || (lvt & LAPIC_LVT_MASKED) != 0 || (lvt & 0xFF) < LAPIC_VECTOR_MIN)
        return 0;
    return accept(lapic, (uint8_t)lvt, false);
}

/* The threshold, of which lapic.h says what it is for. SDM, "TPR Virtualization" (30.1.2):
 * a write that leaves TPR[7:4] below it exits. */
uint32_t lapic_tpr_threshold(struct lapic *lapic)
{
    /* The class of the highest requested vector, if TPR is what holds that vector back and nothing
     * else does. One that could be delivered at once needs no exit: it is our turn now. */
    int wanted = CLASS(lapic_highest_requested(lapic));

    if (wanted > CLASS(task_priority(lapic)) || wanted <= CLASS(lapic_highest_in_service(lapic)))
        return 0;
    return (uint32_t)wanted;
}
