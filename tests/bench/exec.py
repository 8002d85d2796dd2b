"""What exec: costs: a Python rescorer by itself beside the same one behind `robustness-check score`, interleaved.

    pip install torch transformers
    cargo build --release
    python tests/bench/exec.py --nbest FILE.jsonl cross-encoder FOLDER

FILE.jsonl has one utterance a line; its first --texts distinct texts are scored by fixtures/rescorers/transformers_lm.py
(or --script), in the same requests. By itself the script reads them from a file. Starting and loading, which is what
one text costs, is taken off both. Prints the texts per second of every round, the medians and their ratio.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/robustness-check")
    parser.add_argument("--script", default=os.path.join(HERE, "../../fixtures/rescorers/transformers_lm.py"))
    parser.add_argument("--nbest", required=True, help="n-best file, a JSON object a line")
    parser.add_argument("--texts", type=int, default=5000)
    parser.add_argument("--batch-texts", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("words", nargs="+", help="what the script is given, such as: causal-lm FOLDER")
    return parser.parse_args()


def distinct_texts(options):
    texts = set()
    with open(options.nbest) as lines:
        for line in lines:
            texts.update(" ".join(hypothesis["text"].split()) for hypothesis in json.loads(line)["hyps"])
    # The order in which they are asked for, too.
    return sorted(texts)[:options.texts]


class Alone:
    """The script, with requests from a file."""

    def __init__(self, options, folder):
        self.command = [sys.executable, options.script] + options.words
        self.folder, self.batch = folder, options.batch_texts

    def seconds(self, texts):
        path = os.path.join(self.folder, "requests.jsonl")
        with open(path, "w") as requests:
            for number, start in enumerate(range(0, len(texts), self.batch)):
                print(json.dumps({"id": number, "texts": texts[start:start + self.batch]}), file=requests)
        with open(path) as requests:
            start = time.perf_counter()
            subprocess.run(self.command, stdin=requests, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            return time.perf_counter() - start


class Behind:
    """The script behind the program."""

    def __init__(self, options, folder):
        script = shlex.join([sys.executable, options.script] + options.words)
        self.nbest = os.path.join(folder, "lists.jsonl")
        self.command = [options.binary, "score", "--quiet", "--model", "exec:exec " + script,
                        "--batch-texts", str(options.batch_texts), "--nbest", self.nbest]

    def seconds(self, texts):
        with open(self.nbest, "w") as lists:
            for number, start in enumerate(range(0, len(texts), 10)):
                hypotheses = [{"text": text, "score": -rank} for rank, text in enumerate(texts[start:start + 10])]
                print(json.dumps({"id": f"u{number}", "ref": texts[start], "hyps": hypotheses}), file=lists)
        start = time.perf_counter()
        subprocess.run(self.command, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start


def main():
    options = arguments()
    texts = distinct_texts(options)
    with tempfile.TemporaryDirectory() as folder:
        rates = {runner: [] for runner in (Alone(options, folder), Behind(options, folder))}
        for number in range(options.rounds):
            for runner in rates:
                seconds = runner.seconds(texts) - runner.seconds(texts[:1])
                rates[runner].append((len(texts) - 1) / seconds)
            print(f"round {number + 1}:", ", ".join(
                f"{type(runner).__name__.lower()} {found[-1]:.1f} texts/s" for runner, found in rates.items()))

    alone, behind = (statistics.median(found) for found in rates.values())
    print(f"{len(texts)} texts: alone {alone:.1f}, behind exec: {behind:.1f} texts/s; {behind / alone:.3f} times")


if __name__ == "__main__":
    main()
