"""`./run.sh labs`: what an instructor types."""

import argparse
from pathlib import Path

from hv16.arguments import Parser
from hv16.labs import grade_all, handout
from hv16.labs.lab import find_several
from hv16.paths import EXIT_OK, UserError, near_name

HELP = """\
usage: ./run.sh labs handout N[,N...] --out DIR
           a tree for students, a git repository with one commit: it builds and grades, and the
           solutions of these labs are not in it
       ./run.sh labs grade-all FOLDER --labs N[,N...] --csv FILE [-j JOBS]
           FOLDER has a folder for each student. Stopped and started again, it goes on

docs/instructors.md says more, and how to make a lab.
"""
ACTIONS = ("handout", "grade-all")


def parse(words: list[str]) -> argparse.Namespace:
    parser = Parser(prog="./run.sh labs", add_help=False, allow_abbrev=False)
    parser.add_argument("action", nargs="?", default="")
    parser.add_argument("what", nargs="?", default="")
    for name in ("out", "labs", "csv"):
        parser.add_argument("--" + name)
    parser.add_argument("-j", type=int, default=2, dest="jobs")
    parser.add_argument("-h", "--help", action="store_true")
    args = parser.parse_args(words)
    if args.help:
        return args
    if args.action not in ACTIONS:
        raise UserError(f'labs: unknown action "{args.action}"{near_name(args.action, list(ACTIONS))}; '
                        "./run.sh labs --help")
    if args.action == "handout" and not (args.what and args.out):
        raise UserError("labs handout: which labs, and where to? ./run.sh labs handout 12,13 --out DIR")
    if args.action == "grade-all" and not (args.what and args.labs and args.csv):
        raise UserError("labs grade-all: ./run.sh labs grade-all FOLDER --labs 12,13 --csv FILE")
    if args.action == "grade-all" and not Path(args.what).is_dir():
        raise UserError(f"labs grade-all: {args.what}: there is no such folder")
    if not 1 <= args.jobs <= 64:
        raise UserError(f"labs: -j {args.jobs}: must be 1 to 64")
    find_several(args.what if args.action == "handout" else args.labs)
    return args


def labs_command(args: argparse.Namespace) -> int:
    if args.action == "handout":
        handout.handout(find_several(args.what), Path(args.out))
    else:
        grade_all.grade_all(Path(args.what), find_several(args.labs), Path(args.csv), args.jobs)
    return EXIT_OK
