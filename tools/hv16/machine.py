"""What the emulators have in common: what to start, and how the process is started and ended."""

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from hv16.paths import UserError

SERIAL, HV_LOG = "serial.txt", "hv.log"  # in the out folder
EMULATOR_LOG_MAX = 16 << 20
GUEST_LOG_MAX = 64 << 20


@dataclass
class MachineSpec:
    """One virtual PC. Drives are files or links in `out`, where the emulator runs."""

    out: Path
    cpu: str
    cpus: int = 1
    mem_mb: int = 32
    floppy: str | None = None
    own_disk: str | None = None  # drive 0x80 if it is our own image, on whatever controller
    disks: list[str] = field(default_factory=list)  # else drives 0x80, 0x81: IDE, as guests expect
    interactive: bool = False

    @property
    def boot(self) -> str:
        return "floppy" if self.floppy else "disk"


class MachineError(Exception):
    """The emulator did not do what was asked; the text says what."""


class Machine:
    """A running emulator. Memory and registers can be read while it is stopped."""

    program = ""  # as typed, to be named in messages
    version = "unknown"

    def __init__(self, spec: MachineSpec) -> None:
        self.spec = spec
        self.process: subprocess.Popen | None = None

    def launch(self, command: list[str], **options) -> None:
        """Starts the emulator in a session of its own, so that Ctrl-C reaches only us."""
        if shutil.which("setpriv"):  # whatever becomes of us, the emulator must not run on alone
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        try:
            self.process = subprocess.Popen(command, cwd=self.spec.out, start_new_session=True,
                                            **options)
        except OSError as error:
            raise UserError(f"{command[0]}: {error.strerror}; see ./run.sh doctor") from None

    def exited(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def kill(self) -> None:
        """Ends the process whatever state it is in, by its own number, and leaves no lock."""
        if self.process is not None and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        for lock in self.spec.out.glob("*.lock"):
            lock.unlink(missing_ok=True)

    def wait_until(self, condition, seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if self.exited():
                raise MachineError(f"{self.program} ended while waiting for {what}")
            if time.monotonic() > deadline:
                raise MachineError(f"{self.program}: no {what} within {seconds:g} s")
            self.pump(0.005)

    # What each emulator does in its own way. ------------------------------------------------

    def start(self) -> None:
        raise NotImplementedError

    def pump(self, seconds: float) -> None:
        """Waits at most that long, moving the display and the keys of a terminal meanwhile."""
        raise NotImplementedError

    def halted(self) -> bool:
        """True if the machine stands still for ever: CLI and HLT, or a breakpoint before them."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stops the machine, so that it can be read."""
        raise NotImplementedError

    def read(self, address: int, length: int) -> bytes:
        """Physical memory, while stopped."""
        raise NotImplementedError

    def registers(self) -> str:
        raise NotImplementedError

    def guest_state(self) -> str:
        """The guest's, while the hypervisor runs; empty where that cannot be told."""
        return ""

    def ticks(self) -> int | None:
        """Instructions since power-on where the emulator counts them exactly."""
        raise NotImplementedError

    def quit(self) -> None:
        raise NotImplementedError

    def powered_off(self) -> bool:
        """True when the emulator has ended because its guest switched the machine off."""
        raise NotImplementedError

    def gave_up(self) -> bool:
        """True when the emulator cannot go on."""
        return self.exited()

    def complaint(self) -> str:
        """Why the emulator gave up, in its own words; empty if it did not say."""
        raise NotImplementedError

    def log_too_long(self) -> bool:
        """True when the emulator's own messages would fill the disk."""
        logs = (self.spec.out / name for name in ("emulator.log", "emulator.out", "debugger.log"))
        return any(log.exists() and log.stat().st_size > EMULATOR_LOG_MAX for log in logs)


def tool_version(command: list[str], pattern: str) -> str | None:
    """The version a program prints of itself; None when it cannot be run or is another one."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(pattern, done.stdout.decode("utf-8", "replace"))
    return match.group(1) if match else None
