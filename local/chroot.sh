#!/bin/sh
# A fresh Debian 12 in FOLDER, with nothing but what README's apt line installs: does it all work there?
#
#     local/chroot.sh FOLDER [TARGET ...]
#
# As root, with debootstrap. What stands here is cloned into it, and `make TARGET` runs there: demo, if
# none is named. All that is mounted or started for it goes when this ends, as it lives in namespaces
# of its own; FOLDER stays, so that a second run installs nothing again. ALSO names files and folders of
# this machine that pip, npm and apt need here (a certificate, a mirror): they are seen there too.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:?usage: local/chroot.sh FOLDER [TARGET ...]}
shift
suite=bookworm
house=/srv/kindred

if [ "${INSIDE:-}" != yes ]; then
    [ "$(id -u)" = 0 ] || { echo "Only root can do that." >&2; exit 2; }
    command -v debootstrap >/dev/null || { echo "Needed: apt-get install debootstrap" >&2; exit 2; }
    mkdir -p "$folder"
    INSIDE=yes exec unshare --mount --pid --fork --kill-child "$0" "$(cd "$folder" && pwd)" "$@"
fi

# Programs there get no variable of ours, but those by which package clients find their registries.
clients() {
    env | grep -E '^(PIP|NPM|npm_config|SSL|REQUESTS)_[A-Za-z_]*=|^[A-Za-z]+_(proxy|PROXY)=' || true
}
within() {
    # shellcheck disable=SC2046  # a word for each of them: none has a blank in it
    chroot "$folder" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin $(clients) "$@" </dev/null
}

[ -e "$folder/etc/debian_version" ] || debootstrap --variant=minbase "$suite" "$folder"
mount --make-rprivate /
mount -t proc proc "$folder/proc"
mount --rbind /dev "$folder/dev"
mount -t tmpfs -o mode=1777 tmpfs "$folder/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$folder/tmp"
cp /etc/resolv.conf "$folder/etc/resolv.conf"

line=$(grep -m 1 -oE 'apt-get install .*' "$here/README.md")
echo "In a fresh Debian: $line"
within apt-get update -qq
# shellcheck disable=SC2086  # a line of words
within env DEBIAN_FRONTEND=noninteractive $line --yes -qq >"$folder/var/log/installed.log"
for each in ${ALSO:-}; do # folders are mounted; files are copied, as packages may replace theirs
    if [ -d "$each" ]; then
        mkdir -p "$folder$each" && mount --bind "$each" "$folder$each"
    else
        mkdir -p "$folder$(dirname "$each")" && cp "$each" "$folder$each"
    fi
done
rm -rf "${folder:?}$house"
git clone --quiet "$here" "$folder$house"
for target in "${@:-demo}"; do
    echo "In a fresh Debian: make $target"
    within make --directory="$house" "$target"
done
