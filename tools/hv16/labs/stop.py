"""A machine stopped in the Bochs debugger, for tests that ask what is to be seen there."""

import contextlib
import re
from pathlib import Path

from hv16 import debug, outfolder, run, vmcs

SECONDS = 20


class Stop:
    """`place` is one of debug.PLACES."""

    def __init__(self, place: str, request: run.RunRequest) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(outfolder.alone_in(request.out))
            self.machine = debug.make_bochs(request)
            stack.callback(self.machine.quit)
            self.go(place)
            self.held = stack.pop_all()  # until close(); whatever fails before gives all back

    def go(self, place: str) -> None:
        there = debug.PLACES[place]
        self.machine.start((*debug.symbol_commands(there), *debug.stop_commands(there)), go=there.hits > 0)
        for hit in range(there.hits):
            if hit:
                self.machine.resume()
            debug.wait_for_stop(self.machine, SECONDS)

    def close(self) -> None:
        self.held.close()

    def number(self, command: str, pattern: str) -> int:
        answer = self.machine.ask(command)
        match = re.search(pattern, answer)
        if match is None:
            raise KeyError(f"the debugger's answer to {command} has no {pattern}: {answer[:200]}")
        return int(match.group(1).replace("_", ""), 16)

    def register(self, name: str) -> int:
        if name.startswith("cr"):
            return self.number("creg", rf"{name.upper()}=0x([0-9a-f]+)")
        return self.number("r", rf"{name}: ([0-9a-f]+_[0-9a-f]+)")

    def segment_base(self, name: str) -> int:
        """Of the descriptor that the processor holds."""
        return self.number("sreg", rf"{name}:[^\n]*\n[^\n]*base=0x([0-9a-f]+)")

    def memory(self, address: int, length: int) -> int:
        return int.from_bytes(self.machine.read(address, length), "little")

    def vmcs_field(self, encoding: int, length: int) -> int:
        return self.memory(self.vmcs() + vmcs.offset(encoding, self.machine.version), length)

    def vmcs(self) -> int:
        return self.number('show "VMX"', r"vmcsptr = 0x([0-9a-f]+)")


def stop_at(place: str, out: Path, **request) -> Stop:
    return Stop(place, run.RunRequest(out=out, quiet=True, autorun="tour", **request))

