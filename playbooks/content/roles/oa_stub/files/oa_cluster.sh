#!/bin/sh
# Moves the office application of a lab between two equipments.
#   oa_cluster promote URL PYTHON                             the follower at URL serves from now on
#   oa_cluster rejoin SVC DIR PYTHON PROGRAM PORT PEER_URL    the lost host follows the one that took over; its own
#                                                             documents are kept aside in oa-data.lost
set -eu
action=$1
shift
ask() { "$python" -c 'import sys, urllib.request as u; print(u.urlopen(u.Request(sys.argv[1], method=sys.argv[2]), timeout=2).read().decode())' "$@"; }

case $action in
    promote)
        python=$2
        ask "$1/promote" POST ;;
    rejoin)
        svc=$1 dir=$2 python=$3 program=$4 port=$5 peer=$6
        if [ "$(ask "$peer/role" GET)" != serving ]; then echo "nobody took over: nothing to follow"; exit 0; fi
        if [ "$(ask "http://127.0.0.1:$port/role" GET 2>/dev/null)" = following ]; then echo "follows already"; exit 0; fi
        sh "$svc" stop "$dir" oa
        rm -rf "$dir/oa-data.lost"
        mv "$dir/oa-data" "$dir/oa-data.lost"
        sh "$svc" start "$dir" oa "$python" "$program" --dir "$dir/oa-data" --port "$port" --follow "$peer" ;;
    *) echo "oa_cluster: unknown action $action" >&2; exit 2 ;;
esac
