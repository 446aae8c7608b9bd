#!/bin/sh
# What was measured before the injection, kept on the target for the playbook that compares.
#   memo keep FILE TEXT | recall FILE
set -eu
case $1 in
    keep)
        mkdir -p "$(dirname "$2")"
        printf '%s\n' "$3" >"$2" ;;
    recall) cat "$2" ;;
    *) echo "memo: unknown action $1" >&2; exit 2 ;;
esac
