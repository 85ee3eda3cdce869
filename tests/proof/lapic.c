/*
 * lapic.c: the priority rule, for every state of IRR, ISR and TPR: Frama-C's WP proves that the
 * functions of hv/model/lapic.c keep these contracts. SDM volume 3, "Interrupt, Task, and Processor
 * Priority" (3A 11.8.3), "TPR Virtualization" (3C 30.1.2).
 */
#include "model/lapic.h"
// clang-format off: it does not know ACSL

/*@ axiomatic Bits {
      // The number of the highest bit of a word that is not 0.
      logic integer top(integer word) reads \nothing;
      axiom top_range: \forall integer w; 0 < w <= 0xFFFFFFFF ==> 0 <= top(w) <= 31;
      // proof.py tries all 256.
      axiom upper_half: \forall integer v; 0 <= v <= 255 ==>
          0 <= (v & 0xF0) <= v && (v & 0xF0) / 16 == v / 16 && v >> 4 == v / 16;
    }

    // Word `i` of the eight that are IRR or ISR.
    logic integer word{L}(struct lapic *l, integer offset, integer i) =
        \at(l->page[offset / 4 + 4 * i], L);

    // The highest vector there, or -1.
    logic integer best{L}(struct lapic *l, integer offset) =
        word(l, offset, 7) != 0 ? 224 + top(word(l, offset, 7)) :
        word(l, offset, 6) != 0 ? 192 + top(word(l, offset, 6)) :
        word(l, offset, 5) != 0 ? 160 + top(word(l, offset, 5)) :
        word(l, offset, 4) != 0 ? 128 + top(word(l, offset, 4)) :
        word(l, offset, 3) != 0 ? 96 + top(word(l, offset, 3)) :
        word(l, offset, 2) != 0 ? 64 + top(word(l, offset, 2)) :
        word(l, offset, 1) != 0 ? 32 + top(word(l, offset, 1)) :
        word(l, offset, 0) != 0 ? 0 + top(word(l, offset, 0)) :
        -1;
    logic integer irr{L}(struct lapic *l) = best(l, LAPIC_IRR);
    logic integer isr{L}(struct lapic *l) = best(l, LAPIC_ISR);
    logic integer tpr{L}(struct lapic *l) = l->page[LAPIC_TPR / 4];
    // A class is the upper four bits; nothing in service is below them all.
    logic integer class(integer vector) = vector < 0 ? -1 : vector / 16;
    logic integer held{L}(struct lapic *l) = \max(class(tpr(l)), class(isr(l)));

    // Vectors below 16 are never accepted.
    predicate legal(integer vector) = vector == -1 || 16 <= vector <= 255;
    predicate sound{L}(struct lapic *l) = legal(irr(l)) && legal(isr(l)) &&
        \valid(l) && \valid(l->page + (0 .. 1023)) && \separated(l, l->page + (0 .. 1023)) &&
        0 <= tpr(l) <= 0xFF && l->stale_tpr == 0;
*/

/*@ requires x != 0;
    assigns \nothing;
    ensures \result == 31 - top(x); */
static int leading_zeros(unsigned x);
#define __builtin_clz leading_zeros

/*@ requires (offset == LAPIC_IRR || offset == LAPIC_ISR) && vector == 0;
    assigns \nothing;
    ensures \result == lapic->page + offset / 4; */
static uint32_t *vector_word(const struct lapic *lapic, uint32_t offset, uint32_t vector);

/*@ requires sound(lapic) && (offset == LAPIC_IRR || offset == LAPIC_ISR);
    assigns \nothing;
    ensures \result == best(lapic, offset) && -1 <= \result <= 255; */
static int highest(const struct lapic *lapic, uint32_t offset);

/*@ requires sound(lapic);
    assigns \nothing;
    ensures \result == tpr(lapic); */
static uint8_t task_priority(const struct lapic *lapic);

/*@ requires sound(lapic);
    assigns lapic->page[LAPIC_PPR / 4];
    ensures class(\result) == held(lapic) && lapic->page[LAPIC_PPR / 4] == \result;
    ensures irr(lapic) == \old(irr(lapic)) && isr(lapic) == \old(isr(lapic)); */
uint8_t lapic_ppr(struct lapic *lapic);

/*@ requires sound(lapic);
    assigns \nothing;
    ensures \result == irr(lapic) && -1 <= \result <= 255; */
int lapic_highest_requested(const struct lapic *lapic);

/*@ requires sound(lapic);
    assigns \nothing;
    ensures \result == isr(lapic) && -1 <= \result <= 255; */
int lapic_highest_in_service(const struct lapic *lapic);

// The rule: what is requested goes exactly if its class is above both others.
/*@ requires sound(lapic);
    assigns lapic->page[LAPIC_PPR / 4];
    ensures \result == (class(irr(lapic)) > held(lapic) ? irr(lapic) : LAPIC_NO_VECTOR); */
int lapic_deliverable(struct lapic *lapic);

// The class that TPR alone holds back: below it, the vector could go.
/*@ requires sound(lapic);
    assigns \nothing;
    ensures \result == (class(irr(lapic)) <= class(tpr(lapic)) &&
                        class(irr(lapic)) > class(isr(lapic)) ? class(irr(lapic)) : 0); */
uint32_t lapic_tpr_threshold(struct lapic *lapic);

#include "model/lapic.c"
