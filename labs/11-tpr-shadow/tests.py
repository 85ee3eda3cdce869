"""LAB 11: guests that count what their TPR costs, and look whether anything of it is lost."""

from hv16.labs.bench import Bench, Boot, Miss, test

ONES = 0xFFFFFFFF
CONTROLS = 'vmx_apic_open() in hv/vmx/virtual_apic.c; SDM volume 3, "Controls for APIC Virtualization"'
PAGE = 'place_page() in hv/apic/apic.c; SDM volume 3, "Virtualizing Memory-Mapped APIC Accesses"'
THRESHOLD = 'set_threshold() in hv/apic/deliver.c; SDM volume 3, "TPR Virtualization"'
EXIT = "exit_tpr_threshold() in hv/exits/tpr_threshold.c"
SHADOW_OFF = ('"use TPR shadow": these exits are what a processor does that virtualizes APIC accesses and '
              "has no TPR shadow. ")
VIRTUAL = "VMCS_VIRTUAL_APIC_ADDRESS: "
PLAIN = ("the APIC-access address: no exit and no register means that EPT leads the guest to a page which "
         "the processor takes for plain memory. Is it the same address in the VMCS and in EPT? ")
ENTRY = ('an entry with TPR below the threshold exits at once: SDM volume 3, "VM Exits Induced by the TPR '
         'Threshold". What waits must have been delivered by then, or the threshold be 0: ')


def boot(bench: Bench, guest: str, mode: str = "tpr", cpus: int = 1) -> Boot:
    try:
        return bench.boot(guest, options=[f"apic={mode}"], cpus=cpus)
    except Miss as miss:
        if "(TPR below threshold)" in str(miss).splitlines()[0]:
            raise Miss(f"{miss}\nlook at {ENTRY}{EXIT}; {THRESHOLD}") from None
        raise


def values(bench: Bench, run: Boot, expected: dict[str, tuple[int, str]], where: str) -> None:
    """`expected`: by the name that the guest shows, the value and what it is."""
    for name, (value, what) in expected.items():
        bench.expect(run.values.get(name), value, what, where)


def exits(run: Boot, part: str, what: str, violations: int = 0, accesses: int = 0, writes: int = 0) -> None:
    """What `part` of the guest cost. A mistake is named by the exits that there are."""
    kinds = {"violation": (violations, "EPT violations"), "access": (accesses, "APIC-access exits"),
             "write": (writes, "APIC-write exits")}
    seen = {kind: run.values[f"{part}_{kind}"] for kind in kinds}
    if all(seen[kind] == number for kind, (number, _) in kinds.items()):
        return
    if seen["violation"] > violations and "write" not in part:
        where = "whether EPT maps the APIC-access page at all, and with the access of the way: " + PAGE
    elif seen["violation"] > violations:
        where = "whether EPT lets writes through, as the way says: it maps the page read-only. " + PAGE
    elif sum(seen.values()) == 0:
        where = PLAIN + PAGE
    elif seen["violation"] < violations:
        where = "the access of the way, with which EPT maps the page: " + PAGE
    else:
        where = SHADOW_OFF + CONTROLS
    told = [kind for kind, (number, _) in kinds.items() if seen[kind] or number]
    counts = [", ".join(f"{number[kind]:,} {kinds[kind][1]}" for kind in told)
              for number in (seen, {kind: number for kind, (number, _) in kinds.items()})]
    raise Miss(f"{what}: saw {counts[0]}; expected {counts[1]}\nlook at {where}")


# --- One processor ---------------------------------------------------------------------------------


@test(3, "apic=tpr: 1,000 writes and 1,000 reads of TPR cause no exit")
def tpr_is_free(bench: Bench) -> None:
    run = boot(bench, "tpr.asm")
    exits(run, "read32", "1,000 reads of TPR")
    exits(run, "write32", "1,000 writes of TPR")


