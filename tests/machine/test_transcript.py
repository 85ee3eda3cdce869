"""The comparison of what a document shows with what a command prints: it must not be too kind."""

import pytest
from transcript import first_difference

ADDRESSES, TICKS = {"addresses"}, {"ticks"}
SHOWN = ["apic=  APIC-access  virtual-APIC  of CPU 1",
         "tpr       01C2D000      01C2E000  01C39000",
         "apicv     01C2D000      01C2E000  01C39000"]


def same(shown: list[str], real: list[str], vary: set[str] = frozenset()) -> bool:
    return first_difference(shown, "".join(line + "\n" for line in real), vary) is None


def replaced(**addresses: str) -> list[str]:
    """The lines above with other addresses: A is the access page, V and W the virtual ones."""
    names = {"A": "01C2D000", "V": "01C2E000", "W": "01C39000"}
    lines = "\n".join(SHOWN)
    for name, old in names.items():
        lines = lines.replace(old, f"<{name}>")
    for name, old in names.items():
        lines = lines.replace(f"<{name}>", addresses.get(name, old))
    return lines.split("\n")


def test_without_a_mark_every_digit_counts() -> None:
    assert same(SHOWN, SHOWN)
    assert not same(SHOWN, replaced(W="01C3A000"))


@pytest.mark.parametrize("addresses", [{}, {"W": "01C3A000"}, {"A": "01C00000"}, {"V": "01CFF000"},
                                       {"A": "01C2E000", "V": "01C2D000"}])
def test_another_page_of_the_block_will_do(addresses) -> None:
    assert same(SHOWN, replaced(**addresses), ADDRESSES)


@pytest.mark.parametrize("addresses", [
    {"A": "01BFF000"}, {"A": "01D00000"}, {"A": "01E00000"}, {"V": "FEE00000"},  # outside
    {"V": "01C2E080"}, {"W": "01C39FFF"},  # within a page
    {"V": "1C2E000"}, {"V": "0x1C2E000"}, {"V": "-"}, {"V": "00000000"},  # spelled otherwise, or none
    {"A": "01C2E000"}, {"W": "01C2E000"},  # one page for two
])
def test_what_is_no_page_of_the_block_or_another_ones_page_is_a_difference(addresses) -> None:
    assert not same(SHOWN, replaced(**addresses), ADDRESSES)


def test_the_same_number_is_the_same_address() -> None:
    assert not same(SHOWN, replaced()[:2] + replaced(V="01C2F000")[2:], ADDRESSES)
    assert same(["access 1c2d000, at 0x01C2D000"], ["access 1c44000, at 0x01C44000"], ADDRESSES)
    assert not same(["access 1c2d000, at 0x01C2D000"], ["access 1c44000, at 0x01C45000"], ADDRESSES)


@pytest.mark.parametrize("shown, real, fits", [
    ("hidden: 0x1c00000-0x1dfffff", "hidden: 0x1c00000-0x1dfffff", True),
    ("hidden: 0x1c00000-0x1dfffff", "hidden: 0x1c01000-0x1dfffff", False),
    ("hidden: 0x1c00000-0x1dfffff", "hidden: 0x1c00000-0x1cfffff", False),
    ("counters: cpu 0 at 0x1c15ad8", "counters: cpu 0 at 0x1c16b00", True),
    ("counters: cpu 0 at 0x1c15ad8", "counters: cpu 0 at 0x9f400", False),
    ("rsp: ffffffff_80015a50", "rsp: ffffffff_80016000", True),
    ("rsp: ffffffff_80015a50", "rsp: ffffffff_81015a50", False),
    ("rsp: ffffffff_80015a50", "rsp: 00000000_80015a50", False),
    ("rsp: ffffffff_80015a50 [0xffffffff:0x80015a50]", "rsp: ffffffff_80016000 [0xffffffff:0x80016000]", True),
    ("rsp: ffffffff_80015a50 [0xffffffff:0x80015a50]", "rsp: ffffffff_80016000 [0xffffffff:0x80015a50]", False),
    ("at 0:8c80, at 0:8c9b", "at 0:8d00, at 0:8d1b", True),
    ("at 0:8c80, at 0:8c9b", "at 0:8d00, at 0:8d00", False),
    ("at 0:a791, at 0:a791", "at 0:a791, at 0:a792", False),
    ("at 0:8c80", "at f000:8c80", False),
    ("base fee00900", "base fee00100", False),
])
def test_addresses_of_the_other_kinds(shown, real, fits) -> None:
    assert same([shown], [real], ADDRESSES) == fits


