"""Where a body begins and ends, and what lab.toml is told when it names one that is not there."""

import pytest

from hv16.labs.source import Place, body_texts, outside, stubbed
from hv16.paths import UserError

C = """\
static int helper(int a,
                  int b);

/* It calls helper(1, 2). */
int first(void)
{
    if (helper(1, 2)) {
        return 1;
    }
    return 0;
}

static int helper(int a,
                  int b)
{
    return a + b;
}
"""
ASM = """\
first:
    call    second
.again:
    loop    .again
    ret

; What comes before a routine is not the body of the one above.
second:
    ret
"""


def test_the_body_of_a_c_function():
    assert body_texts(C, [Place("x.c", "helper")]) == ["    return a + b;"]
    assert stubbed(C, {Place("x.c", "first"): 9, Place("x.c", "helper"): 10}) == (
        C[:C.index("    if")] + "    LAB_TODO(9);\n}\n\nstatic int helper(int a,\n                  int b)\n{\n"
        "    LAB_TODO(10);\n}\n")


def test_the_body_of_an_assembly_routine():
    assert body_texts(ASM, [Place("x.asm", "first")]) == [
        "    call    second\n.again:\n    loop    .again\n    ret"]
    assert stubbed(ASM, {Place("x.asm", "second"): 2}).endswith("second:\n    LAB_TODO 2\n")
    assert "again" not in outside(ASM, [Place("x.asm", "first")])


@pytest.mark.parametrize("place, complaint", [
    ("hv/x.c", "is not"), ("hv/x.h: f", "is not"), ("hv/x.c: f()", "is not")])
def test_a_place_is_a_file_and_a_name(place, complaint):
    with pytest.raises(UserError, match=complaint):
        Place.parse(place)


@pytest.mark.parametrize("text, place", [
    (C, Place("x.c", "third")), (C + C, Place("x.c", "first")), (ASM, Place("x.asm", "again"))])
def test_a_name_that_is_not_there_once_is_named(text, place):
    with pytest.raises(UserError, match=f"{place.name} is there [02] times"):
        body_texts(text, [place])
