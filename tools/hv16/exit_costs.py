"""`bench`: the same guest program natively and under hv16, and one table of both."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from hv16 import run, summary
from hv16.image import LOADED_SECTORS_MAX, MBR_CODE_MAX, SECTOR
from hv16.machine import SERIAL
from hv16.pack import pack
from hv16.paths import BUILD, EXIT_OK, EXIT_STOPPED, ROOT, fail
from hv16.run import RunRequest

OUT = ROOT / "out" / "bench"
CPUID_LIMIT = 80
PEERS = "BitVisor 428, KVM 960 (mitigations off), bare assembly stub 9, plain C handler 81"
LINE = re.compile(r"^bench (.+?) (\d+)\r?$", re.MULTILINE)
LABELS = {  # guest16's short names, spelt out
    "cpuid": "CPUID", "rdmsr": "RDMSR 1Bh", "out80": "OUT 80h", "in61": "IN 61h",
    "movcr0": "MOV CR0", "int10": "INT 10h/03h", "e820": "INT 15h E820",
    "int13": "INT 13h/42h, one sector",
}


@dataclass(frozen=True)
class Row:
    """One operation, in ticks: the minimum of many, loop overhead taken off."""

    operation: str
    native: int
    hv16: int

    @property
    def label(self) -> str:
        return LABELS.get(self.operation, self.operation)

    @property
    def ratio(self) -> float:
        return self.hv16 / self.native if self.native else float("inf")

    @property
    def exits(self) -> bool:
        """Whether the operation leaves the guest: what does not costs what it costs natively."""
        return self.hv16 > self.native


def measure(request: RunRequest, native: bool) -> dict[str, int] | None:
    """Runs guest16's bench; ticks by operation. None, with a message, when the run failed."""
    name = "native" if native else "hv16"
    out = (OUT if request.out == run.DEFAULT_OUT else request.out) / name
    report = run.execute(replace(request, native=native, autorun="bench", must_run=True,
                                 interactive=False, quiet=True, out=out,
                                 timeout=request.timeout or 60))
    if report.status != EXIT_OK:
        fail(f"bench, {name}: {report.message}; see {run.shown(out)}/")
        return None
    return {operation: int(ticks) // request.tsc_per_tick for operation, ticks
            in LINE.findall(summary.read_text(out / SERIAL))}


def sizes() -> dict[str, int]:
    parts = {name: (BUILD / f"{name}.bin") for name in ("mbr", "stage2", "hv")}
    mbr = parts["mbr"].read_bytes()[:MBR_CODE_MAX].rstrip(b"\0")
    return {"mbr_code": len(mbr), "stage2": parts["stage2"].stat().st_size,
            "hv": parts["hv"].stat().st_size, "hv_packed": len(pack(parts["hv"].read_bytes()))}


def table(rows: list[Row], size: dict[str, int]) -> str:
    width = max(len(row.label) for row in rows)
    lines = [f"{'operation':{width}}  {'native':>8}  {'hv16':>8}  {'ratio':>7}  exit"]
    for row in rows:
        lines.append(f"{row.label:{width}}  {row.native:8,}  {row.hv16:8,}  {row.ratio:7.2f}  "
                     + ("yes" if row.exits else "no"))
    loaded = size["stage2"] + size["hv_packed"]
    lines += ["", "Ticks: instructions on Bochs and QEMU, exact and repeatable.",
              f"CPUID is to take at most {CPUID_LIMIT} ticks. Others, measured the same way: "
              f"{PEERS}.",
              f"MBR code: {size['mbr_code']} bytes of {MBR_CODE_MAX}. stage2 + hypervisor, "
              f"packed: {size['stage2']:,} + {size['hv_packed']:,} = {loaded:,} bytes of "
              f"{LOADED_SECTORS_MAX * SECTOR:,}; the hypervisor unpacked: {size['hv']:,}."]
    return "\n".join(lines)


def bench_command(request: RunRequest, json_file: str | None) -> int:
    native = measure(request, native=True)
    ours = measure(request, native=False) if native is not None else None
    if native is None or ours is None:
        return EXIT_STOPPED
    rows = [Row(name, native[name], ours[name]) for name in native if name in ours]
    if not rows:
        fail("bench: guest16 printed no line \"bench NAME TICKS\"")
        return EXIT_STOPPED
    size = sizes()
    print(table(rows, size))
    if json_file:
        data = {"rows": [{"operation": row.operation, "native": row.native, "hv16": row.hv16,
                          "ratio": round(row.ratio, 4), "exits": row.exits} for row in rows],
                "sizes": size, "cpuid_limit": CPUID_LIMIT}
        Path(json_file).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return EXIT_OK
