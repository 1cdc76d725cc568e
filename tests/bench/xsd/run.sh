#!/usr/bin/env bash
# Compares validators on one core: swx, libxml2 and the JDK each parse and validate the same message, warm, in their
# own process, in interleaved rounds. Prints one table.
#
#   tests/bench/xsd/run.sh [SWX]       SWX: the program to measure; default target/release/swx, built if missing
#
# ROUNDS (5), SECONDS_EACH (5), WARM_UP (10: seconds before the JDK counts) and CORE (the last one) can be set.
# Installs what is missing from Debian's packages: gcc, libxml2-dev, a JDK, taskset.
set -euo pipefail
cd "$(dirname "$0")/../../.."

rounds="${ROUNDS:-5}" each="${SECONDS_EACH:-5}" warm_up="${WARM_UP:-10}" core="${CORE:-$(($(nproc) - 1))}"
swx="${1:-target/release/swx}"
work="${CARGO_TARGET_DIR:-target}/bench-xsd"
schema=schemas/202205/CEB621Message.xsd

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

need() { # test command, package
    eval "$1" >/dev/null 2>&1 && return
    as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

need 'command -v gcc' gcc
need 'test -e /usr/include/libxml2/libxml/xmlschemas.h' libxml2-dev
need 'command -v javac' default-jdk-headless
need 'command -v taskset' util-linux
[ -x "$swx" ] || cargo build --locked --release

mkdir -p "$work"
gcc -O2 -Wall -I/usr/include/libxml2 -o "$work/libxml2" tests/bench/xsd/libxml2.c -lxml2
javac -d "$work" tests/bench/xsd/Jdk.java
"$swx" gen --lists 100 --per-message 100 --seed 1 --out "$work/messages" >/dev/null
message="$work/messages/list/000001.xml"
bytes=$(stat -c %s "$message")

pinned() { taskset -c "$core" "$@"; }
field() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }

# Each prints: median milliseconds of one message, its processor time on average (all threads), milliseconds to compile the schema, peak kilobytes.
run_swx() {
    local line
    line=$(pinned "$swx" bench validate --seconds "$each" --file "$message" --schema "$schema")
    [ "$(field faults <<<"$line")" = 0 ] || { echo "swx says that the message is not valid" >&2; return 1; }
    echo "$(field message_p50_ms <<<"$line") $(field message_cpu_ms <<<"$line") $(field schema_compile_ms <<<"$line") $(field peak_memory_kilobytes <<<"$line")"
}
run_libxml2() { pinned "$work/libxml2" "$schema" "$message" "$each"; }
run_jdk() { pinned java -cp "$work" Jdk "$schema" "$message" "$each" "$warm_up"; }

names=(swx libxml2 jdk)
for name in "${names[@]}"; do : >"$work/$name.txt"; done
for round in $(seq "$rounds"); do
    for name in "${names[@]}"; do
        "run_$name" >>"$work/$name.txt"
        printf 'round %s %-8s %s\n' "$round" "$name" "$(tail -n 1 "$work/$name.txt")" >&2
    done
done

median() { # file, column
    awk -v c="$2" '{ print $c }' "$1" | sort -g | awk '{ a[NR] = $1 } END { print (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'
}

libxml2_version=$(xmllint --version 2>&1 | sed -n 's/.*version \([0-9]*\).*/\1/p' | head -n 1)
ours=$(median "$work/swx.txt" 1) ours_cpu=$(median "$work/swx.txt" 2)
printf '\nCEB621 with 100 lists, %s bytes, schema %s; core %s of %s, %s\n' "$bytes" "$(basename "$schema")" "$core" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(date -u +%Y-%m-%d)"
printf '%s rounds of %s s, medians; libxml2 %s, Java %s after %s s of warm-up, %s\n\n' "$rounds" "$each" \
    "${libxml2_version:-of this system}" "$(javac -version 2>&1 | cut -d' ' -f2)" "$warm_up" "$("$swx" --version)"
printf 'On a busy machine only the processor time means something: long passes are interrupted more often than short ones.\n\n'
printf '| validator | ms a message | MB/s | swx is faster by | CPU ms a message | swx takes less CPU by | schema compile ms | peak memory MiB |\n'
printf '|---|---|---|---|---|---|---|---|\n'
for name in "${names[@]}"; do
    awk -v name="$name" -v ms="$(median "$work/$name.txt" 1)" -v cpu="$(median "$work/$name.txt" 2)" \
        -v compile="$(median "$work/$name.txt" 3)" -v peak="$(median "$work/$name.txt" 4)" -v bytes="$bytes" \
        -v ours="$ours" -v ours_cpu="$ours_cpu" 'BEGIN {
            printf "| %s | %.3f | %.0f | %.2f | %.3f | %.2f | %.1f | %.0f |\n", name, ms, bytes / ms / 1000, ms / ours,
                cpu, cpu / ours_cpu, compile, peak / 1024 }'
done
