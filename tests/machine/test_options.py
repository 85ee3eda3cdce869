"""The options sector: each option does what it says, each wrong one is refused by name."""

import re

import pytest
from machines import boot, boot_guest

TRACE = re.compile(r"^hv16: cpu 0: exit (\d+) \(.*\) at [0-9a-f]+:[0-9a-f]+ qualification ", re.M)


def with_options(out, *options, **request):
    return boot(out, options=list(options), **request)


def test_the_log_begins_with_the_options_as_they_were_given(out):
    run = with_options(out, "status=on", "level=info").check_ended()
    assert run.log.startswith("hv16: options: status=on level=info\n")
    assert run.report.options == "status=on level=info"


def test_guest_0x80_boots_the_first_sector_of_drive_80h(out):
    """hv16 is on the floppy and the drive is a disk with guest16 at sector 0."""
    from hv16.paths import BUILD
    run = with_options(out, "guest=0x80", guests=[BUILD / "guest16.img"], timeout=8,
                       until=re.compile("hv16 1.0 is present"))
    assert run.status == 0, run.explain()
    assert "guest: drive 0x80, LBA 0" in run.log


def test_guest_active_is_the_default(out):
    run = with_options(out, "guest=active").check_ended()
    assert "guest: partition 1 of drive 0x80, LBA 2048" in run.log


def test_guest_0_boots_the_floppy_itself(out):
    """LBA 0 of hv16's own floppy is its MBR, which then finds itself a guest without VMX."""
    run = with_options(out, "guest=0", from_floppy=True)
    assert "guest: drive 0x00, LBA 0" in run.log
    assert run.status == 1, run.explain()
    assert "this processor has neither VMX" in run.log


@pytest.mark.parametrize("option", ["log=none", "log=e9"])
def test_without_com2_in_log_nothing_is_written_there(out, option):
    run = with_options(out, option)
    assert run.log == ""
    assert run.status == 0 and "guest16: end" in run.serial, run.explain()


@pytest.mark.parametrize("option", ["log=com2", "log=e9,com2", "log=com2,e9"])
def test_with_com2_in_log_the_log_is_there(out, option):
    run = with_options(out, option).check_ended()
    assert "entering the guest" in run.log


LEVELS = ["error", "warn", "info", "debug"]


@pytest.fixture(scope="module")
def logs(folder):
    """The log of the demos that have something to warn about, at each level."""
    return {level: with_options(folder / level, f"level={level}", autorun="tour").check_ended().log
            for level in LEVELS}


def test_each_level_logs_all_that_the_one_above_it_logs(logs):
    sets = [set(logs[level].splitlines()) for level in LEVELS]
    bare = [{line for line in s if not re.search(r"options: |counters: |^hv16: cpu 0: ", line)}
            for s in sets]
    assert bare[0] < bare[1] < bare[2] < bare[3]


def test_the_last_line_is_logged_at_every_level(logs):
    assert all(log.endswith("hv16: end: the guest ended (code 0)\n") for log in logs.values())


def test_level_warn_has_no_line_about_entering_the_guest_and_info_has(logs):
    assert "hidden memory: the guest reads" in logs["warn"]
    assert "entering the guest" not in logs["warn"] and "entering the guest" in logs["info"]
    assert "RDMSR of MSR" in logs["debug"] and "RDMSR of MSR" not in logs["info"]


def test_trace_exits_gives_a_line_for_each_exit(out):
    run = with_options(out, "trace=exits", autorun="tour").check_ended()
    traced = [int(reason) for reason in TRACE.findall(run.log)]
    assert len(traced) == run.report.exits_total > 50
    counts = re.findall(r"^hv16: cpu 0: (\d+) exits: .* \((\d+)\)$", run.log, re.MULTILINE)
    assert {int(reason): int(count) for count, reason in counts} == {
        reason: traced.count(reason) for reason in set(traced)}


def test_trace_none_gives_none(out):
    assert TRACE.findall(with_options(out, "trace=none").check_ended().log) == []


