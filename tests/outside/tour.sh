#!/usr/bin/env bash
# The five-minute tour of the README with the built program: every command, and its exit code.
#     tests/outside/tour.sh path/to/swx
set -euo pipefail
swx=$(realpath "$1")
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

fail() { printf 'tour: %s\n' "$1"; exit 1; }
expect() { # exit code, command …
    local wanted=$1 code=0
    shift
    "$@" >out.txt 2>err.txt || code=$?
    [ "$code" -eq "$wanted" ] || { cat out.txt err.txt; fail "exit code $code instead of $wanted: ${*#"$swx"}"; }
}
holds() { grep -q -- "$1" out.txt || { cat out.txt; fail "not in the output: $1"; }; }

expect 2 "$swx" submit --dev-party declarant --data nowhere .
SWX_LOG=error "$swx" serve --dev --data data --listen 127.0.0.1:0 >serve.txt &
server=$!
for _ in $(seq 600); do
    if grep -q 'https://' serve.txt; then break; fi
    kill -0 "$server" 2>/dev/null || fail "the server ended"
    sleep 0.1
done
SWX_SERVER=$(grep -o 'https://[0-9.]*:[0-9]*' serve.txt | head -1)
[ -n "$SWX_SERVER" ] || fail "the server did not say where it listens"
export SWX_SERVER

expect 0 "$swx" gen --lists 20 --per-message 10 --out sample
expect 0 "$swx" validate sample/list/000001.xml
expect 0 "$swx" submit sample/list --dev-party declarant --out receipts
holds '20 documents accepted'
holds '20 lists waiting'
[ -s receipts/000001.receipt.xml ] && [ -s receipts/000002.receipt.json ] || fail "receipts are missing"
expect 0 "$swx" submit sample/order --dev-party platform
expect 0 "$swx" submit sample/payment --dev-party payment
expect 0 "$swx" submit sample/waybill --dev-party logistics
expect 0 "$swx" submit sample/list --dev-party declarant
holds '2 seen before'

expect 0 "$swx" watch desk --create --view full --type 621 --from earliest --max 20 --json --dev-party customs
[ "$(wc -l <out.txt)" -eq 20 ] || fail "watch did not print 20 deliveries"
pre_no=$(grep -o '"pre_no":"[^"]*"' out.txt | head -1 | cut -d'"' -f4)
expect 0 "$swx" decide --status 500 --pre-no "$pre_no" --info 查验 --dev-party customs
expect 0 "$swx" decide --status 800 --pre-no "$pre_no" --dev-party customs
holds '800'
expect 1 "$swx" decide --status 800 --pre-no B20260101999999999 --dev-party customs
expect 2 "$swx" decide --status 800 --pre-no "$pre_no" --dev-party declarant
grep -q 'permission denied' err.txt || fail "the reason of a refusal is missing"
expect 0 "$swx" trace "$pre_no" --dev-party declarant
holds '800 放行 released'
expect 1 "$swx" trace NO-SUCH-NUMBER --dev-party declarant

expect 0 "$swx" customs-sim --scenario calm --for 1ms --dev-party customs
holds 'customs simulator'
expect 0 "$swx" gen --lists 5 --seed 3 --out rehearsed
expect 0 "$swx" submit rehearsed/order --dev-party platform
expect 0 "$swx" submit rehearsed/payment --dev-party payment
expect 0 "$swx" submit rehearsed/waybill --dev-party logistics
expect 0 "$swx" submit rehearsed/list --dev-party declarant
expect 0 "$swx" customs-sim --scenario calm --speed 100000 --count 5 --dev-party customs
holds '5 documents'
holds '399 海关审结 adjudicated'
expect 2 "$swx" customs-sim --scenario nowhere.toml --dev-party customs
expect 2 "$swx" customs-sim --reject 60% --inspect 60% --dev-party customs

expect 0 "$swx" gen --lists 1 --seed 2 --out other
sed 's/<ceb:orderNo>[^<]*</<ceb:orderNo></' other/list/000001.xml >bad.xml
expect 1 "$swx" validate bad.xml
expect 1 "$swx" validate --format html bad.xml
holds '<mark>'
expect 1 "$swx" validate --format sarif bad.xml
holds '"version": "2.1.0"'
expect 0 "$swx" validate --edition 2018 sample/list/000001.xml
expect 2 "$swx" validate --edition 1999 sample/list/000001.xml
expect 1 "$swx" submit bad.xml --dev-party declarant
holds 'orderNo'
printf 'not XML' >worse.xml
expect 1 "$swx" submit worse.xml --dev-party declarant
expect 0 "$swx" completions bash

expect 0 "$swx" demo
holds 'Done'
printf 'ok tour\n'
