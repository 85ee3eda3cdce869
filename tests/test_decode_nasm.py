"""hv/model/decode.c against nasm: each operation with each kind of address and prefix, assembled and
decoded again. What is expected comes from the source line and from nasm's listing, never from the
bytes. Then all sequences of up to three bytes, in front of a page that cannot be read.
"""

import itertools
import os
import re
import subprocess
from pathlib import Path

import pytest

# The tests of this test (test_decode_bugs.py) point it to a copy of hv/.
HV = Path(os.environ.get("HV16_SOURCE", Path(__file__).parents[1] / "hv"))

# The model's own order, from its header.
OPERATIONS = [name.lower() for name in re.findall(
    r"^    OP_(\w+),", (HV / "model/decode.h").read_text("utf-8"), re.MULTILINE)]
ES, CS, SS, DS, FS, GS = range(6)
SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"]
SIZES = {1: "byte", 2: "word", 4: "dword", 8: "qword"}
NONE = 255

PROGRAM = r"""
#include "model/decode.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static uint8_t *end; /* past it nothing can be read */

static enum decode_result run(const uint8_t *code, size_t count, unsigned bits,
                              struct instruction *i)
{
    memcpy(end - count, code, count);
    return decode(end - count, count, bits, i);
}

static void line(unsigned bits, const char *hex)
{
    struct instruction i;
    uint8_t code[16];
    size_t count = strlen(hex) / 2;
    enum decode_result result;

    for (size_t k = 0; k < count; k++) {
        char digits[3] = {hex[2 * k], hex[2 * k + 1], 0};
        code[k] = (uint8_t)strtoul(digits, NULL, 16);
    }
    result = run(code, count, bits, &i);
    if (result != DECODE_OK) {
        printf("result %d\n", result);
        return;
    }
    printf("%d %d %d %d %d %d %d %d %d %d %d %llx", i.operation, i.length, i.width,
           i.register_width, i.address_width, i.reg, i.high_byte, i.to_memory, i.repeat, i.lock,
           i.segment, (unsigned long long)i.immediate);
    for (size_t k = 0; k < count; k++)
        if (run(code, k, bits, &i) != DECODE_TOO_SHORT)
            printf(" but its first %zu bytes are not too short", k);
    printf("\n");
}

static void sweep(unsigned bits)
{
    unsigned results[3] = {0};
    struct instruction i;

    for (unsigned n = 0; n < 0x1000000; n++) {
        uint8_t code[3] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
        enum decode_result result = run(code, 3, bits, &i);
        size_t length = result == DECODE_OK ? i.length : 0;

        results[result]++;
        for (size_t count = 0; count < 3; count++) {
            enum decode_result part = run(code, count, bits, &i);
            if (result == DECODE_OK ? part != (count < length ? DECODE_TOO_SHORT : DECODE_OK)
                                    : part != DECODE_TOO_SHORT && part != result)
                exit(3);
        }
    }
    printf("%u-bit code: %u known, %u unknown, %u too short\n", bits, results[DECODE_OK],
           results[DECODE_UNKNOWN], results[DECODE_TOO_SHORT]);
}

int main(int argc, char **argv)
{
    char hex[64];
    unsigned bits;

    end = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (end == MAP_FAILED || mprotect(end + 4096, 4096, PROT_NONE) != 0)
        return 2;
    end += 4096;
    if (argc > 1)
        sweep((unsigned)atoi(argv[1]));
    else
        while (scanf("%u %63s", &bits, hex) == 2)
            line(bits, hex);
    return 0;
}
"""


def registers(width: int, bits: int) -> list[str]:
    """By number."""
    low = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
    if width == 2:
        return low + ([f"r{i}w" for i in range(8, 16)] if bits == 64 else [])
    if width == 4:
        return ["e" + r for r in low] + ([f"r{i}d" for i in range(8, 16)] if bits == 64 else [])
    return ["r" + r for r in low] + [f"r{i}" for i in range(8, 16)]


