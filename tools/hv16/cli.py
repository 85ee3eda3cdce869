"""The command line behind run.sh: calls the command that was typed, and reports what went wrong."""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Callable
from functools import partial

from hv16 import (apic_costs, debug, doctor, exit_costs, gdb, image, install, models, qemu,
                  symbols)
from hv16.arguments import HELP, OPTIONS_OF, Parser, parse, request_from
from hv16.bochs_installed import BochsMissing
from hv16.demos.command import demo_command
from hv16.labs import many, student
from hv16.paths import EXIT_HELP_SHOWN, EXIT_OK, EXIT_USAGE, UserError, fail
from hv16.run import EXIT_INTERRUPTED, RunRequest, run_command


def understand(words: list[str]) -> Callable[[], int] | str:
    """What carries the command out, or the help that was asked for."""
    if words[:1] == ["lab"]:
        args = student.parse(words[1:])
        return student.HELP if args.help else partial(student.lab_command, args)
    if words[:1] == ["labs"]:
        args = many.parse(words[1:])
        return many.HELP if args.help else partial(many.labs_command, args)
    command, rest, args = parse(words)
    if args.help:
        return HELP
    return partial(carry_out, words, command, rest, args, request_from(command, args))


def dispatch(words: list[str]) -> int:
    if words[:1] == ["image"] or words[:1] == ["symbols"]:  # for the Makefile
        parser = Parser(prog=f"python3 -m hv16 {words[0]}")
        (image if words[0] == "image" else symbols).add_arguments(parser)
        args = parser.parse_args(words[1:])
        return args.action(args)
    only_check = words[:1] == ["--check"]  # run.sh: is this worth installing anything for?
    action = understand(words[1:] if only_check else words)
    if isinstance(action, str):
        print(action, end="")
        return EXIT_HELP_SHOWN if only_check else EXIT_OK
    return EXIT_OK if only_check else action()


def without_bochs(words: list[str], command: str) -> str:
    """What to type where there is QEMU, for a command that can do with it; else nothing."""
    if qemu.version() is None or "emulator" not in OPTIONS_OF[command]:
        return ""
    if not models.has_svm_back_end() and command != "debug":
        return (". QEMU is here, which hv16 cannot use yet; what it can boot is the guest alone: "
                "./run.sh --native --emulator qemu")
    kept, of_bochs = [], ("--cpu", "--emulator")
    for word, before in zip(words, ["", *words]):
        if before not in of_bochs and word.partition("=")[0] not in of_bochs:
            kept.append(word)
    return f". QEMU is here: {shlex.join(['./run.sh', *kept, '--emulator', 'qemu'])}"


def carry_out(words: list[str], command: str, rest: list[str], args: argparse.Namespace,
              request: RunRequest) -> int:
    try:
        return command_of(command, rest, args, request)
    except BochsMissing as error:
        raise UserError(f"{error}{without_bochs(words, command)}") from None


def command_of(command: str, rest: list[str], args: argparse.Namespace, request: RunRequest) -> int:
    if command == "run":
        return run_command(request)
    if command == "debug":
        debugger = debug if request.emulator == "bochs" else gdb
        return debugger.debug_command(request, rest[0] if rest else "mbr")
    if command == "demo":
        return demo_command(request, rest[0] if rest else "", args.json)
    if command == "bench":
        measure = (exit_costs.bench_command if args.apic is None
                   else apic_costs.bench_apic_command)
        return measure(request, args.json)
    if command == "doctor":
        return doctor.doctor_command()
    if command == "install":
        return install.install_command(rest[0], args)
    raise UserError(f"{command} is run.sh's: type ./run.sh {command}")


def main(words: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # end in order, as after Ctrl-C
    try:
        return dispatch(words)
    except UserError as error:
        fail(str(error))
        return EXIT_USAGE
    except BrokenPipeError:  # such as `./run.sh | head`: there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_USAGE
    except OSError as error:
        fail(f"{error.filename or 'this machine'}: {error.strerror}")
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
