"""How these tests boot a machine: through hv16's own Python package, as run.sh does."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hv16 import bochs_installed, image
from hv16.paths import BUILD, ROOT
from hv16.run import RunRequest, execute
from hv16.summary import Summary

GUESTS = Path(__file__).resolve().parent / "guests"
TIMEOUT = 60  # seconds for a hung machine: far more than any boot takes, and never asserted
GUEST_SECTORS = 16 * 63  # a guest's disk: one whole cylinder, as Bochs wants it


@dataclass
class Run:
    """What a run left behind, read in."""

    report: Summary
    out: Path

    def text(self, name: str) -> str:
        return (self.out / name).read_text("utf-8", "backslashreplace").replace("\r", "")

    @property
    def serial(self) -> str:
        return self.text("serial.txt")

    @property
    def log(self) -> str:
        return self.text("hv.log")

    @property
    def screen(self) -> str:
        return self.text("screen.txt")

    @property
    def status(self) -> int:
        return self.report.status

    @property
    def values(self) -> dict[str, int]:
        """The lines NAME=HEX that a guest of ours printed with SHOW."""
        found = re.findall(r"^([\w+-]+)=([0-9a-f]{8})$", self.serial, re.MULTILINE)
        return {name: int(value, 16) for name, value in found}

    @property
    def shown(self) -> list[tuple[str, int]]:
        """The same, in their order: a guest may show a name several times."""
        found = re.findall(r"^([\w+-]+)=([0-9a-f]{8})$", self.serial, re.MULTILINE)
        return [(name, int(value, 16)) for name, value in found]

    @property
    def last_line(self) -> str:
        return self.log.rstrip("\n").split("\n")[-1]

    def explain(self) -> str:
        """For a failed assertion: all that a person would look at."""
        return f"{self.report}\n--- serial\n{self.serial}\n--- log\n{self.log}"

    def check_ended(self) -> "Run":
        """The guest came to its end and was content."""
        assert (self.report.ended, self.status) == ("end", 0), self.explain()
        return self


def boot(out: Path, **request) -> Run:
    """Boots hv16 (or, with native=True, the guest) and waits for the end of the run."""
    request.setdefault("timeout", TIMEOUT)
    request.setdefault("autorun", "" if request.get("guests") else "cpuid")
    return Run(execute(RunRequest(out=out, quiet=True, **request)), out)


def need_model(name: str) -> None:
    if name not in bochs_installed.cpu_models():
        pytest.skip(f"Bochs {bochs_installed.version()} has no {name}")


def assemble(folder: Path, name: str, *defines: str) -> Path:
    """guests/NAME.asm as a disk image of its own, with no partition table and nothing of ours."""
    binary = folder / f"{name}.bin"
    subprocess.run(["nasm", "-f", "bin", "-I", f"{GUESTS}/", "-I", f"{BUILD}/", "-w+error",
                    *[f"-D{word}" for word in defines],
                    "-o", str(binary), str(GUESTS / f"{name}.asm")], check=True)
    disk = folder / f"{name}.img"
    disk.write_bytes(binary.read_bytes().ljust(GUEST_SECTORS * image.SECTOR, b"\0"))
    return disk


def boot_guest(folder: Path, name: str, *defines: str, **request) -> Run:
    """Assembles a guest and boots it as drive 0x80, hv16 being on the floppy."""
    return boot(folder / "out", guests=[assemble(folder, name, *defines)], **request)


def boot_native(folder: Path, name: str, *defines: str, **request) -> Run:
    """The same guest on the bare machine, up to its last words."""
    run = boot(folder / "out", guests=[assemble(folder, name, "NATIVE", *defines)], native=True,
               until=re.compile("^guest: done", re.MULTILINE), **request)
    assert (run.report.ended, run.log) == ("until", ""), run.explain()
    return run


def both_ways(folder: Path, name: str, *defines: str, **request) -> tuple[Run, Run]:
    """A guest under hv16, to which `request` is, and natively."""
    ways = folder / f"{name}_hv16", folder / f"{name}_native"
    for way in ways:
        way.mkdir()
    return (boot_guest(ways[0], name, *defines, **request).check_ended(),
            boot_native(ways[1], name, *defines))


def built(name: str = "hv16.img") -> bytearray:
    return bytearray((BUILD / name).read_bytes())


def run_sh(*words: str, env: dict[str, str] | None = None, cwd: Path = ROOT,
           timeout: float = 2 * TIMEOUT) -> subprocess.CompletedProcess:
    """The command line a person types, with no terminal anywhere."""
    return subprocess.run([str(cwd / "run.sh"), *words], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          timeout=timeout, env=dict(os.environ, **(env or {})), cwd=cwd)
