"""`make libfuzzer`: every pure parser and model under libFuzzer, each for SECONDS (600).

    python3 tests/libfuzzer/libfuzzer.py [SECONDS [DRIVER...]]

What libFuzzer has found interesting is kept in build/libfuzzer/corpus and is where the next run
begins. An input that breaks a claim is printed with the command that tries it again.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
BUILD = ROOT / "build/libfuzzer"
CLANG = shutil.which("clang")
FLAGS = ["-std=gnu17", "-O1", "-g", "-fsanitize=fuzzer,address,undefined",
         "-fno-sanitize-recover=all", "-Wall", "-Wextra"]
LENGTH = 512  # bytes of an input at most: a sector, and more than any of the others needs

# What each driver is about, below hv/; and how many inputs `make test` tries, in a second or so.
SOURCES = {
    "check": (8000, ["vmx/explain/*.c"]),
    "decode": (60000, ["model/decode.c", "model/opcodes.c", "model/execute.c"]),
    "e820": (5000, ["model/e820.c"]),
    "format": (60000, ["model/format.c"]),
    "guest_walk": (60000, ["model/guest_walk.c"]),
    "lapic": (3000, ["model/lapic*.c"]),
    "mtrr": (5000, ["model/mtrr.c"]),
    "options": (15000, ["model/options.c", "model/format.c"]),
    "partition": (60000, ["model/partition.c"]),
    "processors": (1500, ["model/processors.c"]),
    "task_switch": (40000, ["model/task/*.c"]),
}


def missing() -> str:
    """Why there can be no fuzzing here, or nothing."""
    if CLANG is None:
        return "there is no clang (./run.sh setup test installs it)"
    test = subprocess.run([CLANG, *FLAGS[:4], "-xc", "-", "-o", os.devnull], text=True, input="int "
                          "LLVMFuzzerTestOneInput(const char *data, unsigned long size)"
                          "{ return data && size ? 0 : 0; }", capture_output=True)
    return "clang lacks libFuzzer's library (Debian: libclang-rt-dev)" if test.returncode else ""


def build(name: str, hv: Path = ROOT / "hv", program: Path | None = None) -> Path:
    program = program or BUILD / name
    program.parent.mkdir(parents=True, exist_ok=True)
    sources = [path for pattern in SOURCES[name][1] for path in sorted(hv.glob(pattern))]
    subprocess.run([CLANG, *FLAGS, f"-I{hv}", f"-I{ROOT / 'tests/unit'}", "-o", program,
                    HERE / f"{name}.c", *sources], check=True, timeout=300)
    return program


def fuzz(program: Path, name: str, *limits: str, corpus: Path | None = None):
    """Runs it until a limit, such as -max_total_time=10, or until a claim is broken."""
    words = HERE / f"{name}.dict"
    return subprocess.run(
        [program, *limits, f"-max_len={LENGTH}", "-len_control=20", "-timeout=20",
         f"-artifact_prefix={program.parent}/{name}-",
         *([f"-dict={words}"] if words.exists() else []), *([corpus] if corpus else [])],
        capture_output=True, text=True, errors="replace")


def verdict(result: subprocess.CompletedProcess) -> str:
    """In one line: the claim that is broken, the sanitizer's finding, or how much was tried."""
    log = result.stderr
    for pattern in (r".*claim broken: .*", r".*runtime error: .*", r"SUMMARY: .*", r"ERROR: .*"):
        if result.returncode != 0 and (found := re.search(pattern, log)):
            return found[0]
    tried = re.findall(r"^#(\d+)\s.*?cov: (\d+)", log, re.MULTILINE)
    return f"{int(tried[-1][0]):,} inputs, {tried[-1][1]} branches" if tried else log[-300:]


def main(seconds: str = "600", *names: str) -> int:
    if why := missing():
        print(f"libFuzzer: skipped: {why}")
        return 0
    failed = 0
    for name in names or SOURCES:
        corpus = BUILD / "corpus" / name
        corpus.mkdir(parents=True, exist_ok=True)
        program = build(name)
        result = fuzz(program, name, f"-max_total_time={seconds}", corpus=corpus)
        print(f"{name:12} {verdict(result)}", flush=True)
        if result.returncode != 0:
            failed = 1
            if found := re.search(r"Test unit written to (\S+)", result.stderr):
                print(f"{'':12} once more: {program} {found[1]}")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
