"""What can be typed after ./run.sh: the help, the parser, and what is refused as wrong usage."""

import argparse
import os
import re
import sys
from pathlib import Path

from hv16 import debug, image, models
from hv16.demos.command import DEMOS
from hv16.paths import UserError, near_name
from hv16.run import DEFAULT_OUT, EMULATORS, RunRequest

HEADLESS_TIMEOUT = 60
APIC_VALUES = (*models.APIC_MODES, "auto")

HELP = f"""\
usage: ./run.sh [COMMAND] [OPTIONS]

Boots hv16 in an emulator: a hypervisor that loads from an MBR and runs a real-mode guest.
What is missing is installed (Debian packages) and built first.

commands:
  (none)              boot; on a terminal the guest's screen and keys, else its tour as text
  test                build and run every test
  debug [PLACE]       open the Bochs debugger stopped at PLACE: {", ".join(debug.PLACES)};
                      with --emulator qemu: GDB, stopped there
  demo [NAME]         boot one demo in every APIC mode, print one table; no NAME: their list
  bench [--apic]      boot the same program natively and under hv16, print one table;
                      with --apic: accesses to the local APIC, in every APIC mode
  lab list            the labs; lab N start, debug, grade: ./run.sh lab --help
  labs                for instructors: handouts, and the grades of a course: ./run.sh labs --help
  doctor              what is here: emulators, versions, CPU models and what runs on them
  install DISK        write hv16 onto a raw disk (image) with partitions, which it keeps
  setup [test|guests|debian13|proof]
                      only install the packages (and those that the tests need; and Linux and
                      memtest86+, as guests of the tests; and what make test-debian13 and
                      make proof need)
  packages            list the packages, why each is needed, and whether it is here

options:
  --guest IMAGE       a raw disk image becomes drive 0x80 and boots by its own MBR; hv16 boots
                      from a floppy. Given twice, the second is drive 0x81. Never written to
  --run DEMO          what guest16 does by itself: menu, tour, bench or a demo's name
  --native            boot the guest without hv16
  --floppy            boot hv16's image as a floppy, not as a hard disk
  --image FILE        another hv16.img (or guest16.img with --native)
  --cpus N            processors, 1 to 8 (default 1)
  --cpu MODEL         default {models.DEFAULT_CPU}, with QEMU max; a list: ./run.sh doctor
  --mem MB            memory, 2 to 2048 (default 32)
  --apic MODE         how the guest's local APIC is virtualized, the boot option apic=:
                      {", ".join(APIC_VALUES)}
  --option KEY=VALUE  boot option of hv16, such as trace=exits; may be repeated
  --headless          no screen and keys, even on a terminal
  --timeout SECONDS   default {HEADLESS_TIMEOUT} without a terminal, none on one
  --until REGEX       end when the guest's serial output matches
  --out DIR           where the run leaves its files (default out/run)
  --emulator NAME     {", ".join(EMULATORS)} (default bochs)
  --json FILE         bench and demo: the table for programs
  --overwrite-gap     install: even if something stands before the first partition
  -h, --help          this text

environment: BOCHS and QEMU name other emulators than those on PATH.

A run leaves serial.txt, hv.log, screen.txt and summary.json. Exit status: 0 the guest ended or
the regex matched, 1 hv16 refused or stopped, 2 wrong usage, 124 time-out, 130 Ctrl-C.

examples:
  ./run.sh                                   the menu; Ctrl-C ends the run
  ./run.sh --headless --run bios             one demo, its output as text
  ./run.sh --option trace=exits --out /tmp/x
  ./run.sh demo tpr-shadow                   one guest, seven ways to virtualize its APIC
  ./run.sh --guest xv6.img --cpus 2 --until '\\$ $'
  ./run.sh debug guest                       at the guest's first instruction
"""

RUN_OPTIONS = {"guest", "run", "native", "floppy", "image", "cpus", "cpu", "mem", "option",
               "headless", "timeout", "until", "out", "emulator", "apic"}
OPTIONS_OF = {  # which options each command knows
    "run": RUN_OPTIONS,
    "debug": {"guest", "run", "image", "cpus", "cpu", "mem", "option", "headless", "timeout",
              "out", "floppy", "apic", "emulator", "native"},
    "demo": {"cpu", "mem", "out", "json", "timeout", "headless"},
    "bench": {"cpu", "mem", "out", "json", "timeout", "emulator", "headless", "apic"},
    "doctor": set(),
    "install": {"option", "image", "overwrite-gap"},
    "test": set(),
    "setup": set(),
    "packages": set(),
}
OWN_WORDS = {"debug": 1, "setup": 1, "install": 1, "demo": 1}  # at most so many; others none


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        command = self.prog.partition("./run.sh ")[2]
        if command:  # one that has a help of its own
            raise UserError(f"{command}: {message}; {self.prog} --help")
        raise UserError(f"{message}; ./run.sh --help lists everything")


