"""Scores and steps of training on a device, beside transformers and PyTorch; nvidia.sh calls it.

    pip install torch transformers
    python tests/device/compare.py --binary target/release/robustness-check --device cuda:0

For each shape a BERT with random weights is made whose scores have a standard deviation of 1, and thousands of texts
from the bundled lists. Then:

- scores of the program on the device are compared with those of transformers in f32;
- losses of some training steps on the device are compared with those on the processor;
- texts per second are measured: the program, as a process whose starting and loading is taken off, and PyTorch with
  SDPA in f32, TF32 and bf16, loaded and warm, with batches of as many tokens. Tokenizing counts for all of them.

Prints a table. Ends with 1 where a loss is further from the processor's than --tolerance, or a score from that of
transformers; on CUDA, where burn computes products of f32 in TF32, twice as far as PyTorch's TF32 is allowed as well.
"""

import argparse
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import transformers
from tokenizers import Tokenizer

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TOKENIZER = os.path.join(ROOT, "fixtures", "checkpoints", "demo-base", "tokenizer.json")
SMALL_BASE = os.path.join(ROOT, "fixtures", "reference", "hf-peft", "bert-tiny")
# Layers, width, heads, inner width.
SHAPES = {
    "tiny": (2, 64, 4, 128),
    "minilm": (6, 384, 12, 1536),
    "base": (12, 768, 12, 3072),
}
HYPOTHESES = 10


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--device", default="cuda:0", help="where the program runs: as its --device")
    parser.add_argument("--torch-device", help="where PyTorch runs; its GPU if it has one, else the processor")
    parser.add_argument("--shapes", default="minilm,base", help=f"some of {', '.join(SHAPES)}")
    parser.add_argument("--texts", type=int, default=20000)
    parser.add_argument("--batch-tokens", type=int, default=16384, help="tokens in a batch, for all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    options = parser.parse_args()
    options.torch_device = options.torch_device or ("cuda:0" if torch.cuda.is_available() else "cpu")
    return options


def made_up(count):
    """As many distinct texts, as long as the bundled ones: a word of each is another."""
    texts = []
    for name in ("test", "dev"):
        with open(os.path.join(ROOT, "fixtures", "nbest", f"{name}.jsonl")) as lines:
            for line in lines:
                texts += [hypothesis["text"] for hypothesis in json.loads(line)["hyps"]]
    texts = sorted(set(filter(None, texts)))
    words = sorted({word for text in texts for word in text.split()})
    draw = random.Random(1)
    found = {}
    while len(found) < count:
        text = draw.choice(texts).split()
        text[draw.randrange(len(text))] = draw.choice(words)
        found[" ".join(text)] = None
    return list(found)


def write_lists(path, texts):
    with open(path, "w") as lines:
        for start in range(0, len(texts), HYPOTHESES):
            part = texts[start : start + HYPOTHESES]
            hypotheses = [{"text": text, "score": -float(rank)} for rank, text in enumerate(part)]
            lines.write(json.dumps({"id": f"u{start}", "ref": part[0], "hyps": hypotheses}) + "\n")


def make_model(folder, shape):
    """A model with random weights, and its tokenizer."""
    layers, width, heads, inner = SHAPES[shape]
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=30522,
        num_hidden_layers=layers,
        hidden_size=width,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=512,
        initializer_range=0.05,
        num_labels=1,
    )
    model = transformers.BertForSequenceClassification(config).eval()
    tokenizer = load_tokenizer()
    with torch.inference_mode():
        sample = Peer(model, tokenizer, "cpu", torch.float32, 1024).score(made_up(64))
    scale = 1 / statistics.stdev(sample)
    with torch.no_grad():
        model.classifier.weight *= scale
        model.classifier.bias -= scale * statistics.mean(sample)
    model.save_pretrained(folder)
    with open(TOKENIZER) as source, open(os.path.join(folder, "tokenizer.json"), "w") as copy:
        copy.write(source.read())


def load_tokenizer():
    tokenizer = Tokenizer.from_file(TOKENIZER)
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    return tokenizer


