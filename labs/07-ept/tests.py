"""LAB 7: the tables entry by entry on the host, and then machines that live with them."""

from hv16.labs.bench import Bench, Boot, Miss, test

SOURCES = ["hv/mem/ept.c", "hv/model/mtrr.c", "hv/model/e820.c"]
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
PAGE_4K, PAGE_2M, PAGE_1G = 4 * KIB, 2 * MIB, GIB
ALL, UC, WC, WB = 7, 0, 1, 6
BLOCK = 28 * MIB  # the driver's machine has it here, unless it is told of another

FORMAT = 'SDM volume 3, "EPT Translation Mechanism", and its table about entries of this kind'
WALK = "next_table(), pdpt_entry(), pd_entry(): which bits of the address choose the entry, and what it points to"
TYPES = 'EPT_TYPE(), hv/model/mtrr.h; SDM volume 3, "Memory Type Used for Translated Guest-Physical Addresses"'
HIDE = "map_2m(): ept_is_hidden(), which comes before all else"
REPLACED = "map_2m(): and map_4k(): replaced_in(); hv/mem/ept.h, ept_replace_page()"

# 32 MiB of memory, the video memory uncacheable, and so all from 3 to 4 GiB: as Bochs's BIOS has it.
PC = ["memory 0 2000000", "fixed 10 0", "fixed 11 0", "fixed 12 0", "fixed 13 0", "fixed 14 0",
      "fixed 15 0", "fixed 16 0", "fixed 17 0", "variable 0 c0000000 40000000 0"]
HOLE = ["variable 1 800000 10000 1"]  # 64 KiB at 8 MiB are write-combining
HIGH = ["memory 100000000 80000000"]  # 2 GiB above 4 GiB
SPLIT_HIGH = ["variable 2 140000000 200000 0"]  # 2 MiB at 5 GiB are uncacheable


def ept(bench: Bench, commands: list[str]) -> list[int]:
    return bench.host("driver.c", SOURCES, "\n".join(commands) + "\n")


def walk(bench: Bench, setup: list[str], addresses: list[int]) -> list[dict[str, int]]:
    """What a processor makes of each address after ept_build()."""
    seen = ept(bench, [*setup, "build", *(f"walk {address:x}" for address in addresses)])
    names = ("physical", "rights", "type", "size", "refused")
    if len(seen) != len(names) * len(addresses):
        raise Miss(f"{len(seen)} values came back, expected {len(names) * len(addresses)}")
    return [dict(zip(names, seen[i:i + len(names)])) for i in range(0, len(seen), len(names))]


def table(bench: Bench, setup: list[str], part: str, rows: list[tuple[int, int]], what: str, where: str) -> None:
    for (address, expected), seen in zip(rows, walk(bench, setup, [address for address, _ in rows])):
        bench.expect(seen[part], expected, f"{what} guest-physical {address:#x}", where)


def boot(bench: Bench, where: str, *defines: str, apic: str = "off", mem_mb: int = 32) -> Boot:
    try:
        return bench.boot("guest.asm", f"MEM_MB={mem_mb}", *defines, options=[f"apic={apic}"], mem_mb=mem_mb)
    except Miss as miss:
        if bench.lab.not_implemented in str(miss):
            raise
        raise Miss(f"{miss}\nlook at the tests above this one first, then at {where}") from None


# --- The tables, on the host -------------------------------------------------------------------------


@test(1, "no entry is one that a processor refuses")
def refused(bench: Bench) -> None:
    rows = [(address, 0) for address in (0, 0xA0000, 9 * MIB, 3 * GIB, 4 * GIB, 5 * GIB)]
    table(bench, PC + HOLE + HIGH + SPLIT_HIGH, "refused", rows,
          "reserved bits or a pointer to no table (1: an EPT misconfiguration) on the way to", FORMAT)


@test(1, "each table is made once")
def made_once(bench: Bench) -> None:
    seen = ept(bench, [*PC, "build", "tables", "missing 123456789a", "tables", "missing 1240000000", "tables"])
    bench.expect(seen, [10, 1, 11, 1, 12],
                 "pages taken by a build (4 of them for the PML4 table, the decoy, and what is written to a ROM), "
                 "then by addresses in two more GiB", WALK)


