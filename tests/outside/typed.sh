#!/usr/bin/env bash
# The examples of docs/typed.md, run as they stand there.
#     tests/outside/typed.sh path/to/swx
set -euo pipefail
swx=$(realpath "$1")
page=$(realpath "$(dirname "$0")/../../docs/typed.md")
work=$(mktemp -d)
server=
cleanup() {
    if [ -n "$server" ]; then kill -9 "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
unset SWX_SERVER SWX_CA SWX_CERT SWX_KEY SWX_DEV_PARTY SWX_DATA
export NO_COLOR=1

: >serve.txt
SWX_LOG=error "$swx" serve --dev --data data --listen 127.0.0.1:0 >serve.txt &
server=$!
for _ in $(seq 600); do
    if grep -q 'https://' serve.txt; then break; fi
    kill -0 "$server" 2>/dev/null || { printf 'typed: the server ended\n'; exit 1; }
    sleep 0.1
done
SWX_SERVER=$(grep -o 'https://[0-9.]*:[0-9]*' serve.txt | head -1)
[ -n "$SWX_SERVER" ] || { printf 'typed: the server did not say where it listens\n'; exit 1; }
export SWX_SERVER

{
    printf 'swx() { "%s" "$@"; }\n' "$swx"
    awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page"
} >examples.sh
[ "$(grep -c 'swx convert' examples.sh)" -ge 5 ] || { printf 'typed: the examples are gone\n'; exit 1; }
if [ -n "${SWX_NO_CURL:-}" ]; then
    # The examples over HTTP are the last ones.
    sed -i '/^post()/,$d' examples.sh
fi
bash -euo pipefail examples.sh >out.txt 2>&1 || { cat out.txt; printf 'typed: an example failed\n'; exit 1; }
if [ -z "${SWX_NO_CURL:-}" ]; then
    grep -q '"message":{"CEB621Message":{"guid":' converted.json || { cat converted.json; exit 1; }
fi
printf 'ok typed\n'
