#!/usr/bin/env bash
# tests/clusters/ray.sh [SHARDS] [MODEL]: a check on a real Ray that is started for it on this machine, by what
# `init ray` writes; a worker and a program are killed on the way. The report must be that of one process. Needs
# Ray in $ROBUSTNESS_CHECK_PYTHON (python3 if not given); takes 16 shards of the model `demo` unless told otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."
shards=${1:-16}
model=${2:-demo}
here=$PWD/tests/clusters
python=${ROBUSTNESS_CHECK_PYTHON:-python3}
export PATH=${ROBUSTNESS_CHECK_FOLDER:-$PWD/target/release}:$PATH

work=$(mktemp -d /tmp/ray-check.XXXXXX)
trap '[ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
cd "$work"
robustness-check init ray --shards "$shards" --model "$model" >/dev/null
sed -i "s|^CPUS, GPUS = .*|CPUS, GPUS = 1, 0|" robustness/ray_check.py

mkdir alone
cp -r robustness alone
code=0
(cd alone && robustness-check --model "$model" --suite robustness/suite.toml --out robustness/report --quiet) || code=$?
echo "one process ends with $code"

started=$SECONDS
"$python" robustness/ray_check.py >ray.txt 2>&1 &
driver=$!
for victim in "ray::" "--shard [0-9]+/$shards"; do
    for _ in $(seq 600); do
        if worker=$(pgrep -n -f -- "$victim") && pgrep -f -- "--shard [0-9]+/$shards" >/dev/null; then
            kill -KILL "$worker" && echo "killed a process of \"$victim\"" && sleep 1
            break
        fi
        sleep 0.05
    done
done
code=0
wait "$driver" || code=$?
echo "$shards shards and their merge ended with $code after $((SECONDS - started)) s"
python3 "$here/same.py" alone/robustness/report robustness/report || { tail -n 20 ray.txt; exit 1; }