@test(1, "apic=tpr: nor do reads and writes of one byte")
def bytes_are_free(bench: Bench) -> None:
    run = boot(bench, "tpr.asm")
    exits(run, "read8", "1,000 reads of TPR by 8 bits")
    exits(run, "write8", "1,000 writes of TPR by 8 bits")


@test(2, "what the guest writes to TPR is read back, and the model has it, too")
def model_has_it(bench: Bench) -> None:
    values(bench, boot(bench, "tpr.asm"), {
        "other32": (0, "reads of TPR that were not 5AH"), "other8": (0, "byte reads of TPR that were not C4H"),
        "tpr1": (0x93, "TPR after 93H"), "ppr1": (0x93, "PPR with TPR 93H"),
        "tpr2": (0x27, "TPR after 27H"), "ppr2": (0x27, "PPR with TPR 27H"),
    }, VIRTUAL + "PPR comes from the model, so the processor's page must be the model's. " + CONTROLS)


@test(3, "apic=tpr: the other registers exit as APIC access, and answer")
def other_registers(bench: Bench) -> None:
    run = boot(bench, "tpr.asm")
    exits(run, "reads", "reads of ID, version, SVR, timer, ICR and PPR", accesses=6)
    exits(run, "writes", "writes of SVR, timer, and ICR twice", accesses=4)
    values(bench, run, {
        "id": (0, "APIC ID"), "version": (0x50014, "version"), "svr": (0x1FF, "SVR"), "timer": (0x10000, "timer"),
        "svr_after": (0x1EE, "SVR, written"), "timer_after": (0x10051, "timer, written"),
        "icr_high_after": (0x3C000000, "ICR bits 63:32, written"),
        "irr_after": (4, "IRR bits 63:32 of vectors 60H-7FH, with 62H sent to itself"),
    }, PLAIN + CONTROLS)


@test(2, "apic=tpr-ro: writes of TPR are EPT violations, reads are free")
def read_only(bench: Bench) -> None:
    run = boot(bench, "tpr.asm", "tpr-ro")
    exits(run, "read32", "1,000 reads of TPR")
    exits(run, "write32", "1,000 writes of TPR", violations=1000)
    exits(run, "reads", "reads of six other registers", accesses=6)
    bench.expect(run.values.get("other32"), 0, "reads of TPR that were not 5AH", VIRTUAL + CONTROLS)


@test(1, "apic=mmio: every access is an EPT violation")
def unmapped(bench: Bench) -> None:
    run = boot(bench, "tpr.asm", "mmio")
    exits(run, "read32", "1,000 reads of TPR", violations=1000)
    exits(run, "write32", "1,000 writes of TPR", violations=1000)


@test(4, "an interrupt to itself waits while TPR holds it back, and comes when TPR is lowered")
def waits_and_comes(bench: Bench) -> None:
    values(bench, boot(bench, "waits.asm"), {
        "held": (0, "interrupts 51H at TPR 70H"), "equal": (0, "interrupts 51H at TPR 50H"),
        "early": (0, "interrupts that came too early in 50 rounds"),
    }, VIRTUAL + "the model reads TPR in its own page. " + CONTROLS)
    values(bench, boot(bench, "waits.asm"), {
        "below": (1, "interrupts 51H at TPR 4FH"),
        "missing": (0, "interrupts that were lost in 50 rounds"),
    }, "what tells the processor the threshold: it must know what waits. " + THRESHOLD)


@test(2, "one that TPR lets through waits for RFLAGS.IF")
def waits_for_if(bench: Bench) -> None:
    values(bench, boot(bench, "waits.asm"), {
        "closed": (1, "interrupts after TPR was lowered with IF = 0"),
        "opened": (2, "interrupts after STI"),
    }, "what is to be done when the guest lowers TPR: " + EXIT)


@test(2, "the threshold is 0 while nothing waits, and each interrupt that waits costs one exit")
def threshold(bench: Bench) -> None:
    values(bench, boot(bench, "waits.asm"), {
        "threshold_held": (5, "the VMCS's TPR threshold while 51H waits"),
        "threshold_after": (0, "the VMCS's TPR threshold when it has come"),
        "rounds_threshold": (50, "TPR-below-threshold exits in 50 rounds"),
    }, "the value of the threshold, and when it is told: " + THRESHOLD)


