#!/usr/bin/env python3
"""Kills the binary at random moments and at every rename, and looks at what is left.

    tests/kills/run.py [--binary target/release/robustness-check] [--kills 200] [--signals 200]
                       [--no-renames] [--only NAME] [--seed 1] [--limit 2.0]

Each round starts from a folder with inputs, with or without an earlier result, runs a command, and ends it: by
SIGKILL, or by SIGINT, SIGTERM or SIGHUP. With strace, a run is also killed as it enters each of its calls that
rename or delete something. After each:

- every output is the old one or that of an undisturbed run, whole;
- no other file has changed, or come, but what the command goes on from;
- a run that was asked to end did so with exit code 130 within the limit, or had its result;
- the same command (a training with --resume) ends as the undisturbed run did, with the same bytes but for the time
  and place of the run, and leaves nothing else behind.

Only the standard library of Python is needed. The last line says how many rounds passed and failed.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent

# Calls that put a file in its place or take one away.
CALLS = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir"

# What a command leaves for the next to go on from.
LEFT_TO_GO_ON = (".scores.jsonl", ".training", ".sweep")

# Names of work that a killed run leaves, which the next run cleans.
DEBRIS = ".robustness-check"

# What is moved where, once that is decided.
JOURNAL = ".robustness-check-staged/journal.json"

# From the start of the process to its listening to signals.
DEAF_SECONDS = 0.2


def jsonl(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def training_lists(count):
    """Lists in which the right word is told by its neighbour."""
    records = []
    for index in range(count):
        texts = ["a red rose", "a read rose"] if index % 2 == 0 else ["i read this book", "i red this book"]
        shown = texts[::-1] if index % 3 == 0 else texts
        hypotheses = [{"text": text, "score": -1.0 - 0.5 * place} for place, text in enumerate(shown)]
        records.append({"id": f"u{index}", "speaker": f"s{index % 7}", "ref": texts[0], "hyps": hypotheses})
    return records


class Command:
    """A command, the results it writes, and what stands there before it."""

    def __init__(self, name, words, outputs, before=(), resume=(), random=True, calls=True):
        self.name = name
        # Whether it is killed at random moments, and at each of its calls.
        self.random = random
        self.calls = calls
        self.words = list(words)
        self.outputs = list(outputs)
        self.before = [list(words) for words in before]
        self.resume = list(resume)


def commands(demo):
    lists = ["--nbest", "lists.jsonl"]
    check = ["--model", demo, "--suite", "perturb-n", "--max-failures", "3", *lists]
    old = ["--model", demo, "--suite", "perturb-1", "--minimise", "off", *lists]
    baseline = ["--baseline", "base.report/report.json", "--update-baseline", "--accept"]
    compare = ["compare", "--model", demo, "--model", "first-pass", "--suite", "perturb-n", *lists]
    yield Command("check", [*check, "--out", "new/report"], ["new/report"])
    yield Command("check-again", [*check, "--out", "report"], ["report"], [[*old, "--out", "report"]])
    yield Command(
        "update-baseline",
        [*check, "--out", "report", *baseline],
        ["report", "base.report"],
        [[*old, "--out", "base.report"]],
    )
    yield Command("compare", [*compare, "--out", "comparison"], ["comparison"])
    yield Command(
        "compare-again",
        [*compare, "--out", "comparison"],
        ["comparison"],
        [[*compare, "--seed", "2", "--out", "comparison"]],
    )
    train = ["train", "--base", "base", "--nbest", "train.jsonl", "--dev", "dev.jsonl", "--lr", "2e-2"]
    for strategy in ["full", "lora", "dynamic", "warmup", "mixed"]:
        learn = [*train, "--strategy", strategy, "--out", "tuned"]
        before = [[*train, "--strategy", "lora", "--steps", "3", "--seed", "2", "--out", "tuned"]]
        before = before if strategy in ["full", "dynamic"] else []
        # Many saves for random moments, few where each call is tried.
        many = [*learn, "--steps", "150", "--save-every", "5"]
        few = [*learn, "--steps", "12", "--save-every", "8", "--evaluate-every", "6"]
        yield Command(f"train-{strategy}", many, ["tuned"], before, ["--resume"], calls=False)
        yield Command(f"train-{strategy}-few", few, ["tuned"], before, ["--resume"], random=False)
    yield Command(
        "sweep",
        [*train, "--steps", "40", "--save-every", "20", "--sweep", "rank=2,4", "--out", "tuned"],
        ["tuned"],
        [],
        ["--resume"],
    )


def digest(path):
    """The files of an output with the hashes of their bytes, but for what differs between equal runs."""
    found = {}
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        name = str(file.relative_to(path))
        # What training cost; and lists of files with the hashes of such as it.
        if file.name == "training.json" or any(part.startswith(DEBRIS) for part in file.parts):
            continue
        content = file.read_bytes()
        # Pages show what another run may find renewed: the comparison with the baseline, what training cost.
        if file.name in ("report.html", "comparison.html"):
            content = b"a whole page" if content.rstrip().endswith(b"</html>") else content
        if file.name in ("report.json", "comparison.json"):
            record = json.loads(content)
            # A run that is given again after its baseline was renewed is compared with itself.
            for field in ("run", "baseline", "checksum"):
                record.pop(field, None)
            content = json.dumps(record).encode()
        if file.name in ("report.md", "comparison.md"):
            # Above the details is for people what is looked at already; the time is among them.
            lines = content.partition(b"## Details")[2].splitlines(True)
            content = b"".join(line for line in lines if b" s on " not in line)
        found[name] = hashlib.sha256(content).hexdigest()
    return found


class Arena:
    """Folders to run a command in, and how it ends where nothing disturbs it."""

    def __init__(self, binary, scratch, inputs, command):
        self.binary = binary
        self.command = command
        self.start = scratch / f"{command.name}.start"
        self.place = scratch / f"{command.name}.run"
        shutil.copytree(inputs, self.start)
        self.temporary = scratch / f"{command.name}.tmp"
        self.temporary.mkdir()
        for words in command.before:
            self.run(words, self.start)
        for output in command.outputs:
            # A note of the user's in a folder of results.
            if (self.start / output).is_dir():
                (self.start / output / "note.txt").write_text("mine")
        self.old = self.digests(self.start)
        self.inputs = self.files(self.start)
        self.reset()
        began = time.monotonic()
        self.code = self.run(command.words, self.place)
        self.seconds = time.monotonic() - began
        assert self.code in (0, 1, 3), f"{command.name} exits with {self.code}"
        self.new = self.digests(self.place)
        self.names = self.all_names()
        assert self.old != self.new, f"{command.name} changes nothing"

    def reset(self):
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.start, self.place, symlinks=True)
        shutil.rmtree(self.temporary)
        self.temporary.mkdir()

    def environment(self):
        return {**os.environ, "TMPDIR": str(self.temporary)}

    def run(self, words, place):
        done = subprocess.run(
            [self.binary, *words], cwd=place, env=self.environment(), capture_output=True, timeout=120
        )
        if done.returncode == 2:
            raise Failed(f"{' '.join(words)} exits with 2: {done.stderr.decode().strip()[-500:]}")
        return done.returncode

    def start_process(self, prefix=()):
        return subprocess.Popen(
            [*prefix, self.binary, *self.command.words],
            cwd=self.place,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def digests(self, place):
        return {output: digest(place / output) for output in self.command.outputs}

    def is_output(self, name):
        return any(name == output or name.startswith(output + "/") for output in self.command.outputs)

    def files(self, place):
        """What is no output, with its bytes; and notes of the user's in outputs."""
        found = {}
        for file in place.rglob("*"):
            name = str(file.relative_to(place))
            if file.is_file() and (not self.is_output(name) or file.name == "note.txt"):
                found[name] = file.read_bytes()
        return found

    def all_names(self):
        return sorted(
            str(file.relative_to(self.place))
            for folder in (self.place, self.temporary)
            for file in folder.rglob("*")
            if folder == self.place
        )

    def check_left(self):
        """What a run that was ended has left."""
        for output, found in self.digests(self.place).items():
            if found in (self.old[output], self.new[output]):
                continue
            # Where the change is put down in a journal, whoever comes next ends it: the rerun shows that.
            if not (self.place / output / JOURNAL).exists():
                raise Failed(f"{output} is neither the old one nor the new one")
            known = {*self.old[output].items(), *self.new[output].items()}
            for file in (found.items() - known):
                raise Failed(f"{output}/{file[0]} is neither the old one nor the new one")
        now = self.files(self.place)
        for name, content in self.inputs.items():
            if now.get(name) != content:
                raise Failed(f"{name} has changed")
        for name in now.keys() - self.inputs.keys():
            parts = name.split("/")
            known = any(part.endswith(LEFT_TO_GO_ON) or part.startswith(DEBRIS) for part in parts)
            if not known:
                raise Failed(f"{name} has come")

    def check_rerun(self):
        """The same command again."""
        code = self.run([*self.command.words, *self.command.resume], self.place)
        if code != self.code:
            raise Failed(f"the rerun exits with {code}, not {self.code}")
        if self.digests(self.place) != self.new:
            raise Failed("the rerun writes something else")
        if self.all_names() != self.names:
            more = set(self.all_names()) ^ set(self.names)
            raise Failed(f"after the rerun there are, or are not: {', '.join(sorted(more))}")
        left = [file.name for file in self.temporary.rglob("*") if file.name.endswith(LEFT_TO_GO_ON)]
        if left:
            raise Failed(f"after the rerun the temporary folder holds {', '.join(left)}")


