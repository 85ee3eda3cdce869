"""What a lab's tests.py is written with: @test, and a bench that builds, boots and compares.

A verdict never comes from what a program prints by itself. Host drivers and guests of these tests
print each value after a nonce that is new in every run; exits are counters read from memory.
"""

import re
import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hv16.labs.ending import explain
from hv16.labs.lab import Lab
from hv16.labs.stop import Stop, stop_at
from hv16.paths import ROOT
from hv16.run import RunRequest, execute
from hv16.summary import Summary, read_text

GUEST_INCLUDES = ROOT / "tests" / "machine" / "guests"
SECTORS = 16 * 63  # a guest's disk: one whole cylinder, as Bochs wants it
HOST_FLAGS = ["-std=c17", "-O1", "-g", "-Wall", "-fsanitize=undefined", "-fno-sanitize-recover"]
BOOT_SECONDS = 8  # for a hung machine: far more than a boot takes
AFTER_A_HANG = 3  # once it has hung, it will most likely hang again
HANGING_MAX = 12  # seconds from the first test on: then a machine that has hung is not tried again
HOST_SECONDS = 5
OUTPUT_MAX = 4 << 20


class Miss(Exception):
    """What was seen, what was expected, and where to look."""


@dataclass(frozen=True)
class Test:
    name: str
    points: int
    about: str
    function: Callable[["Bench"], None]


def test(points: int, about: str) -> Callable[[Callable], Callable]:
    """Marks a function of tests.py. Its name is what wrong.toml calls it by."""
    def mark(function: Callable) -> Callable:
        function.lab_test = Test(function.__name__, points, about, function)
        return function
    return mark


@dataclass
class Boot:
    """A run of the student's hv16: values are the guest's, exits are counted by name."""

    report: Summary
    values: dict[str, int]
    serial: str
    log: str
    screen: str
    out: Path

    @property
    def exits(self) -> dict[str, int]:
        return self.report.exits


