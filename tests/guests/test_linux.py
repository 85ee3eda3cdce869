"""Linux, as Debian ships it, boots under hv16, computes, and switches the machine off.

It brings its own bootloader, goes to long mode, reprograms the 8259, uses the local APIC's timer and
I/O APIC, brings up the second processor by INIT and SIPI, and ends by ACPI. Ticks are Bochs's, and
exact.

Most runs are of a kernel that is told to leave out its self-tests (linux.py). WHOLE are not.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from machines import Run, boot

IMAGES = Path(__file__).resolve().parents[2] / "build" / "guests"
MEMORY = 128  # MB
HOLE = "[mem 0x0000000007c00000-0x0000000007dfffff] reserved"  # its top, in even MiB
SECONDS = 400
MODES = ["off", "mmio", "tpr-ro", "tpr", "apicv", "x2apic", "posted"]
TWICE = [f"{mode} twice" for mode in MODES if mode != "off"]  # with two processors
WHOLE = ["native whole", "apicv whole"]
AT_MOST = {"off": 1.02, "mmio": 1.25, "tpr-ro": 1.25, "tpr": 1.25, "apicv": 1.10, "x2apic": 1.10,
           "posted": 1.10, "apicv whole": 1.10}  # ticks, natively 1


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Run]:
    """Linux natively and in every mode, two runs at a time; the longest first."""
    images = {"": IMAGES / "linux-brief.img", "twice": IMAGES / "linux-brief.img",
              "whole": IMAGES / "linux.img"}
    for image in images.values():
        if not image.exists():
            pytest.fail(f"{image} is missing: make test-guests builds it", pytrace=False)
    folder = tmp_path_factory.mktemp("linux")

    def run(name: str) -> Run:
        mode, _, kind = name.partition(" ")
        options = {"native": True} if mode == "native" else {"options": [f"apic={mode}", "reset=stop"]}
        return boot(folder / name.replace(" ", "_"), guests=[images[kind]], mem_mb=MEMORY,
                    timeout=SECONDS, cpus=2 if kind == "twice" else 1, **options)

    with ThreadPoolExecutor(2) as pool:
        names = [*WHOLE, "native", *MODES, "native twice", *TWICE]
        return dict(zip(names, pool.map(run, names)))


@pytest.mark.parametrize("mode", ["native twice", *TWICE])
def test_linux_brings_up_the_second_processor(runs, mode):
    run = runs[mode]
    assert (run.report.ended, run.status) == ("off", 0), run.explain()
    for words in ("init: cpus 0-1", "init: shell says 42", "init: done"):
        assert words in run.serial
    assert not re.search("BUG:|Oops|Call Trace|MP-BIOS bug|failed", run.serial)
    for name in ("Local timer interrupts", "Rescheduling interrupts|Function call interrupts"):
        counts = re.search(rf"^ *\w+: +(\d+) +(\d+) +(?:{name})", run.serial, re.MULTILINE)
        assert counts and int(counts[1]) > 0 and int(counts[2]) > 0, name
    native = runs["native twice"].report.ticks
    print(f"linux, 2 processors, {mode}: {run.report.ticks:,} ticks: {run.report.ticks / native:.3f}")


@pytest.mark.parametrize("mode", ["native", *MODES, *WHOLE])
def test_linux_comes_to_user_space_and_switches_the_machine_off(runs, mode):
    run = runs[mode]
    assert (run.report.ended, run.status) == ("off", 0), run.explain()
    for words in ("init: user space", "init: cpus 0", "init: shell says 42", "init: done"):
        assert words in run.serial
    assert not re.search("BUG:|Oops|Call Trace|MP-BIOS bug", run.serial)


@pytest.mark.parametrize("mode", MODES)
def test_linux_sees_a_hole_where_hv16_is(runs, mode):
    assert HOLE in runs[mode].serial
    assert HOLE not in runs["native"].serial
    assert "hidden memory" not in runs[mode].log, "and never touches it"


@pytest.mark.parametrize("mode", MODES)
def test_timer_serial_port_and_local_timer_interrupt_it(runs, mode):
    serial = runs[mode].serial
    for name in (r"IO-APIC +2-edge +timer", r"IO-APIC +4-edge +ttyS0", "Local timer interrupts"):
        count = re.search(rf"^ *\w+: +(\d+) +{name}", serial, re.MULTILINE)
        assert count and int(count[1]) > 0, name


@pytest.mark.parametrize("mode", AT_MOST)
def test_it_costs_hardly_more_ticks_than_natively(runs, mode):
    ticks, native = runs[mode].report.ticks, runs[re.sub(r"^\S+", "native", mode)].report.ticks
    print(f"linux {mode}: {ticks:,} ticks, natively {native:,}: {ticks / native:.3f}")
    assert 1 <= ticks / native <= AT_MOST[mode]
