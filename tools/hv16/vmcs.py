"""The guest's state while the hypervisor runs: from the VMCS, where Bochs keeps it in memory."""

import re

# Bochs reserves so many double words for the fields of each width (16, 64, 32 bits, natural) and type.
PLACES = {"2.7": (64, 64, 64, 64), "2.8": (32, 80, 48, 48), "3.0": (32, 80, 48, 48)}
FIELDS = {  # name: encoding (hv/vmx/fields.h), bytes
    "exit reason": (0x4402, 4), "exit qualification": (0x6400, 8), "cs": (0x0802, 2), "rip": (0x681E, 8),
    "rsp": (0x681C, 8), "rflags": (0x6820, 8), "cr0": (0x6800, 8),
}


def layout_is_known(version: str | None) -> bool:
    return version in PLACES


def offset(encoding: int, version: str) -> int:
    """Of a field in the VMCS's page: docs/debugging.md, "Reading the VMCS"."""
    places = PLACES[version]
    width, kind = encoding >> 13 & 3, encoding >> 10 & 3
    return 0x10 + (4 * sum(places[:width]) + kind * places[width] + (encoding & 0x3FF)) * 4


def guest_state(machine) -> str:
    """One line; empty where there is no VMCS, or no way to read it."""
    if not layout_is_known(machine.version):
        return ""
    shown = machine.ask('show "VMX"')
    where = re.search(r"vmcsptr = 0x([0-9a-f]+)", shown)
    if where is None or "in_vmx = true" not in shown:
        return ""
    if "in_vmx_guest = true" in shown:
        return "the guest was running: this is its state\n"
    address = int(where.group(1), 16)
    parts = []
    for name, (encoding, length) in FIELDS.items():
        value = int.from_bytes(machine.read(address + offset(encoding, machine.version), length), "little")
        parts.append(f"{name} {value:x}")
    return "the guest, when it last exited: " + ", ".join(parts) + "\n"
