# What both trials on a cluster have in common; sourced by them with SHARDS and MODEL, if they are given.
set -euo pipefail
cd "$(dirname "$0")/../.."
shards=${1:-16}
model=${2:-demo}
here=$PWD/tests/clusters
export PATH=${ROBUSTNESS_CHECK_FOLDER:-$PWD/target/release}:$PATH

# init KIND: sets this folder up, and checks in one process what the cluster is to check.
init() {
    robustness-check init "$1" --shards "$shards" --model "$model" >/dev/null
    mkdir alone
    cp -r robustness alone
    local code=0
    (cd alone && robustness-check --model "$model" --suite robustness/suite.toml --out robustness/report --quiet) || code=$?
    echo "one process ends with $code"
}

# Whether the cluster's report is that of one process.
compare() {
    python3 "$here/same.py" alone/robustness/report robustness/report
}