def make_parser() -> Parser:
    parser = Parser(prog="./run.sh", add_help=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-h", "--help", action="store_true")
    for name in ("guest", "option"):
        parser.add_argument("--" + name, action="append", default=[])
    for name in ("run", "image", "cpu", "until", "out", "json"):
        parser.add_argument("--" + name)
    for name in ("native", "floppy", "headless", "overwrite-gap"):
        parser.add_argument("--" + name, action="store_true")
    parser.add_argument("--apic", nargs="?", const="")  # bench takes it without a mode
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--mem", type=int, default=32)
    parser.add_argument("--timeout", type=float)
    parser.add_argument("--emulator", choices=EMULATORS, default="bochs")
    return parser


def parse(words: list[str]) -> tuple[str, list[str], argparse.Namespace]:
    """The command, its own words, and the options. UserError says what is wrong."""
    parser = make_parser()
    args, unknown = parser.parse_known_intermixed_args(words)
    if args.help:
        return "help", [], args
    if unknown:
        known = [name for action in parser._actions for name in action.option_strings]
        word = unknown[0].split("=")[0]
        raise UserError(f"unknown option {word}{near_name(word, known)} (./run.sh --help)")
    command, *rest = args.words or ["run"]
    if command not in OPTIONS_OF:
        raise UserError(f'unknown command "{command}"{near_name(command, list(OPTIONS_OF))} '
                        "(./run.sh --help)")
    used = {word[2:].split("=")[0] for word in words if word.startswith("--")}
    for name in sorted(used - OPTIONS_OF[command] - {""}):
        raise UserError(f"--{name} does not go with {command}")
    if len(rest) > OWN_WORDS.get(command, 0):
        raise UserError(f'{command}: too many words: "{" ".join(rest)}"')
    check_values(command, rest, args)
    return command, rest, args


def check_apic(command: str, args: argparse.Namespace) -> None:
    if args.apic is None:
        return
    if command == "bench":
        if args.apic:
            raise UserError(f'bench: --apic takes no value, it measures every mode: "{args.apic}"')
        return
    if not args.apic:
        raise UserError("--apic: which mode? " + " ".join(APIC_VALUES))
    if args.apic not in APIC_VALUES:
        raise UserError(f'--apic "{args.apic}"{near_name(args.apic, list(APIC_VALUES))}; modes: '
                        + " ".join(APIC_VALUES))
    if args.native:
        raise UserError("--apic is for hv16, which does not run with --native")


def check_values(command: str, rest: list[str], args: argparse.Namespace) -> None:
    if command == "debug" and rest and rest[0] not in debug.PLACES:
        raise UserError(f'debug: unknown place "{rest[0]}"; places: ' + " ".join(debug.PLACES))
    if command == "debug" and args.native and rest[:1] not in (["power-on"], ["guest"]):
        raise UserError("debug: without hv16, as by --native, places are power-on and guest")
    if command == "setup" and rest and rest[0] not in ("test", "guests", "debian13", "proof"):
        raise UserError(f'setup: unknown word "{rest[0]}"; it may be "test", "guests", "debian13" or "proof"')
    if command == "demo" and rest and rest[0] not in DEMOS:
        raise UserError(f'demo: unknown name "{rest[0]}"{near_name(rest[0], list(DEMOS))}; '
                        "demos: " + " ".join(DEMOS) + "; others of guest16: --run")
    if command == "demo" and args.json and not rest:
        raise UserError("demo: --json goes with a demo's name: " + " ".join(DEMOS))
    check_apic(command, args)
    if command == "install" and not rest:
        raise UserError("install: which disk? ./run.sh install DISK")
    if not 1 <= args.cpus <= 8:
        raise UserError(f"--cpus {args.cpus}: must be 1 to 8")
    if not 2 <= args.mem <= 2048:
        raise UserError(f"--mem {args.mem}: must be 2 to 2048 (MB)")
    if args.timeout is not None and not 0 < args.timeout < 1e6:
        raise UserError(f"--timeout {args.timeout:g}: must be more than 0 seconds")
    if len(args.guest) > 2:
        raise UserError("--guest: at most two, for the drives 0x80 and 0x81")
    if args.run and args.guest:
        raise UserError("--run is for guest16, which does not run with --guest")
    if args.native and args.option:
        raise UserError("--option is for hv16, which does not run with --native")
    if args.native and args.floppy:
        raise UserError("--floppy is about hv16's image, which does not run with --native")
    for name in [*args.guest, *([args.image] if args.image else [])]:
        if not Path(name).is_file():
            raise UserError(f"{name}: there is no such file")
    image.options_sector(b"", args.option)  # refuses what is not KEY=VALUE


def pattern(text: str | None) -> re.Pattern | None:
    try:
        return re.compile(text, re.MULTILINE) if text is not None else None
    except re.error as error:
        raise UserError(f'--until "{text}": {error}') from None


def request_from(command: str, args: argparse.Namespace) -> RunRequest:
    terminal = (sys.stdin.isatty() and sys.stdout.isatty() and not args.headless
                and os.environ.get("TERM", "dumb") != "dumb")
    timeout = args.timeout if args.timeout is not None else 0 if terminal else HEADLESS_TIMEOUT
    on_terminal = "tour" if command == "debug" else ""  # a debugged guest has no keyboard
    options = [*args.option, *([f"apic={args.apic}"] if args.apic else [])]
    autorun = args.run or ("" if args.guest else on_terminal if terminal else "tour")
    return RunRequest(
        emulator=args.emulator, cpu=args.cpu or "", cpus=args.cpus, mem_mb=args.mem,
        guests=[Path(name) for name in args.guest],
        image=Path(args.image) if args.image else None, native=args.native,
        from_floppy=args.floppy, options=options, autorun=autorun,
        must_run=bool(args.run), interactive=terminal, timeout=timeout,
        until=pattern(args.until), out=Path(args.out) if args.out else DEFAULT_OUT)