class Peer:
    """PyTorch, in padded batches of texts sorted by length."""

    def __init__(self, model, tokenizer, device, dtype, batch_tokens):
        self.model = model.to(device=device, dtype=dtype)
        self.tokenizer = tokenizer
        self.device = device
        self.batch_tokens = batch_tokens

    def score(self, texts):
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda index: len(encoded[index]), reverse=True)
        parts, start = [], 0
        while start < len(order):
            rows = max(self.batch_tokens // len(encoded[order[start]]), 1)
            parts.append(order[start : start + rows])
            start += rows

        outputs = [self.run([encoded[index] for index in part]) for part in parts]
        # One transfer at the end: nothing waits for the GPU before.
        flat = torch.cat(outputs).float().cpu().tolist()
        scores = [0.0] * len(texts)
        for index, score in zip((index for part in parts for index in part), flat):
            scores[index] = score
        return scores

    def run(self, rows):
        width = max(len(row) for row in rows)
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        inputs = {"input_ids": ids.to(self.device), "attention_mask": mask.to(self.device)}
        return self.model(**inputs).logits[:, 0]

    def measure(self, texts):
        with torch.inference_mode():
            start = time.perf_counter()
            self.scores = self.score(texts)
            return time.perf_counter() - start


class Ours:
    """The program, as a process."""

    def __init__(self, options, model, folder):
        self.out = os.path.join(folder, "scores.jsonl")
        self.command = [options.binary, "score", "--quiet", "--model", model, "--out", self.out]
        self.command += ["--device", options.device, "--batch-tokens", str(options.batch_tokens)]

    def seconds(self, nbest):
        # What an earlier run saved would be recalled.
        if os.path.exists(self.out):
            os.remove(self.out)
        start = time.perf_counter()
        subprocess.run(self.command + ["--nbest", nbest], check=True)
        return time.perf_counter() - start

    def scores(self, texts):
        found = {}
        with open(self.out) as lines:
            for line in map(json.loads, lines):
                found.update(zip(line["texts"], line["scores"]))
        return [found[text] for text in texts]


def apart(ones, others):
    return max(abs(one - other) for one, other in zip(ones, others))


def compare_scores(options, shape, folder):
    """A row of the table for each program, and whether the scores agree."""
    model = os.path.join(folder, shape)
    make_model(model, shape)
    texts = made_up(options.texts)
    every, few = (os.path.join(folder, name) for name in ("every.jsonl", "few.jsonl"))
    write_lists(every, texts)
    # Texts of every length: kernels are compiled at their first use, which is loading.
    lengths = {len(text.split()): text for text in texts}
    write_lists(few, sorted(lengths.values()))

    ours = Ours(options, model, folder)
    loading = min(ours.seconds(few) for _ in range(options.rounds))
    seconds = [ours.seconds(every) for _ in range(options.rounds)]
    scores = ours.scores(texts)
    taken = statistics.median(seconds) - loading
    # Few texts take no longer than loading does.
    speed = len(texts) / taken if taken > 0 else float("nan")
    rows = [(shape, f"robustness-check {options.device}", speed, statistics.median(seconds), None)]

    reference = None
    allowed = options.tolerance
    for name, dtype in (("f32", torch.float32), ("tf32", torch.float32), ("bf16", torch.bfloat16)):
        if name == "tf32" and not options.torch_device.startswith("cuda"):
            continue
        torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
        loaded = transformers.AutoModelForSequenceClassification.from_pretrained(model, attn_implementation="sdpa")
        peer = Peer(loaded.eval(), load_tokenizer(), options.torch_device, dtype, options.batch_tokens)
        peer.measure(texts[:: max(len(texts) // 500, 1)])
        taken = statistics.median(peer.measure(texts) for _ in range(options.rounds))
        reference = reference or peer.scores
        gap = apart(peer.scores, reference)
        rows.append((shape, f"PyTorch {name} {options.torch_device}", len(texts) / taken, taken, gap))
        if name == "tf32" and options.device.startswith("cuda"):
            # The program's products are of these numbers, too.
            allowed = max(allowed, 2 * gap)

    gap = apart(scores, reference)
    rows[0] = rows[0][:4] + (gap,)
    return rows, gap <= allowed


def losses(options, device, lists, folder):
    """The loss of each of some steps of training on a device; without dropout, which draws otherwise on each."""
    words = "--dropout 0 --lr 1e-3 --rank 4 --lists 4 --steps 4 --evaluate-every 1 --strategy lora".split()
    command = [options.binary, "train", "--base", SMALL_BASE, "--nbest", lists, "--dev", lists]
    command += words + ["--device", device, "--out", os.path.join(folder, device.replace(":", "-"))]
    run = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, check=True)
    return [float(loss) for loss in re.findall(r": loss ([-0-9.e]+)", run.stderr)]


def compare_losses(options, folder):
    """Whether steps of training agree with those on the processor."""
    lists = os.path.join(folder, "train.jsonl")
    with open(os.path.join(ROOT, "fixtures", "nbest", "test.jsonl")) as source, open(lists, "w") as part:
        part.writelines(source.readlines()[:40])
    found, expected = (losses(options, device, lists, folder) for device in (options.device, "cpu"))
    if not expected or len(found) != len(expected):
        sys.exit(f"losses of training could not be read: {found} and {expected}")
    gap = apart(found, expected)
    print(f"losses of {len(found)} steps of LoRA on {options.device}: {found}, at most {gap:.1e} from the processor's")
    return gap <= options.tolerance


def main():
    options = arguments()
    on_gpu = options.torch_device.startswith("cuda")
    machine = torch.cuda.get_device_name() if on_gpu else platform.processor() or platform.machine()
    print(f"{machine}; torch {torch.__version__}, transformers {transformers.__version__}; {options.texts} texts")

    agree = []
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        agree.append(compare_losses(options, folder))
        for shape in options.shapes.split(","):
            found, near = compare_scores(options, shape, folder)
            rows += found
            agree.append(near)

    print(f"{'shape':<8}{'program':<32}{'texts/s':>10}{'seconds':>10}{'largest difference':>20}")
    for shape, name, speed, seconds, gap in rows:
        print(f"{shape:<8}{name:<32}{speed:>10.0f}{seconds:>10.2f}{gap:>20.1e}")
    if not all(agree):
        sys.exit(f"scores or losses differ by more than {options.tolerance}")
    print("scores and losses agree")


if __name__ == "__main__":
    main()
