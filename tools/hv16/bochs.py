"""Bochs: its configuration, its debugger as a remote control, its text display.

The debugger reads its commands from a named pipe given as -rc file. It reads the next line only
when the machine has stopped, so a command written at any time is carried out at the next stop,
and the machine can be looked at before the next command is chosen.
"""

import os
import re
import signal
import subprocess
import termios
import time
import tty

from hv16 import vmcs
from hv16.bochs_installed import debugger_switch, program, rom_images, version
from hv16.machine import HV_LOG, SERIAL, Machine, MachineError, MachineSpec
from hv16.screen import Display, set_size, terminal_size, terminal_type

CONFIG, PIPE = "bochs.bxrc", "bochs.rc"
LOG, OUTPUT, DEBUGGER_LOG = "emulator.log", "emulator.out", "debugger.log"
COMMAND_SECONDS = 10
QUIT_SECONDS = 2


def geometry(sectors: int) -> tuple[int, int, int]:
    """(cylinders, heads, sectors per track) that cover at most `sectors`, and if possible all."""
    if sectors == 2880:
        return 80, 2, 18  # our own image, and any 1.44 MB floppy's
    if sectors >= 16 * 63:
        return min(sectors // (16 * 63), 65535), 16, 63
    return max(sectors, 1), 1, 1


def config(spec: MachineSpec, display: str = "term", extra: tuple[str, ...] = ()) -> str:
    bios, vga_bios = rom_images()
    lines = [
        f"display_library: {display}",
        f'romimage: file="{bios}"',
        f'vgaromimage: file="{vga_bios}"',
        # BIOS-bochs takes the TSC for time: 4 MIPS brings it to the boot sector fast.
        f"cpu: model={spec.cpu}, count={spec.cpus}, ips=4000000, reset_on_triple_fault=0",
        f"memory: guest={spec.mem_mb}, host={spec.mem_mb}",
        f"boot: {spec.boot}",
        f"com1: enabled=1, mode=file, dev={SERIAL}",
        f"com2: enabled=1, mode=file, dev={HV_LOG}",
        # An instruction is a tick, and the clock always starts at 2026-01-01: runs repeat exactly.
        "clock: sync=none, time0=1767225600",
        "magic_break: enabled=1",
        "speaker: enabled=0",
        f"log: {LOG}",
        "debug: action=ignore",
        "info: action=ignore",  # virtual-APIC accesses would fill the disk
        "error: action=ignore",
        "panic: action=fatal",  # the text display has it so whatever is written here
    ]
    if spec.cpu == "bx_generic":
        lines.append("cpuid: vmx=2, svm=0, x86_64=1")
    if spec.floppy:
        lines.append(f'floppya: 1_44="{spec.floppy}", status=inserted, write_protected=1')
    for disk, place in zip([spec.own_disk] if spec.own_disk else spec.disks, ("master", "slave")):
        cylinders, heads, per_track = geometry((spec.out / disk).stat().st_size // 512)
        lines.append(f'ata0-{place}: type=disk, path="{disk}", mode=volatile, '
                     f'journal="{disk}.changes", cylinders={cylinders}, heads={heads}, '
                     f"spt={per_track}")
    return "\n".join([*lines, *extra]) + "\n"


def command_line(*words: str) -> list[str]:
    # The log's option in the configuration file has changed its name after 3.0; the switch has not.
    return [program(), "-q", *debugger_switch(), "-dbglog", DEBUGGER_LOG, "-f", CONFIG, *words]


class Bochs(Machine):
    program = "Bochs"

    def __init__(self, spec: MachineSpec) -> None:
        super().__init__(spec)
        self.version = version() or "unknown"
        self.display = Display(spec.interactive)
        self.pipe = -1
        self.seen = 0  # how much of the debugger's log is read
        self.heard = ""  # and what it says since the machine last ran
        self.stopped = False

    def start(self, first: tuple[str, ...] = (), go: bool = True) -> None:
        """Starts Bochs; the debugger carries out `first` before the first instruction, and waits
        there if it is not to `go`."""
        out = self.spec.out
        (out / CONFIG).write_text(config(self.spec), encoding="utf-8")
        os.mkfifo(out / PIPE)
        self.pipe = os.open(out / PIPE, os.O_RDWR)  # open for both: so neither side has to wait
        environment = dict(os.environ, TERM="xterm", LINES="25", COLUMNS="80")
        if self.spec.interactive:
            columns, lines = terminal_size()
            environment.update(TERM=terminal_type(), LINES=str(lines), COLUMNS=str(columns))
        with open(out / OUTPUT, "wb") as output:
            self.launch(command_line("-rc", PIPE), stdin=subprocess.DEVNULL, stdout=output,
                        stderr=output, env=environment)
        for command in (*first, *(["c"] if go else [])):
            self.send(command)
        self.stopped = not go

    def pump(self, seconds: float) -> None:
        self.display.pump(seconds, self.watch)

    def watch(self) -> None:
        """Finds the screen's pseudo-terminal and reads on in the debugger's log."""
        if self.display.fd is None and not self.exited():
            self.attach_display()
        elif self.display.fd is not None:
            make_raw(self.display.fd)
        self.listen()

    def attach_display(self) -> None:
        """With a debugger Bochs leaves its terminal alone, makes a new one and prints its name."""
        output = (self.spec.out / OUTPUT).read_bytes()[:8192]
        match = re.search(rb'connected to screen "(/dev/[\w/]+)"', output)
        if match:
            try:
                fd = os.open(match.group(1), os.O_RDWR | os.O_NOCTTY)
            except OSError:
                return
            make_raw(fd)
            set_size(fd, *(terminal_size() if self.spec.interactive else (80, 25)))
            self.display.attach(fd)

    def listen(self) -> None:
        try:
            with open(self.spec.out / DEBUGGER_LOG, "rb") as log:
                log.seek(self.seen)
                news = log.read()
        except FileNotFoundError:
            return
        self.seen += len(news)
        self.heard += news.decode("latin-1")
        # The first stop, before the first instruction, ends by the "c" of start(). A stop is told
        # in two lines, the second one with the place: both must be here.
        if re.search(r"^Next at t=[1-9].*\n.*\n", self.heard, re.MULTILINE):
            self.stopped = True

    def send(self, command: str) -> None:
        os.write(self.pipe, command.encode("ascii") + b"\n")

    def ask(self, command: str) -> str:
        """A command's answer. PTIME, sent after it, shows where the answer ends.

        Exactly one PTIME for each question: the answer of a second one would be taken for the
        end of the next.
        """
        self.heard = ""
        for line in (command, "ptime") if command != "ptime" else (command,):
            self.send(line)
        self.wait_until(self.answered, COMMAND_SECONDS, f'answer to "{command}"')
        return self.heard

    def answered(self) -> bool:
        self.listen()
        return re.search(r"^ptime: \d+\n", self.heard, re.MULTILINE) is not None

    def stop(self) -> None:
        self.listen()
        if self.exited():
            raise MachineError("Bochs has ended already")
        if not self.stopped:
            os.kill(self.process.pid, signal.SIGINT)
            self.wait_until(lambda: self.stopped, COMMAND_SECONDS, "stop in the debugger")

    def resume(self) -> None:
        self.heard, self.stopped = "", False
        self.send("c")

    def halted(self) -> bool:
        """At a magic breakpoint: is it one of ours, with CLI and HLT after it? If not, go on."""
        if not self.stopped:
            return False
        code = self.ask("u /2")
        if re.search(r"\bcli\b.*\n.*\bhlt\b|: hlt\b", code):
            return True
        self.resume()
        return False

    def read(self, address: int, length: int) -> bytes:
        answer = self.ask(f"xp /{length}bx {address:#x}")
        data = b""
        for line in re.findall(r"^0x[0-9a-f]+ <.*?>:(.*)$", answer, re.MULTILINE):
            data += bytes(int(value, 16) for value in line.split())
        if len(data) != length:
            raise MachineError(f"Bochs: cannot read {length} bytes at {address:#x}")
        return data

    def registers(self) -> str:
        return "\n".join(self.ask(name).split("ptime")[0] for name in ("r", "sreg", "creg"))

    def guest_state(self) -> str:
        return vmcs.guest_state(self)

    def ticks(self) -> int | None:
        if self.exited():  # each line of its log begins with them
            return int(self.panic()[0]) if self.panic() else None
        return int(re.search(r"ptime: (\d+)", self.ask("ptime")).group(1))

    def quit(self) -> None:
        try:
            self.send("q")
            deadline = time.monotonic() + QUIT_SECONDS
            while self.stopped and not self.exited() and time.monotonic() < deadline:
                self.display.pump(0.01)
        finally:
            self.kill()
            self.close()

    def close(self) -> None:
        self.display.close()
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1
        (self.spec.out / PIPE).unlink(missing_ok=True)

    def panic(self) -> tuple[str, str, str] | None:
        """The first panic in Bochs's log, after which nothing counts: ticks, device, message."""
        path = self.spec.out / LOG
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        panic = re.search(r"^(\d+)p\[\s*(\w*)\s*\]\s*(?:>>PANIC<<\s*)?(.*)$", text, re.MULTILINE)
        return panic.groups() if panic else None

    def complaint(self) -> str:
        """Such as "CPU0: exception(): ...". What Bochs dislikes of its configuration it says before
        there is a log."""
        panic = self.panic()
        if panic:
            return f"{panic[1]}: {panic[2]}"
        output = (self.spec.out / OUTPUT).read_text(encoding="utf-8", errors="replace")
        last = re.search(r"exiting with the following message:\s*\[\s*\w*\s*\] (.*)$", output,
                         re.MULTILINE)
        return last.group(1) if last else ""

    def powered_off(self) -> bool:
        """Bochs calls that a panic."""
        return self.exited() and "soft power off" in self.complaint()


def make_raw(fd: int) -> None:
    """Bytes through the pseudo-terminal as they are. Bochs sets its own modes after opening it."""
    try:
        tty.setraw(fd)
    except (OSError, termios.error):  # the latter is none of the former
        pass  # Bochs has ended
