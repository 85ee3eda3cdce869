"""The VM-entry auditor (hv/vmx/explain/) against Bochs, on VMCSs near the boundary of what is valid:
tests/audit. Here a few hundred, always the same; `make audit` tries more than 10,000.
"""

import re
import sys

import pytest
from hv16.paths import ROOT

sys.path.insert(0, str(ROOT / "tests/audit"))

import audit  # noqa: E402

COUNT = 50  # for each of the bases

@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """One tree for all, so that each build compiles only what has changed."""
    return tmp_path_factory.mktemp("audit")


def test_what_the_auditor_and_bochs_do_not_agree_on_is_explained(work):
    totals, differences = audit.audit(work, COUNT, seed=1)
    entered, refused = map(int, re.findall(r"(\d+) (?:entered|refused)", totals))
    assert entered > 200 and refused > 300, totals
    assert not [str(difference) for difference in differences if not audit.explanations(difference)]
    print(totals)


def test_a_wrong_rule_is_noticed(work):
    """TI of the host's selectors need not be 0, says this auditor."""
    source = (ROOT / "hv/vmx/explain/check_host.c").read_text()
    old, new = "check_zero(check, field, 7,", "check_zero(check, field, 3,"
    assert source.count(old) == 1
    (work / "check_host.c").write_text(source.replace(old, new))
    _, differences = audit.audit(work, 2 * COUNT, 1,
                                 changed={"hv/vmx/explain/check_host.c": work / "check_host.c"})
    unknown = [str(difference) for difference in differences if not audit.explanations(difference)]
    assert unknown and all("HOST_" in line and "processor 8" in line for line in unknown)
    print(unknown[0])
