"""Builds build/guests/linux.img: Debian's kernel, started by GRUB, with a user space of one program.
And build/guests/linux-brief.img: the same, told to leave out what takes most of its time.

All of it comes from Debian's packages: ./run.sh setup guests.
"""

import gzip
from pathlib import Path

from grub_disk import GUESTS, disk, need

KERNEL = GUESTS / "vmlinuz"
BUSYBOX = Path("/bin/busybox")
# More than half of the ticks go into these, and none of them meets the machine: the kernel tests its
# ciphers, reads certificates, and makes names for tracing.
BRIEF = ("cryptomgr.notests initcall_blacklist="
         "load_system_certificate_list,trace_eval_init,init_kprobe_trace")

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


def image(options: str) -> bytes:
    return disk({"vmlinuz": KERNEL.read_bytes(), "initrd": initramfs()},
                [f"linux (hd0,msdos1)/vmlinuz console=ttyS0 {options}", "initrd (hd0,msdos1)/initrd"])


if __name__ == "__main__":
    need(KERNEL, BUSYBOX)
    (GUESTS / "linux-brief.img").write_bytes(image(BRIEF))
    (GUESTS / "linux.img").write_bytes(image(""))
