#!/bin/sh
# One step with a service; Python is not needed on the target.
#   service run COMMAND ...             runs it
#   service wait SECONDS COMMAND ...    runs it until it succeeds
#   service signal NAME COMMAND ...     sends the signal to the process whose id the command prints
#   service repair CHECK ... -- RESTART ...    restarts where the check fails, then waits for it (20 s)
set -eu
action=$1
shift
patiently() {
    left=$(($1 * 5))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$left" -gt 0 ] || { echo "never succeeded: $*" >&2; "$@"; exit 1; }
        left=$((left - 1))
        sleep 0.2
    done
}

case $action in
    run) exec "$@" ;;
    wait) patiently "$@" ;;
    repair)
        count=$# number=0 check="" restart="" into=check
        while [ "$number" -lt "$count" ]; do # each word is quoted again, so that eval sees the same words
            if [ "$1" = -- ] && [ $into = check ]; then
                into=restart
            else
                word="'$(printf '%s' "$1" | sed "s/'/'\\\\''/g")'"
                if [ $into = check ]; then check="$check $word"; else restart="$restart $word"; fi
            fi
            shift
            number=$((number + 1))
        done
        if eval "$check" >/dev/null 2>&1; then echo working; exit 0; fi
        eval "$restart"
        eval "patiently 20 $check"
        echo restarted ;;
    signal)
        signal=$1
        shift
        pid=$("$@")
        if [ "${pid:-0}" -le 1 ]; then echo "no running process to signal" >&2; exit 1; fi
        kill "-$signal" "$pid" ;;
    *) echo "service: unknown action $action" >&2; exit 2 ;;
esac
