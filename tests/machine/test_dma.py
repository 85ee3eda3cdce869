"""Devices that access memory by themselves: what they reach is the guest's, and nothing else."""

import re

import pytest
from machines import both_ways, boot_guest

ACTIVE, ERROR, INTERRUPT = 1, 2, 4
REFUSED = re.compile(r"^hv16: dma: (.*) refused: (.*), at ([0-9a-f]+) \((\d+) refused so far\)$",
                     re.MULTILINE)
COUNTED = re.compile(r"^hv16: cpu \d: (\d+) transfers of the IDE bus master, (\d+) refused", re.MULTILINE)
PATTERN = 0x5A000000  # the first dword of what the guests read, and of what they wrote to the disk


def counted(log: str) -> tuple[int, int]:
    """(transfers, refused) of all processors."""
    numbers = COUNTED.findall(log)
    return sum(int(a) for a, _ in numbers), sum(int(b) for _, b in numbers)


# --- Bus-master IDE ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ordinary(folder):
    return both_ways(folder, "dma")


def test_transfers_to_the_guests_own_memory_are_what_they_are_natively(ordinary):
    ours, native = ordinary
    assert [row for row in native.shown if row != ("class", 0x0C03)] == ours.shown
    assert native.values["again_status"] & 7 == INTERRUPT
    same = [value for name, value in native.shown if name == "same"]
    assert same == [0x80, 0x180, 0x100, 0x80, 0x80, 0x80], "dwords that are on the disk"
    assert counted(ours.log) == (8, 0)


def test_the_guest_reads_its_own_table_s_address_back(ordinary):
    assert ordinary[0].values["table"] == 0x30000


def test_no_other_bus_master_is_on_the_bus(ordinary):
    """docs/exits.md says so. Bridges, IDE, power management, and perhaps a display are none."""
    ours, native = ({value for name, value in run.shown if name == "class"} for run in ordinary)
    assert {0x0600, 0x0601, 0x0101} <= ours <= {0x0600, 0x0601, 0x0101, 0x0680, 0x0300}
    assert native == ours | {0x0C03}, "but for the USB controller, which is hidden"


def test_the_usb_controller_is_hidden_and_does_nothing_at_its_old_place(tmp_path):
    ours, native = both_ways(tmp_path, "uhci")
    assert (native.values["id"], native.values["class"]) == (0x70208086, 0x0C03)
    active = 0x00800000
    assert native.values["status"] & active == 0, "natively it writes to memory"
    names = ("id", "class", "bar4", "word")
    assert [ours.values[name] for name in names] == [0xFFFFFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFF]
    assert ours.values["status"] == active


@pytest.fixture(scope="module")
def hostile(folder):
    return boot_guest(folder, "dma", "HOSTILE").check_ended()


def test_64_kib_over_the_hypervisor_s_code_are_refused_and_it_lives(tmp_path):
    run = boot_guest(tmp_path, "dma", "KILL", timeout=20).check_ended()
    assert run.values["hidden_status"] & 7 == ERROR
    assert REFUSED.findall(run.log) == [
        ("a transfer of the IDE controller", "it leads to hidden memory", f"{run.values['base']:x}", "1")]
    assert counted(run.log) == (0, 1)


@pytest.mark.parametrize("name", ["first", "edge", "last", "64k", "apic", "out", "inside", "into",
                                  "endless", "moved", "sizing"])
def test_a_refused_transfer_ends_like_one_that_met_an_error_on_the_bus(hostile, name):
    """Error, not active, no interrupt; its start bit stays until the guest stops it."""
    assert hostile.values[f"{name}_status"] & 7 == ERROR
    assert hostile.values[f"{name}_started"] & 1 == 1
    assert hostile.values[f"{name}_stopped"] & 1 == 0


def test_the_error_stays_until_the_guest_clears_it(hostile):
    assert hostile.values["kept"] & ERROR == ERROR
    assert hostile.values["cleared"] & ERROR == 0


@pytest.mark.parametrize("name", ["word", "dword"])
def test_a_start_bit_in_a_wider_access_is_noticed(hostile, name):
    assert hostile.values[f"{name}_status"] & 7 == ERROR


def test_nothing_of_hidden_memory_gets_to_the_disk(hostile):
    assert hostile.values["after_status"] & 7 == INTERRUPT
    assert hostile.values["written"] == 0, "what the sector held before"


