"""A disk that GRUB boots, put together without root: an MBR with GRUB after it, and one partition that
is a tar archive, which GRUB can read.
"""

import io
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

GUESTS = Path(__file__).resolve().parents[2] / "build" / "guests"
GRUB = Path("/usr/lib/grub/i386-pc")
MODULES = "biosdisk part_msdos tar linux multiboot serial terminal boot"

SECTOR = 512
FIRST = 2048  # sector of the partition
CYLINDER = 16 * 63  # Bochs wants whole ones


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def grub_core(script_text: str) -> bytes:
    """What GRUB's boot sector loads: it expects it from sector 1 on."""
    with tempfile.TemporaryDirectory() as folder:
        script, core = Path(folder, "grub.cfg"), Path(folder, "core.img")
        script.write_text(script_text, "ascii")
        subprocess.run(["grub-mkimage", "-O", "i386-pc", "-c", str(script), "-p", "(hd0)",
                        "-o", str(core), *MODULES.split()], check=True, timeout=60)
        return core.read_bytes()


def disk(files: dict[str, bytes], commands: list[str]) -> bytes:
    """GRUB carries out `commands`, with its messages on the serial port, and boots. The files are
    below (hd0,msdos1)/."""
    archive = tar_of(files)
    length = -(-len(archive) // SECTOR)
    sectors = -(-(FIRST + length) // CYLINDER) * CYLINDER
    image = bytearray(sectors * SECTOR)
    image[:446] = (GRUB / "boot.img").read_bytes()[:446]
    image[446:462] = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", FIRST, length)
    image[510:512] = b"\x55\xaa"
    core = grub_core("\n".join(["serial", "terminal_output serial console", *commands, "boot", ""]))
    if len(core) > (FIRST - 1) * SECTOR:
        sys.exit("grub_disk.py: GRUB does not fit before the partition")
    image[SECTOR:SECTOR + len(core)] = core
    image[FIRST * SECTOR:FIRST * SECTOR + len(archive)] = archive
    return bytes(image)


def need(*paths: Path) -> None:
    for path in (*paths, GRUB / "boot.img"):
        if not path.exists():
            sys.exit(f"{path} is missing: ./run.sh setup guests")
