"""run.sh: what it answers to a person who mistypes, asks for help, or lacks something."""

import os
import platform
import re

import pytest
from hv16 import bochs_installed, cli, doctor, models, outfolder, qemu
from hv16.paths import ROOT, UserError
from machines import boot, run_sh


@pytest.mark.parametrize("words, hint", [
    (["--headles"], "--headless"),
    (["--tiemout", "3"], "--timeout"),
    (["--gest=x.img"], "--guest"),
    (["--emulater", "qemu"], "--emulator"),
])
def test_an_unknown_option_is_wrong_usage_and_names_the_nearest(words, hint):
    done = run_sh(*words)
    assert done.returncode == 2
    assert f"unknown option {words[0].split('=')[0]}" in done.stderr
    assert f"did you mean {hint}?" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words, complaint", [
    (["benhc"], 'unknown command "benhc", did you mean bench?'),
    (["--guest", "/nonexistent/disk.img"], "/nonexistent/disk.img: there is no such file"),
    (["--image", "/nonexistent/hv16.img"], "/nonexistent/hv16.img: there is no such file"),
    (["--guest", "a", "--guest", "b", "--guest", "c"], "at most two"),
    (["--mem", "1"], "--mem 1: must be 2 to 2048"),
    (["--mem", "lots"], "lots"),
    (["--cpus", "9"], "--cpus 9: must be 1 to 8"),
    (["--timeout", "0"], "--timeout 0: must be more than 0"),
    (["--timeout", "soon"], "soon"),
    (["--until", "(("], '--until "(("'),
    (["--option", "status"], 'option "status": must be KEY=VALUE'),
    (["--option", "=x"], 'option "=x": must be KEY=VALUE'),
    (["--option", "log=a b"], "must be KEY=VALUE, without spaces"),
    (["--emulator", "vmware"], "vmware"),
    (["--native", "--option", "status=off"], "--option is for hv16"),
    (["debug", "nowhere"], 'debug: unknown place "nowhere"; places: power-on mbr stage2 hv guest exit'),
    (["doctor", "--mem", "3"], "--mem does not go with doctor"),
    (["--timeout"], "--timeout"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_wrong_usage_is_status_2_and_one_message_that_names_it(words, complaint):
    done = run_sh(*words)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.startswith("hv16: ") and "Traceback" not in done.stderr


def test_the_options_of_one_run_fit_one_sector_or_are_refused():
    words = [word for n in range(40) for word in ("--option", f"poke=0x6820:0x{n:08x}")]
    done = run_sh(*words)
    assert done.returncode == 2
    assert "one sector holds 512" in done.stderr


def test_a_guest_image_that_is_no_whole_number_of_sectors_is_refused(tmp_path):
    odd = tmp_path / "odd.img"
    odd.write_bytes(b"x" * 1000)
    done = run_sh("--guest", str(odd), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "1000 bytes; a raw disk image is a multiple of 512" in done.stderr


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_prints_every_option_and_status_0(word):
    done = run_sh(word)
    assert done.returncode == 0 and done.stderr == ""
    for option in ("--guest", "--cpus", "--cpu", "--mem", "--option", "--headless", "--timeout",
                   "--until", "--out", "--emulator", "BOCHS", "QEMU", "debug", "bench", "doctor"):
        assert option in done.stdout, option


def test_an_unknown_cpu_model_is_refused_with_the_list(tmp_path):
    done = run_sh("--cpu", "corei7_hasvell_4770", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "did you mean corei7_haswell_4770?" in done.stderr
    assert all(name in done.stderr for name in ("pentium", "ryzen", "tigerlake"))


def test_a_demo_that_does_not_exist_does_not_hang(tmp_path):
    done = run_sh("--run", "nosuchdemo", "--out", str(tmp_path / "out"), "--timeout", "20")
    assert done.returncode in (1, 2), done.stdout
    assert "nosuchdemo" in done.stdout + done.stderr


def test_a_bochs_that_cannot_be_run_is_named(tmp_path):
    done = run_sh("--out", str(tmp_path), env={"BOCHS": "/nonexistent/bochs"})
    assert done.returncode == 2
    assert "cannot run /nonexistent/bochs" in done.stderr


@pytest.mark.parametrize("words, typed, svm", [
    (["--run", "cpuid", "--cpus", "2"], "./run.sh --run cpuid --cpus 2 --emulator qemu", True),
    (["--cpu", "tigerlake", "--emulator=bochs", "--until", "a b"],
     "./run.sh --until 'a b' --emulator qemu", True),
    (["--run", "cpuid"], "./run.sh --native --emulator qemu", False),
    (["debug", "hv"], "./run.sh debug hv --emulator qemu", False),
    (["bench"], "./run.sh bench --emulator qemu", True),
    (["demo", "ipi"], "", True),
])
def test_where_there_is_qemu_the_command_for_it_is_told(words, typed, svm, monkeypatch, need_qemu):
    """What it says once hv16 has a back end for SVM, too."""
    monkeypatch.setattr(models, "has_svm_back_end", lambda: svm)
    hint = cli.without_bochs(words, words[0] if words[0][0] != "-" else "run")
    assert hint.endswith(": " + typed if typed else ""), hint


def test_where_there_is_no_qemu_either_nothing_is_told(monkeypatch):
    monkeypatch.setattr(qemu, "version", lambda: None)
    assert cli.without_bochs([], "run") == ""


def test_out_names_the_folder_and_leaves_other_files_in_it_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    done = run_sh("--run", "cpuid", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"
    assert (tmp_path / "summary.json").exists()


def test_hv16_refuses_with_status_1_and_its_message_is_on_standard_error(tmp_path):
    done = run_sh("--option", "gest=0x80", "--out", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith('hv16: refused: unknown option "gest=0x80"')


def test_several_cpus_still_boot_the_guest(tmp_path):
    boot(tmp_path, cpus=2).check_ended()


def test_a_folder_in_use_is_said_and_left_alone(tmp_path):
    """Two runs that wrote to the same files would both be wrong."""
    (tmp_path / "serial.txt").write_text("somebody else's")
    with outfolder.alone_in(tmp_path):
        for words in ([], ["debug", "hv"]):
            done = run_sh(*words, "--out", str(tmp_path))
            assert done.returncode == 2 and "is in use by another run" in done.stderr, done.stderr
        assert (tmp_path / "serial.txt").read_text() == "somebody else's"
    assert run_sh("--run", "cpuid", "--out", str(tmp_path)).returncode == 0


# --- Other emulators: test_qemu.py has what QEMU does ---------------------------------------------


def test_kvm_without_dev_kvm_is_status_2_and_says_what_is_missing(tmp_path, need_qemu):
    if os.path.exists("/dev/kvm"):
        pytest.skip("this machine has /dev/kvm")
    done = run_sh("--emulator", "kvm", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "/dev/kvm is not there" in done.stderr


def test_kvm_is_refused_by_name_where_dev_kvm_is_not_there(monkeypatch, need_qemu):
    """The same without run.sh, so that it can be told on a machine that has /dev/kvm too."""
    monkeypatch.setattr(qemu.os.path, "exists", lambda path: False)
    with pytest.raises(UserError, match="--emulator kvm: /dev/kvm is not there"):
        qemu.check("host", kvm=True)


# --- doctor and packages --------------------------------------------------------------------------


def test_doctor_lists_every_cpu_model_and_what_runs_there():
    done = run_sh("doctor")
    assert done.returncode == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    for name in bochs_installed.cpu_models():
        features = models.FEATURES[name]
        assert ("runs" in lines[name]) == features.runs_hv16, lines[name]
    assert f"Bochs  {bochs_installed.version()} (" in done.stdout
    assert f"system: {platform.freedesktop_os_release()['PRETTY_NAME']}\n" in done.stdout
    assert (qemu.version() or "missing") in done.stdout


def test_doctor_says_what_runs_where(need_qemu):
    lines = run_sh("doctor").stdout.splitlines()
    text = "\n".join(lines)
    for name, features in models.QEMU_FEATURES.items():
        row = next(line for line in lines if line.split()[:1] == [name])
        assert features.verdict in row
    assert f"QEMU   {qemu.version()} ({qemu.program()}): {qemu.what_runs()}" in text
    assert re.search(r"^  max .*\(default\)$", text, re.MULTILINE)


@pytest.mark.parametrize("svm, verdict, what", [
    (True, "runs", "runs hv16, by AMD's SVM: ./run.sh --emulator qemu"),
    (False, "refuses: no VMX", "hv16 refuses there"),
])
def test_doctor_knows_when_hv16_can_do_with_svm(monkeypatch, svm, verdict, what, need_qemu):
    monkeypatch.setattr(models, "has_svm_back_end", lambda: svm)
    assert models.QEMU_FEATURES["max"].verdict == verdict
    assert models.QEMU_FEATURES["qemu64"].verdict == "refuses: no nested paging"
    assert what in "\n".join(doctor.emulators())


def test_doctor_without_bochs_has_no_table_of_its_processors(need_qemu):
    done = run_sh("doctor", env={"BOCHS": "/nonexistent/bochs"})
    assert "Bochs  missing" in done.stdout and "processors of Bochs" not in done.stdout
    assert "processors of QEMU" in done.stdout


def test_packages_lists_each_package_with_its_state_and_reason():
    done = run_sh("packages")
    assert done.returncode == 0
    rows = [line.split(None, 2) for line in done.stdout.splitlines()]
    assert {"nasm", "gcc", "make", "bochs", "bochs-term", "python3-pytest"} <= {r[0] for r in rows}
    assert all(len(row) == 3 and row[1] in ("installed", "MISSING") for row in rows)


# --- Systems that are no Debian, or lack a package ------------------------------------------------


def path_without(folder, *names: str) -> str:
    """A PATH with all that is in the usual folders but these."""
    for usual in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        for program in os.listdir(usual):
            if program not in names and not (folder / program).exists():
                (folder / program).symlink_to(f"{usual}/{program}")
    return str(folder)


def test_a_system_without_dpkg_is_told_what_is_needed_and_that_a_container_will_do(tmp_path):
    done = run_sh(env={"PATH": path_without(tmp_path, "dpkg-query", "nasm", "bochs"), "BOCHS": ""})
    assert done.returncode == 1
    name = platform.freedesktop_os_release()["PRETTY_NAME"]
    assert f"hv16: {name} has no dpkg" in done.stderr
    assert "these are missing: nasm bochs\n" in done.stderr
    for word in ("bochsbios", "the BIOS of Bochs", "libcmocka-dev", "docker run"):
        assert word in done.stderr


def test_a_system_without_dpkg_but_with_all_programs_just_runs(tmp_path):
    (tmp_path / "bin").mkdir()
    done = run_sh("--run", "cpuid", "--out", str(tmp_path / "out"),
                  env={"PATH": path_without(tmp_path / "bin", "dpkg-query")})
    assert done.returncode == 0, done.stderr
    assert "dpkg" not in done.stderr


def no_bochs_here(folder, *words: str):
    """On a system without dpkg, and without Bochs."""
    (folder / "bin").mkdir()
    return run_sh(*words, "--out", str(folder / "out"),
                  env={"PATH": path_without(folder / "bin", "dpkg-query", "bochs"), "BOCHS": ""})


def test_without_bochs_and_dpkg_qemu_is_named(tmp_path, need_qemu):
    done = no_bochs_here(tmp_path, "--run", "cpuid")
    assert done.returncode == 2
    assert "cannot run bochs" in done.stderr and " --emulator qemu\n" in done.stderr


def test_without_bochs_and_dpkg_qemu_runs(tmp_path, need_qemu):
    done = no_bochs_here(tmp_path, "--emulator", "qemu", "--native", "--run", "cpuid")
    assert done.returncode == 0, done.stderr
    assert "guest16: demo cpuid ok" in done.stdout


def other_list(folder, package: str):
    """A tree whose run.sh wants a package that no system has in place of this one."""
    script = (ROOT / "run.sh").read_text("utf-8")
    (folder / "run.sh").write_text(script.replace(f"\n{package}|", f"\n{package}-of-nowhere|"),
                                   "utf-8")
    (folder / "run.sh").chmod(0o755)
    for name in ("tools", "build", "hv", "Makefile", "mbr", "stage2", "guest16", "docs"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.skipif(os.getuid() != 0, reason="apt-get needs root")
def test_a_bochs_that_cannot_be_installed_is_named_and_so_is_qemu(tmp_path, need_qemu):
    tree = other_list(tmp_path, "bochs")
    done = run_sh("--run", "cpuid", cwd=tree, env={"BOCHS": "bochs-of-nowhere"})
    assert done.returncode == 2
    assert "this system's package sources have no bochs-of-nowhere\n" in done.stderr
    assert done.stderr.rstrip().endswith("--emulator qemu")


def test_who_wants_qemu_is_not_asked_for_bochs(tmp_path, need_qemu):
    tree = other_list(tmp_path, "bochs")
    done = run_sh("--emulator", "qemu", "--native", "--run", "cpuid", cwd=tree)
    assert done.returncode == 0, done.stderr
    assert "missing" not in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="apt-get needs root")
def test_a_package_that_the_system_does_not_have_is_named(tmp_path):
    done = run_sh("setup", cwd=other_list(tmp_path, "nasm"))
    assert done.returncode == 1
    assert "this system's package sources have no nasm-of-nowhere\n" in done.stderr
    assert "sources have no gcc" not in done.stderr
