"""`./run.sh debug PLACE` without a terminal: goes there, shows it, and leaves."""

import re

import pytest
from hv16 import symbols
from hv16.paths import BUILD
from machines import run_sh


def debug(out, place: str, *words: str):
    done = run_sh("debug", place, "--headless", "--out", str(out), *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def linear(text: str) -> int:
    """Where the processor stands, from Bochs's line "(0) [0x000000007c00] ..."."""
    return int(re.search(r"^\(0\)[^\[]*(?:\[\d+\] )?\[0x([0-9a-f]+)\]", text, re.M).group(1), 16)


def test_debug_power_on_is_before_the_first_instruction(out):
    text = debug(out, "power-on")
    assert linear(text) == 0xFFFFFFF0 and "f000:fff0" in text
    assert re.search(r"^CR0=0x60000010", text, re.MULTILINE)


def test_debug_mbr_stops_at_0000_7c00_in_real_mode(out):
    text = debug(out, "mbr")
    assert linear(text) == 0x7C00
    assert re.search(r"^CR0=0x[0-9a-f]*0: pg", text, re.MULTILINE), "protected mode must be off"
    assert "(mbr_start+0)" in text, "symbols are for where the MBR is now, before it moves"


def test_debug_stage2_stops_at_its_first_instruction(out):
    text = debug(out, "stage2")
    start = symbols.load(BUILD / "stage2.sym")["stage2_start"]
    assert start <= linear(text) <= start + 8
    assert "rip: 00000000_0000800" in text


def test_debug_hv_stops_at_hv_main_in_long_mode(out):
    text = debug(out, "hv")
    address = symbols.load(BUILD / "hv.sym")["hv_main"]
    assert f"{address & 0xFFFFFFFF:08x}" in text and "rip: ffffffff_8" in text
    assert "hv_main" in text, "the symbols must be loaded"
    assert re.search(r"EFER=0x0*500", text), "long mode must be active"


def test_debug_guest_stops_at_its_boot_sector_under_vmx(out):
    text = debug(out, "guest")
    assert linear(text) == 0x7C00
    assert "entering the guest" in (out / "hv.log").read_text("utf-8")
    assert re.search(r"^rsp: 00000000_00007c00|rsp: 00000000_00007[bc]", text, re.MULTILINE)


def test_debug_guest_natively_stops_at_the_only_boot_sector(out):
    text = debug(out, "guest", "--native")
    assert linear(text) == 0x7C00 and "(boot_record+0)" in text
    assert not (out / "hv16.img").exists()


def test_debug_exit_stops_at_the_first_instruction_after_an_exit(out):
    text = debug(out, "exit")
    address = symbols.load(BUILD / "hv.sym")["vmx_exited"]
    assert f"{address & 0xFFFFFFFF:08x}" in text
    assert "vmx_exited" in text


def test_debug_without_a_place_is_the_mbr(out):
    done = run_sh("debug", "--headless", "--out", str(out))
    assert done.returncode == 0 and linear(done.stdout) == 0x7C00


def test_debug_of_a_place_that_is_never_reached_says_so(out):
    """With an option that hv16 refuses there is no guest to stop at."""
    done = run_sh("debug", "guest", "--headless", "--out", str(out), "--option", "gest=1")
    assert done.returncode == 1
    assert "debug guest" in done.stderr


@pytest.mark.parametrize("place", ["mbr", "exit"])
def test_debug_leaves_no_lock_and_no_pipe(out, place):
    debug(out, place)
    assert [p.name for p in out.iterdir() if p.suffix == ".lock" or p.is_fifo()] == []
