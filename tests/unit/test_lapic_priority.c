/*
 * test_lapic_priority.c: the priority rule, exhaustively: every sequence of DEPTH events over a few
 * vectors, and after each event the model is compared with a reference of ten lines.
 *
 * The events happen to a machine as the hypervisor is part of it: the model is asked only when the
 * guest exits, and the TPR threshold and the offer of a vector stay as they were between exits. So
 * an exit that should have happened and did not is found as a threshold or an offer that is wrong.
 * Source: SDM volume 3, "Interrupt, Task, and Processor Priority" (3A 11.8.3), "TPR Virtualization"
 * (3C 30.1.2).
 */
#include "model/lapic.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define DEPTH     7
#define PAGE_USED 0x400 /* all registers are below */
#define CLASS(v)  ((v) / 16)
#define NONE      LAPIC_NO_VECTOR

/* Three classes, two vectors in one of them. The TPRs lie at, above and below these vectors within
 * their classes, and in a class below all: a rule that looks at the wrong bits goes wrong. */
static const uint8_t VECTORS[] = {0x31, 0x3E, 0x52, 0x74};
static const uint8_t TPRS[] = {0x0E, 0x30, 0x5F, 0x74};
enum { VECTOR_COUNT = sizeof VECTORS, TPR_COUNT = sizeof TPRS };
enum { TPR_UP = VECTOR_COUNT, TPR_DOWN, DELIVER, EOI, EVENT_COUNT };

struct machine {
    struct lapic lapic;
    uint32_t page[PAGE_USED / 4];
    bool shadow;        /* the processor writes TPR into the page, without an exit */
    uint32_t threshold; /* as last computed ... */
    int offered;        /* ... and the vector for which an exit was asked, if any */
    /* The reference's state. */
    bool requested[VECTOR_COUNT], in_service[VECTOR_COUNT];
    int tpr; /* an index into TPRS */
};

static int sequence[DEPTH];
static int length;
static unsigned long sequences;

static int highest(const bool *set)
{
    for (int i = VECTOR_COUNT - 1; i >= 0; i--) {
        if (set[i])
            return i;
    }
    return NONE;
}

/* The rule. `held_by_tpr`: the class that TPR alone holds back, or 0. */
static int reference(const struct machine *m, uint32_t *held_by_tpr)
{
    int requested = highest(m->requested);
    int in_service = highest(m->in_service);

    *held_by_tpr = 0;
    if (requested == NONE)
        return NONE;
    if (in_service != NONE && CLASS(VECTORS[requested]) <= CLASS(VECTORS[in_service]))
        return NONE;
    if (CLASS(VECTORS[requested]) > CLASS(TPRS[m->tpr]))
        return VECTORS[requested];
    *held_by_tpr = CLASS(VECTORS[requested]);
    return NONE;
}

/* "Processor Priority Register (PPR)" (11.8.3.1). */
static uint8_t reference_ppr(const struct machine *m)
{
    int in_service = highest(m->in_service);
    uint8_t tpr = TPRS[m->tpr];

    if (in_service == NONE || CLASS(tpr) >= CLASS(VECTORS[in_service]))
        return tpr;
    return (uint8_t)(CLASS(VECTORS[in_service]) * 16);
}

/* What the hypervisor does at an exit that may have changed priorities. */
static void update(struct machine *m)
{
    m->offered = lapic_deliverable(&m->lapic);
    m->threshold = lapic_tpr_threshold(&m->lapic);
}

static void carry_out(struct machine *m, uint32_t effects)
{
    if (effects & LAPIC_UPDATE)
        update(m);
}

static _Noreturn void wrong(const struct machine *m, const char *what, long is, long expected)
{
    static const char *const names[] = {"31", "3E", "52", "74", "up", "down", "deliver", "EOI"};
    char text[DEPTH * 8 + 1] = "";
    int at = 0;

    for (int i = 0; i < length; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, " %s", names[sequence[i]]);
    fail_msg("%s is %lx, expected %lx, after%s (TPR %x, TPR shadow %s)", what, (unsigned long)is,
             (unsigned long)expected, text, TPRS[m->tpr], m->shadow ? "on" : "off");
    __builtin_unreachable();
}

static void set_tpr(struct machine *m, int step)
{
    if (m->tpr + step < 0 || m->tpr + step >= TPR_COUNT)
        return;
    m->tpr += step;
    if (!m->shadow) {
        carry_out(m, lapic_write(&m->lapic, LAPIC_TPR, TPRS[m->tpr]));
        return;
    }
    m->page[LAPIC_TPR / 4] = TPRS[m->tpr];
    if (CLASS(TPRS[m->tpr]) < m->threshold) /* exit reason 43 */
        update(m);
}

