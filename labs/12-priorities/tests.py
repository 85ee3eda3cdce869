"""LAB 12: the priority rules one by one on the host, and then a guest that would lose interrupts."""

from hv16.labs.bench import Bench, Miss, test

SOURCES = ["hv/model/lapic.c", "hv/model/lapic_registers.c", "hv/model/lapic_ipi.c"]
NONE = 0xFFFFFFFF  # LAPIC_NO_VECTOR
PPR, UPDATE, EOI_LEVEL = 0xA0, 1, 2
PRIORITIES = 'hv/model/lapic.c; SDM volume 3, "Interrupt, Task, and Processor Priority"'
THRESHOLD = 'lapic_tpr_threshold(); SDM volume 3, "TPR Virtualization", and hv/model/lapic.h'


def lapic(bench: Bench, *commands: str) -> list[int]:
    return bench.host("driver.c", SOURCES, "begin\n" + "\n".join(commands) + "\n")


def words(tpr: int, in_service: list[int], requested: list[int]) -> str:
    vectors = [" ".join(f"{vector:X}H" for vector in some) or "nothing" for some in (in_service, requested)]
    return f"TPR {tpr:X}H, in service {vectors[0]}, requested {vectors[1]}"


def state(tpr: int, in_service: list[int], requested: list[int]) -> list[str]:
    return [f"tpr {tpr:x}", *(f"in-service {vector:x}" for vector in in_service),
            *(f"request {vector:x} 0" for vector in requested)]


def table(bench: Bench, call: str, rows: list[tuple], where: str) -> None:
    for tpr, in_service, requested, expected in rows:
        seen = lapic(bench, *state(tpr, in_service, requested), call)
        bench.expect(seen, [expected], f"{call} with {words(tpr, in_service, requested)}", where)


@test(2, "PPR is TPR while nothing more urgent is in service")
def ppr_is_tpr(bench: Bench) -> None:
    table(bench, "ppr", [(0, [], [], 0), (0x53, [], [0x91], 0x53), (0xF7, [0x61], [], 0xF7)], PRIORITIES)


@test(2, "PPR is the class in service when that is above TPR's, and bits 3:0 are 0 then")
def ppr_in_service(bench: Bench) -> None:
    table(bench, "ppr", [(0, [0x31], [], 0x30), (0x2F, [0x3A, 0x71], [], 0x70), (0x69, [0x75], [], 0x70)],
          PRIORITIES)


@test(2, "with equal classes PPR is TPR, all eight bits")
def ppr_equal_classes(bench: Bench) -> None:
    table(bench, "ppr", [(0x52, [0x5E], [], 0x52), (0x5F, [0x51], [], 0x5F), (0x50, [0x5F], [], 0x50)],
          'PPR where the classes are equal: hv/model/lapic.c, above lapic_ppr(); SDM "PPR Virtualization"')


@test(1, "PPR is in the guest's page, too")
def ppr_in_page(bench: Bench) -> None:
    seen = lapic(bench, "tpr 42", "ppr", f"page {PPR:x}", "in-service 91", "ppr", f"page {PPR:x}")
    bench.expect(seen, [0x42, 0x42, 0x90, 0x90], "lapic_ppr() and offset A0H, twice", PRIORITIES)


@test(3, "a request is delivered when its class is above PPR's")
def delivered_above(bench: Bench) -> None:
    table(bench, "deliverable", [(0, [], [0x31], 0x31), (0x40, [], [0x51, 0x31], 0x51),
                                 (0x2F, [0x41], [0x55], 0x55), (0, [], [], NONE)], PRIORITIES)


@test(4, "classes are compared, not whole vectors: one of the same class waits")
def same_class_waits(bench: Bench) -> None:
    table(bench, "deliverable", [(0x50, [], [0x5F], NONE), (0, [0x51], [0x5F], NONE),
                                 (0x5F, [], [0x60], 0x60), (0x30, [0x6F], [0x61], NONE)],
          "comparing classes, not vectors: " + PRIORITIES)


@test(3, "the end of an interrupt: the highest in service, PPR, and what the caller is told")
def eoi(bench: Bench) -> None:
    seen = lapic(bench, "in-service 41", "in-service 71", "eoi", "ppr", "eoi", "ppr", "eoi")
    bench.expect(seen, [UPDATE, 0x40, UPDATE, 0, 0], "EOI, PPR, EOI, PPR and EOI with 41H and 71H in service",
                 "lapic_eoi(): the effects that it returns, LAPIC_UPDATE above all: without it nobody "
                 "recomputes the threshold")
    seen = lapic(bench, "request 61 1", "deliver", "eoi")
    bench.expect(seen, [0x61, UPDATE | EOI_LEVEL], "EOI of a level-triggered 61H",
                 "lapic_eoi(): LAPIC_EOI_LEVEL, or the I/O APIC does not hear of it")


@test(3, "the threshold is the class of what TPR holds back")
def threshold_held_back(bench: Bench) -> None:
    table(bench, "threshold", [(0x70, [], [0x51], 5), (0x5F, [], [0x5A], 5), (0xF0, [0x31], [0x91, 0x81], 9)],
          THRESHOLD)


@test(3, "no threshold where no TPR write can help, or none is needed")
def threshold_none(bench: Bench) -> None:
    table(bench, "threshold", [(0x70, [], [], 0), (0x20, [], [0x51], 0), (0x70, [0x61], [0x51], 0),
                               (0xFF, [0x5F], [0x51], 0)],
          "when the threshold must be 0: " + THRESHOLD)


@test(4, "a guest that raises and lowers TPR loses no interrupt and gets none too early")
def guest(bench: Bench) -> None:
    boot = bench.boot("guest.asm", options=["apic=tpr"])
    bench.expect(boot.values.get("early"), 0, "interrupts that came while TPR held them back", PRIORITIES)
    bench.expect(boot.values.get("missing"), 0, "interrupts that did not come when TPR was lowered, of 300",
                 "the threshold, which is computed anew at each request, delivery and EOI: " + THRESHOLD)
    if boot.exits.get("TPR below threshold", 0) < 200:
        raise Miss(f'TPR below threshold: {boot.exits.get("TPR below threshold", 0)} exits, expected 200 at '
                   f"least: does the processor know what the guest waits for?\nlook at {THRESHOLD}")


@test(3, "and exits no more often than it must")
def exits(bench: Bench) -> None:
    boot = bench.boot("guest.asm", options=["apic=tpr"])
    bench.expect((boot.values.get("early"), boot.values.get("missing")), (0, 0),
                 "exits are counted where no interrupt is lost or early; these were", THRESHOLD)
    count = boot.exits.get("TPR below threshold", 0)
    if count > 320:
        raise Miss(f"TPR below threshold: {count} exits for 300 interrupts that waited\nlook at {THRESHOLD}")
