"""layout.inc for Python: NAME = value, by the same names."""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
_LINES = re.findall(r"^%define (\w+)\s+(0x[0-9A-F]+|\d+)", (HERE / "layout.inc").read_text("utf-8"),
                    re.MULTILINE)
AT: dict[str, int] = {name: int(value, 0) for name, value in _LINES}

REAL, PM16, PM32, USER32, VM86, LONG, USER64 = (
    AT[f"MODE_{name}"] for name in ("REAL", "PM16", "PM32", "USER32", "VM86", "LONG", "USER64"))
FLAT = AT["MODE_FLAT"]
NAMES = {REAL: "real", PM16: "16-bit", PM32: "32-bit", USER32: "32-bit user", VM86: "virtual-8086",
         LONG: "64-bit", USER64: "64-bit user"}
PRIVILEGED = {REAL, PM16, PM32, LONG}
BITS = {REAL: 16, PM16: 16, PM32: 32, USER32: 32, VM86: 16, LONG: 64, USER64: 64}


def mode_name(mode: int) -> str:
    return NAMES[mode & ~FLAT] + (", flat" if mode & FLAT else "")
