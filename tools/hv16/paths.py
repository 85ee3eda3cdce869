"""Where things are, and the one way every command reports an error."""

import difflib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HV16_BUILD", ROOT / "build"))

EXIT_OK = 0
EXIT_STOPPED = 1  # hv16 refused or stopped, or the guest ended with a code that is not 0
EXIT_USAGE = 2
EXIT_HELP_SHOWN = 3  # of --check: run.sh need not go on
EXIT_TIMEOUT = 124  # as timeout(1) does it


class UserError(Exception):
    """Something the person at the keyboard can put right. Shown as one message, no traceback."""


def fail(message: str) -> None:
    """Writes one error message to standard error, after what is waiting on standard output."""
    sys.stdout.flush()
    print(f"hv16: {message}", file=sys.stderr)


def shown(path: Path | str) -> str:
    """A path as a person would type it: relative when it lies below the current folder."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def near_name(word: str, known: list[str]) -> str:
    """A hint for a word that is not known: ", did you mean ...?", or nothing."""
    close = difflib.get_close_matches(word, known, 1, 0.5)
    return f", did you mean {close[0]}?" if close else ""
