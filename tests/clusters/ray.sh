#!/usr/bin/env bash
# tests/clusters/ray.sh [SHARDS] [MODEL]: a check on a real Ray that is started for it on this machine, by what
# `init ray` writes; a worker and a program are killed on the way. The report must be that of one process. Needs
# Ray in $ROBUSTNESS_CHECK_PYTHON (python3 if not given); takes 16 shards of the model `demo` unless told otherwise.
# shellcheck source=tests/clusters/common.sh
. "$(dirname "$0")/common.sh"
python=${ROBUSTNESS_CHECK_PYTHON:-python3}

work=$(mktemp -d /tmp/ray-check.XXXXXX)
trap '[ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
cd "$work"
init ray
sed -i "s|^CPUS, GPUS = .*|CPUS, GPUS = 1, 0|" robustness/ray_check.py

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
compare || { tail -n 20 ray.txt; exit 1; }
