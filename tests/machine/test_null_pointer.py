"""A null pointer of the hypervisor's faults: the guest's first page is elsewhere for it."""

import re
import time

from hv16 import debug, symbols
from hv16.labs import stop
from hv16.paths import BUILD

BIGGEST_VCPU = 0x10000  # any member of a structure at address 0 is below


def test_nothing_is_mapped_where_a_null_pointer_leads(out):
    """What the processor's own walk says, at the first instruction after an exit."""
    machine = stop.stop_at("exit", out)
    try:
        assert "physical address not available" in machine.machine.ask("page 0x0")
        assert "physical address not available" in machine.machine.ask("page 0xb8000")
        assert "maps to physical page 0x000000001000" in machine.machine.ask("page 0xffff800000001000")
    finally:
        machine.close()


def test_a_handler_that_is_given_a_null_pointer_ends_with_a_page_fault(out):
    machine = stop.stop_at("exit", out).machine
    try:
        machine.ask(f"lb {symbols.load(BUILD / 'hv.sym')['handle_exit']:#x}")
        machine.resume()
        debug.wait_for_stop(machine, stop.SECONDS)
        machine.ask("set rdi = 0")  # the first argument: struct vcpu *
        machine.resume()
        wait_for_end(machine)
    finally:
        machine.quit()
    log = (out / "hv.log").read_text("utf-8")
    address = re.search(r"host fault: .* cr2 ([0-9a-f]+) ", log)
    assert address is not None and int(address[1], 16) < BIGGEST_VCPU, log


def wait_for_end(machine) -> None:
    deadline = time.monotonic() + stop.SECONDS
    while not machine.halted() and not machine.exited() and time.monotonic() < deadline:
        machine.pump(0.01)
