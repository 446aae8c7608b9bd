#!/bin/sh
# A detached process of a lab, known by its pid file. It keeps no environment of the platform that started it.
#   svc start DIR NAME [COMMAND ...]       the command is remembered, so that a later start needs none
#   svc stop|restart|kill|freeze|thaw|status|pid DIR NAME
#   svc write DIR FILE TEXT                replaces a small file at once
#   svc off DIR | on DIR                   the whole host is lost, with its folder; and comes back
#   svc down DIR                           disarms the dead-man switch and ends every process of the folder
#   svc remove DIR                         removes the lab's folder, once all its hosts are down
set -eu
action=$1
dir=$2
name=${3-}

# "pid start-time" of the file is a process of ours only while both are true and it is no zombie
alive() {
    { read -r pid began <"$dir/$name.pid"; } 2>/dev/null || return 1
    fields=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || return 1
    # shellcheck disable=SC2086 # split on purpose: field 1 is the state, field 20 the start time
    set -- $fields
    [ "${1-Z}" != Z ] && [ "${20-}" = "$began" ]
}

began_of() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; }

gone() { # wait for at most $1 tenths of a second
    left=$1
    while alive; do
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        sleep 0.1
    done
}

stop() {
    alive || return 0
    kill -CONT "$pid" 2>/dev/null || :
    kill -TERM "$pid" 2>/dev/null || :
    gone 30 || { kill -KILL "$pid" 2>/dev/null || :; gone 50; }
}

start() {
    mkdir -p "$dir"
    alive && return 0
    if [ $# -gt 0 ]; then
        { printf 'exec'; printf " '%s'" "$@"; echo; } >"$dir/$name.run"
    fi
    [ -s "$dir/$name.run" ] || { echo "$dir/$name.run is missing: nothing to start" >&2; exit 1; }
    rm -f "$dir/$name.up"
    # shellcheck disable=SC2016 # for the shell that is started
    setsid env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        sh -c ': >"$1.up"; exec sh "$1.run"' svc "$dir/$name" </dev/null >>"$dir/$name.log" 2>&1 &
    echo "$! $(began_of $!)" >"$dir/$name.pid"
    begun
}

begun() { # until it has a session and an environment of its own, the process would end with who starts it
    left=100
    until [ -e "$dir/$name.up" ]; do
        [ "$left" -gt 0 ] || { echo "svc: $name does not begin" >&2; exit 1; }
        sleep 0.1
        left=$((left - 1))
    done
}

case $action in
    start) shift 3; start "$@" ;;
    stop) stop ;;
    restart) stop; start ;;
    kill) if alive; then kill -KILL "$pid"; gone 50; fi ;;
    freeze) alive && kill -STOP "$pid" ;;
    thaw) if alive; then kill -CONT "$pid"; fi ;;
    pid) alive && echo "$pid" ;;
    status) if alive; then echo running; else echo stopped; fi ;;
    write)
        mkdir -p "$dir"
        printf '%s\n' "$4" >"$dir/$name.new"
        mv "$dir/$name.new" "$dir/$name" ;;
    off)
        for file in "$dir"/*.pid; do
            [ -e "$file" ] || continue
            name=$(basename "$file" .pid)
            if alive; then kill -KILL "$pid"; gone 50; fi
        done
        if [ -d "$dir" ]; then mv "$dir" "$dir.lost"; fi ;;
    on)
        if [ -d "$dir.lost" ]; then mv "$dir.lost" "$dir"; fi
        for file in "$dir"/*.run; do
            [ -e "$file" ] || continue
            name=$(basename "$file" .run)
            start
        done ;;
    down)
        rm -f "$dir/deadman/armed"
        watcher=$(cat "$dir/deadman/pid" 2>/dev/null) && kill "$watcher" 2>/dev/null || :
        for file in "$dir"/*.pid; do
            [ -e "$file" ] || continue
            name=$(basename "$file" .pid)
            stop
        done ;;
    remove)
        case $dir in /*/*) rm -rf "$dir" ;; *) echo "svc: will not remove $dir" >&2; exit 2 ;; esac ;;
    *) echo "svc: unknown action $action" >&2; exit 2 ;;
esac
