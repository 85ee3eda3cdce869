"""`./run.sh debug PLACE --emulator qemu` without a terminal: GDB goes there, shows it, and leaves.
docs/debugging.md has the tour on a terminal, and test_docs.py types it."""

import re
import shutil

import pytest
from hv16 import debug, gdb, image, symbols
from hv16.paths import BUILD
from machines import run_sh
from test_command_line import path_without

pytestmark = pytest.mark.usefixtures("need_qemu", "need_gdb")


@pytest.fixture(scope="module")
def need_gdb() -> None:
    if shutil.which("gdb") is None:
        pytest.skip("gdb is not installed")


def go(out, place: str, *words: str, status: int = 0) -> str:
    done = run_sh("debug", place, "--emulator", "qemu", "--headless", "--out", str(out), *words)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if status else done.stdout


def boot_sector(folder, code: bytes):
    """An image that is no hv16."""
    disk = folder / "sector.img"
    disk.write_bytes(code.ljust(510, b"\0") + image.BOOT_SIGNATURE + bytes(99 * image.SECTOR))
    return disk


def test_gdb_has_the_places_of_bochs_debugger():
    assert list(gdb.PLACES) == list(debug.PLACES)


def test_power_on_is_before_the_first_instruction(out):
    text = go(out, "power-on")
    assert re.search(r"^CS =f000 ffff0000 .*", text, re.M) and "EIP=0000fff0" in text
    assert re.search(r"^0x000ffff0:.*ljmpw", text, re.M)


def test_mbr_is_at_0000_7c00_in_real_mode_with_symbols_for_there(out):
    text = go(out, "mbr")
    assert re.search(r"^mbr_start\n0x00007c00:  fa  +cli", text, re.M), text
    assert "EIP=00007c00" in text and "CR0=00000010" in text and "EFER=0000000000000000" in text


def test_stage2_is_at_its_first_instruction(out):
    text = go(out, "stage2")
    assert "\nstage2_start\n0x00008004:" in text and "EIP=00008004" in text


def test_hv_is_hv_main_in_long_mode(out):
    text = go(out, "hv")
    address = symbols.load(BUILD / "hv.sym")["hv_main"]
    assert f"\nhv_main\n=> {address:#x} <hv_main>:" in text
    assert f"RIP={address:016x}" in text and "EFER=0000000000000500" in text
    assert "XMM" not in text


def test_a_native_guest_is_stopped_at_its_boot_sector(out):
    text = go(out, "guest", "--native")
    assert "\nboot_record\n0x00007c00:" in text and "EIP=00007c00" in text
    assert (out / "hv.log").read_bytes() == b""


def test_two_runs_show_the_same_to_the_last_register(tmp_path):
    assert go(tmp_path / "1", "hv") == go(tmp_path / "2", "hv")


def test_the_guest_under_hv16_is_the_second_to_begin_at_7c00(tmp_path):
    """Played by a boot sector that jumps to itself: AX counts how often."""
    disk = boot_sector(tmp_path, bytes.fromhex("40 bc007c e9f9ff"))  # inc ax; mov sp, 7c00h; jmp
    text = go(tmp_path / "out", "guest", "--image", str(disk))
    assert "EAX=0000aa56" in text and "ESP=00007c00" in text, text


def test_a_place_that_is_never_reached_is_said(out):
    """hv16 refuses, and the machine stands still."""
    text = go(out, "guest", "--option", "gest=1", status=1)
    assert text == ("hv16: debug guest: the machine stopped before it got there; "
                    "./run.sh says why\n")


def test_the_time_limit_ends_what_runs_past_the_place(tmp_path):
    disk = boot_sector(tmp_path, b"\xeb\xfe")  # jmp $
    text = go(tmp_path / "out", "stage2", "--image", str(disk), "--timeout", "2", status=124)
    assert text == "hv16: debug stage2: not there after 2 s\n"


def test_a_triple_fault_on_the_way_is_said(tmp_path):
    disk = boot_sector(tmp_path, bytes.fromhex("0f011e067c cc"))  # lidt [7c06h], of zeroes; int3
    text = go(tmp_path / "out", "stage2", "--image", str(disk), status=1)
    assert text.startswith("hv16: debug stage2: QEMU gave up: triple fault")


def test_exit_is_the_first_instruction_after_vmrun(out):
    assert "\nsvm_exited\n" in go(out, "exit")


def test_a_gdb_that_is_not_there_is_named(tmp_path):
    (tmp_path / "bin").mkdir()
    done = run_sh("debug", "mbr", "--emulator", "qemu", "--out", str(tmp_path / "out"),
                  env={"PATH": path_without(tmp_path / "bin", "gdb", "dpkg-query")})
    assert done.returncode == 2
    assert done.stderr == "hv16: debug: cannot run gdb: apt-get install gdb (or ./run.sh setup test)\n"


@pytest.mark.parametrize("place", ["mbr", "hv"])
def test_no_socket_stays_behind(out, place):
    go(out, place)
    assert [path.name for path in out.iterdir() if path.is_socket()] == []


@pytest.mark.parametrize("place", ["mbr", "hv", "exit"])
def test_without_hv16_there_are_no_places_of_hv16(place):
    done = run_sh("debug", place, "--native")
    assert done.returncode == 2
    assert "debug: without hv16, as by --native, places are power-on and guest" in done.stderr
