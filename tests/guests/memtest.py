"""Builds build/guests/memtest.img: memtest86+, started by GRUB, with its screen on the serial port too.

All of it comes from Debian's packages: ./run.sh setup guests.
"""

from grub_disk import GUESTS, disk, need

PROGRAM = GUESTS / "memtest86+x64.bin"
# No pause for a person, no look at the memory's modules, which Bochs does not have.
OPTIONS = "nopause nosm nobigstatus console=ttyS0,230400"

if __name__ == "__main__":
    need(PROGRAM)
    (GUESTS / "memtest.img").write_bytes(
        disk({"memtest": PROGRAM.read_bytes()}, [f"linux (hd0,msdos1)/memtest {OPTIONS}"]))
