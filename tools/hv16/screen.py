"""The VGA text screen: as text for screen.txt, and live on the user's own terminal."""

import curses
import fcntl
import os
import re
import select
import struct
import sys
import termios
import tty
from collections.abc import Callable

COLUMNS, ROWS = 80, 25
TEXT_BYTES = COLUMNS * ROWS * 2  # a character and an attribute each
TEXT_ADDRESS = 0xB8000

# The pictures code page 437 has where ASCII has control codes.
LOW_GLYPHS = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"


def glyph(byte: int) -> str:
    if byte < 0x20:
        return LOW_GLYPHS[byte]
    return "⌂" if byte == 0x7F else bytes([byte]).decode("cp437")


def screen_text(memory: bytes) -> str:
    """Text memory as lines without trailing blanks."""
    rows = []
    for row in range(ROWS):
        line = memory[row * COLUMNS * 2:(row + 1) * COLUMNS * 2]
        rows.append("".join(glyph(byte) for byte in line[0::2]).rstrip())
    return "\n".join(rows) + "\n"


def unwrap(text: str) -> str:
    """Screen text with the lines put together that ran into the right edge."""
    return re.sub(f"^(.{{{COLUMNS}}})\n", r"\1", text, flags=re.MULTILINE)


def terminal_type() -> str:
    """The user's terminal, or one that is in every Debian's ncurses-base."""
    for name in (os.environ.get("TERM", ""), "xterm-256color", "xterm"):
        try:
            curses.setupterm(name, 1)
            return name
        except (curses.error, TypeError):
            continue
    return "xterm"


def terminal_do(*names: str) -> None:
    """Writes capabilities of the user's terminal to it, named as in terminfo(5)."""
    curses.setupterm(terminal_type(), sys.stdout.fileno())
    for name in names:
        os.write(sys.stdout.fileno(), curses.tigetstr(name) or b"")


class Display:
    """Carries an emulator's text display, drawn on a pseudo-terminal, to our own terminal.

    The emulator never gets our terminal itself: what its debugger prints must not land on the
    guest's screen, and Ctrl-C must end the run in order. Without `live` all output is thrown
    away, but still read: an emulator blocks when nobody reads its screen.
    """

    def __init__(self, live: bool) -> None:
        self.live = live
        self.fd: int | None = None
        self.saved: list | None = None

    def attach(self, fd: int) -> None:
        self.fd = fd
        os.set_blocking(fd, False)
        if self.live:
            self.saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)  # keys at once and without echo, but Ctrl-C still works
            terminal_do("smcup", "enacs", "clear")  # Bochs's own were sent too early

    def pump(self, seconds: float, watch: Callable[[], None] | None = None) -> None:
        """Waits up to `seconds` for something to move, and moves it."""
        if watch:
            watch()
        sources = [] if self.fd is None else [self.fd]
        if self.fd is not None and self.live:
            sources.append(sys.stdin.fileno())
        ready = select.select(sources, [], [], seconds)[0]
        if self.fd in ready:
            self.move(self.fd, sys.stdout.fileno() if self.live else None)
        if self.live and sys.stdin.fileno() in ready:
            self.move(sys.stdin.fileno(), self.fd)

    def move(self, source: int, target: int | None) -> None:
        try:
            data = os.read(source, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.fd = None  # the other side is gone
        while data and target is not None:
            try:
                data = data[os.write(target, data):]
            except BlockingIOError:
                select.select([], [target], [], 0.1)

    def close(self) -> None:
        """Gives the terminal back as it was: the emulator may have been killed half-way."""
        if self.saved is None:
            return
        terminal_do("sgr0", "rmkx", "cnorm", "rmcup")
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.saved)
        self.saved = None


def terminal_size() -> tuple[int, int]:
    """(columns, lines) to draw on: the user's, but no more than a PC's screen and a status line."""
    size = os.get_terminal_size(sys.stdout.fileno())
    return min(size.columns, COLUMNS), min(size.lines, ROWS + 2)


def set_size(fd: int, columns: int, lines: int) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
