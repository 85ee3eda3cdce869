#!/bin/sh
# run.sh: installs what is missing, builds, and hands over to the Python package in tools/hv16.
# ./run.sh --help says what it can do.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
python=/usr/bin/python3 # Debian's: another one on PATH lacks Debian's pytest

say() { printf '%s\n' "hv16: $*" >&2; }

# The one list of packages: name, and what for. Needed to build and to run:
packages_run() {
    cat <<'LIST'
nasm|assembles the MBR, stage2 and the guest
gcc|compiles the hypervisor
libc6-dev|C headers, for the tool that hands constants from C to nasm
make|builds
python3|runs everything behind this script
qemu-system-x86|the other emulator, for --emulator qemu and kvm
seabios|the BIOS of QEMU
LIST
}

# And unless it is to run on QEMU:
packages_bochs() {
    cat <<'LIST'
bochs|the emulator with VMX
bochs-term|Bochs's text display
bochsbios|the BIOS of Bochs
vgabios|the VGA BIOS of Bochs
bximage|makes empty disk images, for guests of your own
LIST
}

# Needed besides for `./run.sh test`:
packages_test() {
    cat <<'LIST'
libcmocka-dev|unit tests in C
libzydis-dev|a disassembler, a second opinion about ours
python3-pytest|tests of whole machines
python3-pytest-xdist|runs them two at a time
clang-format|checks how the C code is laid out
cppcheck|looks for mistakes in the C code
shellcheck|looks for mistakes in shell scripts
clang|libFuzzer: inputs that nobody thought of, for the pure code
libclang-rt-dev|libFuzzer itself
grub-pc-bin|a boot loader that we did not make, as a guest
gdb|steps through hv16 on QEMU, C line by line: ./run.sh debug --emulator qemu
LIST
}

# Needed besides for `make test-guests`:
packages_guests() {
    cat <<'LIST'
busybox-static|the only program of the Linux guest
LIST
}

# Needed besides for `make test-debian13`:
packages_debian13() {
    cat <<'LIST'
debootstrap|makes a minimal Debian 13 in a folder
LIST
}

# Needed besides for `make proof`, a GiB on disk. Debian 13 has no Frama-C.
packages_proof() {
    cat <<'LIST'
frama-c-base|proves what it is told about C code
why3|brings Frama-C and solvers together
cvc4|solver: finds the proofs
LIST
}
# Only downloaded, for the guests; KERNEL names the newest one.
KERNEL=linux-image-cloud-amd64
MEMTEST=memtest86+

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Reads such a list; prints the lines whose package is not here.
missing_of() {
    while IFS='|' read -r name reason; do
        installed "$name" || printf '%s|%s\n' "$name" "$reason"
    done
}

show_packages() {
    { packages_run && packages_bochs && packages_test && packages_guests && packages_debian13 && packages_proof; } | while IFS='|' read -r name reason; do
        state=installed
        installed "$name" || state=MISSING
        printf '%-22s %-10s %s\n' "$name" "$state" "$reason"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Another system than Debian and its derivatives: goes on if the programs are there.
without_packages() {
    absent=
    emulator=${BOCHS:-bochs}
    [ "$on" = bochs ] || emulator=${QEMU:-qemu-system-x86_64}
    for program in nasm gcc make "$emulator" "$python"; do
        command -v "$program" >/dev/null || absent="$absent $program"
    done
    [ -n "$absent" ] || return 0
    # Only Bochs is missing: hv16 itself says whether QEMU will do.
    [ "$absent" != " $emulator" ] || [ "$on" = qemu ] ||
        ! command -v "${QEMU:-qemu-system-x86_64}" >/dev/null || return 0
    name=$(sed -n 's/^PRETTY_NAME="*\([^"]*\)"*$/\1/p' /etc/os-release 2>/dev/null) || true
    say "${name:-this system} has no dpkg, so nothing can be installed, and these are missing:$absent"
    say "What hv16 needs, by the names of Debian's packages:"
    { packages_run && packages_bochs && packages_test; } | while IFS='|' read -r package reason; do
        printf '  %-22s %s\n' "$package" "$reason" >&2
    done
    say "Install them, or run hv16 in a container of Debian 12 or 13, such as:"
    say "    docker run -it --rm -v \"\$PWD\":/hv16 -w /hv16 debian:13 ./run.sh"
    exit 1
}

# give_up run|test|...: but not if it is for Bochs alone: then hv16 itself says whether QEMU will do.
give_up() {
    [ "$1" = run ] && [ -z "$(packages_run | missing_of)" ] || exit 1
}

# install_packages run|test|guests|debian13|proof: installs what is missing, after asking if there is
# someone to ask.
install_packages() {
    if ! command -v dpkg-query >/dev/null; then
        without_packages
        return
    fi
    missing=$({
        packages_run
        [ "$on" = qemu ] || packages_bochs
        [ "$1" = run ] || packages_test
        [ "$1" != guests ] || packages_guests
        [ "$1" != debian13 ] || packages_debian13
        [ "$1" != proof ] || packages_proof
    } | missing_of)
    [ -n "$missing" ] || return 0
    names=$(printf '%s\n' "$missing" | cut -d'|' -f1 | tr '\n' ' ')
    say "these Debian packages are missing:"
    printf '%s\n' "$missing" | while IFS='|' read -r name reason; do
        printf '  %-22s %s\n' "$name" "$reason" >&2
    done
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        say "installing them needs root. As root, type: apt-get install $names"
        give_up "$1"
        return
    fi
    if [ -t 0 ] && [ -t 2 ]; then
        printf 'Install them now with apt-get? [y/n] ' >&2
        read -r answer || answer=n
        case $answer in
        y* | Y*) ;;
        *)
            say "nothing installed; without them this does not run"
            give_up "$1"
            return
            ;;
        esac
    fi
    log=$(mktemp)
    say "installing (a minute or two)"
    # shellcheck disable=SC2086 # the names are to be split
    if as_root apt-get update >"$log" 2>&1 </dev/null &&
        as_root apt-get install -y --no-install-recommends $names >>"$log" 2>&1 </dev/null; then
        rm -f "$log"
    else
        tail -n 15 "$log" >&2
        rm -f "$log"
        for name in $names; do
            [ -n "$(apt-cache madison "$name" 2>/dev/null)" ] ||
                say "this system's package sources have no $name"
        done
        say "apt-get failed. Is there a network, and are Debian's sources in /etc/apt? Try:"
        say "    apt-get update && apt-get install --no-install-recommends $names"
        give_up "$1"
    fi
}

