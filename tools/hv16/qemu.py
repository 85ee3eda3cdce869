"""QEMU, with its own translator (TCG) or on the machine's own processor (KVM).

In the translator time is made of instructions (-icount): each takes 256 ns, so the TSC, in ns, is
their number times 256, and timers interrupt at the same instruction in every run. But a hard disk
answers when the host has read its file, and the BIOS polls meanwhile. So our own image is not on an
IDE disk but on an SD card, which QEMU reads at once: the BIOS calls it drive 80h all the same.
"""

import contextlib
import functools
import json
import os
import pty
import re
import select
import socket
import subprocess
import time

from hv16 import models
from hv16.machine import HV_LOG, SERIAL, Machine, MachineError, MachineSpec, tool_version
from hv16.paths import UserError, near_name
from hv16.screen import Display, set_size, terminal_size, terminal_type

LOG, OUTPUT, MEMORY = "emulator.log", "emulator.out", "memory.bin"
TSC_PER_INSTRUCTION = 256  # as shift=8 says
EXACT = ["-icount", "shift=8,sleep=off"]  # in HLT time jumps to the next timer
WITH_KEYS = ["-icount", "shift=8,sleep=on"]  # in HLT it passes as outside
ANSWER_SECONDS = 10
HALT_POLL_SECONDS = 0.3


def program() -> str:
    return os.environ.get("QEMU") or "qemu-system-x86_64"


@functools.cache
def version() -> str | None:
    return tool_version([program(), "--version"], r"QEMU emulator version (\d[\w.]*)")


