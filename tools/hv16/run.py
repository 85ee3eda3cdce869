"""One run: drives, emulator, watching until it ends, and what is left behind."""

import contextlib
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from hv16 import bochs, bochs_installed, image, models, outfolder, qemu, summary, symbols
from hv16.machine import GUEST_LOG_MAX, HV_LOG, SERIAL, Machine, MachineError, MachineSpec
from hv16.outfolder import DEFAULT_OUT
from hv16.paths import BUILD, EXIT_OK, EXIT_STOPPED, EXIT_TIMEOUT, UserError, fail, shown
from hv16.screen import unwrap
from hv16.summary import Ending, Summary

POLL_SECONDS = 0.02
SETTLE_SECONDS = 2.0  # from the last line of a log to the breakpoint after it
PADDED_COPY_MAX = 256 << 20
EXIT_INTERRUPTED = 130  # as a shell reports Ctrl-C
UNTIL_WINDOW = 64 << 10  # how far back --until looks when new output comes

LAST_LINE = re.compile(r"^hv16: (end|stop|refused): (.*)\n", re.MULTILINE)
GUEST_END = re.compile(r"^guest16: end\r?\n", re.MULTILINE)
GUEST_FAILED = re.compile(r"^guest16: demos run: \d+, failed: (\d+)", re.MULTILINE)
DEFAULT_CPUS = {"bochs": models.DEFAULT_CPU, "qemu": models.DEFAULT_QEMU_CPU, "kvm": "host"}
EMULATORS = tuple(DEFAULT_CPUS)


@dataclass
class RunRequest:
    """What the command line asks for."""

    emulator: str = "bochs"
    cpu: str = ""  # empty: the emulator's default
    cpus: int = 1
    mem_mb: int = 32
    guests: list[Path] = field(default_factory=list)
    image: Path | None = None
    native: bool = False
    from_floppy: bool = False
    options: list[str] = field(default_factory=list)
    autorun: str = ""
    must_run: bool = False  # an image without guest16, which has no demos, is an error
    interactive: bool = False
    quiet: bool = False  # show nothing; `bench` reads the files
    timeout: float = 0  # 0: none
    until: re.Pattern | None = None
    out: Path = DEFAULT_OUT

    @property
    def own_disk(self) -> bool:
        """Whether our image, of hv16 or natively of guest16, is drive 0x80."""
        return not self.guests and not self.from_floppy

    @property
    def tsc_per_tick(self) -> int:
        """How much the time stamp counter counts for an instruction; on KVM it is what it is."""
        return qemu.TSC_PER_INSTRUCTION if self.emulator == "qemu" else 1


# --- Drives ------------------------------------------------------------------------------------


def own_image(request: RunRequest, name: str) -> str:
    """This run's copy of our image, with its options and autorun text. The built one stays."""
    source = request.image or BUILD / name
    disk = bytearray(image.read_part(source))
    words = [] if request.native else request.options
    if request.guests and not request.native:
        words = ["guest=0x80", *words]
    if words:
        if len(disk) < image.LBA_STAGE2 * image.SECTOR:
            raise UserError(f"{shown(source)} is too short to hold boot options")
        image.patch_options(disk, words)
    if request.autorun and not image.patch_autorun(disk, request.autorun) and request.must_run:
        raise UserError(f"{shown(source)} has no guest16 in it, so there is nothing to --run")
    if request.emulator != "bochs" and request.own_disk:
        disk = disk.ljust(1 << (len(disk) - 1).bit_length(), b"\0")  # as an SD card must be
    (request.out / name).write_bytes(disk)
    return name


