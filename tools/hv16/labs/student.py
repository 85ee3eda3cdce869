"""`./run.sh lab`: what a student types."""

import argparse
import datetime
import json
import sys
import textwrap
from pathlib import Path

from hv16 import arguments, debug, run
from hv16.labs import grade, handout, lab as labs, tree
from hv16.labs.lab import Lab
from hv16.paths import EXIT_OK, EXIT_STOPPED, ROOT, UserError, near_name, shown

ACTIONS = ("run", "start", "debug", "grade", "hint", "reset")

HELP = """\
usage: ./run.sh lab list                 the labs, and how far you are
       ./run.sh lab N start              the starter files, in work/NN
       ./run.sh lab N                    builds with your files and boots
       ./run.sh lab N debug              the Bochs debugger, stopped at your function
       ./run.sh lab N grade [--json F]   points for each test, and the reason for each miss
       ./run.sh lab N hint               the next hint; each is shown only when asked for
       ./run.sh lab N reset              the starter again; yours are kept beside it

N is the lab's number, such as 12. docs/students.md is the way from a clone to the first points.
"""


def parse(words: list[str]) -> argparse.Namespace:
    parser = arguments.Parser(prog="./run.sh lab", add_help=False, allow_abbrev=False)
    parser.add_argument("lab", nargs="?", default="list")
    parser.add_argument("action", nargs="?", default="run")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--work")
    parser.add_argument("--headless", action="store_true")
    args = parser.parse_args(words)
    if args.help:
        return args
    if args.lab != "list":
        labs.find(args.lab)
        if args.action not in ACTIONS:
            raise UserError(f'lab: unknown action "{args.action}"{near_name(args.action, list(ACTIONS))}; '
                            "actions: " + " ".join(ACTIONS[1:]))
    return args


# --- Files ----------------------------------------------------------------------------------------


def write_starter(lab: Lab) -> None:
    for name in lab.files:
        target = lab.work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(labs.starter_text([lab], name), encoding="utf-8")
    lab.work.mkdir(parents=True, exist_ok=True)
    if lab.answers:
        grade.module_of(lab).starter(lab.work)


def start(lab: Lab, _: argparse.Namespace) -> int:
    if any((lab.work / name).exists() for name in lab.handed_in):
        raise UserError(f"{shown(lab.work)} has files already; ./run.sh lab {lab.number} reset begins anew "
                        "and keeps them")
    write_starter(lab)
    print(f"LAB {lab.number}: {lab.title}")
    for name in lab.handed_in:
        print(f"  {shown(lab.work / name)}")
    print(f"Read  labs/{lab.folder.name}/README.md")
    print(f"Open  {shown(lab.work)}/{lab.open}")
    print(f"Then  ./run.sh lab {lab.number} grade   (now, too: it says what is missing)")
    return EXIT_OK


def reset(lab: Lab, args: argparse.Namespace) -> int:
    if not lab.work.exists():
        return start(lab, args)
    if not args.yes:
        if not sys.stdin.isatty():
            raise UserError(f"lab {lab.number} reset asks first, and there is no terminal: --yes")
        answer = input(f"{shown(lab.work)} becomes the starter again, a copy is kept. Go on? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            print("nothing changed")
            return EXIT_STOPPED
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    backup = lab.work.with_name(f"{lab.name}.{stamp}")
    lab.work.rename(backup)
    write_starter(lab)
    print(f"{shown(lab.work)} is the starter; yours is in {shown(backup)}")
    return EXIT_OK


def theirs(lab: Lab, work: Path) -> dict[str, Path]:
    if not work.exists():
        raise UserError(f"there is no {shown(work)} yet: ./run.sh lab {lab.number} start")
    files = tree.need_files(work, lab.handed_in, f"lab {lab.number}")
    return files | beside(lab) | files


def beside(lab: Lab) -> dict[str, Path]:
    """In a handout with several labs: what the student has for the others, whose solutions are not
    there."""
    stubbed = set(handout.already_stubbed())
    return {name: other.work / name for other in labs.all_labs().values() if other is not lab
            for name in other.files if name in stubbed and (other.work / name).is_file()}


# --- Running ----------------------------------------------------------------------------------------


def built(lab: Lab) -> Path:
    where = grade.OUT / lab.name / "tree"
    try:
        tree.build(where, theirs(lab, lab.work))
    except tree.BuildError as error:
        raise UserError(f"lab {lab.number} does not build:\n{error}") from None
    return where


def request_for(lab: Lab, args: argparse.Namespace) -> run.RunRequest:
    words = grade.module_of(lab).run_options(lab.work) if lab.answers else lab.run
    command, _, parsed = arguments.parse([*words, *(["--headless"] if args.headless else [])])
    request = arguments.request_from(command, parsed)
    if lab.files:
        request.image = built(lab) / "build" / "hv16.img"
    return request


def boot(lab: Lab, args: argparse.Namespace) -> int:
    return run.run_command(request_for(lab, args))


def debug_lab(lab: Lab, args: argparse.Namespace) -> int:
    request = request_for(lab, args)
    if not lab.debug:
        return debug.debug_command(request, "mbr")
    where = grade.OUT / lab.name / "tree" / "build" if lab.files else ROOT / "build"
    return debug.debug_functions(request, lab.debug, where)


def grade_lab(lab: Lab, args: argparse.Namespace) -> int:
    work = Path(args.work) if args.work else lab.work
    done = grade.grade(lab, theirs(lab, work), grade.OUT / (lab.name if not args.work else f"{lab.name}-other"))
    print(grade.report(done))
    if args.json:
        Path(args.json).write_text(done.as_json(), encoding="utf-8")
    if not args.work:
        (work / grade.RESULT).write_text(done.as_json(), encoding="utf-8")
    return EXIT_OK if done.got == done.points else EXIT_STOPPED


def hint(lab: Lab, _: argparse.Namespace) -> int:
    lab.work.mkdir(parents=True, exist_ok=True)
    counter = lab.work / "hints"
    shown_before = int(counter.read_text()) if counter.exists() else 0
    count = min(shown_before + 1, len(lab.hints))
    for number, text in enumerate(lab.hints[:count], 1):
        print(textwrap.fill(f"{number}. {text}", 96, subsequent_indent="   "))
    if count < len(lab.hints):
        print(f"({len(lab.hints) - count} more: ask again)")
    counter.write_text(str(count))
    return EXIT_OK


def list_labs() -> int:
    for lab in labs.all_labs().values():
        result = lab.work / grade.RESULT
        state = "-"
        if result.exists():
            data = json.loads(result.read_text("utf-8"))
            state = f'{data["got"]} of {data["points"]} points'
        elif lab.work.exists():
            state = "started"
        print(f"{lab.name}  {lab.title:55}  {lab.hours:g} h  {state}")
    return EXIT_OK


def lab_command(args: argparse.Namespace) -> int:
    if args.lab == "list":
        return list_labs()
    actions = {"run": boot, "start": start, "debug": debug_lab, "grade": grade_lab, "hint": hint,
               "reset": reset}
    return actions[args.action](labs.find(args.lab), args)
