"""README.md, tests/README.md and docs/: each command that they show runs, and prints what they show.

A fenced block is one session. It starts in a clean copy of the tree, already built. A line that
begins with "$ " is a command; the lines after it are its output. In the output a line "..." stands
for any number of lines, and "..." inside a line for any text. The command's comment says the rest:

    # exit status 1      it ends with this status, and without the comment with 0
    # on Bochs 2.7       it runs only where that is the Bochs
    # addresses vary     hv16's own addresses in the output are compared by kind
    # ticks vary         numbers of ticks in the output are compared roughly

Two of these have a comma in between. transcript.py says what "by kind" and "roughly" mean, and why
a document need not hide such a number behind "...". Where the output has lines "<bochs:N> COMMAND"
or "(gdb) COMMAND", the command runs on a terminal of its own and these are typed.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from transcript import first_difference

from hv16 import bochs_installed, vmcs
from hv16.paths import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "tests/README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND_SECONDS = 120
WIDTH = 100

NOT_RUN = {
    "make test-guests": "takes minutes",
    "./run.sh --headless --mem 128 --guest build/guests/linux.img --timeout 300": "the same",
    "./run.sh --headless --mem 8 --cpus 2 --guest build/guests/memtest.img --until '#3 .*Moving'":
        "its image may not be there: make test-guests",
    "./run.sh test": "runs this very test",
    "make check-labs": "takes minutes",
    "sudo dd if=build/hv16.img of=/dev/sdX bs=512 conv=fsync": "needs a disk that may be lost",
    "sudo dd if=/dev/sdX of=first-megabyte.img bs=1M count=1": "needs a disk",
}

# An experiment with a rule that only Bochs 2.7 has.
ONLY_ONE_BOCHS = {
    "debugging.md: ./run.sh --option poke=0x4816:0x9b --option poke=0x802:0x9f43"}

# Of the exercise in docs/exits.md, and of labs as such in docs/instructors.md.
MADE_UP = {"hv/exits/rdtsc.c", "exits/rdtsc.c", "cpu/cpu.h", "exits/exits.h", "labs/NN-name",
           "labs/NN-name/README.md",
           "labs/NN-name/tests.py", "labs/NN-name/lab.toml", "labs/NN-name/wrong.toml"}

PROMPT = re.compile(r"^(?:<bochs:\d+>|\(gdb\)) ", re.MULTILINE)
MARK = r"(?:on Bochs \d[\w.]*|exit status \d+|addresses vary|ticks vary)"
COMMENT = re.compile(rf"\s+# ({MARK}(?:, {MARK})*)$")
# What a path looks like: it has a source file's ending, or, in backticks, a folder of ours in front.
SOURCE_NAME = re.compile(r"(?<![\w./-])[\w*-]+(?:[./][\w*-]+)*\.(?:asm|inc|[ch]|ld|py|md)\b")
FOLDERS = ("mbr", "stage2", "hv", "guest16", "labs", "tools", "tests", "docs", "build")


@dataclass
class Command:
    """One command of a block, and the output that the document shows."""

    text: str
    bochs: str  # only on this version of it; empty: on all
    status: int
    vary: set[str]  # the kinds of numbers that differ from build to build
    place: str
    shown: list[str] = field(default_factory=list)

    @property
    def typed(self) -> list[str]:
        """What is to be typed into the debugger."""
        return [PROMPT.sub("", line) for line in self.shown if PROMPT.match(line)]


def blocks(document: Path) -> list[list[str]]:
    """The fenced blocks: each with its first line's number, then its lines."""
    found, inside = [], False
    for number, line in enumerate(document.read_text("utf-8").splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
            if inside:
                found.append([str(number + 1)])
        elif inside:
            found[-1].append(line)
    return found


def parsed(line: str, place: str) -> Command:
    """One command, without its output yet."""
    comment = COMMENT.search(line)
    marks = comment[1].split(", ") if comment else []

    def after(words: str) -> str:
        return next((mark.removeprefix(words) for mark in marks if mark.startswith(words)), "")

    vary = {mark.removesuffix(" vary") for mark in marks if mark.endswith(" vary")}
    return Command(COMMENT.sub("", line).strip(), after("on Bochs "), int(after("exit status ") or 0),
                   vary, place)


def sessions(document: Path) -> list[list[Command]]:
    """The blocks that have commands in them."""
    result = []
    for first, *lines in blocks(document):
        commands: list[Command] = []
        for number, line in enumerate(lines, int(first)):
            if line.startswith("$ "):
                commands.append(parsed(line[2:], f"{document.relative_to(ROOT)}:{number}"))
            elif commands:
                commands[-1].shown.append(line)
        if commands:
            result.append(commands)
    return result


# --- Running ---------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    unwanted = ("DISPLAY", "BOCHS", "QEMU", "HV16_BUILD", "MAKEFLAGS", "MAKELEVEL", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"TERM": "xterm", "PYTHONDONTWRITEBYTECODE": "1"}


def run(command: Command, tree: Path) -> tuple[int, str]:
    done = subprocess.run(["/bin/sh", "-c", command.text], cwd=tree, env=environment(), check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS)
    return done.returncode, done.stdout.decode("utf-8", "replace")


class Debugger:
    """A debugger, Bochs's or GDB, on a terminal of its own."""

    def __init__(self, command: Command, tree: Path) -> None:
        self.text, self.prompts, self.deadline = "", 0, time.monotonic() + COMMAND_SECONDS
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(tree)
            os.execve("/bin/sh", ["sh", "-c", "exec " + command.text], environment())
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))

    def read(self) -> bool:
        """Takes what has come; false at the end."""
        if time.monotonic() > self.deadline:
            os.killpg(self.pid, signal.SIGKILL)  # pty.fork() made it the leader of its own group
            raise TimeoutError(f"the debugger did not answer; so far:\n{self.text[-2000:]}")
        if not select.select([self.fd], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # how a pseudo-terminal says that the other side has closed
            return False
        plain = re.sub(r"\x1b\[\?2004[hl]", "", data.decode("latin-1"))
        self.text += plain.replace("\r", "")
        return bool(data)

    def wait_for_prompt(self) -> None:
        self.prompts += 1
        while len(PROMPT.findall(self.text)) < self.prompts:
            if not self.read():
                raise EOFError(f"the debugger has ended; so far:\n{self.text[-2000:]}")

    def type(self, line: str) -> None:
        os.write(self.fd, line.encode() + b"\n")

    def finish(self) -> int:
        while self.read():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def moved(text: str, shown: list[str], real: str) -> str:
    """The VMCS lies in another page when the hypervisor has grown: as typed for the real one."""
    pages = [re.search(r"vmcsptr = (0x\w+)000$", where, re.MULTILINE)
             for where in ("\n".join(shown), real)]
    if not all(pages):
        return text
    ours, theirs = (page.group(1).removeprefix("0x") for page in pages)
    return re.sub(rf"(0x0*){ours}(?=\w{{3}}\b)", rf"\g<1>{theirs}", text)


def debug(command: Command, tree: Path) -> tuple[int, str]:
    debugger = Debugger(command, tree)
    for line in command.typed:
        debugger.wait_for_prompt()  # all that the command before printed is there now
        debugger.type(moved(line, command.shown, debugger.text))
    status = debugger.finish()
    command.shown = [moved(line, command.shown, debugger.text) for line in command.shown]
    return status, debugger.text


# --- The tests -------------------------------------------------------------------------------------

Outcome = tuple[int, str]
done_already: dict[tuple[str, ...], Outcome] = {}  # by all commands of the session so far


def play(session: list[Command], tree: Path) -> list[str]:
    """Runs a session, unless that was done before, and returns what was not as shown."""
    shutil.rmtree(tree / "out", ignore_errors=True)
    complaints = []
    keys = [tuple(command.text + "\n".join(command.typed) for command in session[:count])
            for count in range(1, len(session) + 1)]
    leaves_files = any(" lab " in command.text for command in session)  # in work/, for the next session
    known = all(key in done_already for key in keys) and not leaves_files
    for key, command in zip(keys, session):
        if command.text in NOT_RUN or command.bochs not in ("", bochs_installed.version()):
            continue
        if not known:
            done_already[key] = (debug if command.typed else run)(command, tree)
        status, output = done_already[key]
        line = first_difference(command.shown, output, command.vary)
        if status != command.status:
            complaints.append(f"{command.place}: {command.text}: exit status {status}, "
                              f"not {command.status}:\n{output[-2000:]}")
        elif line is not None:
            complaints.append(f"{command.place}: {command.text}: does not fit: {line!r}; "
                              f"it printed:\n{output[-6000:]}")
    return complaints


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, built, so that no run of another test gets in the way."""
    copy = tmp_path_factory.mktemp("docs") / "hv16"
    unwanted = shutil.ignore_patterns(".git", "out", "work", "unit", "debian13*",
                                    "__pycache__", ".pytest_cache")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=unwanted)
    subprocess.run(["make", "all"], cwd=copy, env=environment(), check=True,
                   stdout=subprocess.DEVNULL)
    return copy


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_commands_do_what_is_shown(document: Path, tree: Path) -> None:
    played = sessions(document)
    assert played, "a document without a command that a reader can try"
    shutil.rmtree(tree / "work", ignore_errors=True)  # of another document
    complaints = [complaint for session in played for complaint in play(session, tree)]
    assert not complaints, "\n\n".join(complaints)


def test_what_is_not_run_is_still_shown() -> None:
    shown = {command.text for document in DOCUMENTS for session in sessions(document)
             for command in session}
    assert NOT_RUN.keys() <= shown, "a reason is left over for a command that nobody shows"


def test_what_is_of_one_bochs_is_shown_for_both_that_debian_has() -> None:
    """Or the text says why there is nothing to show: then the document has the command once."""
    marked: dict[tuple[Path, str], set[str]] = {}
    for document in DOCUMENTS:
        for session in sessions(document):
            for command in session:
                if command.bochs:
                    marked.setdefault((document, command.text), set()).add(command.bochs)
    once = {f"{document.name}: {text}" for (document, text), versions in marked.items()
            if versions != {"2.7", "3.0"}}
    assert marked and once == ONLY_ONE_BOCHS


def test_the_offsets_in_a_vmcs_are_those_of_the_tool() -> None:
    text = (ROOT / "docs/debugging.md").read_text("utf-8")
    rows = re.findall(r"^\|[^|]*\| ([0-9A-F]+)h +\| ([0-9A-F]+)h +\| ([0-9A-F]+)h ", text, re.MULTILINE)
    assert len(rows) >= 10
    for encoding, *offsets in rows:
        assert [int(offset, 16) for offset in offsets] == \
            [vmcs.offset(int(encoding, 16), version) for version in ("2.7", "3.0")], encoding


def prose(document: Path) -> str:
    """All but the fenced blocks."""
    return re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def paths_in(document: Path) -> set[str]:
    """What looks like a path of ours: in the text, and in the blocks that are tables."""
    text = prose(document)
    found = {name for name in re.findall(r"`([^`\s]+)`", text)
             if name.split("/")[0] in FOLDERS and "/" in name}
    found |= set(re.findall(r"\]\(([^)#:]+)\)", text))
    tables = ["\n".join(block) for block in blocks(document) if "$ " not in "\n".join(block)]
    return found | set(SOURCE_NAME.findall("\n".join([text, *tables])))


def is_here(name: str, document: Path) -> bool:
    """A path from the root or the document's folder, or a file's bare name, anywhere in the tree."""
    if "/" not in name:
        made = (ROOT / "build").glob(name)  # not all of it: test-debian13 keeps a whole system there
        return any(made) or any(path.is_file() for top in FOLDERS if top != "build"
                                for path in (ROOT / top).rglob(name))
    return any(any(base.glob(name)) for base in (ROOT, document.parent))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_paths_exist(document: Path) -> None:
    paths = paths_in(document) - MADE_UP
    missing = sorted(name for name in paths if not is_here(name, document))
    assert paths and not missing, f"{document.name} names what is not there: {' '.join(missing)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_plain_text(document: Path) -> None:
    for number, line in enumerate(document.read_text("utf-8").splitlines(), 1):
        assert len(line) <= WIDTH, f"{document.name}:{number}: {len(line)} columns"
        assert not re.search(r"</?[a-z]+>", line), f"{document.name}:{number}: HTML"
