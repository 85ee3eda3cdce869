"""Packs the hypervisor for the disk; stage2/unpack.asm unpacks it. The format is described there."""

import struct

LENGTH = struct.Struct("<I")  # of what was packed: the first four bytes
COPY = struct.Struct("<H")
SHORTEST, LONGEST = 3, 18  # what four bits of a copy's length can say
FARTHEST = 4096  # and twelve bits of its distance
CANDIDATES = 64  # earlier places looked at: more pack hardly better


def longest_match(data: bytes, at: int, places: list[int]) -> tuple[int, int]:
    """(length, distance) of the longest earlier piece that continues as data does at `at`."""
    best = (0, 0)
    limit = min(LONGEST, len(data) - at)
    for place in reversed(places[-CANDIDATES:]):
        if at - place > FARTHEST:
            break
        length = SHORTEST
        while length < limit and data[place + length] == data[at + length]:
            length += 1
        if length > best[0]:
            best = (length, at - place)
    return best


def items(data: bytes):
    """The items that make up `data`, each with its flag: copies of earlier bytes, or one byte as is."""
    seen: dict[bytes, list[int]] = {}  # where three bytes in a row have been
    at = 0
    while at < len(data):
        length, distance = longest_match(data, at, seen.get(data[at:at + SHORTEST], []))
        if length >= SHORTEST:
            yield 1, COPY.pack(length - SHORTEST << 12 | distance - 1)
        else:
            length = 1
            yield 0, data[at:at + 1]
        for index in range(at, min(at + length, len(data) - SHORTEST + 1)):
            seen.setdefault(data[index:index + SHORTEST], []).append(index)
        at += length


def pack(data: bytes) -> bytes:
    packed = bytearray(LENGTH.pack(len(data)))
    for number, (flag, item) in enumerate(items(data)):
        if number % 8 == 0:
            flags_at = len(packed)
            packed.append(0)
        packed[flags_at] |= flag << number % 8
        packed += item
    return bytes(packed)
