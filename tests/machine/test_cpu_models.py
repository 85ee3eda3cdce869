"""Every CPU model of Bochs: hv16 boots there, or refuses in one line that names what is missing."""

import pytest
from hv16 import bochs_installed, models
from machines import boot, need_model

# What the one line must contain, by what hv16 lacks first (models.py).
REFUSALS = {"long mode": "long mode", "VMX": "VMX", "EPT": '"enable EPT"',
            "unrestricted guest": '"unrestricted guest"', "nested paging": '"nested paging"'}


def test_the_table_knows_every_cpu_model_of_bochs_2_7_and_3_0():
    """Those of the Bochs that is here."""
    if bochs_installed.version() not in ("2.7", "3.0"):
        pytest.skip(f"this is Bochs {bochs_installed.version()}; the table is that of 2.7 and 3.0")
    assert set(bochs_installed.cpu_models()) <= set(models.FEATURES)


@pytest.mark.parametrize("model", models.FEATURES)
def test_each_cpu_model_boots_the_guest_or_is_refused_by_name(model, out):
    need_model(model)
    features = models.FEATURES[model]
    run = boot(out, cpu=model, native=not features.boots)
    if not features.boots:
        assert run.report.ended == "emulator" and run.serial == "", run.explain()
        return
    if features.runs_hv16:
        run.check_ended()
        assert "guest16: demo cpuid ok" in run.serial
        return
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert REFUSALS[features.missing] in run.report.message
    assert run.report.message.startswith("hv16: ")
    assert "entering the guest" not in run.log and run.serial == ""


@pytest.mark.parametrize("model", [name for name in models.FEATURES
                                   if models.FEATURES[name].missing in ("VMX", "EPT")])
def test_a_refusal_stands_on_the_screen_too(model, out):
    need_model(model)
    run = boot(out, cpu=model)
    assert "refused" in run.screen