def addresses(bits: int):
    """Text between the brackets, address width, default segment."""
    if bits != 64:
        bases = {"bx+si": DS, "bx+di": DS, "bp+si": SS, "bp+di": SS, "si": DS, "di": DS, "bx": DS,
                 "bp": SS}
        for (base, segment), more in itertools.product(bases.items(), ["", "+5", "-128", "+1234h"]):
            yield base + more, 2, segment
        yield "word 1234h", 2, DS
        yield "dword 12345678h", 4, DS
    else:
        yield "rel 1000h", 8, DS
        yield "abs 12345678h", 8, DS
    for width in (4, 8) if bits == 64 else (4,):
        names = registers(width, bits)
        for number, base in enumerate(names):
            segment = SS if number in (4, 5) else DS
            for more in ("", "+7Fh", "-12345678h"):
                yield base + more, width, segment
            for k, scale in ((1, 2), (5, 4), (number | 1, 8)):
                yield f"{base}+{names[k]}*{scale}", width, segment
            yield f"{base}+{names[(number + 7) % len(names) | 1]}*2+10h", width, segment
            if number != 4:
                yield f"nosplit {base}*8+10h", width, DS


def operands(width: int, bits: int, rex_free: bool):
    """The register operands of a width: name, number, high byte. Without end, around and around."""
    if width > 1:
        rows = [(name, number, 0) for number, name in enumerate(registers(width, bits))]
    else:
        rows = [(name, number, 0) for number, name in enumerate(["al", "cl", "dl", "bl"])]
        if rex_free:
            rows += [(name, number, 1) for number, name in enumerate(["ah", "ch", "dh", "bh"])]
        if bits == 64:
            rows += [(name, number, 0) for number, name in enumerate(
                ["spl", "bpl", "sil", "dil"] + [f"r{i}b" for i in range(8, 16)], 4)]
    return itertools.cycle(rows)


def memory_forms(bits: int, width: int):
    """(text with {m} and {r}, operation, register width or 0, to_memory, lockable, immediate)."""
    size = SIZES[width]
    high = {1: 0x7F, 2: 0x7FFF, 4: 0x7FFFFFFF, 8: 0x7FFFFFFF}[width]
    for name in ("mov", "add", "or", "and", "sub", "xor", "cmp"):
        lockable = name not in ("mov", "cmp")
        yield f"{name} {{m}}, {{r}}", name, width, 1, lockable, 0
        yield f"{name} {{r}}, {{m}}", name, width, 0, False, 0
        yield f"{name} {size} {{m}}, -5", name, 0, 1, lockable, -5
        yield f"{name} {size} {{m}}, {high}", name, 0, 1, lockable, high
        yield f"{name} {size} {{m}}, {-high - 1}", name, 0, 1, lockable, -high - 1
        strict = f"strict {size} " if width < 8 else ""  # not the short form with one byte
        yield f"{name} {size} {{m}}, {strict}1", name, 0, 1, lockable, 1
    yield "xchg {m}, {r}", "xchg", width, 1, True, 0
    yield "xchg {r}, {m}", "xchg", width, 1, False, 0
    yield "test {m}, {r}", "test", width, 1, False, 0
    yield f"test {size} {{m}}, {-high - 1}", "test", 0, 1, False, -high - 1
    yield f"inc {size} {{m}}", "inc", 0, 1, True, 1
    yield f"dec {size} {{m}}", "dec", 0, 1, True, 1
    for wide in (2, 4, 8) if bits == 64 else (2, 4):
        if width < min(wide, 4):
            yield f"movzx {{r}}, {size} {{m}}", "mov", wide, 0, False, 0
            yield f"movsx {{r}}, {size} {{m}}", "movsx", wide, 0, False, 0
    if bits == 64 and width == 4:
        yield "movsxd {r}, dword {m}", "movsx", 8, 0, False, 0


def overridden(default: int, override: int | None, bits: int) -> int:
    return default if override is None or (bits == 64 and override < FS) else override


def memory_cases(bits: int):
    overrides = itertools.cycle([None, None, FS, None, GS, ES, None, CS, SS, None, DS])
    locks = itertools.cycle([0, 1, 0])
    cycles: dict = {}
    for address, address_width, default in addresses(bits):
        rex_free = bits != 64 or not re.search(r"\br\d", address)
        for width in (1, 2, 4, 8) if bits == 64 else (1, 2, 4):
            for text, name, wide, to_memory, lockable, immediate in memory_forms(bits, width):
                key = (wide, rex_free)
                cycles.setdefault(key, operands(wide, bits, rex_free) if wide else None)
                register, number, high = next(cycles[key]) if wide else ("", NONE, 0)
                override, lock = next(overrides), next(locks) if lockable else 0
                source = text.format(m=f"[{address}]", r=register)
                if override is not None:
                    source = f"{SEGMENTS[override]} {source}"
                yield ("lock " * lock + source,
                       [OPERATIONS.index(name), width, wide or width, address_width, number, high,
                        to_memory, 0, lock, overridden(default, override, bits), immediate])


