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
: >serve.txt
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

# Proofs: got online, verified offline with the message that was sent.
receipt=$(grep -o '"receipt_id":[ ]*"SWX[0-9]*"' receipts/000001.receipt.json | head -1 | grep -o 'SWX[0-9]*')
expect 0 "$swx" proof checkpoint --out kept.txt --dev-party declarant
key=$(grep -o '[0-9a-f]\{64\}' out.txt)
expect 0 "$swx" proof get "$receipt" --out proof.json --dev-party declarant
expect 0 env -u SWX_SERVER "$swx" proof verify proof.json --message sample/list/000001.xml --public-key "$key"
holds '1 proved, 0 not'
expect 1 "$swx" proof verify proof.json --message sample/list/000002.xml
holds 'the message is not the one that was recorded'
expect 0 "$swx" proof get "$receipt" --document 2 --out one.json --dev-party declarant
expect 0 "$swx" proof verify one.json
holds '2/10'
expect 2 "$swx" proof get "$receipt" --document 11 --dev-party declarant
expect 0 "$swx" proof get "$receipt" --events --out became.json --dev-party declarant
expect 0 "$swx" proof verify became.json
holds '已接收'
sed 's/"leaf_index":\([0-9]*\)/"leaf_index":1\1/' proof.json >forged.json
expect 1 "$swx" proof verify forged.json
expect 2 "$swx" proof get "$receipt" --dev-party statistics
expect 2 "$swx" proof get SWX0000000000999999 --dev-party declarant
expect 2 "$swx" proof verify receipts/000001.receipt.json
expect 0 "$swx" decide --status 899 --pre-no "$pre_no" --dev-party customs
expect 0 "$swx" proof extend kept.txt --out newest.txt --dev-party statistics
holds 'the ledger goes on unchanged'
expect 1 "$swx" proof extend newest.txt --public-key "$(printf '0%.0s' $(seq 64))" --dev-party statistics

# The dated tables: checked, imported into the running exchange, in force at once; a repeat changes nothing.
expect 0 "$swx" tables export tariff --out tariff.csv
expect 0 "$swx" tables import tariff tariff.csv --dry-run
holds 'valid, not imported'
expect 0 "$swx" tables import tariff tariff.csv --note again --dev-party operator
holds 'rows imported'
expect 0 "$swx" gen --lists 1 --seed 9 --out priced
expect 0 "$swx" precheck priced/list/000001.xml --dev-party declarant
printf 'name,value,effective_from,effective_to,mark,source\nsingle_limit,1,2020-01-01,,D,made up\n' >limit.csv
expect 0 "$swx" tables import parameters limit.csv --request-id limit-1 --dev-party operator
holds 'parameters 1 '
expect 0 "$swx" tables import parameters limit.csv --request-id limit-1 --dev-party operator
holds 'repeated'
if grep -q 'rows imported' out.txt; then fail "a repeat imports nothing"; fi
expect 1 "$swx" precheck priced/list/000001.xml --dev-party declarant
holds 'R-LIMIT-01'
printf 'name,value,effective_from,effective_to,mark,source\nsingle_limit,5000,2020-01-01,,D,made up\n' >limit.csv
expect 0 "$swx" tables import parameters limit.csv --dev-party operator
expect 0 "$swx" precheck priced/list/000001.xml --dev-party declarant
printf 'name,value,effective_from,effective_to,mark,source\nsingle_limit,x,2020-01-01,,D,made up\n' >wrong.csv
expect 1 "$swx" tables import parameters wrong.csv --dev-party operator
holds 'wrong.csv:2'
expect 2 "$swx" tables import parameters limit.csv --dev-party seller
grep -q 'ROLE_DENIED' err.txt || fail "the reason of a refusal is missing"

# Filing: a firm that nobody knows yet applies, the operator reviews.
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout new-key.pem -out new.csr \
    -subj '/O=Example/CN=newcomer' 2>err.txt
printf 'extendedKeyUsage=clientAuth\n' >usage.txt
openssl x509 -req -in new.csr -CA data/dev/ca.pem -CAkey data/dev/ca-key.pem -CAcreateserial -days 30 -out new.pem \
    -extfile usage.txt 2>err.txt