@pytest.mark.parametrize("place, what", [(0, "changed"), (1, "pointer")])
def test_what_the_guest_changes_after_the_start_comes_too_late(hostile, place, what):
    """The entry, and the address of the table: the transfer goes where it was to go."""
    assert hostile.values[f"{what}_status"] & 7 == INTERRUPT
    assert [value for name, value in hostile.shown if name == "same"][place] == 0x80


def test_bar4_does_not_move_to_ports_of_the_hypervisor(hostile):
    assert hostile.values["bar4_com2"] == hostile.values["bar4_pci"] == 0xFFFFFFF1, "as before"


def test_afterwards_transfers_work_as_ever(hostile):
    assert hostile.values["good_status"] & 7 == INTERRUPT
    assert hostile.shown[-1] == ("same", 0x80)


def test_refused_transfers_are_counted_and_logged_with_the_address(hostile):
    base = hostile.values["base"]
    found = [(why, int(where, 16)) for _, why, where, _ in REFUSED.findall(hostile.log)]
    leads, lies = "it leads to hidden memory", "its table lies in hidden memory"
    assert found[:8] == [(leads, base), (leads, base - 510), (leads, base + 0x1FFFFE),
                         (leads, base - 0xFFFE), (leads, 0xFEE00300), (leads, base),
                         (lies, base + 0x1000), (lies, base)]
    assert len(found) == 8, "and then each power of two"
    assert counted(hostile.log) == (4, 15)


# --- Two processors ------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["off", "mmio", "auto"])
def test_another_processor_changes_nothing_about_it(tmp_path, mode):
    """It changes the table all the time, starts transfers at the place to which the first one is
    just moving the bus master, or moves it itself; at last it waits for its SIPI meanwhile."""
    run = boot_guest(tmp_path, "dma_smp", options=[f"apic={mode}"], cpus=2, timeout=20).check_ended()
    values = run.values
    assert (values["flip_done"] + values["flip_errors"], values["flip_other"]) == (20, 0)
    if mode == "off":
        return  # Bochs loses an INIT that comes while hv16 runs, or its processor is left out
    started, refused = counted(run.log)
    assert started == values["flip_done"] + 1
    assert values["bar4"] == 0xE001 and values["after"] == 1
    assert values["flip_done"] > 0 and values["flip_errors"] > 0, "both must have happened"
    assert values["start_loops"] > 0 and values["move_loops"] > 0 and values["woken"] > 0
    assert refused > values["flip_errors"], "and what the second one has started"


def test_with_the_machines_own_apic_a_sleeping_processor_follows_when_its_sipi_comes(tmp_path):
    """Without an INIT: Bochs 2.7 starts it so. The bus master has moved while it slept."""
    run = boot_guest(tmp_path, "dma_smp", "ALONE", options=["apic=off"], cpus=2, timeout=20)
    run.check_ended()
    assert run.values["woken"] > 0
    assert counted(run.log)[0] == 0 and counted(run.log)[1] > 0


# --- ISA DMA -------------------------------------------------------------------------------------


def test_with_little_memory_isa_dma_does_not_reach_the_block(tmp_path):
    """The floppy's controller writes to the page of the BIOS instead, which is a ROM."""
    run = boot_guest(tmp_path, "dma_isa", mem_mb=8, timeout=20).check_ended()
    values = run.values
    assert values["bios"] == 1 and values["base"] == 4 << 20
    assert values["own"] == values["again"] == values["own_bios"], "what the BIOS has read"
    assert values["page"] == values["page5"] == values["page5_word"] == 0x0F
    assert values["rom_changed"] == 0
    assert values["page5_after"] == 0x20, "the first page after the block"
    why = "its page is hidden memory"
    assert REFUSED.findall(run.log) == [("ISA DMA", why, "400000", "1"), ("ISA DMA", why, "5f0000", "2"),
                                        ("ISA DMA", why, "400000", "3")]


def test_where_the_block_is_above_16_mib_no_page_register_exits(tmp_path):
    run = boot_guest(tmp_path, "dma_isa", timeout=20).check_ended()
    assert run.values["base"] == 28 << 20
    assert run.values["page"] == 0xC0, "the lower 8 bits of the block's page: 12 MiB"
    assert REFUSED.findall(run.log) == []
    assert run.report.exits.get("I/O instruction", 0) <= 2, "port 92h, and no page register"


# --- What it costs -------------------------------------------------------------------------------


def test_a_guest_without_dma_has_no_exit_for_it(tmp_path):
    run = boot_guest(tmp_path, "start").check_ended()
    assert "I/O instruction" not in run.report.exits and counted(run.log) == (0, 0)
