"""The basic exit reasons' names, read from the hypervisor's own table: hv/model/reasons.[ch]."""

import functools
import re

from hv16.paths import ROOT


@functools.cache
def table() -> dict[int, str]:
    """Number to name, for all reasons that hv16 counts."""
    folder = ROOT / "hv" / "model"
    try:
        header = (folder / "reasons.h").read_text(encoding="utf-8")
        source = (folder / "reasons.c").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    numbers = dict(re.findall(r"EXIT_REASON_(\w+)\s*=\s*(\d+)", header))
    names = re.findall(r'\[EXIT_REASON_(\w+)\]\s*=\s*"([^"]*)"', source)
    return {int(numbers[symbol]): name for symbol, name in names if symbol in numbers}


def count() -> int:
    """How many counters hv16 keeps: one 64-bit number for each reason from 0 on."""
    header = (ROOT / "hv" / "model" / "reasons.h").read_text(encoding="utf-8")
    match = re.search(r"EXIT_REASON_MAX\s*=\s*(\d+)", header)
    return int(match.group(1)) if match else 0


def name(reason: int) -> str:
    return table().get(reason, f"reason {reason}")