@test(2, "an address leads to itself")
def identity(bench: Bench) -> None:
    low = [0, 0x7C04, 0xB8FA0, 0xFFFFF, MIB, 0x1FF678, 2 * MIB, 8 * MIB + 0x5123, 30 * MIB, GIB - 1]
    high = [GIB, GIB + 0x234567, 3 * GIB - 4, 0xFEE00030, 0xFFFFFFF0, 4 * GIB, 5 * GIB + 0x1234567, 6 * GIB - 1]
    rows = [(address, address) for address in low + high]
    table(bench, PC + HOLE + HIGH, "physical", rows, "the physical address at", WALK)


@test(2, "everything that is mapped can be read, written and executed")
def rights(bench: Bench) -> None:
    for address, name in ((0x7C00, "a page of 4 KiB"), (9 * MIB, "a table's page of 4 KiB"),
                          (16 * MIB, "a page of 2 MiB"), (4 * GIB, "a page of 1 GiB")):
        table(bench, PC + HOLE + HIGH, "rights", [(address, ALL)],
              f"the rights (1 read, 2 write, 4 execute) on {name}, all levels together, at",
              f"EPT_ALL in every entry: {FORMAT}")


@test(2, "a large page has the memory type of its MTRRs")
def types(bench: Bench) -> None:
    rows = [(16 * MIB, WB), (2 * GIB, WB), (3 * GIB, UC), (0xFEE00000, UC), (4 * GIB, WB)]
    table(bench, PC + HIGH, "type", rows, "the memory type (0 UC, 1 WC, 6 WB) of", TYPES)
    table(bench, [*PC, *HIGH, "variable 1 100000000 40000000 1"], "type", [(4 * GIB, WC), (5 * GIB, WB)],
          "the memory type (0 UC, 1 WC, 6 WB) of", TYPES)


@test(2, "each page of 4 KiB has its own memory type")
def types_4k(bench: Bench) -> None:
    rows = [(0x7C00, WB), (0x9F000, WB), (0xA0000, UC), (0xB8000, UC), (0xC0000, WB), (MIB, WB),
            (8 * MIB, WC), (8 * MIB + 0xF000, WC), (8 * MIB + 0x10000, WB), (10 * MIB - 1, WB)]
    table(bench, PC + HOLE, "type", rows, "the memory type (0 UC, 1 WC, 6 WB), page by page, of",
          f"map_4k(): the type of the page, not that of the 2 MiB: {TYPES}")


@test(2, "pages are as large as their memory types allow")
def sizes(bench: Bench) -> None:
    setup = PC + HOLE + HIGH + SPLIT_HIGH
    rows = [(0, PAGE_4K), (2 * MIB, PAGE_2M), (8 * MIB, PAGE_4K), (10 * MIB, PAGE_2M), (3 * GIB, PAGE_2M),
            (4 * GIB, PAGE_1G), (5 * GIB, PAGE_2M), (6 * GIB - 1, PAGE_2M)]
    table(bench, setup, "size", rows, "the size of the page at", "mtrr_uniform(), ALWAYS_MAPPED_TO: hv/mem/ept.c")
    table(bench, [*setup, "no-1g"], "size", [(4 * GIB, PAGE_2M)], "the size, where the processor has no pages "
          "of 1 GiB, of the page at", "map_1g(): machine.has_1g_pages")


@test(2, "the block, all of it and nothing else, is not mapped")
def hidden_block(bench: Bench) -> None:
    for base in (BLOCK, 6 * MIB, 1022 * MIB):
        setup = [*PC, "variable 1 600000 1000 0", f"block {base:x}"]  # 6 MiB: a page with another type
        rows = [(base, 0), (base + 0x1000, 0), (base + PAGE_2M - 1, 0)]
        table(bench, setup, "rights", rows, f"the rights in the block at {base:#x}, at", HIDE)
        table(bench, setup, "rights", [(base - 1, ALL), (base + PAGE_2M, ALL)],
              f"the rights beside the block at {base:#x}, at", HIDE)


@test(1, "a device above all memory is mapped when it is used first")
def device_above(bench: Bench) -> None:
    device = 0x1234567890
    seen = ept(bench, [*PC, "build", f"walk {device:x}", f"missing {device:x}", f"walk {device:x}",
                       f"missing {device:x}", f"missing {BLOCK:x}"])
    bench.expect(seen, [0, 0, 0, 0, 0, 1, device, ALL, WB, PAGE_2M, 0, 0, 0],
                 f"{device:#x}: not mapped (0 0 0 0 0), mapped now (1), its address, rights, type, size, not refused, "
                 "not mapped again (0), and the block not at all (0)", "map_2m(), which ept_map_missing() calls")


# --- In machines ----------------------------------------------------------------------------------------


