"""Builds build/guests/linux.img: Debian's kernel, started by GRUB, with a user space of one program.

All of it comes from Debian's packages (./run.sh setup guests) and is put together here, without root:
an MBR with GRUB behind it, and one partition that is a tar archive, which GRUB can read.
"""

import gzip
import io
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUESTS = ROOT / "build" / "guests"
KERNEL = GUESTS / "vmlinuz"
BUSYBOX = Path("/bin/busybox")
GRUB = Path("/usr/lib/grub/i386-pc")
MODULES = "biosdisk part_msdos tar linux serial terminal boot"

SECTOR = 512
FIRST = 2048  # sector of the partition
CYLINDER = 16 * 63  # Bochs wants whole ones

SCRIPT = """\
serial
terminal_output serial console
linux (hd0,msdos1)/vmlinuz console=ttyS0
initrd (hd0,msdos1)/initrd
boot
"""

# The first process: says what it finds, lets a shell compute, and switches the machine off. STTY waits
# until all of it is on the line.
INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
echo "init: user space"
echo "init: cpus $(/bin/busybox cat /sys/devices/system/cpu/online)"
echo "init: shell says $(/bin/busybox sh -c 'echo $((6 * 7))')"
/bin/busybox grep -E 'IO-APIC|LOC:|RES:|CAL:' /proc/interrupts
echo "init: done"
/bin/busybox stty sane </dev/console
/bin/busybox poweroff -f
"""


class Cpio:
    """An initramfs: SVR4 cpio, "newc" (the kernel's Documentation/driver-api/early-userspace)."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.count = 0

    def add(self, name: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self.count += 1
        fields = [self.count, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0]
        self.data += b"070701" + b"".join(b"%08X" % value for value in fields)
        for part in (name.encode() + b"\0", content):
            self.data += part
            self.data += b"\0" * (-len(self.data) % 4)

    def finish(self) -> bytes:
        self.add("TRAILER!!!", 0)
        return gzip.compress(bytes(self.data), 1, mtime=0)


def initramfs() -> bytes:
    archive = Cpio()
    for name in ("bin", "dev", "proc", "sys"):
        archive.add(name, 0o40755)
    archive.add("dev/console", 0o20600, device=(5, 1))
    archive.add("bin/busybox", 0o100755, BUSYBOX.read_bytes())
    archive.add("init", 0o100755, INIT.encode())
    return archive.finish()


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def grub_core() -> bytes:
    """What GRUB's boot sector loads: it expects it from sector 1 on."""
    with tempfile.TemporaryDirectory() as folder:
        script, core = Path(folder, "grub.cfg"), Path(folder, "core.img")
        script.write_text(SCRIPT, "ascii")
        subprocess.run(["grub-mkimage", "-O", "i386-pc", "-c", str(script), "-p", "(hd0)",
                        "-o", str(core), *MODULES.split()], check=True, timeout=60)
        return core.read_bytes()


def disk() -> bytes:
    files = tar_of({"vmlinuz": KERNEL.read_bytes(), "initrd": initramfs()})
    length = -(-len(files) // SECTOR)
    sectors = -(-(FIRST + length) // CYLINDER) * CYLINDER
    image = bytearray(sectors * SECTOR)
    image[:446] = (GRUB / "boot.img").read_bytes()[:446]
    image[446:462] = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", FIRST, length)
    image[510:512] = b"\x55\xaa"
    core = grub_core()
    if len(core) > (FIRST - 1) * SECTOR:
        sys.exit("linux.py: GRUB does not fit before the partition")
    image[SECTOR:SECTOR + len(core)] = core
    image[FIRST * SECTOR:FIRST * SECTOR + len(files)] = files
    return bytes(image)


def main() -> None:
    for path in (KERNEL, BUSYBOX, GRUB / "boot.img"):
        if not path.exists():
            sys.exit(f"linux.py: {path} is missing: ./run.sh setup guests")
    (GUESTS / "linux.img").write_bytes(disk())


if __name__ == "__main__":
    main()