class Failed(Exception):
    pass


def end_at(arena, delay, number, limit):
    """Ends a run `delay` seconds after its start; returns how long it took to end."""
    process = arena.start_process()
    began = time.monotonic()
    time.sleep(delay)
    sent = time.monotonic()
    process.send_signal(number)
    try:
        _, said = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failed(f"still there 60 s after {number.name}") from None
    took = time.monotonic() - sent
    code, said = process.returncode, said.decode().strip()
    if number == signal.SIGKILL:
        if code not in (-signal.SIGKILL, arena.code):
            raise Failed(f"exits with {code}: {said[-300:]}")
        return took
    deaf = code == -number and sent - began < DEAF_SECONDS
    ended = code == arena.code and arena.digests(arena.place) == arena.new
    if code != 130 and not deaf and not ended:
        raise Failed(f"exits with {code} after {number.name}: {said[-300:]}")
    if took > limit:
        raise Failed(f"takes {took:.2f} s to end after {number.name}: {said[-300:]}")
    if code == 130 and "interrupted" not in said:
        # A summary on standard output is no worse.
        pass
    return took


class Score:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.slowest = 0.0

    def round(self, arena, told, play):
        arena.reset()
        try:
            self.slowest = max(self.slowest, play() or 0.0)
            arena.check_left()
            arena.check_rerun()
            self.passed += 1
        except (Failed, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
            self.failed += 1
            print(f"FAILED {arena.command.name}, {told}: {error}", flush=True)


def at_every_call(arena, score):
    """Kills a run as it enters its first call, its second, and so on; returns how many there are."""
    for number in range(1, 1000):
        ended = {}

        def play(number=number, ended=ended):
            inject = f"inject={CALLS}:signal=KILL:when={number}"
            strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e", inject]
            process = arena.start_process(strace)
            _, said = process.communicate(timeout=120)
            ended["code"] = process.returncode
            if process.returncode not in (-signal.SIGKILL, 128 + signal.SIGKILL, arena.code):
                raise Failed(f"exits with {process.returncode}: {said.decode().strip()[-300:]}")

        score.round(arena, f"call {number}", play)
        if ended.get("code") == arena.code:
            return number - 1
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=REPOSITORY / "target/release/robustness-check")
    parser.add_argument("--kills", type=int, default=200, help="rounds with SIGKILL, over all commands")
    parser.add_argument("--signals", type=int, default=200, help="rounds with other signals")
    parser.add_argument("--no-renames", action="store_true", help="no kill at every rename")
    parser.add_argument("--only", action="append", help="commands whose name begins so; repeatable")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=2.0, help="seconds to end after a signal")
    parser.add_argument("--utterances", type=int, default=60, help="lists that are checked")
    given = parser.parse_args()
    binary = str(given.binary.resolve())
    draw = random.Random(given.seed)
    score = Score()
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        scratch = Path(scratch)
        inputs = scratch / "inputs"
        inputs.mkdir()
        test = (REPOSITORY / "fixtures/nbest/test.jsonl").read_text().splitlines(True)
        (inputs / "lists.jsonl").write_text("".join(test[: given.utterances]))
        (inputs / "thesis.txt").write_text("years of work")
        jsonl(inputs / "train.jsonl", training_lists(60))
        jsonl(inputs / "dev.jsonl", training_lists(14))
        sentences = "a red rose\ni read this book\nthe rose is red\nshe read a book\n" * 20
        (inputs / "text.txt").write_text(sentences)
        size = {"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
        more = {"model_type": "bert", "intermediate_size": 64, "max_position_embeddings": 16}
        (inputs / "config.json").write_text(json.dumps({**size, **more}))
        base = ["train", "--objective", "mlm", "--new", "config.json", "--text", "text.txt", "--steps", "30"]
        subprocess.run([binary, *base, "--out", "base", "-q"], cwd=inputs, check=True, capture_output=True)
        arenas = []
        for command in commands(str(REPOSITORY / "fixtures/checkpoints/demo")):
            if given.only and not any(command.name.startswith(name) for name in given.only):
                continue
            arena = Arena(binary, scratch, inputs, command)
            print(f"{command.name}: {arena.seconds:.2f} s undisturbed", flush=True)
            arenas.append(arena)
        numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
        kinds = [signal.SIGKILL] * given.kills + [draw.choice(numbers) for _ in range(given.signals)]
        at_random = [arena for arena in arenas if arena.command.random]
        for index, number in enumerate(kinds if at_random else []):
            arena = at_random[index % len(at_random)]
            delay = draw.uniform(0.0, 1.05 * arena.seconds)
            told = f"{number.name} after {delay:.3f} s"
            score.round(
                arena, told, lambda arena=arena, delay=delay, number=number: end_at(arena, delay, number, given.limit)
            )
        if not given.no_renames:
            if shutil.which("strace") is None:
                print("no strace here: no kill at every rename", file=sys.stderr)
                score.failed += 1
            else:
                for arena in arenas:
                    if not arena.command.calls:
                        continue
                    calls = at_every_call(arena, score)
                    print(f"{arena.command.name}: killed at each of {calls} calls", flush=True)
        print(f"the slowest run took {score.slowest:.2f} s to end", flush=True)
    print(f"{score.passed} passed, {score.failed} failed")
    return 1 if score.failed else 0


if __name__ == "__main__":
    sys.exit(main())
