"""`./run.sh labs`: what an instructor types. Handouts and the grades of a whole course."""

import argparse

from hv16.paths import EXIT_OK, UserError

HELP = """\
usage: ./run.sh labs handout N[,N...] --out DIR
       ./run.sh labs grade-all FOLDER --labs N[,N...] --csv FILE [-j JOBS]
"""


def parse(words: list[str]) -> argparse.Namespace:
    raise UserError("labs: not yet")


def labs_command(words: list[str]) -> int:
    parse(words)
    return EXIT_OK