/* The guest has become interruptible: the exit that was asked for comes, if one was. */
static void deliver(struct machine *m)
{
    uint32_t held;
    int expected = reference(m, &held);

    if (m->offered == NONE)
        return;
    int vector = lapic_deliver(&m->lapic);
    if (vector != expected)
        wrong(m, "the delivered vector", vector, expected);
    for (int i = 0; i < VECTOR_COUNT; i++) {
        if (VECTORS[i] == vector) {
            m->requested[i] = false;
            m->in_service[i] = true;
        }
    }
    update(m);
}

static void end_of_interrupt(struct machine *m)
{
    if (highest(m->in_service) != NONE)
        m->in_service[highest(m->in_service)] = false;
    carry_out(m, lapic_write(&m->lapic, LAPIC_EOI, 0));
}

/* One vector comes as the guest's own IPI, the others from outside. */
static void request(struct machine *m, int i)
{
    uint32_t self = LAPIC_SELF << 18 | VECTORS[i];

    m->requested[i] = true;
    carry_out(m, i == 1 ? lapic_write(&m->lapic, LAPIC_ICR, self)
                        : lapic_request(&m->lapic, VECTORS[i], false));
}

static void check(struct machine *m)
{
    uint32_t held;
    int expected = reference(m, &held);

    if (lapic_deliverable(&m->lapic) != expected)
        wrong(m, "the deliverable vector", lapic_deliverable(&m->lapic), expected);
    if (lapic_read(&m->lapic, LAPIC_PPR) != reference_ppr(m))
        wrong(m, "PPR", (long)lapic_read(&m->lapic, LAPIC_PPR), reference_ppr(m));
    if (lapic_tpr_threshold(&m->lapic) != held)
        wrong(m, "the threshold", (long)lapic_tpr_threshold(&m->lapic), held);
    /* A vector that may go must have been offered: nothing else would bring an exit. */
    if (expected != NONE && m->offered != expected)
        wrong(m, "the offered vector", m->offered, expected);
    /* While one is on offer an exit is coming anyway: TPR may have gone up since. */
    if (m->offered == NONE && m->threshold != held)
        wrong(m, "the threshold as last computed", m->threshold, held);
}

static void happen(struct machine *m, int event)
{
    switch (event) {
    case TPR_UP:
        set_tpr(m, 1);
        break;
    case TPR_DOWN:
        set_tpr(m, -1);
        break;
    case DELIVER:
        deliver(m);
        break;
    case EOI:
        end_of_interrupt(m);
        break;
    default:
        request(m, event);
    }
    check(m);
}

static void try_all(const struct machine *before)
{
    if (length == DEPTH) {
        sequences++;
        return;
    }
    for (int event = 0; event < EVENT_COUNT; event++) {
        struct machine m = *before;
        m.lapic.page = m.page;
        sequence[length++] = event;
        happen(&m, event);
        try_all(&m);
        length--;
    }
}

static void start(bool shadow, int tpr)
{
    static uint32_t page[PAGE_SIZE / 4];
    struct machine m = {.shadow = shadow, .offered = NONE, .tpr = tpr};

    lapic_init(&m.lapic, page, 0, true);
    lapic_write(&m.lapic, LAPIC_SVR, LAPIC_SVR_ENABLE | 0xFF);
    lapic_write(&m.lapic, LAPIC_TPR, TPRS[tpr]);
    for (int i = 0; i < PAGE_USED / 4; i++)
        m.page[i] = page[i];
    length = 0;
    try_all(&m);
}

static void test_every_sequence(void **state)
{
    (void)state;
    for (int shadow = 0; shadow < 2; shadow++) {
        for (int tpr = 0; tpr < TPR_COUNT; tpr++)
            start(shadow, tpr);
    }
    print_message(
        "%lu sequences of %d events: %d events from %d TPRs, with and without TPR shadow\n",
        sequences, DEPTH, EVENT_COUNT, TPR_COUNT);
    assert_int_equal(sequences, 2ul * TPR_COUNT << 3 * DEPTH); /* 8 events: 3 bits each */
}

/* The worked case of the SDM's rule: the same class is held back, one above is not. */
static void test_all_pairs_of_vector_and_tpr(void **state)
{
    static uint32_t page[PAGE_SIZE / 4];
    struct lapic lapic = {0};

    (void)state;
    for (unsigned vector = 16; vector < 256; vector++) {
        lapic_init(&lapic, page, 0, true);
        lapic_write(&lapic, LAPIC_SVR, LAPIC_SVR_ENABLE | 0xFF);
        assert_int_equal(lapic_request(&lapic, (uint8_t)vector, false), LAPIC_UPDATE);
        for (unsigned tpr = 0; tpr < 256; tpr++) {
            bool free = CLASS(vector) > CLASS(tpr);
            page[LAPIC_TPR / 4] = tpr;
            assert_int_equal(lapic_deliverable(&lapic), free ? (int)vector : NONE);
            assert_int_equal(lapic_tpr_threshold(&lapic), free ? 0 : CLASS(vector));
            assert_int_equal(lapic_ppr(&lapic), tpr);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_pairs_of_vector_and_tpr),
        cmocka_unit_test(test_every_sequence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
