"""`doctor`: which emulators are here, and what can run on each of their processors."""

import platform
import subprocess
from dataclasses import replace

from hv16 import bochs_installed as bochs, models, qemu
from hv16.paths import EXIT_OK, ROOT

COLUMNS = (("long mode", "long_mode"), ("VMX", "vmx"), ("SVM", "svm"), ("EPT", "ept"),
           ("unrestr.", "unrestricted"), ("x2APIC", "x2apic"), ("TPR shadow", "tpr_shadow"),
           ("APICv", "apicv"), ("posted", "posted"))


def system() -> str:
    """Such as "Debian GNU/Linux 13 (trixie)"."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return f"{platform.system()}, no /etc/os-release"


def packages() -> list[str]:
    """run.sh's own list: it is kept there, because it is needed before there is a Python."""
    done = subprocess.run(["sh", str(ROOT / "run.sh"), "packages"], text=True, check=False,
                          stdout=subprocess.PIPE)
    return done.stdout.splitlines()


def emulators() -> list[str]:
    lines = []
    version = bochs.version()
    if version is None:
        lines.append(f"Bochs  missing ({bochs.program()})")
    else:
        lines.append(f"Bochs  {version} ({bochs.program()}): runs hv16; posted interrupts: "
                     + ("yes" if bochs.has_posted_interrupts() else "no, from 2.8 on"))
    version = qemu.version()
    if version is None:
        lines.append(f"QEMU   missing ({qemu.program()})")
    else:
        lines.append(f"QEMU   {version} ({qemu.program()}): its own translator has no VMX, so hv16 "
                     "refuses there; --native runs")
    problem = qemu.kvm_problem()
    nested = "nested VMX is on: hv16 can run" if qemu.nested_vmx() else (
        "no nested VMX here: hv16 refuses, --native runs")
    lines.append(f"KVM    {problem or nested}")
    return lines


def model_table(names: list[str]) -> list[str]:
    width = max(len(name) for name in names)
    lines = [f"{'--cpu':{width}}  " + "  ".join(title for title, _ in COLUMNS) + "  hv16"]
    for name in names:
        features = models.FEATURES.get(name)
        if features is None:
            lines.append(f"{name:{width}}  (not in our table: newer than Bochs 3.0)")
            continue
        if not bochs.has_posted_interrupts():
            features = replace(features, posted=False)
        cells = "  ".join(("Y" if getattr(features, field) else "-").center(len(title))
                          for title, field in COLUMNS)
        verdict = "runs" if features.runs_hv16 else f"refuses: no {features.missing}"
        default = " (default)" if name == models.DEFAULT_CPU else ""
        lines.append(f"{name:{width}}  {cells}  {verdict}{default}")
    return lines


def doctor_command() -> int:
    listed = packages()
    missing = [line for line in listed if "MISSING" in line]
    print(f"system: {system()}\n\nemulators:")
    print("\n".join("  " + line for line in emulators()))
    print("\nprocessors of Bochs:")
    print("\n".join("  " + line for line in model_table(bochs.cpu_models())))
    print(f"\npackages: {len(listed) - len(missing)} of {len(listed)} are here")
    print("\n".join("  " + line for line in missing))
    if missing:
        print("  ./run.sh setup test installs them")
    return EXIT_OK