@dataclass
class Bench:
    lab: Lab
    tree: Path
    out: Path
    work: Path  # where the student's files are
    nonce: str = field(default_factory=lambda: secrets.token_hex(4))
    boots: dict[tuple, Boot] = field(default_factory=dict)
    hosts: dict[str, Path] = field(default_factory=dict)
    hung: bool = False
    began: float = field(default_factory=time.monotonic)
    stops: dict[tuple, Stop] = field(default_factory=dict)

    # --- Comparing -----------------------------------------------------------------------------

    def expect(self, seen: object, expected: object, what: str, where: str) -> None:
        if seen != expected:
            raise Miss(f"{what}: saw {show(seen)}, expected {show(expected)}\nlook at {where}")

    # --- On the host -----------------------------------------------------------------------------

    def host(self, driver: str, sources: list[str], commands: str) -> list[int]:
        """Links the lab's `driver`, a C file, with `sources` of the tree, feeds it `commands`, and
        returns the values that it reported: see labs/common/host.h."""
        program = self.hosts.get(driver) or self.link(driver, sources)
        try:
            done = subprocess.run([program], input=commands.encode(), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=HOST_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Miss(f"your code did not return within {HOST_SECONDS} s: an endless loop?\n"
                       f"look at {self.lab.open}") from None
        words = done.stdout[:OUTPUT_MAX].decode("utf-8", "replace")
        stub = re.search(rf"^{self.nonce} ! (.*)$", words, re.MULTILINE)
        if stub:
            raise Miss(stub.group(1))
        if done.returncode:
            error = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Miss(f"your code ended the test program (status {done.returncode}): "
                       f"{error[0] if error else 'it said nothing'}\nlook at {self.lab.open}")
        return [int(value, 16) for value in re.findall(rf"^{self.nonce} = (\w+)$", words, re.MULTILINE)]

    def link(self, driver: str, sources: list[str]) -> Path:
        program = self.out / Path(driver).stem
        files = [self.lab.folder / driver, ROOT / "labs/common/host.c",
                 *(self.tree / name for name in sources)]
        done = subprocess.run(
            ["gcc", *HOST_FLAGS, f'-DNONCE="{self.nonce}"', f"-I{self.lab.folder}", f"-I{self.tree}/hv",
             f"-I{ROOT}/labs/common",
             f"-ffile-prefix-map={self.tree}/=", "-include", f"{self.tree}/hv/lab.h", "-o", str(program),
             *map(str, files)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60, check=False)
        if done.returncode:
            raise Miss("your files do not link with the test program:\n"
                       + done.stdout.decode("utf-8", "replace")[-2000:])
        self.hosts[driver] = program
        return program

    # --- In a machine -----------------------------------------------------------------------------

    def boot(self, guest: str = "", *defines: str, also: tuple[str, ...] = (), **request) -> Boot:
        """Boots the student's hv16 with `guest`, an assembly file of the lab, or with guest16. One
        that does not come to its end is a miss, with what became of it. `also`: other endings that
        the test judges by itself, such as "refused"."""
        key = (guest, *defines, *sorted((name, str(value)) for name, value in request.items()))
        if key not in self.boots:
            if self.hung and time.monotonic() - self.began > HANGING_MAX:
                raise Miss("not tried: your hv16 has hung before, and grading is to end")
            self.boots[key] = self.start(guest, defines, request)
        boot = self.boots[key]
        ends = ("end" if request.get("until") is None else "until", *also)
        if boot.report.ended not in ends or self.lab.not_implemented in boot.report.message:
            raise Miss(explain(boot.report, boot.out, self.lab))
        return boot

    def start(self, guest: str, defines: tuple[str, ...], request: dict) -> Boot:
        out = self.out / f"boot{len(self.boots) + 1}"
        request = {"timeout": AFTER_A_HANG if self.hung else BOOT_SECONDS, "image": self.tree / "build/hv16.img", **request}
        if guest:
            request["guests"] = [self.assemble(guest, defines)]
        report = execute(RunRequest(out=out, quiet=True, **request))
        self.hung = self.hung or report.ended == "timeout"
        serial = read_text(out / "serial.txt").replace("\r", "")
        values = re.findall(rf"^{self.nonce}([\w+-]+)=([0-9a-f]{{8}})$", serial, re.MULTILINE)
        return Boot(report, {name: int(value, 16) for name, value in values}, serial,
                    read_text(out / "hv.log"), read_text(out / "screen.txt"), out)

    def stop_at(self, place: str, **request) -> Stop:
        """The student's hv16 in the debugger, at a place of ./run.sh debug, or at "power-on"."""
        key = (place, *sorted((name, str(value)) for name, value in request.items()))
        if key not in self.stops:
            if self.tree != ROOT:
                request["image"] = self.tree / "build/hv16.img"
            self.stops[key] = stop_at(place, self.out / f"stop{len(self.stops) + 1}", **request)
        return self.stops[key]

    def close(self) -> None:
        for stop in self.stops.values():
            stop.close()

    def assemble(self, name: str, defines: tuple[str, ...]) -> Path:
        binary = self.out / f"{Path(name).stem}{len(self.boots) + 1}.img"
        subprocess.run(["nasm", "-f", "bin", f"-I{GUEST_INCLUDES}/", f"-I{self.lab.folder}/",
                        f"-I{self.tree}/build/", f'-DNONCE="{self.nonce}"',
                        *(f"-D{define}" for define in defines),
                        "-o", str(binary), str(self.lab.folder / name)], check=True, timeout=20)
        binary.write_bytes(binary.read_bytes().ljust(SECTORS * 512, b"\0"))
        return binary


def show(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(show, value)) or "nothing"
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    if value == 0xFFFFFFFF:
        return "-1"
    return str(value) if abs(value) < 10 else f"{value:X}H"
