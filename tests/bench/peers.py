"""`robustness-check score` beside what a Python user would score with, interleaved, on the same texts.

    pip install torch transformers peft onnx onnxruntime tokenizers numpy
    cargo build --release
    python tests/bench/peers.py --model BASE_DIR --adapter ADAPTER_DIR --nbest FILE.jsonl

The base model is a Hugging Face folder, the adapter PEFT's; FILE.jsonl has one utterance a line. Peers are
PyTorch, and ONNX Runtime on the model that PyTorch exported, in f32 and with dynamic int8 weights, all of it with
the adapter merged. Each scores every distinct text once, sorted by length, in the better of two batch sizes; loading does not
count, tokenizing does. Ours runs as a process, in both precisions: what one utterance costs, which is starting and
loading, is taken off.
Prints the versions, every round's texts per second, their medians, the ratios to ours and the largest difference of scores.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

BATCHES = (32, 64)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/robustness-check")
    parser.add_argument("--model", required=True, help="Hugging Face folder of the base model")
    parser.add_argument("--adapter", help="PEFT adapter folder")
    parser.add_argument("--nbest", required=True, help="n-best file, a JSON object a line")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default="torch,onnx,onnx-int8", help="some of torch, onnx, onnx-int8")
    return parser.parse_args()


class Ours:
    """The program, as a process."""

    def __init__(self, options, folder, precision):
        self.out = os.path.join(folder, f"scores-{precision}.jsonl")
        model = ["--model", options.adapter or options.model]
        if options.adapter:
            model += ["--base", options.model]
        self.command = [options.binary, "score", "--quiet", "-j", str(options.threads), "--out", self.out]
        self.command += ["--precision", precision] + model
        self.nbest = options.nbest
        self.one = os.path.join(folder, "one.jsonl")
        with open(options.nbest) as lines, open(self.one, "w") as one:
            one.write(next(lines))

    def seconds(self, nbest):
        start = time.perf_counter()
        subprocess.run(self.command + ["--nbest", nbest], check=True)
        return time.perf_counter() - start

    def measure(self):
        loading = self.seconds(self.one)
        return self.seconds(self.nbest) - loading

    def texts(self):
        """Every distinct text with its score, after a measurement."""
        scores = {}
        with open(self.out) as lines:
            for line in map(json.loads, lines):
                scores.update(zip(line["texts"], line["scores"]))
        return scores


class Peer:
    """Scores texts in sorted, padded batches with `run(ids, mask)`."""

    def __init__(self, tokenizer, run):
        self.tokenizer = tokenizer
        self.run = run
        self.batch = None

    def score(self, texts, batch):
        import numpy

        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda index: len(encoded[index]))
        scores = [0.0] * len(texts)
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            width = max(len(encoded[index]) for index in part)
            ids = numpy.zeros((len(part), width), dtype=numpy.int64)
            mask = numpy.zeros_like(ids)
            for row, index in enumerate(part):
                ids[row, : len(encoded[index])] = encoded[index]
                mask[row, : len(encoded[index])] = 1
            for index, score in zip(part, self.run(ids, mask)):
                scores[index] = float(score)
        return scores

    def measure(self, texts):
        seconds = {}
        for batch in BATCHES if self.batch is None else (self.batch,):
            start = time.perf_counter()
            self.scores = self.score(texts, batch)
            seconds[batch] = time.perf_counter() - start
        self.batch = min(seconds, key=seconds.get)
        return seconds[self.batch]


def peers(options, folder):
    import onnxruntime
    import torch
    from onnxruntime.quantization import quantize_dynamic
    from tokenizers import Tokenizer
    from transformers import AutoModelForSequenceClassification

    torch.set_num_threads(options.threads)
    model = AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=1)
    if options.adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, options.adapter).merge_and_unload()
    model.eval()
    tokenizer = Tokenizer.from_file(os.path.join(options.model, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.config.max_position_embeddings)
    wanted = options.peers.split(",")
    found = {}

    if "torch" in wanted:

        def run(ids, mask):
            with torch.inference_mode():
                inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
                return model(**inputs).logits.flatten().tolist()

        found["torch"] = Peer(tokenizer, run)

    def session(path):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        started = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        return lambda ids, mask: started.run(None, {"input_ids": ids, "attention_mask": mask})[0].flatten()

    if "onnx" in wanted or "onnx-int8" in wanted:
        path = os.path.join(folder, "model.onnx")
        example = torch.ones(2, 8, dtype=torch.int64)
        axes = {0: "batch", 1: "tokens"}
        model.config.return_dict = False
        torch.onnx.export(
            model,
            (example, example),
            path,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
            dynamo=False,
        )
        model.config.return_dict = True
        if "onnx" in wanted:
            found["onnx"] = Peer(tokenizer, session(path))
        if "onnx-int8" in wanted:
            small = os.path.join(folder, "int8.onnx")
            quantize_dynamic(path, small)
            found["onnx-int8"] = Peer(tokenizer, session(small))

    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}")
    return found


def main():
    options = arguments()
    print(f"{platform.processor() or platform.machine()}, {options.threads} threads, {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        ours = {name: Ours(options, folder, name) for name in ("f32", "int8")}
        others = peers(options, folder)
        speeds = {name: [] for name in ours} | {name: [] for name in others}
        for _ in range(options.rounds):
            seconds = {name: one.measure() for name, one in ours.items()}
            known = {name: one.texts() for name, one in ours.items()}
            texts = sorted(known["f32"])
            for name in ours:
                speeds[name].append(len(texts) / seconds[name])
            for name, peer in others.items():
                speeds[name].append(len(texts) / peer.measure(texts))

        print(f"{len(texts)} texts; texts per second:")
        best = {name: statistics.median(speeds[name]) for name in ours}
        for name, found in speeds.items():
            rounds = " ".join(f"{speed:.0f}" for speed in found)
            middle = statistics.median(found)
            ratios = " ".join(f"{own}/it {speed / middle:5.2f}" for own, speed in best.items())
            line = f"{name:>10} {middle:7.0f}  {ratios}  rounds {rounds}"
            scores = known[name] if name in ours else dict(zip(texts, others[name].scores))
            gap = max(abs(scores[text] - known["f32"][text]) for text in texts)
            line += f"  largest difference to f32 {gap:.1e}"
            if name in others:
                line += f", batches of {others[name].batch}"
            print(line)


if __name__ == "__main__":
    sys.exit(main())
