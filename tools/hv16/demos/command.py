"""`demo`: one demo of guest16 in every APIC mode, in one table, and what it must show.

Most demos answer a question that somebody asked: docs/questions.md has them. The answer is printed
below the table. A demo fails when the table is not what the answer says.
"""

import json
from dataclasses import replace
from pathlib import Path

from hv16 import run
from hv16.demos import init_ipi, ipi, spinlocks, three_addresses, tpr_shadow, x2apic_id
from hv16.demos.demo import judge
from hv16.demos.modes import run_case, table
from hv16.paths import EXIT_OK, EXIT_STOPPED, ROOT, fail
from hv16.run import RunRequest

OUT = ROOT / "out" / "demo"
DEMOS = {  # by the name that guest16 has for it
    "tpr-shadow": tpr_shadow.DEMO,
    "spinlocks": spinlocks.DEMO,
    "three-addresses": three_addresses.DEMO,
    "x2apic-id": x2apic_id.DEMO,
    "init-ipi": init_ipi.DEMO,
    "ipi": ipi.DEMO,
}


def save(file: str, name: str, titles: list[str], rows: list[list[str]],
         wrong: dict[str, str]) -> None:
    keys = [title.rstrip("=") for title in titles]
    data = {"demo": name, "rows": [dict(zip(keys, row)) for row in rows], "wrong": wrong}
    Path(file).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def list_demos() -> int:
    width = max(map(len, DEMOS))
    for name, demo in DEMOS.items():
        print(f"{name:{width}}  {demo.about} ({len(demo.cases)} runs)")
    return EXIT_OK


def demo_command(request: RunRequest, name: str, json_file: str | None) -> int:
    if not name:
        return list_demos()
    demo = DEMOS[name]
    request = replace(request, cpus=max(request.cpus, demo.cpus), cpu=request.cpu or demo.cpu)
    folder = OUT / name if request.out == run.DEFAULT_OUT else request.out
    outcomes = [run_case(request, name, case, folder) for case in demo.cases]
    judged = [judge(demo, outcome) for outcome in outcomes]
    rows = [row for row, _ in judged]
    wrong = {row[0]: problem for row, problem in judged if problem}
    if demo.differences:
        wrong = {**demo.differences(outcomes), **wrong}
    titles = ["apic=", *demo.titles, "verdict"]
    if demo.rows:
        titles, rows = demo.rows(outcomes)
    print(f"{name}: {demo.about}\n\n{table(titles, rows)}\n")
    print("\n".join(demo.notes(outcomes)) + f"\n\n{demo.text}")
    if json_file:
        save(json_file, name, titles, rows, wrong)
    for label, problem in wrong.items():
        fail(f"demo {name}, apic={label}: {problem}")
    if not wrong and not any(outcome.ran and outcome.verdict != "skipped" for outcome in outcomes):
        fail(f"demo {name}: this processor can show nothing of it; ./run.sh doctor lists others")
        return EXIT_STOPPED
    return EXIT_STOPPED if wrong else EXIT_OK