@pytest.mark.parametrize("shown, real, fits", [
    ("mmio  444 / 1", "mmio  480 / 1", True),
    ("mmio  444 / 1", "mmio  680 / 1", False),
    ("mmio  444 / 1", "mmio  300 / 1", False),
    ("mmio  444 / 1", "mmio  444 / 2", False),
    ("mmio  444 / 1", "mmio   44 / 1", False),
    ("mmio   906 / 2", "mmio 1,002 / 2", True),
    ("mmio   906 / 2", "mmio 1,302 / 2", False),
    ("mmio   120 / 1", "mmio    97 / 1", True),
    ("mmio  464.45", "mmio  470.10", True),
    ("tpr   1.50", "tpr   1.51", False),
    ("43: 500, 44: 4,000", "43: 501, 44: 4,000", False),
    ("43: 500, 44: 4,000", "43: 500, 44: 4,001", False),
    ("mmio     1,083 / 2", "mmio     1,077 / 2", True),
    ("mmio     1,083 / 2", "mmio       997 / 2", True),
    ("mmio     1,083 / 2", "mmio     1,400 / 2", False),
    ("mmio     1,083 / 2", "mmio     1,083 / 3", False),
    ("mmio     1,083 / 2", "mmio      1083 / 2", False),
    ("12,345 / 2", "9,876 / 2", True),
    ("12,345 / 2", "19,876 / 2", False),
    ("44: 4,000", "44: 4,001", False),
    ("the least of 1,000; exits", "the least of 1,001; exits", False),
    ("mmio: 547 ticks, at most 600: met", "mmio: 550 ticks, at most 600: met", True),
    ("mmio: 547 ticks, at most 600: met", "mmio: 747 ticks, at most 600: met", False),
    ("mmio: 547 ticks, at most 600: met", "mmio: 547 ticks, at most 601: met", False),
    ("mmio: 547 exits", "mmio: 548 exits", False),
    ("462 ticks, at most 600: met", "455 ticks, at most 600: met", True),
    ("mmio     1,083 / 2", "mmio     1,077 / 2", True),
    ("mmio     1,083 / 2", "mmio       997 / 2", True),
    ("mmio     1,083 / 2", "mmio     1,400 / 2", False),
    ("mmio     1,083 / 2", "mmio     1,083 / 3", False),
    ("mmio     1,083 / 2", "mmio      1083 / 2", False),
    ("12,345 / 2", "9,876 / 2", True),
    ("12,345 / 2", "19,876 / 2", False),
    ("44: 4,000", "44: 4,001", False),
    ("the least of 1,000; exits", "the least of 1,001; exits", False),
    ("mmio: 547 ticks, at most 600: met", "mmio: 550 ticks, at most 600: met", True),
    ("mmio: 547 ticks, at most 600: met", "mmio: 747 ticks, at most 600: met", False),
    ("mmio: 547 ticks, at most 600: met", "mmio: 547 ticks, at most 601: met", False),
    ("mmio: 547 exits", "mmio: 548 exits", False),
    ("462 ticks, at most 600: met", "455 ticks, at most 610: met", False),
    ("started in 648590 ticks", "started in 651000 ticks", True),
    ("started in 648590 ticks", "started in 64859 ticks", False),
])
def test_ticks(shown, real, fits) -> None:
    assert same([shown], [real], TICKS) == fits
    assert same([shown], [real]) == (shown == real)


def test_dots_stand_for_any_text_and_any_lines() -> None:
    assert same(["a ... c", "...", "z"], ["a b c", "d", "e", "z"])
    assert not same(["a ... c", "...", "z"], ["a b d", "z"])
    assert same(["...", "page 1c2d000", "...", "page 1c2d000"],
                ["page 1c10000", "page 1c11000", "page 1c11000"], ADDRESSES)


def test_the_first_line_that_differs_is_named() -> None:
    real = "".join(line + "\n" for line in replaced(W="01D39000"))
    assert first_difference(SHOWN, real, ADDRESSES) == SHOWN[1]
    assert "goes on" in first_difference(["a"], "a\nb\n")