def memory_is_kept(bench: Bench, mem_mb: int, places: int, *defines: str) -> None:
    done = boot(bench, WALK, *defines, mem_mb=mem_mb)
    at = done.values.get("wrong_at", 0)
    bench.expect(done.values.get("wrong"), 0, f"of {places} places in {mem_mb} MiB that the guest wrote, those that "
                 f"read back otherwise, the first at {at:#x}", f"two addresses that lead to one place? {WALK}")
    bench.expect(done.values.get("places"), places, f"places tried in {mem_mb} MiB", "tests.py and guest.asm")


@test(3, "memory keeps what is written to it, in machines of three sizes")
def memory(bench: Bench) -> None:
    for mem_mb, places in ((32, 0x1D7E), (16, 0xD7E), (64, 0x3D7E)):
        memory_is_kept(bench, mem_mb, places)


@test(1, "and beyond 1 GiB")
def memory_beyond_1g(bench: Bench) -> None:
    memory_is_kept(bench, 1100, 0x2B3, "STEP=0x200000")


@test(1, "the screen, the BIOS and the APICs are where they were")
def devices(bench: Bench) -> None:
    done = boot(bench, WALK)
    if f"{bench.nonce}video" not in done.screen:
        raise Miss("the screen does not show what the guest wrote to video memory, B8000H\n"
                   f"look at map_4k(): {WALK}")
    bench.expect(done.values.get("rom"), done.values.get("rom_low"), "the BIOS's date at FFFFFFF5H, which is at FFFF5H, too",
                 "everything below 4 GiB is mapped, memory or not")
    bench.expect([done.values.get("apic"), done.values.get("ioapic")], [0x50014, 0x170011],
                 "the versions of the APIC at FEE00000H and of the I/O APIC at FEC00000H",
                 "everything below 4 GiB is mapped, memory or not")


@test(1, "code runs wherever there is memory")
def execute(bench: Bench) -> None:
    done = boot(bench, "EPT_EXECUTE")
    bench.expect(done.values.get("ran"), 0x1D7E, "places where a piece of code ran and returned", "EPT_EXECUTE")


@test(2, "a guest that uses its own memory causes no EPT violation")
def violations(bench: Bench) -> None:
    for mem_mb, defines in ((32, ()), (64, ()), (1100, ("STEP=0x200000",))):
        count = boot(bench, WALK, *defines, mem_mb=mem_mb).exits.get("EPT violation", 0)
        bench.expect(count, 0, f"EPT violations in {mem_mb} MiB of memory",
                     "map_1g(), map_2m(): what is left for ept_map_missing() to mend?")


@test(3, "the guest reads ones in the hypervisor's block, and what it writes there is lost")
def hidden(bench: Bench) -> None:
    done = boot(bench, HIDE, "HIDDEN=1")
    values = done.values
    bench.expect(values.get("ones"), 4, "of 4 dwords in the hypervisor's block, those that the guest reads as ones "
                 "(or else it sees the hypervisor)", HIDE)
    bench.expect(values.get("ones_after"), 4, "the same, after it wrote something else there", HIDE)
    bench.expect(values.get("jump"), 6, "the exception where it jumps into the block (6: #UD)", HIDE)
    bench.expect([values.get("below"), values.get("behind")], [0x11111111, 0x22222222],
                 "what it wrote right below and right above the block", HIDE)
    bench.expect(done.exits.get("EPT violation", 0), 13, "EPT violations for 13 accesses to the block", HIDE)


@test(2, "memory types change, and memory keeps what it has")
def types_change(bench: Bench) -> None:
    where = "map_4k(): an entry that was a large page points to memory of the guest, not to a table"
    done = boot(bench, where, "TYPES=1")
    bench.expect(done.values.get("wrong_uc"), 0, "of 512 pages, those that the guest no longer finds as they were when "
                 "the type of one of them has changed: the guest's memory is overwritten", where)
    bench.expect(done.values.get("ones"), 1, "dwords that read as ones in the block, whose type has changed, too", HIDE)
    bench.expect(done.values.get("wrong"), 0, "pages that are not as they were when the types are as before", where)


@test(2, "a page that hv16 has replaced stays replaced")
def replaced(bench: Bench) -> None:
    done = boot(bench, REPLACED, "TYPES=1", apic="mmio")
    own = done.exits.get("EPT violation", 0) - done.values.get("reads", 0)
    bench.expect(own, 20, "EPT violations for 10 reads of the APIC's page, and 10 more after a change of memory types "
                 "(apic=mmio)", REPLACED)
