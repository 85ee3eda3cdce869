"""The folder in which a run leaves its files: one run at a time, and none of an older one's files."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from hv16 import summary
from hv16.machine import HV_LOG, SERIAL
from hv16.paths import ROOT, UserError, shown

DEFAULT_OUT = ROOT / "out" / "run"
FILES = (SERIAL, HV_LOG, summary.SCREEN, summary.SUMMARY, "registers.txt", "dump-failed.txt",
         "emulator.log", "emulator.out", "debugger.log", "bochs.bxrc", "bochs.rc", "hv16.img",
         "guest16.img", "guest0.img", "guest1.img", "gdb.out", "gdb.socket")


@contextlib.contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """For the length of a run nobody else runs there: both would write to the same files. The lock
    is the folder's own and ends with the process, however that ends."""
    out.mkdir(parents=True, exist_ok=True)
    folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{shown(out)} is in use by another run: wait for its end, or name another "
                            "folder with --out") from None
        yield
    finally:
        os.close(folder)


def empty(out: Path) -> None:
    """For who is alone in it. The default folder is emptied; in one that was named only our own files
    go."""
    if out == DEFAULT_OUT:
        for path in out.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    for name in FILES:
        (out / name).unlink(missing_ok=True)