def guest_image(request: RunRequest, number: int) -> str:
    """A foreign image as a file of the out folder: a link, or a copy with whole cylinders."""
    source = request.guests[number]
    if not source.is_file():
        raise UserError(f"--guest {source}: there is no such file")
    size = source.stat().st_size
    if size == 0 or size % image.SECTOR:
        raise UserError(f"--guest {source}: {size} bytes; a raw disk image is a multiple of "
                        f"{image.SECTOR} bytes")
    place = request.out / f"guest{number}.img"
    rest = 0
    if request.emulator == "bochs":
        cylinders, heads, per_track = bochs.geometry(size // image.SECTOR)
        rest = size - cylinders * heads * per_track * image.SECTOR
    if rest and size <= PADDED_COPY_MAX:
        # Bochs's disks have whole cylinders. Rounding down would cut off the image's end.
        shutil.copyfile(source, place)
        with open(place, "r+b") as file:
            file.truncate(size - rest + heads * per_track * image.SECTOR)
        return place.name
    if rest and not request.quiet:
        print(f"run: Bochs does not see the last {rest // image.SECTOR} sectors of {source}")
    place.symlink_to(source.resolve())
    return place.name


def make_machine(request: RunRequest) -> Machine:
    kvm = request.emulator == "kvm"
    cpu = request.cpu or DEFAULT_CPUS[request.emulator]
    if request.emulator == "bochs":
        bochs_installed.check(cpu)
    else:
        qemu.check(cpu, kvm)
    outfolder.empty(request.out)
    spec = MachineSpec(request.out.resolve(), cpu, request.cpus, request.mem_mb,
                       interactive=request.interactive)
    spec.disks = [guest_image(request, number) for number in range(len(request.guests))]
    if request.own_disk:
        spec.own_disk = own_image(request, "guest16.img" if request.native else "hv16.img")
    elif not request.native:
        spec.floppy = own_image(request, "hv16.img")
    return bochs.Bochs(spec) if request.emulator == "bochs" else qemu.Qemu(spec, kvm)


# --- Watching ----------------------------------------------------------------------------------


class Watcher:
    """Follows a run's logs and decides when it has ended."""

    def __init__(self, request: RunRequest, machine: Machine) -> None:
        self.request, self.machine = request, machine
        self.serial = self.log = ""
        self.read_to = {SERIAL: 0, HV_LOG: 0}
        self.searched = 0
        self.show_serial = not request.interactive and not request.quiet

    def news(self, name: str) -> str:
        path = self.request.out / name
        if not path.exists():
            return ""
        with open(path, "rb") as file:
            file.seek(self.read_to[name])
            data = file.read()
        self.read_to[name] += len(data)
        return data.decode("ascii", "backslashreplace").replace("\r", "")

    def follow(self) -> None:
        """Reads on in both logs, and streams the guest's."""
        serial = self.news(SERIAL)
        self.serial += serial
        self.log += self.news(HV_LOG)
        if serial and self.show_serial:
            print(serial, end="", flush=True)

    def judge(self) -> Ending | None:
        """How the run ended, in the order in which the signs count; None while it goes on."""
        self.follow()
        last = LAST_LINE.search(self.log)
        if last:
            return self.log_ending(last.group(1), last.group(2))
        if self.request.native and GUEST_END.search(self.serial):
            return self.guest_ending()
        if self.until_matched():
            return Ending("until", f"the serial output matched {self.request.until.pattern}",
                          EXIT_OK)
        if self.machine.halted():
            return self.halt_ending()
        if self.machine.powered_off():
            return Ending("off", "the guest switched the machine off", EXIT_OK)
        if self.machine.gave_up():
            why = self.machine.complaint() or "it gave no reason"
            return Ending("emulator", f"{self.machine.program} gave up: {why}", EXIT_STOPPED)
        if max(self.read_to.values()) > GUEST_LOG_MAX or self.machine.log_too_long():
            return Ending("emulator", "stopped, because a log grew too long", EXIT_STOPPED)
        return None

    def log_ending(self, word: str, message: str) -> Ending:
        fault = re.search(r"in the hypervisor at ([0-9a-f]{16}): see build/hv.sym$", message)
        beside = self.request.image.parent if self.request.image else BUILD  # a lab's own build
        known = (beside if (beside / "hv.sym").exists() else BUILD) / "hv.sym"
        place = symbols.nearest(known, int(fault.group(1), 16)) if fault else None
        message += f" ({place})" if place else ""
        ok = word == "end" and message.endswith("(code 0)")
        return Ending(word, message if word == "end" else f"hv16: {word}: {message}",
                      EXIT_OK if ok else EXIT_STOPPED)

    def guest_ending(self) -> Ending:
        """From what guest16 itself says, when no hypervisor reports it."""
        counts = GUEST_FAILED.findall(self.serial)
        failed = int(counts[-1]) if counts else 0
        return Ending("end", f"the guest ended (code {failed})",
                      EXIT_STOPPED if failed else EXIT_OK)

    def until_matched(self) -> bool:
        if self.request.until is None or len(self.serial) == self.searched:
            return False
        start = max(0, self.searched - UNTIL_WINDOW)
        self.searched = len(self.serial)
        return self.request.until.search(self.serial, start) is not None

    def halt_ending(self) -> Ending:
        """The machine stands still without a last line in the log: boot failed, or log=none."""
        self.follow()
        last = LAST_LINE.search(self.log)  # it may have come while we asked
        if last:
            return self.log_ending(last.group(1), last.group(2))
        if GUEST_END.search(self.serial):
            return self.guest_ending()
        screen = summary.collect(self.machine, Summary())
        said = re.findall(r"^hv16: .*", unwrap(screen), re.MULTILINE)
        if said:
            return Ending("refused", said[-1], EXIT_STOPPED)
        return Ending("halted", "the machine halted, without a word from hv16", EXIT_STOPPED)

    def watch(self) -> Ending:
        deadline = time.monotonic() + self.request.timeout if self.request.timeout else None
        while True:
            ending = self.judge()
            if ending:
                return ending
            if deadline and time.monotonic() > deadline:
                return Ending("timeout", f"not at an end after {self.request.timeout:g} s",
                              EXIT_TIMEOUT)
            self.machine.pump(POLL_SECONDS)

    def settle(self) -> None:
        """Lets the machine reach the breakpoint after its last line: then ticks are exact."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline and not self.machine.halted():
            if self.machine.exited():
                return
            self.machine.pump(POLL_SECONDS)


def execute(request: RunRequest) -> Summary:
    """The whole run. Files are in request.out when it returns; the emulator has ended."""
    with outfolder.alone_in(request.out):
        return execute_alone(request)


def execute_alone(request: RunRequest) -> Summary:
    machine = make_machine(request)
    watcher = Watcher(request, machine)
    report = Summary(
        cpu_model=machine.spec.cpu, cpus=request.cpus, mem_mb=request.mem_mb,
        emulator=request.emulator, emulator_version=machine.version,
        image="" if request.native and request.guests else str(request.image or "build/" + (
            "guest16.img" if request.native else "hv16.img")),
        guest_images=[str(guest) for guest in request.guests], options=" ".join(request.options))
    try:
        ending = watch_machine(machine, watcher)
        if ending.ended == "off":
            report.ticks = machine.ticks()  # there is nothing left to be read
        else:
            summary.collect(machine, report)
    finally:
        with contextlib.suppress(MachineError):
            machine.quit()
    watcher.follow()
    summary.save(request.out, report, ending)
    return report


def watch_machine(machine: Machine, watcher: Watcher) -> Ending:
    try:
        machine.start()
        ending = watcher.watch()
        if ending.ended in ("end", "stop", "refused"):
            watcher.settle()
        return ending
    except KeyboardInterrupt:
        return Ending("interrupted", "stopped by Ctrl-C", EXIT_INTERRUPTED)
    except MachineError as error:
        return Ending("emulator", str(error), EXIT_STOPPED)


def run_command(request: RunRequest) -> int:
    """A run for a person: the guest's output as it comes, then the hypervisor's log, then how
    it ended."""
    report = execute(request)
    log = summary.read_text(request.out / HV_LOG).replace("\r", "")
    if log:
        print(f"\n---- {shown(request.out / HV_LOG)} ----\n{log.rstrip()}")
    print("\n" + summary.describe(request.out, report))
    if report.status:
        fail(f"{report.message.removeprefix('hv16: ')} (exit status {report.status})")
    return report.status