@functools.cache
def cpu_models() -> list[str]:
    try:
        done = subprocess.run([program(), "-cpu", "help"], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20,
                              check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return re.findall(r"^(?:x86 )?\s*([\w.-]+)(?:\s.*)?$",
                      done.stdout.split("Recognized CPUID")[0].partition(":\n")[2], re.MULTILINE)


def kvm_problem() -> str:
    """Why KVM cannot be used; empty if it can."""
    if not os.path.exists("/dev/kvm"):
        return ("/dev/kvm is not there: switch on virtualization in the firmware and load "
                "kvm_intel or kvm_amd")
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError as error:
        return f"/dev/kvm: {error.strerror}; is your user in the group kvm?"
    return ""


def nested() -> str:
    """What hv16 needs, if KVM gives it to its guests: VMX, or SVM once hv16 can do with that."""
    for module, name in (("kvm_intel", "VMX"), ("kvm_amd", "SVM")):
        try:
            with open(f"/sys/module/{module}/parameters/nested", encoding="ascii") as file:
                is_on = file.read().strip() in ("Y", "1")
        except OSError:
            continue
        if is_on and (name == "VMX" or models.has_svm_back_end()):
            return name
    return ""


def what_runs() -> str:
    """On its translator, without KVM."""
    if models.has_svm_back_end():
        return "runs hv16, by AMD's SVM: ./run.sh --emulator qemu"
    return ("plays SVM, not VMX, so hv16 refuses there; the guest alone runs: "
            "./run.sh --emulator qemu --native")


def check(cpu: str, kvm: bool) -> None:
    if version() is None:
        raise UserError(f"cannot run {program()}: install the package qemu-system-x86 "
                        "(./run.sh setup), or set QEMU= to yours")
    problem = kvm_problem() if kvm else ""
    if problem:
        raise UserError(f"--emulator kvm: {problem}. Bochs needs no such thing.")
    if cpu.split(",")[0] not in cpu_models():
        raise UserError(f"--cpu {cpu}: QEMU has no such model{near_name(cpu, cpu_models())}; "
                        f"a list: {program()} -cpu help")


class Qemu(Machine):
    program = "QEMU"

    def __init__(self, spec: MachineSpec, kvm: bool = False) -> None:
        super().__init__(spec)
        self.kvm = kvm
        self.version = version() or "unknown"
        self.display = Display(spec.interactive)
        self.monitor: socket.socket | None = None
        self.received = b""
        self.looked = 0.0  # when halted() last asked
        self.ran: int | None = None  # and how many instructions had run then
        self.log_size, self.fault = 0, False  # of QEMU's log, when triple_fault() last looked
        self.gdb_socket = ""  # if named, GDB finds the machine there, before its first instruction

    def arguments(self, monitor_fd: int) -> list[str]:
        spec = self.spec
        # Without SMM the BIOS goes to protected mode by itself, and not by an SMI.
        words = [program(), "-nodefaults", "-machine", "pc,smm=off",
                 "-accel", "kvm" if self.kvm else "tcg",
                 "-cpu", spec.cpu, "-smp", str(spec.cpus), "-m", f"{spec.mem_mb}M",
                 "-vga", "std", "-display", "curses" if spec.interactive else "none",
                 "-serial", f"file:{SERIAL}", "-serial", f"file:{HV_LOG}",
                 "-boot", "order=" + ("a" if spec.floppy else "c"),
                 "-rtc", "base=2026-01-01,clock=vm", "-d", "cpu_reset", "-D", LOG,
                 "-chardev", f"socket,id=monitor,fd={monitor_fd}",
                 "-mon", "chardev=monitor,mode=control"]
        if not self.kvm:
            words += WITH_KEYS if spec.interactive else EXACT
        if self.gdb_socket:
            words += ["-S", "-chardev", f"socket,id=gdb,path={self.gdb_socket},server=on,wait=off",
                      "-gdb", "chardev:gdb"]
        return words + self.drives()

    def drives(self) -> list[str]:
        spec, words = self.spec, []
        if spec.floppy:
            words += ["-drive", f"if=floppy,format=raw,readonly=on,file={spec.floppy}"]
        if spec.own_disk:
            words += ["-device", "sdhci-pci", "-device", "sd-card,drive=card", "-drive",
                      f"if=none,id=card,format=raw,snapshot=on,file={spec.own_disk}"]
        for index, disk in enumerate(spec.disks):
            words += ["-drive", f"if=ide,index={index},format=raw,snapshot=on,file={disk}"]
        return words

    def start(self) -> None:
        ours, theirs = socket.socketpair()
        self.monitor = ours
        environment = dict(os.environ, TERM=terminal_type())
        with open(self.spec.out / OUTPUT, "wb") as output, theirs:
            stdin, stdout = subprocess.DEVNULL, output
            if self.spec.interactive:
                screen, slave = pty.openpty()
                set_size(slave, *terminal_size())
                stdin = stdout = slave
            self.launch(self.arguments(theirs.fileno()), stdin=stdin, stdout=stdout, stderr=output,
                        env=environment, pass_fds=[theirs.fileno()])
            if self.spec.interactive:
                os.close(slave)
                self.display.attach(screen)
        try:
            self.next_message(lambda message: "QMP" in message)
        except OSError as error:
            raise self.lost(f"monitor: {error.strerror}") from None
        self.command("qmp_capabilities")

    def pump(self, seconds: float) -> None:
        self.display.pump(seconds)

    def next_message(self, wanted) -> dict:
        """The next message of the monitor that fits; events in between are dropped."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            line, newline, rest = self.received.partition(b"\n")
            if newline:
                self.received = rest
                message = json.loads(line)
                if wanted(message):
                    return message
                continue
            self.pump(0)
            if select.select([self.monitor], [], [], 0.05)[0]:
                news = self.monitor.recv(65536)
                if not news:
                    break
                self.received += news
        raise self.lost("no answer from its monitor")

    def lost(self, what: str) -> MachineError:
        """In QEMU's own words, if it has ended with some."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=2)
        why = self.complaint() if self.exited() else ""
        return MachineError(f"QEMU gave up: {why}" if why else f"QEMU: {what}")

    def command(self, name: str, **arguments):
        text = json.dumps({"execute": name, "arguments": arguments})
        try:
            self.monitor.sendall(text.encode("ascii") + b"\n")
            answer = self.next_message(lambda message: "return" in message or "error" in message)
        except OSError as error:
            raise self.lost(f"monitor: {error.strerror}") from None
        if "error" in answer:
            raise MachineError(f"QEMU: {name}: {answer['error']['desc']}")
        return answer["return"]

    def halted(self) -> bool:
        """Every processor in HLT with interrupts off. Asked now and then, and if -icount tells, only
        where no instruction has run since: asked for its registers, a processor ends its turn, and
        runs of several would differ."""
        if time.monotonic() - self.looked < HALT_POLL_SECONDS:
            return False
        self.looked = time.monotonic()
        if not self.kvm:
            before, self.ran = self.ran, self.instructions()
            if self.ran is None or before != self.ran:
                return False
        return self.all_halted()

    def all_halted(self) -> bool:
        try:
            text = self.command("human-monitor-command", **{"command-line": "info registers -a"})
        except MachineError:
            return False
        flags = [int(value, 16) for value in re.findall(r"[ER]FL=([0-9a-f]+)", text)]
        halts = re.findall(r"HLT=(\d)", text)
        return bool(flags) and all(halt == "1" for halt in halts) and not any(
            value & 0x200 for value in flags)

    def stop(self) -> None:
        self.command("stop")

    def read(self, address: int, length: int) -> bytes:
        self.command("pmemsave", val=address, size=length, filename=MEMORY)
        path = self.spec.out / MEMORY
        data = path.read_bytes()
        path.unlink()
        if len(data) != length:
            raise MachineError(f"QEMU: cannot read {length} bytes at {address:#x}")
        return data

    def registers(self) -> str:
        return self.command("human-monitor-command", **{"command-line": "info registers"})

    def ticks(self) -> int | None:
        """Instructions of all processors. None where no two runs are alike: on the host's clock,
        with keys, with a hard disk, and where something still ran when the run was ended."""
        if self.kvm or self.spec.interactive or self.spec.disks or self.exited():
            return None
        return self.instructions() if self.all_halted() else None

    def instructions(self) -> int | None:
        """So many that have run, as -icount counts them."""
        try:
            return self.command("query-replay")["icount"]
        except MachineError:
            return None

    def quit(self) -> None:
        try:
            self.command("quit")
            self.process.wait(timeout=2)
        except (MachineError, subprocess.TimeoutExpired):
            pass
        finally:
            self.kill()
            self.display.close()
            self.monitor.close()

    def powered_off(self) -> bool:
        return self.exited() and self.process.returncode == 0 and not self.complaint()

    def gave_up(self) -> bool:
        return self.exited() or self.triple_fault()

    def triple_fault(self) -> bool:
        """Which QEMU takes for a wish to reset the machine, as a PC does."""
        path = self.spec.out / LOG
        if path.exists() and path.stat().st_size != self.log_size:
            data = path.read_bytes()
            self.log_size, self.fault = len(data), b"Triple fault" in data
        return self.fault

    def complaint(self) -> str:
        if self.triple_fault():
            return f"triple fault: {LOG} has the registers"
        path = self.spec.out / OUTPUT
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        lines = [line for line in text.splitlines() if line.strip() and ": warning: " not in line]
        return lines[-1].strip() if lines else ""
