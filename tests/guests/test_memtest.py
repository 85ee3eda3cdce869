"""memtest86+, as Debian ships it: long mode, every byte of memory, and two processors at work at once.

It takes its memory map from INT 15h. What hv16 hides there it must not touch: it would find errors.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from machines import Run, boot

IMAGE = Path(__file__).resolve().parents[2] / "build" / "guests" / "memtest.img"
MEMORY = 8  # MB
SECONDS = 200
LAST = 4  # of the tests that it is to pass, counted from 0
MODES = ["off", "mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted"]
CURSOR = re.compile(r"\x1b\[[\d;]*[Hm]")  # where it writes on its screen, and how


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Run]:
    if not IMAGE.exists():
        pytest.fail(f"{IMAGE} is missing: make test-guests builds it", pytrace=False)
    folder = tmp_path_factory.mktemp("memtest")

    def run(mode: str) -> Run:
        options = {"native": True} if mode == "native" else {"options": [f"apic={mode}", "reset=stop"]}
        return boot(folder / mode, guests=[IMAGE], mem_mb=MEMORY, timeout=SECONDS,
                    cpus=1 if mode == "off" else 2, until=re.compile(rf"H #{LAST + 1} "), **options)

    with ThreadPoolExecutor(2) as pool:
        names = ["native", *MODES]
        return dict(zip(names, pool.map(run, names)))


def seen(run: Run, pattern: str) -> set[str]:
    return set(re.findall(pattern, CURSOR.sub("", run.serial)))


@pytest.mark.parametrize("mode", ["native", *MODES])
def test_memtest_passes_its_first_tests_on_all_processors(runs, mode):
    run = runs[mode]
    assert run.report.ended == "until", run.report
    tests = seen(run, r"#(\d) +\[")  # in their order; the short ones may not get onto the screen
    assert (min(tests), max(tests)) == ("0", str(LAST + 1))
    assert seen(run, r"Errors: (\d+)") == {"0"}
    assert seen(run, r"CPU: (\d) Cores?") == {"1" if mode == "off" else "2"}
    assert mode == "off" or seen(run, r"Using: Core #(\d)") == {"0", "1"}


@pytest.mark.parametrize("mode", MODES)
def test_memtest_finds_two_mib_less_and_touches_nothing_else(runs, mode):
    assert seen(runs["native"], r"MB of ([\d.]+)MB") == {"7.62"}
    assert seen(runs[mode], r"MB of ([\d.]+)MB") == {"5.62"}
    assert "hidden memory" not in runs[mode].log