def other_cases(bits: int):
    """String instructions, and the offsets of MOV that nasm uses only when asked to."""
    widths = (1, 2, 4, 8) if bits == 64 else (1, 2, 4)
    for name, width, rep, override, address_width in itertools.product(
            ("stos", "movs", "lods"), widths, ("", "rep ", "repne "), (None, *range(6)),
            (4, 8) if bits == 64 else (2, 4)):
        prefix = f"{SEGMENTS[override]} " if override is not None else ""
        segment = ES if name == "stos" else overridden(DS, override, bits)
        yield (f"a{8 * address_width} {rep}{prefix}{name}{SIZES[width][0]}",
               [OPERATIONS.index(name), width, width, address_width,
                NONE if name == "movs" else 0, 0, int(name != "lods"), ["", "rep ", "repne "].index(rep), 0, segment,
                0])
    offset, address_width = {16: ("word 1234h", 2), 32: ("dword 12345678h", 4),
                             64: ("qword 1122334455667788h", 8)}[bits]
    for width, to_memory in itertools.product(widths, (0, 1)):
        register = {1: "al", 2: "ax", 4: "eax", 8: "rax"}[width]
        both = [f"[{offset}]", register] if to_memory else [register, f"[{offset}]"]
        yield (f"mov {', '.join(both)}",
               [0, width, width, address_width, 0, 0, to_memory, 0, 0, DS, 0])


def assemble(bits: int, lines: list[str], folder: Path) -> list[bytes]:
    source, listing, binary = (folder / f"{bits}.{kind}" for kind in ("asm", "lst", "bin"))
    source.write_text(f"bits {bits}\n" + "\n".join(lines) + "\nend: db 0\n")
    subprocess.run(["nasm", "-f", "bin", "-w-all", "-l", listing, "-o", binary, source], check=True,
                   timeout=120)
    starts: dict[int, int] = {}
    for row in listing.read_text().splitlines():
        if match := re.match(r" *(\d+) ([0-9A-F]{8}) ", row):
            starts.setdefault(int(match[1]) - 2, int(match[2], 16))
    code = binary.read_bytes()
    return [code[starts[i]:starts[i + 1]] for i in range(len(lines))]


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("decode")
    (folder / "host.c").write_text(PROGRAM)
    subprocess.run(["gcc", "-std=gnu17", "-O2", "-Wall", "-Werror", f"-I{HV}", "-o",
                    folder / "host", folder / "host.c", HV / "model/decode.c", HV / "model/opcodes.c"], check=True,
                   timeout=60)
    return folder / "host"


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_what_nasm_writes(bits, program, tmp_path):
    cases = [*memory_cases(bits), *other_cases(bits)]
    codes = assemble(bits, [source for source, _ in cases], tmp_path)
    text = "".join(f"{bits} {code.hex()}\n" for code in codes)
    answers = subprocess.run([program], input=text, capture_output=True, text=True, check=True,
                             timeout=60).stdout.splitlines()
    assert len(answers) == len(cases)
    wrong = []
    for (source, expected), code, answer in zip(cases, codes, answers):
        operation, *rest, immediate = expected
        want = " ".join(map(str, [operation, len(code), *rest]))
        got, _, value = answer.partition(" but")[0].rpartition(" ")
        if got != want or " but" in answer or (
                expected[4] == NONE and OPERATIONS[operation] != "movs"
                and int(value, 16) != immediate % 2**64):
            wrong.append(f"{source:40} {code.hex():24} got {answer}, expected {want} {immediate}")
    print(f"bits {bits}: {len(cases)} instructions")
    assert not wrong, f"{len(wrong)} of {len(cases)} differ:\n" + "\n".join(wrong[:20])


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_all_sequences_of_up_to_three_bytes(bits, program):
    """A read past the last byte is a segmentation fault; exit status 3 means that the answers for
    one, two and three bytes of a sequence do not fit together."""
    result = subprocess.run([program, str(bits)], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0
    print(result.stdout)
