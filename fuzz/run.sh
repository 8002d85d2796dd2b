#!/usr/bin/env bash
# fuzz/run.sh [TARGET] [SECONDS]: builds the fuzz targets and runs one of them, or all one after the
# other, each so long (60 seconds if not given). Stops at the first that crashes, takes more than ten
# seconds or 512 MiB: its input is in target/fuzz/found. See README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=()
for file in fuzz/fuzz_targets/*.rs; do
    targets+=("$(basename "$file" .rs)")
done
if [ -n "${1:-}" ] && [ "$1" != all ]; then
    targets=("$1")
fi
seconds=${2:-60}

build=(cargo build --release --locked --manifest-path fuzz/Cargo.toml --target-dir target)
for target in "${targets[@]}"; do
    build+=(--bin "$target")
done
RUSTC_WRAPPER="$PWD/fuzz/rustc.sh" "${build[@]}"

# Readers that take files get them in memory where there is such a place.
if [ -w /dev/shm ]; then
    TMPDIR=$(mktemp -d /dev/shm/fuzz.XXXXXX)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
fi

mkdir -p target/fuzz/found
for target in "${targets[@]}"; do
    printf '\n== %s\n' "$target"
    corpus=target/fuzz/corpus/$target
    mkdir -p "$corpus"
    # Keys and names of the format are the words of its good files.
    grep -ahoE '"?[A-Za-z_][A-Za-z0-9_.-]{1,30}"?' "fixtures/fuzz/$target"/* | sort | uniq -c | sort -rn \
        | sed -nE '1,400 { s/^ *[0-9]+ //; s/"/\\"/g; s/.*/"&"/p }' >"target/fuzz/$target.dict"
    "target/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 \
        -max_len=16384 -use_value_profile=1 -print_final_stats=1 \
        -artifact_prefix="target/fuzz/found/$target." -dict="target/fuzz/$target.dict" "$corpus" "fixtures/fuzz/$target"
done
