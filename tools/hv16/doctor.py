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
        lines.append(f"QEMU   {version} ({qemu.program()}): {qemu.what_runs()}")
    problem = qemu.kvm_problem()
    nested = qemu.nested()
    lines.append("KVM    " + (problem or (f"nested {nested} is on: hv16 can run" if nested else
                                         "nothing nested here: hv16 refuses, --native runs")))
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


def qemu_table() -> list[str]:
    """Only of those that this QEMU has. A name's features may stand after a comma."""
    here = {name: features for name, features in models.QEMU_FEATURES.items()
            if name.split(",")[0] in qemu.cpu_models()}
    width = max((len(name) for name in here), default=0)
    lines = [f"{'--cpu':{width}}  SVM  nested paging  CR8 in real mode  hv16"]
    for name, features in here.items():
        cells = "  ".join(("Y" if has else "-").center(wide) for has, wide in (
            (features.svm, 3), (features.npt, 13), (features.cr8, 16)))
        default = " (default)" if name == models.DEFAULT_QEMU_CPU else ""
        lines.append(f"{name:{width}}  {cells}  {features.verdict}{default}")
    return [*lines, "all others: no SVM"]


def doctor_command() -> int:
    listed = packages()
    missing = [line for line in listed if "MISSING" in line]
    print(f"system: {system()}\n\nemulators:")
    print("\n".join("  " + line for line in emulators()))
    if bochs.version() is not None:
        print("\nprocessors of Bochs:")
        print("\n".join("  " + line for line in model_table(bochs.cpu_models())))
    if qemu.version() is not None:
        print("\nprocessors of QEMU, --emulator qemu:")
        print("\n".join("  " + line for line in qemu_table()))
    print(f"\npackages: {len(listed) - len(missing)} of {len(listed)} are here")
    print("\n".join("  " + line for line in missing))
    if missing:
        print("  ./run.sh setup test installs them")
    return EXIT_OK
