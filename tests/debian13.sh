#!/bin/sh
# debian13.sh: the README's two commands on a fresh Debian 13, whatever this machine is: `make
# test-debian13`.
#
# debootstrap makes a minimal system in build/debian13, once. What git has of this tree is cloned
# into it, and both commands run there, in a mount and process namespace of their own: nothing
# stays mounted and nothing goes on running. Where that is impossible it says so and is skipped.
set -eu

suite=trixie
tree=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
system=$tree/build/debian13

skip() {
    echo "make test-debian13 is skipped: $*" >&2
    exit 0
}

# inside COMMAND...: as root of that system, which sees this machine's devices and its own processes.
inside() {
    # shellcheck disable=SC2016 # $1 and $@ are for the inner shell
    timeout -k 10 1800 unshare --mount --pid --fork --kill-child sh -c '
        system=$1
        shift
        mount --bind /dev "$system/dev"
        mount -t devpts -o ptmxmode=666 devpts "$system/dev/pts"
        mount -t proc proc "$system/proc"
        exec chroot "$system" /usr/bin/env -i HOME=/root TERM=dumb LANG=C.UTF-8 \
            PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' sh "$system" "$@"
}

# Device files of its own would be copied by whoever copies build/: this machine's are lent to it.
make_system() {
    log=$tree/build/debian13.log
    rm -rf "$system.new"
    mkdir -p "$tree/build"
    echo "making a minimal $suite in build/debian13 (half a minute)" >&2
    if ! debootstrap --variant=minbase --include=git "$suite" "$system.new" >"$log" 2>&1; then
        tail -n 3 "$log" >&2
        rm -rf "$system.new"
        skip "debootstrap cannot make a $suite here (build/debian13.log says more)"
    fi
    find "$system.new/dev" -mindepth 1 -delete
    mv "$system.new" "$system"
}

[ "$(id -u)" = 0 ] || skip "it needs root"
command -v debootstrap >/dev/null || skip "debootstrap is missing: apt-get install debootstrap"
unshare --mount --pid --fork true 2>/dev/null || skip "no namespaces of its own here (unshare)"
git -C "$tree" rev-parse HEAD >/dev/null 2>&1 || skip "this is no git checkout"

[ -d "$system" ] || make_system
[ -z "$(git -C "$tree" status --porcelain)" ] ||
    echo "note: what is not committed is not tested there" >&2
rm -rf "$system/root/hv16"
git clone -q --no-hardlinks "$tree" "$system/root/hv16"
inside sh -ec 'cd /root/hv16; ./run.sh </dev/null; ./run.sh doctor | head -n 5; ./run.sh test </dev/null'
