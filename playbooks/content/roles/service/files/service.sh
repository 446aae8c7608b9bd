#!/bin/sh
# One step with a service; Python is not needed on the target.
#   service run COMMAND ...             runs it
#   service signal NAME COMMAND ...     sends the signal to the process whose id the command prints
set -eu
action=$1
shift
case $action in
    run) exec "$@" ;;
    signal)
        signal=$1
        shift
        pid=$("$@")
        if [ "${pid:-0}" -le 1 ]; then echo "no running process to signal" >&2; exit 1; fi
        kill "-$signal" "$pid" ;;
    *) echo "service: unknown action $action" >&2; exit 2 ;;
esac
