/*
 * mtrr.c: model/mtrr.c, with anything in the MSRs. SDM volume 3, "MTRR Precedences" (3A 12.11.4.1).
 */
#include "model/mtrr.h"
#include "fuzz.h"

#define PAGES_MAX 512u /* of a range that is looked at page by page */

static unsigned known_type(uint64_t bits)
{
    unsigned type = bits & 0xFF;

    return type == 2 || type == 3 || type > 6 ? MEM_UC : type;
}

/* The rule again, as a set: bit n for type n. */
static unsigned combined(unsigned set)
{
    if ((set & (set - 1)) == 0)
        return (unsigned)__builtin_ctz(set);
    return set == (1u << MEM_WT | 1u << MEM_WB) ? MEM_WT : MEM_UC;
}

static unsigned expected_type(const struct mtrr_state *mtrr, uint64_t page)
{
    static const struct {
        uint64_t from, size;
    } fixed[] = {{0, 0x10000}, {0x80000, 0x4000}, {0xA0000, 0x4000}};
    unsigned set = 0, which = 2;

    if (!mtrr->present)
        return MEM_WB;
    if (!(mtrr->default_type >> 11 & 1))
        return MEM_UC;
    if (page < 0x100000 && mtrr->capabilities >> 8 & 1 && mtrr->default_type >> 10 & 1) {
        uint64_t from = 0xC0000 + (page - 0xC0000) / 0x8000 * 0x8000, each = 0x1000;
        unsigned index = 3 + (unsigned)((page - 0xC0000) / 0x8000);
        if (page < 0xC0000) {
            while (page < fixed[which].from)
                which--;
            index = which;
            from = fixed[which].from;
            each = fixed[which].size;
        }
        return known_type(mtrr->fixed[index] >> (page - from) / each * 8);
    }
    for (unsigned i = 0; i < (mtrr->capabilities & 0xFF) && i < MTRR_VARIABLE_MAX; i++) {
        uint64_t mask = mtrr->variable[i].mask & mtrr->physical_mask & ~0xFFFull;
        if (mtrr->variable[i].mask >> 11 & 1 && (page & mask) == (mtrr->variable[i].base & mask))
            set |= 1u << known_type(mtrr->variable[i].base);
    }
    return set == 0 ? known_type(mtrr->default_type) : combined(set);
}

/* "Uniform" says neither more nor less than that all pages have one type. */
static void claim_range(const struct mtrr_state *mtrr, uint64_t base, uint64_t size)
{
    enum memory_type type = MEM_UC;
    bool uniform = mtrr_uniform(mtrr, base, size, &type), same = true;
    unsigned first = expected_type(mtrr, base);

    for (uint64_t page = base; page < base + size; page += 0x1000) {
        unsigned expected = expected_type(mtrr, page);
        CLAIM(mtrr_type(mtrr, page) == expected);
        same = same && expected == first;
    }
    CLAIM(uniform == same);
    CLAIM(!uniform || type == first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct mtrr_state mtrr = {.present = (take(&input, 1) & 7) != 0};
    uint64_t address, pages = 1ull << take(&input, 1) % 10;
    unsigned width = 36 + (unsigned)(take(&input, 1) % 17);

    mtrr.physical_mask = (1ull << width) - 1;
    address = take_number(&input) & mtrr.physical_mask;
    mtrr.capabilities = take(&input, 2) & 0x1FF;
    mtrr.default_type = take(&input, 2);
    for (unsigned i = 0; i < MTRR_FIXED; i++)
        mtrr.fixed[i] = take(&input, 1) & 1 ? take(&input, 8) : 0x0606060606060606;
    for (unsigned i = 0; i < MTRR_VARIABLE_MAX && input.left != 0; i++) {
        mtrr.variable[i].base = take_number(&input) | take(&input, 1);
        mtrr.variable[i].mask = ~take_number(&input) | take(&input, 1) << 11;
    }
    CLAIM(pages <= PAGES_MAX);
    claim_range(&mtrr, address & ~(pages * 0x1000 - 1), pages * 0x1000);
    claim_range(&mtrr, address & 0xFFFFF & ~(pages * 0x1000 - 1), pages * 0x1000);
    return 0;
}
