"""The documents' pictures: what `make check` notices, and whether they say what the code says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
NAMES = sorted(text.stem for text in PICTURES.glob("*.pikchr"))
IN_DOCUMENTS = "\n".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, folder / "pictures.py", *arguments], capture_output=True,
                          text=True, timeout=60)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(PICTURES, tmp_path / "pictures")


def test_the_copy_is_clean(copy: Path) -> None:
    result = run(copy, "check")
    assert result.returncode == 0 and f"{len(NAMES)} texts, 0 problems" in result.stdout


def test_make_check_looks_at_the_pictures() -> None:
    steps = subprocess.run(["make", "-n", "check"], cwd=ROOT, capture_output=True, text=True,
                           check=True, timeout=60).stdout
    assert "docs/pictures/pictures.py check" in steps


@pytest.mark.parametrize("file, complaint", [
    ("memory.pikchr", "memory.pikchr: the picture is not what its text gives"),
    ("memory.svg", "memory.pikchr: the picture is not what its text gives"),
    ("style.inc", "memory.pikchr: the picture is not what its text gives"),
    ("new.pikchr", "new.pikchr: there is no picture of this text"),
    ("old.svg", "old.svg: there is no text of this picture"),
])
def test_a_change_without_the_other_one_is_noticed(copy: Path, file: str, complaint: str) -> None:
    with (copy / file).open("a") as changed:
        changed.write("\n")
    result = run(copy, "check")
    assert result.returncode == 1 and complaint in result.stdout


def test_the_picture_of_another_text_is_noticed(copy: Path) -> None:
    shutil.copy(copy / "floors.svg", copy / "memory.svg")
    assert "memory.pikchr: the picture is not" in run(copy, "check").stdout


@pytest.mark.skipif(not shutil.which("fossil"), reason="pikchr is not installed, only authors need it")
@pytest.mark.parametrize("name", NAMES)
def test_drawn_anew_it_is_the_same(copy: Path, name: str) -> None:
    assert run(copy, "draw", str(copy / f"{name}.svg")).returncode == 0
    assert (copy / f"{name}.svg").read_text() == (PICTURES / f"{name}.svg").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_read_on_any_page(name: str) -> None:
    picture = (PICTURES / f"{name}.svg").read_text("utf-8")
    assert int(re.search(r'<svg [^>]*?width="(\d+)"', picture)[1]) <= 900
    assert 'fill="white"/>' in picture.splitlines()[2], "a background of its own, for dark pages"
    sizes = {int(size) for size in re.findall(r'font-size="(\d+)%"', picture)}
    assert all(15 * size >= 1200 for size in sizes), "12 px at least"


@pytest.mark.parametrize("constant, digits", [
    ("MBR_ADDR", 5), ("HEADER_ADDR", 5), ("BOOT_INFO_ADDR", 5), ("BOOT_SECTOR_ADDR", 5),
    ("STAGE2_ADDR", 5), ("HV_LOAD_ADDR", 5), ("HV_PAGE_TABLES", 6),
])
def test_the_map_of_memory_has_the_addresses_of_layout_h(constant: str, digits: int) -> None:
    layout = (ROOT / "hv/layout.h").read_text("utf-8")
    value = int(re.search(rf"#define {constant}\s+(0x[0-9A-F]+)", layout)[1], 16)
    assert f'"{value:0{digits}X}"' in (PICTURES / "memory.pikchr").read_text("utf-8")


def test_the_walk_is_that_of_its_address() -> None:
    text = (PICTURES / "ept_walk.pikchr").read_text("utf-8")
    address = int(re.search(r"Guest-physical address (\w+)H", text)[1], 16)
    indexes = [address >> shift & 511 for shift in (39, 30, 21, 12)]
    shown = re.findall(r'entry\(T\d, "entry (\w+?)H?"', text)
    assert [int(index, 16) for index in shown] == indexes
    assert f'"byte {address & 0xFFF:X}H"' in text and f'"byte {address & 0x1FFFFF:X}H"' in text


@pytest.mark.parametrize("name", NAMES)
def test_files_and_functions_that_it_names_exist(name: str) -> None:
    text = (PICTURES / f"{name}.pikchr").read_text("utf-8")
    for path in re.findall(r"\bhv/[\w/]+\.(?:asm|c|h)\b", text):
        assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_it(name: str) -> None:
    assert f"](pictures/{name}.svg)" in IN_DOCUMENTS
