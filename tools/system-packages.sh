#!/bin/sh
# The system packages that the tests use beyond Python 3.11, on Debian and Ubuntu. Installs them where it may
# (as root, or with password-less sudo) and otherwise names them; tests that need one skip with the reason.
set -u
case "${1:-browser}" in
    monitoring) NEEDED="prometheus prometheus-alertmanager dovecot-imapd" ;;
    drills) NEEDED="openssh-server iproute2 openssl" ;;
    *) NEEDED="chromium fonts-noto-cjk" ;;
esac
missing=""
for package in $NEEDED; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "please install by hand:$missing" >&2
    exit 0
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then as_root="sudo"; else echo "please install:$missing" >&2; exit 0; fi
fi
$as_root apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
    echo "could not install:$missing; the tests that need it will be skipped" >&2
exit 0
