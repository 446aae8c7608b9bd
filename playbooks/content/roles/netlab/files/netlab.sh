#!/bin/sh
# Four network namespaces of a lab: office - carrier 1 or carrier 2 - server. Nothing is added to the machine's own
# network. Needs root and the right to make namespaces.
#   netlab up PREFIX | down PREFIX | cut PREFIX | restore PREFIX | route PREFIX END LINE
# office is 10.80.0.1, server is 10.90.0.1; line N goes over 10.N.1.0/30 and 10.N.2.0/30.
set -eu
action=$1
p=$2

in_ns() { space=$1; shift; ip netns exec "$p-$space" "$@"; }

add() { # a namespace that forwards and takes packets from whichever line they come
    ip netns add "$p-$1"
    in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
        for each in all default; do echo 0 >/proc/sys/net/ipv4/conf/$each/rp_filter; done'
    ip -n "$p-$1" link set lo up
}

wire() { # NS1 NAME1 ADDRESS1 NS2 NAME2 ADDRESS2
    ip link add "$2" netns "$p-$1" type veth peer name "$5" netns "$p-$4"
    ip -n "$p-$1" address add "$3/30" dev "$2"
    ip -n "$p-$4" address add "$6/30" dev "$5"
    ip -n "$p-$1" link set "$2" up
    ip -n "$p-$4" link set "$5" up
}

route() { # END LINE: the way from one end to the other
    case $1 in
        office) ip -n "$p-office" route replace 10.90.0.1 via "10.$2.1.2" src 10.80.0.1 ;;
        server) ip -n "$p-server" route replace 10.80.0.1 via "10.$2.2.1" src 10.90.0.1 ;;
    esac
}

carry() { # LINE: the carrier knows both ends
    ip -n "$p-carrier$1" route replace 10.80.0.1 via "10.$1.1.1"
    ip -n "$p-carrier$1" route replace 10.90.0.1 via "10.$1.2.2"
}

down() {
    for each in office carrier1 carrier2 server; do
        [ ! -e "/run/netns/$p-$each" ] || ip netns delete "$p-$each"
    done
}

case $action in
    up)
        down
        for each in office carrier1 carrier2 server; do add $each; done
        ip -n "$p-office" address add 10.80.0.1/32 dev lo
        ip -n "$p-server" address add 10.90.0.1/32 dev lo
        for n in 1 2; do
            wire office line$n 10.$n.1.1 carrier$n near 10.$n.1.2
            wire carrier$n far 10.$n.2.1 server line$n 10.$n.2.2
            carry $n
        done
        route office 1
        route server 1 ;;
    down) down ;;
    cut) ip -n "$p-carrier1" link set far down ;;   # at the far end: the office's link stays up
    restore)
        ip -n "$p-carrier1" link set far up
        carry 1 ;;
    route) route "$3" "$4" ;;
    *) echo "netlab: unknown action $action" >&2; exit 2 ;;
esac
