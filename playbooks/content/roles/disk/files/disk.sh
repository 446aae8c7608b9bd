#!/bin/sh
# One step with a disk. Everything may run twice.
#   disk lab DIR MB VARIANT      a lab's small disk: tmpfs where mounting is permitted, otherwise a quota of the
#                                application (VARIANT auto, tmpfs or quota); prints which
#   disk unlab DIR
#   disk fill DIR MAX_MB         fills it with old logs in DIR/ballast; refuses a disk with more than MAX_MB free
#   disk empty DIR               removes the ballast
#   disk list DAYS PATTERN DIR ...    what free would remove: files of that name, older than so many days
#   disk free DAYS PATTERN DIR ...    removes them and prints their number and kilobytes
#   disk left DIR                prints the free kilobytes
set -eu
action=$1
shift

left() { df -Pk "$1" | sed -n 2p | { read -r _ _ _ free _; echo "$free"; }; }
mounted() { grep -q " $1 tmpfs " /proc/mounts; }
quota_of() { cat "$1.quota_mb" 2>/dev/null || echo 0; }

old_files() { # DAYS PATTERN DIR ...: regular files only, never across a mount, never by a link
    days=$1 pattern=$2
    shift 2
    if [ "$days" -gt 0 ]; then
        find "$@" -xdev -type f -name "$pattern" -mtime "+$((days - 1))"
    else
        find "$@" -xdev -type f -name "$pattern"
    fi
}

case $action in
    lab)
        mkdir -p "$1"
        if mounted "$1"; then echo tmpfs; exit 0; fi
        if [ "$3" != quota ] && mount -t tmpfs -o "size=${2}m,mode=0755" shoushi-lab "$1" 2>/dev/null; then
            echo tmpfs
        elif [ "$3" = tmpfs ]; then
            echo "mounting is not permitted here" >&2
            exit 1
        else
            echo "$2" >"$1.quota_mb"
            echo quota
        fi ;;
    unlab) if mounted "$1"; then umount "$1"; fi ;;
    fill)
        quota=$(quota_of "$1")
        mkdir -p "$1/ballast"
        if [ "$quota" -gt 0 ]; then
            dd if=/dev/zero of="$1/ballast/oa.log.1" bs=1M count=$((quota + 1)) 2>/dev/null
            exit 0
        fi
        free=$(left "$1")
        if [ "$free" -gt $(($2 * 1024)) ]; then
            echo "$1 has $((free / 1024)) MB free, more than the $2 MB that this drill may fill" >&2
            exit 1
        fi
        dd if=/dev/zero of="$1/ballast/oa.log.1" bs=64k 2>/dev/null || :   # ends when the disk is full
        dd if=/dev/zero of="$1/ballast/oa.log.2" bs=4k 2>/dev/null || :
        echo "$(left "$1") kB left" ;;
    empty) rm -rf "${1:?}/ballast" ;;
    list) old_files "$@" ;;
    free)
        old_files "$@" | {
            number=0 kilobytes=0
            while IFS= read -r file; do
                size=$(du -k "$file" | cut -f1)
                rm -f "$file"
                number=$((number + 1)) kilobytes=$((kilobytes + size))
            done
            echo "$number $kilobytes"
        } ;;
    left) left "$1" ;;
    *) echo "disk: unknown action $action" >&2; exit 2 ;;
esac