def test_status_off_leaves_the_25th_row_to_the_guest(out):
    run = with_options(out, "status=off", "apic=off", autorun="tour").check_ended()
    assert " exits | " not in run.screen
    on = with_options(out.parent / "on", "status=on", "apic=off", autorun="tour").check_ended()
    assert re.match(r" hv16 \| \d+ exits \| ", on.screen.split("\n")[24])
    assert run.report.exits == on.report.exits, "the status line itself must cost no exit"


@pytest.mark.parametrize("status, rows", [("off", 25), ("on", 24)])
def test_the_bios_scrolls_25_rows_without_the_status_line_and_24_with_it(tmp_path, status, rows):
    run = boot_guest(tmp_path, "start", options=[f"status={status}"]).check_ended()
    assert run.values["rows"] == rows - 1


def test_reset_stop_stops_at_the_first_reset_and_says_why(out):
    run = with_options(out, "reset=stop", autorun="reset")
    assert (run.report.ended, run.status) == ("stop", 1), run.explain()
    assert "the guest reset the machine at 0:" in run.report.message
    assert "(keyboard controller command)" in run.report.message
    assert "restarting" not in run.log


BAD = {
    "gest=0x80": 'unknown option "gest=0x80"; known: guest log level trace status reset apic bug cpus init poke',
    "guest=512": 'option "guest=512": needs "active" or a drive from 0 to 0xff',
    "guest=": 'option "guest=": needs "active"',
    "guest=disk": 'option "guest=disk": needs "active"',
    "log=com1": 'option "log=com1": needs "none", "e9", "com2" or "e9,com2"',
    "level=loud": 'option "level=loud": needs "error", "warn", "info" or "debug"',
    "trace=all": 'option "trace=all": needs "exits" or "none"',
    "status=maybe": 'option "status=maybe": needs "on" or "off"',
    "reset=never": 'option "reset=never": needs "guest", "stop" or "machine"',
    "poke=0x681e": 'option "poke=0x681e": needs FIELD:VALUE',
    "poke=x:1": 'option "poke=x:1": needs FIELD:VALUE',
    "status=" + "x" * 60: "is too long: 47 characters at most",
}


@pytest.mark.parametrize("option", BAD, ids=lambda option: option[:20])
def test_a_bad_option_is_refused_by_name_before_vmxon(out, option):
    run = with_options(out, option)
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert BAD[option] in run.last_line
    assert run.last_line.startswith("hv16: refused: ")
    assert "entering the guest" not in run.log and run.serial == ""


def test_five_pokes_are_one_too_many(out):
    run = with_options(out, *["poke=0x6818:0"] * 5)
    assert (run.report.ended, run.status) == ("refused", 1), run.explain()
    assert "at most 4 times" in run.last_line


def test_an_option_without_a_value_in_the_sector_is_refused(out):
    """run.sh does not let it through, but an editor would."""
    from hv16 import image
    from machines import built
    disk = built()
    disk[image.LBA_OPTIONS * 512:image.LBA_OPTIONS * 512 + 6] = b"status"
    path = out.parent / "edited.img"
    path.write_bytes(disk)
    run = boot(out, image=path)
    assert run.last_line == 'hv16: refused: option "status" has no value: write KEY=VALUE'


@pytest.mark.parametrize("bug, mode, shows", [
    ("stale-tpr", "tpr", ""), ("stale-tpr", "auto", "tpr"), ("no-threshold", "mmio", "tpr"),
    ("raw-page", "x2apic", ""), ("raw-page", "posted", ""), ("raw-page", "tpr", "x2apic"),
    ("sticky-init", "off", ""), ("sticky-init", "mmio", "off"), ("stale-tpr", "off", "tpr"),
    ("none", "mmio", "")])
def test_a_bug_that_does_not_show_in_this_mode_is_a_warning(out, bug, mode, shows):
    run = with_options(out, f"bug={bug}", f"apic={mode}").check_ended()
    warning = f"bug=: this one shows with apic={shows} only"
    assert (warning in run.log) if shows else ("bug=: " not in run.log)