kernel_package() {
    apt-cache depends "$KERNEL" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p'
}

# fetch_from PACKAGE FILE MEMBER: downloads the package and takes one file out of it.
fetch_from() {
    folder=$root/build/guests
    say "downloading $1"
    if ! (cd "$folder" && apt-get download "$1" >&2); then
        say "apt-get download $1 failed. Is there a network, and are Debian's sources in /etc/apt?"
        exit 1
    fi
    dpkg-deb --fsys-tarfile "$folder/$1"_*.deb | tar -xO --wildcards "$3" >"$folder/$2.new"
    mv "$folder/$2.new" "$folder/$2"
    rm -f "$folder/$1"_*.deb
}

# Debian's kernel, some 30 MB, and memtest86+.
fetch_guests() {
    folder=$root/build/guests
    [ ! -e "$folder/vmlinuz" ] || [ ! -e "$folder/memtest86+x64.bin" ] || return 0
    mkdir -p "$folder"
    as_root apt-get update >/dev/null 2>&1 </dev/null || true # the lists may be old
    [ -e "$folder/vmlinuz" ] || fetch_from "$(kernel_package)" vmlinuz './boot/vmlinuz-*'
    [ -e "$folder/memtest86+x64.bin" ] ||
        fetch_from "$MEMTEST" memtest86+x64.bin ./boot/memtest86+x64.bin
}

hv16() {
    PYTHONPATH=$root/tools "$python" -B -P -m hv16 "$@"
}

build() {
    # Asked first, so that make says nothing when there is nothing to do.
    make -C "$root" --no-print-directory -q all >/dev/null 2>&1 ||
        make -C "$root" --no-print-directory all >&2
}

# Wrong usage and --help are answered before anything is installed, if there is a Python for it.
if [ -x "$python" ]; then
    status=0
    hv16 --check "$@" || status=$?
    case $status in
    0) ;;
    3) exit 0 ;;
    *) exit "$status" ;;
    esac
else
    for word in "$@"; do
        case $word in
        -h | --help)
            echo "usage: ./run.sh [test|debug|demo|bench|lab|labs|doctor|install|setup|packages] [OPTIONS]"
            echo "More is shown once there is a python3: ./run.sh setup installs what is missing."
            exit 0
            ;;
        esac
    done
fi

case " $* " in
*" --emulator "[qk]* | *" --emulator="[qk]*) on=qemu ;; # or KVM
*) on=bochs ;;
esac

case ${1-} in
packages) show_packages ;;
setup)
    install_packages "${2:-run}"
    [ "${2-}" != guests ] || fetch_guests
    ;;
doctor)
    [ -x "$python" ] || install_packages run
    hv16 "$@"
    ;;
test)
    if [ ! -d "$root/tests/unit" ]; then
        say "this tree is a handout, without hv16's tests: ./run.sh lab N grade is what there is"
        exit 1
    fi
    install_packages test
    exec make -C "$root" --no-print-directory test
    ;;
*)
    install_packages run
    hv16 --check "$@" || exit $?
    build
    export PYTHONPATH="$root/tools"
    exec "$python" -B -P -m hv16 "$@"
    ;;
esac
