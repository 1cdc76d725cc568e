#!/usr/bin/env bash
# Fuzzes one target.
#
#   tests/fuzz/run.sh TARGET MINUTES [SEED]        TARGET: parser validator schema pattern record ledger wire config
#                                                        signature envelope typed
#
# With a nightly toolchain and cargo-fuzz the run is guided by coverage; otherwise the corpus is mutated on the stable
# toolchain, repeatable from SEED. Findings are left in tests/fuzz/artifacts or tests/fuzz/found; the exit code says
# whether there are any. Limits per input: 10 s, 2 GiB (guided) or 512 MiB (by mutation).
set -euo pipefail
cd "$(dirname "$0")"

[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
target="$1" minutes="$2" seed="${3:-1}"
seconds=$((minutes * 60))
[ -d "corpus/$target" ] || { echo "no corpus: corpus/$target" >&2; exit 2; }

if rustup toolchain list 2>/dev/null | grep -q '^nightly' && cargo fuzz --version >/dev/null 2>&1; then
    # There is no unsafe code to sanitise in the program, so all time goes into inputs.
    mkdir -p "found/$target-guided"
    seeds=("corpus/$target")
    [ "$target" != validator ] && [ "$target" != parser ] || seeds+=(../golden)
    [ "$target" != schema ] || seeds+=(../../schemas/202205)
    exec nice -n 15 cargo +nightly fuzz run --fuzz-dir . --sanitizer none "$target" "found/$target-guided" "${seeds[@]}" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -len_control=20 -seed="$seed" -print_final_stats=1
fi
exec nice -n 15 cargo run --release --quiet --example mutate -- "$target" --seconds "$seconds" --seed "$seed"
