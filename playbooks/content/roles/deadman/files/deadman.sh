#!/bin/sh
# The dead-man switch of a drill: a process on the target that undoes the injection when nobody has touched its
# heartbeat for some seconds. It needs neither the platform nor the network.
#   deadman arm DIR SECONDS UNDO    UNDO is the text of the script that heals; arming again replaces both
#   deadman refresh DIR          says whether it is armed
#   deadman disarm DIR          prints disarmed, fired or absent; waits for a healing that has begun
# Whoever renames DIR/armed first decides: the watcher (fired) or the rollback (disarmed), never both.
set -eu
action=$1
dir=$2

# a clock that nobody sets: seconds since the machine started
uptime_seconds() { cut -d. -f1 /proc/uptime; }

alive() {
    pid=$(cat "$dir/pid" 2>/dev/null) || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "watch $dir "
}

quiet() { # wait for a watcher that is ending, perhaps healing
    left=300
    while alive && [ "$left" -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
}

begun() { # until it has a session and an environment of its own, the watcher would end with who starts it
    left=100
    until [ -e "$dir/watching" ]; do
        [ "$left" -gt 0 ] || { echo "deadman: the watcher does not begin" >&2; exit 1; }
        sleep 0.1
        left=$((left - 1))
    done
}

watch() {
    : >"$dir/watching"
    seconds=$1
    seen=""
    while [ -e "$dir/armed" ]; do
        beat=$(stat -c '%y' "$dir/heartbeat" 2>/dev/null || echo lost)
        now=$(uptime_seconds)
        if [ "$beat" != "$seen" ]; then seen=$beat since=$now; fi
        if [ $((now - since)) -ge "$seconds" ] && mv "$dir/armed" "$dir/fired" 2>/dev/null; then
            echo "no heartbeat for $seconds s: undoing the injection"
            date -u '+%Y-%m-%dT%H:%M:%SZ' >"$dir/fired_at"
            if sh "$dir/undo"; then echo healed; else echo "undo failed with status $?"; fi
            exit 0
        fi
        sleep 0.5
    done
}

case $action in
    arm)
        mkdir -p "$dir"
        chmod 700 "$dir"
        if mv "$dir/armed" "$dir/disarmed" 2>/dev/null && alive; then kill "$pid" 2>/dev/null || :; fi
        quiet
        cp "$0" "$dir/deadman"
        printf '%s\n' "$4" >"$dir/undo"
        touch "$dir/heartbeat"
        rm -f "$dir/fired" "$dir/fired_at" "$dir/disarmed" "$dir/watching"
        touch "$dir/armed"
        setsid env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
            sh "$dir/deadman" watch "$dir" "$3" </dev/null >>"$dir/log" 2>&1 &
        echo $! >"$dir/pid"
        begun
        echo armed ;;
    refresh)
        [ -e "$dir/armed" ] || { echo "not armed"; exit 0; }
        touch "$dir/heartbeat"
        echo armed ;;
    disarm)
        if mv "$dir/armed" "$dir/disarmed" 2>/dev/null; then echo disarmed
        elif [ -e "$dir/fired" ]; then echo fired
        else echo absent; fi
        quiet
        rm -f "$dir/pid" ;;
    watch) watch "$3" ;;
    *) echo "deadman: unknown action $action" >&2; exit 2 ;;
esac