# --- Two processors --------------------------------------------------------------------------------


@test(3, "two processors have TPRs of their own")
def two_tprs(bench: Bench) -> None:
    run = boot(bench, "two.asm", cpus=2)
    bench.expect(run.values.get("started"), 1, "processors that the guest has started", CONTROLS)
    values(bench, run, {
        "fresh": (0, "TPR of the second processor at its start, the first one's being 70H"),
        "first": (0x70, "TPR of the first, which wrote 70H; the second one wrote 30H then"),
        "second": (0x30, "TPR of the second, which wrote 30H; the first one wrote 90H then"),
        "second_ppr": (0x30, "PPR of the second"), "first_ppr": (0x90, "PPR of the first"),
    }, VIRTUAL + "two processors must not share a virtual-APIC page. " + CONTROLS)


@test(1, "the second one's TPR is free as well, and holds back what is sent to it")
def second_waits(bench: Bench) -> None:
    values(bench, boot(bench, "two.asm", cpus=2), {
        "started": (1, "processors that the guest has started"),
        "ap_access": (0, "APIC-access exits of the second processor by 1,000 writes of TPR"),
        "ap_violation": (0, "its EPT violations by 1,000 writes of TPR"),
        "held": (0, "interrupts 51H, sent to the second processor with TPR 60H"),
        "came": (1, "interrupts 51H when it has TPR 0"),
        "came_on": (0x01000000, "APIC ID where it came"),
    }, "controls, addresses and threshold of the second vCPU: each has a VMCS. " + CONTROLS)


# --- IA32_APIC_BASE ----------------------------------------------------------------------------------


@test(2, "the page follows when the guest moves its APIC, and TPR is free there")
def page_follows(bench: Bench) -> None:
    run = boot(bench, "moves.asm")
    bench.expect(run.values.get("faults"), 0, "faults of WRMSR", "hv/apic/apic.c")
    values(bench, run, {
        "version": (0x50014, "version where IA32_APIC_BASE is now"), "tpr": (0x35, "TPR there, 35H before"),
    }, "the guest's IA32_APIC_BASE, which the page must follow: " + PAGE)
    exits(run, "moved", "1,000 writes and 1,000 reads of TPR there")
    values(bench, run, {
        "ppr": (0x50, "PPR with TPR 50H"), "early": (0, "interrupts 51H at TPR 50H"),
        "came": (1, "interrupts 51H at TPR 40H"),
    }, "what goes wrong only after a move: " + PAGE)


@test(2, "nothing answers where the guest's APIC was, nor where it is switched off")
def nothing_left(bench: Bench) -> None:
    values(bench, boot(bench, "moves.asm"), {
        "old_version": (ONES, "version where the APIC was"), "old_tpr": (ONES, "TPR where the APIC was"),
    }, "the machine's own APIC, which no guest may reach: " + PAGE)
    values(bench, boot(bench, "moves.asm"), {
        "off_tpr": (ONES, "TPR of an APIC that is off"), "off_version": (ONES, "version of an APIC that is off"),
        "on_version": (0x50014, "version when it is on again"),
    }, "when EPT is to map the page: IA32_APIC_BASE has two bits for that. " + PAGE)


# --- The modes that have more ------------------------------------------------------------------------


@test(2, "apic=apicv and apic=x2apic work as before: TPR is free, no interrupt is lost")
def more_modes(bench: Bench) -> None:
    for mode in ("apicv", "x2apic"):
        run = boot(bench, "waits.asm", mode)
        values(bench, run, {
            "early": (0, f"{mode}: interrupts that came too early"),
            "missing": (0, f"{mode}: interrupts that were lost"),
        }, "the modes that have more controls than two: " + CONTROLS)
        exits(run, "rounds", f"{mode}: 100 writes of TPR, 50 of ICR, 50 of EOI")
