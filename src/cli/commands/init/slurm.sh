#!/bin/sh
# Checks the rescorer on many nodes of a Slurm cluster. Written by `robustness-check init slurm`; it is yours to change.
#
#   sh robustness/slurm.sh
#
# submits an array of shards, and a job that waits for all of them and merges what they scored into robustness/report.
# All of it runs in this folder of the repository, which every node must see under the same name. A shard that is
# taken off its node, killed or out of time is queued again, and goes on. Where one fails in another way the merge is
# cancelled; submit again then: what is done is not done twice.
set -eu

SHARDS=@SHARDS@
# A checkpoint's folder, exec:COMMAND, or demo: see `robustness-check --help`.
MODEL=@MODEL@
# n-best lists; empty for the bundled ones.
NBEST=@NBEST@
# What a shard asks Slurm for, and the merge; with --gpus=1 give the check below --device cuda:0 as well.
SHARD_NODE="--cpus-per-task=4 --mem=8G --time=04:00:00"
MERGE_NODE="--cpus-per-task=4 --mem=8G --time=04:00:00"
# How often Slurm queues a shard again that was killed.
RESTARTS=5

submit() {
    cd "$(dirname "$0")/.."
    mkdir -p robustness/slurm
    # A shard is told two minutes before its time is over, so that it keeps what it has.
    # shellcheck disable=SC2086
    shards=$(sbatch --parsable --job-name=robustness-shard $SHARD_NODE --array="1-$SHARDS" --requeue \
        --signal=TERM@120 --open-mode=append --output=robustness/slurm/shard-%a.txt robustness/slurm.sh shard)
    # shellcheck disable=SC2086
    merge=$(sbatch --parsable --job-name=robustness-merge $MERGE_NODE --dependency="afterok:${shards%%;*}" \
        --kill-on-invalid-dep=yes --output=robustness/slurm/merge.txt robustness/slurm.sh merge)
    echo "job ${shards%%;*} scores $SHARDS shards, job ${merge%%;*} merges them into robustness/report"
}

shard() {
    set -- --model "$MODEL" --suite robustness/suite.toml --out robustness/report
    if [ -n "$NBEST" ]; then set -- "$@" --nbest "$NBEST"; fi
    ended=0
    srun robustness-check "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}" --shard "auto/$SHARDS" || ended=$?
    # 130 is a shard that was told to end, more is one that was killed.
    if [ "$ended" -gt 128 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt "$RESTARTS" ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
    fi
    exit "$ended"
}

# The exit code is that of the check: 0 passed, 1 failed, 2 bad input, 3 inconclusive.
merge() {
    srun robustness-check merge robustness/report.shards --jobs "${SLURM_CPUS_PER_TASK:-1}"
}

"${1:-submit}"
