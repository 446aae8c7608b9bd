#!/bin/sh
# One step with a server certificate. DIR holds cert.pem and key.pem. Everything may run twice.
#   tls ca CA_DIR                        a small certificate authority of a lab
#   tls issue CA_DIR DIR NAME DAYS       a new key and a certificate; DAYS "expired" makes one that is out of date
#   tls save DIR | back DIR              keeps the pair before an injection; puts it back
#   tls days DIR                         prints the days that the certificate still has, and its serial number
#   tls shown HOST PORT CA_FILE          the same of what the server shows, and whether the chain is right
set -eu
umask 077
action=$1
shift

days_of() { # a certificate on standard input: "DAYS SERIAL"
    told=$(openssl x509 -noout -enddate -serial 2>/dev/null)
    ends=$(echo "$told" | sed -n 's/^notAfter=//p')
    echo "$((($(date -d "$ends" +%s) - $(date +%s)) / 86400)) $(echo "$told" | sed -n 's/^serial=//p')"
}

case $action in
    ca)
        mkdir -p "$1/issued"
        [ ! -s "$1/ca.pem" ] || exit 0
        : >"$1/index.txt"
        openssl rand -hex 8 >"$1/serial"
        cat >"$1/ca.cnf" <<EOF
[ca]
default_ca = lab
[lab]
database = $1/index.txt
serial = $1/serial
new_certs_dir = $1/issued
certificate = $1/ca.pem
private_key = $1/ca.key
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
EOF
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config "$1/ca.cnf" \
            -keyout "$1/ca.key" -out "$1/ca.pem" -days 3650 -subj '/CN=Shoushi drill CA' \
            -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
        chmod 644 "$1/ca.pem" ;;
    issue)
        ca=$1 dir=$2 name=$3
        mkdir -p "$dir"
        case $name in *[!0-9.]*) alt="DNS:$name" ;; *) alt="IP:$name" ;; esac
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config "$ca/ca.cnf" \
            -keyout "$dir/key.new" -out "$dir/request.pem" -subj "/CN=$name" -addext "subjectAltName=$alt" 2>/dev/null
        if [ "$4" = expired ]; then
            set -- -startdate 20240101000000Z -enddate 20240401000000Z
        else
            set -- -days "$4"
        fi
        openssl ca -batch -notext -config "$ca/ca.cnf" -in "$dir/request.pem" -out "$dir/cert.new" "$@" 2>/dev/null
        mv "$dir/key.new" "$dir/key.pem"
        mv "$dir/cert.new" "$dir/cert.pem"
        rm -f "$dir/request.pem" ;;
    save)
        [ ! -e "$1/good" ] || exit 0
        mkdir "$1/good.new"
        cp "$1/cert.pem" "$1/key.pem" "$1/good.new/"
        mv "$1/good.new" "$1/good" ;;
    back) # only while what is installed is not valid: a renewed certificate stays
        [ -e "$1/good" ] || { echo kept; exit 0; }
        if openssl x509 -noout -checkend 0 -in "$1/cert.pem" >/dev/null; then
            echo kept
        else
            cp "$1/good/cert.pem" "$1/good/key.pem" "$1/"
            echo restored
        fi
        rm -rf "$1/good" ;;
    days) days_of <"$1/cert.pem" ;;
    shown)
        told=$(openssl s_client -connect "$1:$2" -CAfile "$3" </dev/null 2>/dev/null || :)
        case $told in *'Verify return code: 0 (ok)'*) chain=ok ;; *) chain=bad ;; esac
        days=$(echo "$told" | openssl x509 2>/dev/null | days_of)      # ends here when nothing was shown
        echo "$days $chain" ;;
    *) echo "tls: unknown action $action" >&2; exit 2 ;;
esac
