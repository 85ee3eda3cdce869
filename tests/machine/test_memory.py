"""Where the hypervisor hides, for memory of any size, and what the guest is told about it."""

import re

import pytest
from machines import boot, boot_guest

MIB = 1 << 20


def block(log: str) -> tuple[int, int]:
    """(first, one past the last) byte of the hidden block."""
    found = re.search(r"^hv16: hidden: 0x([0-9a-f]+)-0x([0-9a-f]+)$", log, re.MULTILINE)
    return int(found.group(1), 16), int(found.group(2), 16) + 1


def memory_map(serial: str) -> list[tuple[int, int, int]]:
    """(first, one past the last, type) of each entry the guest saw."""
    entries = re.findall(r"^    ([0-9A-F]{16}) ([0-9A-F]{16}) (\d+)", serial, re.MULTILINE)
    return [(int(base, 16), int(base, 16) + int(length, 16), int(kind))
            for base, length, kind in entries]


@pytest.mark.parametrize("mem_mb", [2, 3])
def test_with_too_little_memory_there_is_one_line_about_it(out, mem_mb):
    run = boot(out, mem_mb=mem_mb)
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert run.report.message.startswith("hv16: too little memory: hv16 needs 2 MiB")
    assert run.log == "" and run.serial == ""


@pytest.fixture(scope="module")
def sizes(folder):
    """Runs the demo that prints the memory map once for each size asked for."""
    done = {}

    def run_with(mem_mb: int):
        if mem_mb not in done:
            done[mem_mb] = boot(folder / str(mem_mb), mem_mb=mem_mb, autorun="bios")
        return done[mem_mb].check_ended()
    return run_with


SIZES = [5, 8, 16, 64, 100, 512, 1023, 2048]


@pytest.mark.parametrize("mem_mb", SIZES)
def test_the_block_is_2_mib_at_an_even_mib_inside_memory(sizes, mem_mb):
    first, behind = block(sizes(mem_mb).log)
    assert behind - first == 2 * MIB
    assert first % (2 * MIB) == 0 and first >= 2 * MIB
    assert behind <= mem_mb * MIB


@pytest.mark.parametrize("mem_mb", SIZES)
def test_the_block_is_the_highest_that_fits(sizes, mem_mb):
    """Bochs's BIOS keeps the last 64 KiB for ACPI tables: the last whole 2 MiB below them."""
    usable_end = mem_mb * MIB - 0x10000
    first, _ = block(sizes(mem_mb).log)
    assert first == usable_end // (2 * MIB) * 2 * MIB - 2 * MIB


@pytest.mark.parametrize("mem_mb, above", [(18, False), (20, True)])
def test_from_20_mb_of_memory_on_the_block_is_beyond_isa_dma(sizes, mem_mb, above):
    assert (block(sizes(mem_mb).log)[0] >= 16 * MIB) == above


@pytest.mark.parametrize("mem_mb", SIZES)
def test_the_guest_is_told_that_the_block_is_reserved(sizes, mem_mb):
    run = sizes(mem_mb)
    first, behind = block(run.log)
    covering = [entry for entry in memory_map(run.serial) if entry[0] < behind and entry[1] > first]
    assert covering and all(kind == 2 for _, _, kind in covering), covering
    assert min(e[0] for e in covering) <= first and max(e[1] for e in covering) >= behind


@pytest.mark.parametrize("mem_mb", SIZES)
def test_the_guests_map_is_sorted_and_nothing_overlaps(sizes, mem_mb):
    entries = memory_map(sizes(mem_mb).serial)
    assert len(entries) > 3
    assert all(a[1] <= b[0] for a, b in zip(entries, entries[1:])), entries


@pytest.mark.parametrize("mem_mb", SIZES)
def test_the_old_calls_stop_below_the_block_as_well(sizes, mem_mb):
    """INT 15h E801h and 88h describe contiguous memory: none of it may be the block's."""
    run = sizes(mem_mb)
    first, _ = block(run.log)
    low, high = (int(n) for n in re.search(
        r"AX=E801h: (\d+) KiB from 1 MiB, (\d+) blocks of 64 KiB from 16 MiB", run.serial).groups())
    old = int(re.search(r"AH=88h: (\d+) KiB from 1 MiB", run.serial).group(1))
    expected_low = min(first, 16 * MIB) - MIB
    assert low << 10 == expected_low
    assert high << 16 == max(first - 16 * MIB, 0)
    assert MIB + (old << 10) <= first and old << 10 == min(first - MIB, 0xFC00 << 10)


@pytest.mark.parametrize("mode", ["mmio", "tpr", "apicv"])
@pytest.mark.parametrize("where", ["BASE", "FAR"])
def test_a_guest_may_want_more_tables_than_there_are_pages(tmp_path, where, mode):
    """An APIC moved to 300 places, and 300 GiB with nothing there, twice each."""
    run = boot_guest(tmp_path, "tables", where, options=[f"apic={mode}"], mem_mb=64).check_ended()
    assert run.values == {"tpr": 0x41, "right": 2 * 300, "kept": 16}, run.explain()


@pytest.mark.parametrize("mode", ["off", "mmio", "tpr", "apicv"])
def test_nor_does_another_processor_notice(tmp_path, mode):
    """Its memory and its APIC stay what they are while all tables are thrown away."""
    places = ["FAR", "NO_INIT"] if mode == "off" else ["FAR", "BASE"]
    run = boot_guest(tmp_path, "tables", "SMP", *places, options=[f"apic={mode}"], cpus=2, mem_mb=64)
    run.check_ended()
    assert run.values == {"tpr": 0x41, "right": 200 * (2 if "BASE" in places else 1), "kept": 16, "bad": 0}, run.explain()
