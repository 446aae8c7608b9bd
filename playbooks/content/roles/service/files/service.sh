#!/bin/sh
# One step with a service; Python is not needed on the target.
#   service run COMMAND ...             runs it
#   service wait SECONDS COMMAND ...    runs it until it succeeds
#   service signal NAME COMMAND ...     sends the signal to the process whose id the command prints
set -eu
action=$1
shift
case $action in
    run) exec "$@" ;;
    wait)
        left=$(($1 * 5))
        shift
        until "$@" >/dev/null 2>&1; do
            [ "$left" -gt 0 ] || { echo "never succeeded: $*" >&2; "$@"; exit 1; }
            left=$((left - 1))
            sleep 0.2
        done ;;
    signal)
        signal=$1
        shift
        pid=$("$@")
        if [ "${pid:-0}" -le 1 ]; then echo "no running process to signal" >&2; exit 1; fi
        kill "-$signal" "$pid" ;;
    *) echo "service: unknown action $action" >&2; exit 2 ;;
esac
