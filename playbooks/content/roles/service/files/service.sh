#!/bin/sh
# One step with a service; Python is not needed on the target.
#   service page CA_FILE URL                     prints the page; CA_FILE may be empty
#   service answers SECONDS TEXT CA_FILE URL     waits until the page contains the text (a regular expression)
#   service tally TIMES TEXT CA_FILE URL         asks so many times, prints how often it contained the text
#   service run COMMAND ...                      runs it
#   service wait SECONDS COMMAND ...             runs it until it succeeds
#   service signal NAME COMMAND ...              sends the signal to the process whose id the command prints
#   service repair CHECK ... -- RESTART ...    restarts where the check fails, then waits for it (20 s)
set -eu
action=$1
shift
page() { # CA_FILE URL
    if command -v curl >/dev/null; then
        curl -fsS --noproxy '*' -m 2 ${1:+--cacert "$1"} "$2"
    elif command -v wget >/dev/null; then
        wget -q --no-proxy -t 1 -T 2 ${1:+--ca-certificate="$1"} -O - "$2"
    else
        python3 -c 'import ssl, sys, urllib.request as u
print(u.build_opener(u.ProxyHandler({}), u.HTTPSHandler(context=ssl.create_default_context(cafile=sys.argv[1] or None)))
      .open(sys.argv[2], timeout=2).read().decode())' "$@"
    fi
}
contains() { # TEXT CA_FILE URL
    text=$1
    shift
    page "$@" 2>/dev/null | grep -Eq "$text"
}

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
    page) page "$@" ;;
    answers)
        seconds=$1
        shift
        patiently "$seconds" contains "$@" ;;
    tally)
        left=$1 good=0
        shift
        while [ "$left" -gt 0 ]; do
            if contains "$@"; then good=$((good + 1)); fi
            left=$((left - 1))
        done
        echo "$good" ;;
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
