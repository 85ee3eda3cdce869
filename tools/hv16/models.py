"""The CPU models of Bochs 2.7 and 3.0 and what each has, in one table, and those of QEMU's
translator that have SVM, in another: for `doctor` and the tests."""

from dataclasses import dataclass, replace

from hv16.paths import ROOT

DEFAULT_CPU = "corei7_haswell_4770"
DEFAULT_QEMU_CPU = "max"

# The values of the option apic=, simplest first, and the features that each one needs.
APIC_NEEDS = {
    "off": (),
    "mmio": (),
    "tpr-ro": ("tpr_shadow",),
    "tpr": ("tpr_shadow",),
    "apicv": ("tpr_shadow", "apicv"),
    "x2apic": ("tpr_shadow", "apicv", "virtual_x2apic", "x2apic"),
    "posted": ("tpr_shadow", "apicv", "virtual_x2apic", "x2apic"),  # else posted in software
}
APIC_MODES = tuple(APIC_NEEDS)
CONTROLS = {  # the features' controls, as the manual and hv16's refusals spell them
    "tpr_shadow": ("use TPR shadow", "virtualize APIC accesses"),
    "apicv": ("APIC-register virtualization", "virtual-interrupt delivery"),
    "virtual_x2apic": ("virtualize x2APIC mode",),
    "x2apic": ("x2APIC",),
}
SVM_LACKS = {"tpr-ro": "virtualize APIC accesses", **dict.fromkeys(
    ("apicv", "x2apic", "posted"), "AVIC, which hv16 does not use")}


@dataclass(frozen=True)
class Features:
    """One processor. Field names are those of the columns `doctor` prints."""

    boots: bool = True  # Bochs's BIOS, to begin with
    long_mode: bool = False
    vmx: bool = False
    svm: bool = False
    npt: bool = False
    x2apic: bool = False
    tpr_shadow: bool = False
    ept: bool = False
    unrestricted: bool = False
    virtual_x2apic: bool = False
    apicv: bool = False  # APIC-register virtualization and virtual-interrupt delivery
    posted: bool = False  # "process posted interrupts", from Bochs 2.8 on

    @property
    def runs_hv16(self) -> bool:
        return self.missing == ""

    @property
    def missing(self) -> str:
        """What hv16 lacks first on this CPU; empty if nothing."""
        wing = (((self.npt, "nested paging"),) if self.svm else
                ((self.vmx, "VMX"), (self.ept, "EPT"), (self.unrestricted, "unrestricted guest")))
        for have, name in ((self.boots, "BIOS that starts there"), (self.long_mode, "long mode"),
                           *wing):
            if not have:
                return name
        return ""

    @property
    def apic_modes(self) -> list[str]:
        """The values of the option apic= that this CPU can carry out, simplest first."""
        return [mode for mode in APIC_MODES if self.runs_hv16 and not self.lacking(mode)]

    def lacking(self, mode: str) -> list[str]:
        """The controls that `apic=mode` needs and this CPU does not have."""
        if self.svm and mode in SVM_LACKS:
            return [SVM_LACKS[mode]]
        return [control for feature in APIC_NEEDS[mode] if not getattr(self, feature)
                for control in CONTROLS[feature]]


OLD = Features()
LONG = Features(long_mode=True)
PENRYN = Features(long_mode=True, vmx=True, tpr_shadow=True)
LYNNFIELD = Features(long_mode=True, vmx=True, tpr_shadow=True, ept=True, virtual_x2apic=True)
SANDY = Features(long_mode=True, vmx=True, tpr_shadow=True, ept=True, unrestricted=True,
                 virtual_x2apic=True)
IVY = Features(long_mode=True, vmx=True, x2apic=True, tpr_shadow=True, ept=True, unrestricted=True,
               virtual_x2apic=True)
HASWELL = Features(long_mode=True, vmx=True, x2apic=True, tpr_shadow=True, ept=True,
                   unrestricted=True, virtual_x2apic=True, apicv=True)
SKYLAKE = replace(HASWELL, posted=True)
GENERIC = Features(long_mode=True, vmx=True, tpr_shadow=True, ept=True, unrestricted=True,
                   virtual_x2apic=True, apicv=True)  # with cpuid: vmx=2, as bochs.py sets it
NPT = Features(long_mode=True, svm=True, npt=True, tpr_shadow=True)

FEATURES = {
    "bx_generic": GENERIC,
    "i386": Features(boots=False),
    "i486dx4": OLD,
    "pentium": OLD,
    "pentium_mmx": OLD,
    "amd_k6_2_chomper": OLD,
    "athlon_xp": OLD,
    "p2_klamath": OLD,
    "p3_katmai": OLD,
    "p4_willamette": OLD,
    "core_duo_t2400_yonah": Features(vmx=True),
    "atom_n270": OLD,
    "p4_prescott_celeron_336": LONG,
    "athlon64_clawhammer": LONG,
    "athlon64_venice": LONG,
    "turion64_tyler": Features(long_mode=True, svm=True),
    "phenom_8650_toliman": NPT,
    "core2_penryn_t9600": PENRYN,
    "corei5_lynnfield_750": LYNNFIELD,
    "corei5_arrandale_m520": SANDY,
    "corei7_sandy_bridge_2600k": SANDY,
    "zambezi": NPT,
    "trinity_apu": NPT,
    "ryzen": NPT,
    "corei7_ivy_bridge_3770k": IVY,
    "corei7_haswell_4770": HASWELL,
    "broadwell_ult": HASWELL,
    "corei7_skylake_x": SKYLAKE,
    "corei3_cnl": IVY,
    "corei7_icelake_u": SKYLAKE,
    "tigerlake": SKYLAKE,
    "sapphire_rapids": SKYLAKE,
    "arrow_lake": SKYLAKE,
}


@dataclass(frozen=True)
class QemuFeatures:
    """What the translator of QEMU 7.2 plays of a processor. None has VMX."""

    svm: bool = True
    npt: bool = True  # nested paging
    cr8: bool = True  # MOV CR8 in real mode, as LOCK MOV CR0

    @property
    def verdict(self) -> str:
        if not self.npt:
            return "refuses: no nested paging"
        return "runs" if has_svm_back_end() else "refuses: no VMX"


def has_svm_back_end() -> bool:
    """Whether this hv16 can do with SVM in place of VMX."""
    return (ROOT / "hv" / "svm").is_dir()


NO_CR8 = QemuFeatures(cr8=False)
NO_NPT = QemuFeatures(npt=False, cr8=False)

QEMU_FEATURES = {
    "max": QemuFeatures(),
    "EPYC": QemuFeatures(),
    "EPYC-IBPB": QemuFeatures(),
    "EPYC-Rome": QemuFeatures(),
    "EPYC-Milan": QemuFeatures(),
    "Dhyana": QemuFeatures(),
    "qemu64,+svm,+npt,+cr8legacy": QemuFeatures(),
    "Opteron_G4": NO_CR8,
    "Opteron_G5": NO_CR8,
    "phenom": NO_CR8,
    "Opteron_G2": NO_NPT,
    "Opteron_G3": NO_NPT,
    "qemu64": NO_NPT,
}
