"""pictures.py: draws the documents' pictures, and checks that each one is what its text gives.

    python3 docs/pictures/pictures.py draw NAME.svg    needs pikchr, of Debian's package fossil
    python3 docs/pictures/pictures.py check            needs nothing

A picture carries the SHA-256 of its text and of itself. So a text that was changed without its
picture is noticed, and so is a picture that was changed by hand, where no pikchr is installed too.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
STYLE = HERE / "style.inc"  # stands before each text
FONT_SIZE = 15  # pikchr's "small" is four fifths of it
MARGIN = 10
MARK = re.compile(r"<!-- (\w+)\.pikchr and style\.inc, SHA-256 (\w{64}) -->\n")


def text_of(name: str) -> str:
    return STYLE.read_text("utf-8") + (HERE / f"{name}.pikchr").read_text("utf-8")


def digest(name: str, picture: str) -> str:
    return hashlib.sha256(f"{text_of(name)}\0{picture}".encode()).hexdigest()


def run_pikchr(text: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "text"), Path(folder, "picture")
        source.write_text(text, "utf-8")
        if subprocess.run(["fossil", "pikchr", source, target], check=False, timeout=60).returncode:
            sys.exit(1)  # it has said why
        return target.read_text("utf-8")


def finish(drawn: str) -> str:
    """On white, in any browser, as large as it is meant to be."""
    found = re.search(r'<svg\b[^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>\n(.*)</svg>', drawn, re.DOTALL)
    if not found:
        sys.exit(f"pikchr did not draw: {drawn}")
    inside = found[3].replace('dominant-baseline="central"', 'dy="0.35em"')  # which all programs know
    width, height = (round(float(size)) + 2 * MARGIN for size in found.group(1, 2))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="-{MARGIN} -{MARGIN} {width} {height}" font-family="sans-serif" '
            f'font-size="{FONT_SIZE}">\n<rect x="-{MARGIN}" y="-{MARGIN}" width="{width}" '
            f'height="{height}" fill="white"/>\n{inside}</svg>\n')


def draw(target: Path) -> None:
    try:
        picture = finish(run_pikchr(text_of(target.stem)))
    except FileNotFoundError:
        sys.exit("pictures are drawn by pikchr: apt-get install --no-install-recommends fossil")
    mark = f"<!-- {target.stem}.pikchr and style.inc, SHA-256 {digest(target.stem, picture)} -->\n"
    target.write_text(mark + picture, "utf-8")


def problem(name: str) -> str | None:
    target = HERE / f"{name}.svg"
    if not target.exists():
        return "there is no picture of this text"
    mark = MARK.match(text := target.read_text("utf-8"))
    if not mark or mark.groups() != (name, digest(name, text[mark.end():])):
        return "the picture is not what its text gives"
    return None


def check() -> int:
    names = sorted(text.stem for text in HERE.glob("*.pikchr"))
    problems = [f"docs/pictures/{name}.pikchr: {found}: run make pictures"
                for name in names if (found := problem(name))]
    problems += [f"docs/pictures/{picture.name}: there is no text of this picture"
                 for picture in sorted(HERE.glob("*.svg")) if picture.stem not in names]
    print(*problems, f"pictures: {len(names)} texts, {len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    if sys.argv[1] == "draw":
        draw(Path(sys.argv[2]))
    else:
        sys.exit(check())
