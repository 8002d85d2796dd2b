"""Checks the rescorer on a Ray cluster. Written by `robustness-check init ray`; it is yours to change.

    python robustness/ray_check.py

has Ray score the shards wherever it has room, and merges what they scored into robustness/report. All of it runs in
this folder of the repository, which every node must see under the same name. Without RAY_ADDRESS, Ray is started on
this machine. A shard whose worker or node dies is run again, and goes on where it can. What failed in another way is
shown; run this again then: what is done is not done twice. The exit code is that of the check.
"""
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

import ray

SHARDS = @SHARDS@
# A checkpoint's folder, exec:COMMAND, or demo: see `robustness-check --help`.
MODEL = @MODEL@
# n-best lists; empty for the bundled ones.
NBEST = @NBEST@
# What a shard gets of a node. With GPUS = 0.5 two shards share a GPU; give the check "--device", "cuda:0" then, which
# is the one that Ray gives to a shard, whatever its number.
CPUS, GPUS = 4, 0
# How often a shard is run again whose worker died.
RETRIES = 5

REPOSITORY = Path(__file__).resolve().parent.parent


class Killed(Exception):
    """The program was killed, and may go on elsewhere."""


def end_with_worker():
    """Has the program die with the worker that started it: nobody else would end it (Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@ray.remote(num_cpus=CPUS, num_gpus=GPUS, max_retries=RETRIES, retry_exceptions=[Killed])
def score(shard):
    words = ["robustness-check", "--model", MODEL, "--suite", "robustness/suite.toml", "--out", "robustness/report"]
    words += ["--nbest", NBEST] if NBEST else []
    words += ["--jobs", str(CPUS), "--shard", f"{shard}/{SHARDS}"]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, preexec_fn=end_with_worker)
    if done.returncode < 0 or done.returncode == 130:
        raise Killed(f"shard {shard} was ended (exit code {done.returncode}): {done.stderr}")
    return done.returncode, done.stderr


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS"))
    waiting = {score.remote(shard): shard for shard in range(1, SHARDS + 1)}
    failed = 0
    while waiting:
        (done,), _ = ray.wait(list(waiting), num_returns=1)
        shard = waiting.pop(done)
        try:
            code, said = ray.get(done)
        except (ray.exceptions.RayError, Killed) as error:
            code, said = None, str(error)
        failed += code != 0
        print(f"shard {shard}/{SHARDS}: {'done' if code == 0 else said.strip()}", file=sys.stderr)
    if failed:
        print(f"{failed} of {SHARDS} shards failed: nothing is merged", file=sys.stderr)
        return 2

    return subprocess.run(["robustness-check", "merge", "robustness/report.shards"], cwd=REPOSITORY).returncode


if __name__ == "__main__":
    sys.exit(main())
