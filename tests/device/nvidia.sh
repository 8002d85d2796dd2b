#!/usr/bin/env bash
# Scores and trains on an NVIDIA GPU, beside transformers and PyTorch; under five minutes on the GPU.
#
#   tests/device/nvidia.sh [--binary FILE] [--python FILE] [--dry-run] [options of compare.py]
#
# Without --binary the program is built here, with the feature `cuda`, whose build downloads LLVM.
# Python needs torch and transformers (ROBUSTNESS_CHECK_PYTHON or --python names one that has them).
# --dry-run does all of it on the processor with a tiny model: it tests this script, not a GPU.
# Ends with 0 where scores and losses agree, 1 where they do not, 77 where nothing could be compared.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: $*"; exit 77; }

binary=
python=${ROBUSTNESS_CHECK_PYTHON:-python3}
options=()
dry=false
while (($# > 0)); do
    case $1 in
        --binary) binary=${2:?--binary needs a file}; shift 2 ;;
        --python) python=${2:?--python needs a file}; shift 2 ;;
        --dry-run) dry=true; shift ;;
        *) options+=("$1"); shift ;;
    esac
done

if $dry; then
    options=(--device cpu --shapes tiny --texts 200 --rounds 1 "${options[@]}")
else
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null \
        || skip "there is no NVIDIA GPU (--dry-run tries the script without one)"
fi
"$python" -c 'import tokenizers, torch, transformers' 2>/dev/null \
    || skip "$python has no torch and transformers: pip install torch transformers"

if [[ -z $binary ]]; then
    features=(--features cuda)
    $dry && features=()
    cargo build --release --locked "${features[@]}"
    binary=${CARGO_TARGET_DIR:-target}/release/robustness-check
fi

exec "$python" tests/device/compare.py --binary "$binary" "${options[@]}"
