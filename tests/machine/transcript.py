"""What a document shows of a command's output, and whether the real output is that.

In what is shown, a line "..." stands for any number of lines, and "..." inside a line for any text.
All else must be there as it is shown, but for two kinds of numbers that differ from one build of hv16
to the next. They count as such only where the command's comment says so.

"# addresses vary": an address of hv16's own is compared by its kind. The same number stands for the
same address wherever the block shows it, and two numbers for two addresses.

    1c2d000           a page        any page of the hidden block's first MiB, 1C00000 to 1CFFFFF
    1c15ad8           an address    any address in that MiB
    ffffffff800001aa  the same MiB where the hypervisor sees it
    0:8c80            the guest's   any offset of four digits in segment 0

1C00000 itself is no such address: the block begins there on every machine with 32 MB.

"# ticks vary": a number of three digits or more may be a quarter less or more. The first two digits
decide, and the blanks before the number follow its width. Numbers of exits such as in "43: 500" and
limits such as "at most 600" are exact, and so is a number with a comma, unless "/" and the exits of a
table's cell come after it.
"""

import re

BLOCK = "1c00000"
ADDRESS = re.compile(r"(?<!\w)(?P<lead>(?:0x)?0*(?=1c)|(?:0x)?f{8}(?:_|:0x)?(?=800)|0:)"
                     r"(?P<digits>[0-9a-f]{4,8})(?!\w)", re.IGNORECASE)
TICKS = re.compile(r"(?P<blanks> *)(?<![\w.,:])(?<!most )(?<!least )"
                   r"(?:(?P<named>\d{3,}(?= ticks)|\d{1,3}(?:,\d{3})+(?= / \d))|"
                   r"(?<!: )(?P<plain>\d{3,})(?P<decimals>\.\d+)?(?![\w:]|[.,]\d))")


def kind(lead: str, digits: str) -> str | None:
    """The expression for all addresses of this one's kind; None if it is none of hv16's own."""
    hexadecimal = "[0-9a-fA-F]"
    if lead == "0:":
        return hexadecimal + "{4}" if len(digits) == 4 else None
    if digits.startswith("800"):
        return f"800{hexadecimal}{{5}}" if len(digits) == 8 else None
    if len(digits) != 7 or digits == BLOCK:
        return None
    return f"1[cC]{hexadecimal}{{2}}000" if digits.endswith("000") else f"1[cC]{hexadecimal}{{5}}"


def address(found: re.Match, names: dict[tuple[str, str], str]) -> str:
    """The expression for one address that is shown. `names` are the groups of those before it."""
    lead, digits = found["lead"], found["digits"].lower()
    any_of_kind = kind(lead, digits)
    if any_of_kind is None:
        return re.escape(found[0])
    space = "guest" if lead == "0:" else digits[:2]
    if (space, digits) in names:
        return re.escape(lead) + f"(?i:(?P={names[space, digits]}))"
    others = "".join(f"(?!(?i:(?P={name})))" for (where, _), name in names.items() if where == space)
    name = names[space, digits] = f"address{len(names)}"
    return re.escape(lead) + others + f"(?P<{name}>{any_of_kind})"


def ticks(found: re.Match) -> str:
    """The expression for a number of ticks, and a quarter less or more, right-justified as it is."""
    shown, decimals = found["named"] or found["plain"], found["decimals"]
    number = int(shown.replace(",", ""))
    low, high = number * 3 // 4, number * 5 // 4
    has_commas = "," in shown or len(shown) == 3
    choices = []
    for length in range(len(str(low)), len(str(high)) + 1):
        first = int(str(max(low, 10 ** (length - 1)))[:2])
        last = int(str(min(high, 10 ** length - 1))[:2])
        for head in range(first, last + 1):
            digits = f"{head}{'x' * (length - 2)}"
            grouped = re.sub(r"(?<=\w)(?=(?:\w{3})+$)", ",", digits) if has_commas else digits
            choices.append(grouped.replace("x", r"\d"))
    point = rf"\.\d{{{len(decimals) - 1}}}" if decimals else ""
    return (" +" if found["blanks"] else "") + f"(?:{'|'.join(choices)})" + point


def literal(text: str, vary: set[str], names: dict[tuple[str, str], str]) -> str:
    """The expression for a piece of a line without "..." in it."""
    rules = [(ADDRESS, lambda found: address(found, names))] if "addresses" in vary else []
    rules += [(TICKS, ticks)] if "ticks" in vary else []
    pieces = [(text, False)]  # and whether it is an expression already
    for rule, replace in rules:
        done = []
        for piece, is_expression in pieces:
            at = 0
            for found in () if is_expression else rule.finditer(piece):
                done += [(piece[at:found.start()], False), (replace(found), True)]
                at = found.end()
            done.append((piece[at:], is_expression))
        pieces = done
    return "".join(piece if is_expression else re.escape(piece) for piece, is_expression in pieces)


def pattern(lines: list[str], vary: set[str] = frozenset()) -> str:
    """A regular expression for shown lines, blanks at their ends aside."""
    text, names = "", {}
    for line in lines:
        if line.strip() == "...":
            text += r"(?:.*\n)*?"
        else:
            pieces = (literal(piece, vary, names) for piece in line.rstrip().split("..."))
            text += ".*".join(pieces) + r"[ \t]*\n"
    return text


def first_difference(shown: list[str], real: str, vary: set[str] = frozenset()) -> str | None:
    """The first shown line that the real output does not have; None if all is as shown."""
    if not shown or re.fullmatch(pattern(shown, vary), real):
        return None
    for count in range(1, len(shown) + 1):
        if not re.match(pattern(shown[:count], vary), real):
            return shown[count - 1]
    return "(the output goes on after the last line that is shown)"