newcomer=(--ca data/dev/ca.pem --cert new.pem --key new-key.pem)
expect 2 "$swx" filings history 91410100MA9NKJC243 "${newcomer[@]}"
expect 0 "$swx" file apply --code 91410100MA9NKJC24X --name 示例新企业有限公司 --role seller "${newcomer[@]}"
holds 'R-ENT-02'
wrong=$(grep -o 'SWX[0-9]*' out.txt | head -1)
expect 1 "$swx" file review "$wrong" --approve --dev-party operator
expect 0 "$swx" file review "$wrong" --refuse --reason 代码有误 --dev-party operator
expect 2 "$swx" file review nonsense --refuse --reason x --dev-party operator
expect 0 "$swx" file apply --code 91410100MA9NKJC243 --name 示例新企业有限公司 --role seller "${newcomer[@]}"
holds 'status: waiting'
holds 'R-ENT-09'
application=$(grep -o 'SWX[0-9]*' out.txt | head -1)
expect 2 "$swx" file review "$application" --approve --dev-party seller
expect 2 "$swx" file review "$application" --refuse --dev-party operator
expect 0 "$swx" filings applications --dev-party operator
holds "$application"
expect 0 "$swx" file review "$application" --approve --reason 已核对 --json --dev-party operator
holds '"value":"approved"'
expect 1 "$swx" file review "$application" --refuse --reason 重复 --dev-party operator
holds 'does not wait for review'
expect 0 "$swx" filings history 91410100MA9NKJC243 "${newcomer[@]}"
expect 2 "$swx" file apply --code 91410100MA9NKJC243 --name 示例 --role nobody "${newcomer[@]}"

# Foreign exchange: a bank reports against an order that is on record.
order_no=$(grep -o '<ceb:orderNo>[^<]*' sample/order/000001.xml | head -1 | cut -d'>' -f2)
platform=$(grep -o '<ceb:ebpCode>[^<]*' sample/order/000001.xml | head -1 | cut -d'>' -f2)
merchant=$(grep -o '<ceb:ebcCode>[^<]*' sample/order/000001.xml | head -1 | cut -d'>' -f2)
message='"kind":"purchase","currency":"502","rate":"7.2","presale":true,"bop_code":"121010","settlement_day":"20260501","individual":true,"payer_name":"测试甲","payer_id_number":"11010519491231002X","payer_id_type":"1","goods":[{"name":"milk","category":"food","unit_price":"1","quantity":"1"}]'
trade="\"merchant_code\":\"$merchant\",\"order_no\":\"$order_no\",\"platform_code\":\"$platform\""
printf '{"out_order_id":"B-1","transaction_id":"T-1","cny_amount":"7.2","foreign_amount":"1",%s,%s}\n' "$trade" "$message" >forex.jsonl
expect 0 "$swx" forex report forex.jsonl --dev-party bank
holds '1 taken, 0 refused'
printf '{"out_order_id":"B-2","transaction_id":"T-2","cny_amount":"720000","foreign_amount":"100000",%s,%s}\n' "$trade" "$message" >>forex.jsonl
expect 1 "$swx" forex report forex.jsonl --dev-party bank
holds 'R-FX-05'
holds '重复报送 repeated'
expect 0 "$swx" forex list --dev-party forex
holds 'B-1'
expect 0 "$swx" forex show "$order_no" --platform "$platform" --json --dev-party forex
holds '"used":"7.2"'
expect 1 "$swx" forex show NO-SUCH-ORDER --platform "$platform" --dev-party forex
expect 2 "$swx" forex report forex.jsonl --dev-party seller
printf '{"kind":"sale"}\n' >forex.jsonl
expect 2 "$swx" forex report forex.jsonl --dev-party bank

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

expect 0 "$swx" tax sample/list
expect 0 "$swx" wrap sample/list/000001.xml --sender DXPENT0000000001 --receiver DXPEDCCEB0000002
cp out.txt wrapped.xml
expect 0 "$swx" tax wrapped.xml
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
