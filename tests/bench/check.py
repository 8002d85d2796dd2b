"""A whole check beside the script that a careful Python user would write for it, interleaved, on the same perturbed lists.

    pip install torch transformers peft rapidfuzz tokenizers numpy
    cargo build --release
    python tests/bench/check.py --model BASE_DIR --adapter ADAPTER_DIR --nbest FILE.jsonl --scale 0.105

The base model is a Hugging Face folder, the adapter PEFT's; FILE.jsonl has one utterance a line. The script reads
lists that `robustness-check perturb` wrote before (that time is not counted for it), scores every distinct text
once with PyTorch, sorted by length, picks, counts word errors by utterance and draw, and resamples speakers. Ours
runs whole, as a process: it draws the lists, tests, minimises failures and writes every report. Of the script,
importing its libraries does not count. Also measured: ours in int8, and ours with a warm `--cache`.
Prints every round's seconds, their medians, the ratios of medians, and the peak memory of both.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SUITE = "perturb-n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/robustness-check")
    parser.add_argument("--model", required=True, help="Hugging Face folder of the base model")
    parser.add_argument("--adapter", help="PEFT adapter folder")
    parser.add_argument("--nbest", required=True, help="n-best file, a JSON object a line")
    parser.add_argument("--draws", type=int, default=5, help="draws of every utterance")
    parser.add_argument("--scale", type=float, default=1.0, help="first-pass scale")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64, help="texts in a batch of the script")
    parser.add_argument("--cases", help="run as the script, on these perturbed lists, and print its seconds")
    return parser.parse_args()


def script(options):
    """The peer: from perturbed lists to rates with an interval."""
    import numpy
    import torch
    from rapidfuzz.distance import Levenshtein
    from tokenizers import Tokenizer
    from transformers import AutoModelForSequenceClassification

    torch.set_num_threads(options.threads)
    start = time.perf_counter()
    model = AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=1)
    if options.adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, options.adapter).merge_and_unload()
    model.eval()
    tokenizer = Tokenizer.from_file(os.path.join(options.model, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.config.max_position_embeddings)

    with open(options.cases) as lines:
        cases = [json.loads(line) for line in lines]
    texts = sorted({hyp[form] for case in cases for hyp in case["hyps"] for form in ("text", "original")})
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda index: len(encoded[index]))
    scores = {}
    with torch.inference_mode():
        for first in range(0, len(order), options.batch):
            part = order[first : first + options.batch]
            width = len(encoded[part[-1]])
            ids = torch.zeros(len(part), width, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, index in enumerate(part):
                ids[row, : len(encoded[index])] = torch.tensor(encoded[index])
                mask[row, : len(encoded[index])] = 1
            logits = model(input_ids=ids, attention_mask=mask).logits.flatten().tolist()
            scores.update((texts[index], score) for index, score in zip(part, logits))

    errors = {}
    for case in cases:
        reference = case["ref"].split()

        def total(hyp, form):
            return options.scale * hyp["score"] + scores[hyp[form]]

        clean = max(case["hyps"], key=lambda hyp: total(hyp, "original"))
        picked = max(case["hyps"], key=lambda hyp: total(hyp, "text"))
        words = (clean["original"], picked["text"], picked["original"])
        counts = [Levenshtein.distance(reference, text.split()) for text in words]
        row = errors.setdefault(case.get("speaker") or case["id"], numpy.zeros(4))
        row += [len(reference), *counts]

    rows = numpy.array(list(errors.values()))
    chosen = numpy.random.default_rng(1).integers(0, len(rows), (10_000, len(rows)))
    resampled = rows[chosen].sum(axis=1)
    interval = numpy.percentile(resampled[:, 3] / resampled[:, 1] - 1, [5, 95])
    seconds = time.perf_counter() - start

    rates = (rows.sum(axis=0)[1:] / rows[:, 0].sum()).tolist()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_kib": peak, "rates": rates, "interval": interval.tolist()}))


def run(command):
    """Seconds and peak memory (KiB) of a process, and what it printed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 3):
        sys.exit(f"{' '.join(command)}: exit code {code}")
    return seconds, usage.ru_maxrss, out


def main():
    options = arguments()
    if options.cases:
        return script(options)

    print(f"{platform.processor() or platform.machine()}, {options.threads} threads, {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        lists = ["--nbest", options.nbest, "--suite", SUITE, "--draws", str(options.draws)]
        cases = os.path.join(folder, "cases.jsonl")
        subprocess.run([options.binary, "perturb", *lists, "--out", cases, "--quiet"], check=True)

        model = ["--model", options.adapter or options.model, "-j", str(options.threads)]
        if options.adapter:
            model += ["--base", options.model]
        model += ["--weight", "1", "--first-pass-scale", str(options.scale)]
        check = [options.binary, *model, *lists, "--quiet"]
        cache = ["--cache", os.path.join(folder, "scores.sqlite")]
        peer = [sys.executable, __file__, "--cases", cases, "--model", options.model, "--nbest", options.nbest]
        peer += ["--scale", str(options.scale), "--threads", str(options.threads), "--batch", str(options.batch)]
        if options.adapter:
            peer += ["--adapter", options.adapter]

        # Fills the cache; not measured.
        run([*check, *cache, "--out", os.path.join(folder, "filled")])
        seconds, peaks = {}, {}
        for number in range(options.rounds):
            ours = {"f32": [], "int8": ["--precision", "int8"], "cache": cache}
            for name, extra in ours.items():
                out = os.path.join(folder, f"{name}-{number}")
                took, peak, _ = run([*check, *extra, "--out", out])
                seconds.setdefault(name, []).append(took)
                peaks[name] = max(peaks.get(name, 0), peak)
            found = json.loads(run(peer)[2])
            seconds.setdefault("script", []).append(found["seconds"])
            peaks["script"] = max(peaks.get("script", 0), found["peak_kib"])

        middle = statistics.median(seconds["script"])
        print(f"the script's rates: clean, text, selection {found['rates']}")
        for name, rounds in seconds.items():
            median = statistics.median(rounds)
            listed = " ".join(f"{one:.2f}" for one in rounds)
            print(f"{name:>8} {median:8.2f} s  script/it {middle / median:7.2f}  peak {peaks[name] / 1024:6.0f} MiB  {listed}")


if __name__ == "__main__":
    sys.exit(main())
