"""Which Bochs is here: its ROM images, processors and words, whatever release it is."""

import contextlib
import os
import shutil
import termios
import tty

import pytest
from hv16 import bochs, bochs_installed, models
from hv16.paths import UserError
from machines import boot, run_sh


def test_rom_images_are_found_by_either_name_and_in_bxshare_first(tmp_path, monkeypatch):
    """Debian's VGA BIOS has no ".bin", a Bochs built from its sources has one."""
    bios, vga_bios = bochs_installed.rom_images()
    here = [tmp_path / "BIOS-bochs-latest", tmp_path / "VGABIOS-lgpl-latest.bin"]
    for source, target in zip((bios, vga_bios), here):
        shutil.copyfile(source, target)
    monkeypatch.setenv("BXSHARE", str(tmp_path))
    assert bochs_installed.rom_images() == tuple(here)
    run = boot(tmp_path / "out").check_ended()
    assert str(here[1]) in run.text("bochs.bxrc")


def test_rom_images_beside_a_bochs_that_was_built_and_not_installed(tmp_path, monkeypatch):
    (tmp_path / "bios/VGABIOS-lgpl").mkdir(parents=True)
    files = [tmp_path / "bochs", tmp_path / "bios/BIOS-bochs-latest",
             tmp_path / "bios/VGABIOS-lgpl/VGABIOS-lgpl-latest.bin"]
    for file in files:
        file.touch(0o755)
    monkeypatch.setenv("BOCHS", str(files[0]))
    monkeypatch.delenv("BXSHARE", raising=False)
    assert bochs_installed.rom_images() == tuple(files[1:])


def test_a_missing_rom_image_is_a_message_with_what_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(bochs_installed, "rom_folders", lambda: [tmp_path])
    with pytest.raises(UserError) as error:
        boot(tmp_path / "out")
    assert "looked for BIOS-bochs-latest in " + str(tmp_path) in str(error.value)
    (tmp_path / "BIOS-bochs-latest").touch()
    with pytest.raises(UserError) as error:
        boot(tmp_path / "out")
    for word in ("VGABIOS-lgpl-latest and VGABIOS-lgpl-latest.bin", str(tmp_path), "vgabios",
                 "BXSHARE="):
        assert word in str(error.value)


def test_the_processors_are_those_that_bochs_lists(tmp_path, monkeypatch):
    other = tmp_path / "bochs"
    other.write_text("#!/bin/sh\necho 'Bochs x86 Emulator 9.1'\nprintf 'nonesuch_9000\\n'\n")
    other.chmod(0o755)
    done = run_sh("--cpu", models.DEFAULT_CPU, "--out", str(tmp_path / "out"),
                  env={"BOCHS": str(other)})
    assert done.returncode == 2
    assert "Bochs 9.1 has no such model" in done.stderr and "nonesuch_9000" in done.stderr


def test_bochs_is_quoted_when_it_dislikes_its_configuration(tmp_path, monkeypatch):
    """Then it ends before it has a log."""
    config = bochs.config
    monkeypatch.setattr(bochs, "config", lambda spec: config(spec).replace("count=1", "counts=1"))
    run = boot(tmp_path)
    assert run.report.ended == "emulator"
    assert "bochs.bxrc:" in run.report.message, run.explain()


def test_a_screen_that_ends_while_it_is_set_up_is_no_error():
    """The other side closes when Bochs ends, a moment before its process does."""
    ours, theirs = os.openpty()
    os.close(ours)
    with contextlib.closing(os.fdopen(theirs, "rb", 0)):
        with pytest.raises(termios.error):
            tty.setraw(theirs)
        bochs.make_raw(theirs)
