"""A training step of `robustness-check train` beside one of transformers + PEFT, interleaved, on the same lists.

    pip install torch transformers peft tokenizers
    cargo build --release
    python tests/bench/training.py --model BASE_DIR --nbest TRAIN.jsonl --dev DEV.jsonl

The model is a Hugging Face folder; beside it runs a model of BERT-base's shape with random weights and the same
tokenizer. Both sides minimize the expected word errors of 8 lists of 10 hypotheses a step with AdamW: LoRA of rank 8
on query and value with dropout, and every weight. Each round runs each side as a process of its own, one after the
other, and takes the mean of its steps; of the peer's the first two do not count.
Prints the versions, every round's seconds per step, their medians, how many times as long the peer takes (median over the
rounds), and the most memory that each process held.
"""

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

LISTS = 8
HYPOTHESES = 10
LONGEST = 64
UNCOUNTED = 2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/robustness-check")
    parser.add_argument("--model", required=True, help="Hugging Face folder of the base model")
    parser.add_argument("--nbest", required=True, help="lists to learn from, a JSON object a line")
    parser.add_argument("--dev", required=True, help="lists to choose by; the first 20 are used")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=12, help="steps of a round; a quarter of them with BERT-base")
    parser.add_argument("--shapes", default="model,bert-base", help="some of model, bert-base")
    parser.add_argument("--strategies", default="lora,full", help="some of lora, full")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    return parser.parse_args()


def write_bert_base(folder, tokenizer):
    """A model of BERT-base's shape with random weights."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    BertModel(BertConfig()).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        if os.path.exists(os.path.join(tokenizer, name)):
            shutil.copy(os.path.join(tokenizer, name), folder)


def ours(options, model, strategy, steps, folder):
    """Seconds per step, and the most memory in bytes."""
    out = os.path.join(folder, "ours")
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(out + ".training", ignore_errors=True)
    command = [options.binary, "train", "--quiet", "-j", str(options.threads), "--base", model, "--nbest", options.nbest]
    command += ["--dev", os.path.join(folder, "dev.jsonl"), "--out", out, "--head", "hf_pooled", "--seed", "1"]
    command += ["--strategy", strategy, "--steps", str(steps), "--evaluate-every", str(steps), "--lists", str(LISTS)]
    command += ["--hypotheses", str(HYPOTHESES), "--max-length", str(LONGEST), "--lr", "5e-4"]
    if strategy == "lora":
        command += ["--rank", "8", "--targets", "query,value", "--dropout", "0.05"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(out, "training.json")) as file:
        cost = json.load(file)
    return cost["seconds_per_step"], cost["peak_memory_bytes"]


def theirs(options, model, strategy, steps):
    """As `ours`, of the peer in a process of its own."""
    command = [sys.executable, __file__, "--model", model, "--nbest", options.nbest, "--dev", options.dev]
    command += ["--threads", str(options.threads), "--steps", str(steps + UNCOUNTED), "--peer", strategy]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(run.stdout.splitlines()[-1])
    return found["seconds_per_step"], found["peak_memory_bytes"]


def edits(reference, words):
    row = list(range(len(words) + 1))
    for i, word in enumerate(reference, 1):
        current = [i]
        for j, other in enumerate(words, 1):
            current.append(min(row[j] + 1, current[-1] + 1, row[j - 1] + (word != other)))
        row = current
    return row[-1]


def peer(options):
    """The peer: as its users write it, with lists padded to the longest text of the step."""
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForSequenceClassification, logging

    logging.set_verbosity_error()
    torch.manual_seed(1)
    random.seed(1)
    torch.set_num_threads(options.threads)
    tokenizer = Tokenizer.from_file(os.path.join(options.model, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    lists = []
    with open(options.nbest) as lines:
        for line in map(json.loads, lines):
            hypotheses = line["hyps"][:HYPOTHESES]
            reference = line["ref"].split()
            errors = [float(edits(reference, hypothesis["text"].split())) for hypothesis in hypotheses]
            if len(set(errors)) < 2:
                continue
            texts = [encoding.ids for encoding in tokenizer.encode_batch([one["text"] for one in hypotheses])]
            scores = torch.tensor([one["score"] / 9.5 for one in hypotheses])
            lists.append((texts, scores, torch.tensor(errors)))

    model = AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=1)
    if options.peer == "lora":
        from peft import LoraConfig, TaskType, get_peft_model

        settings = {"r": 8, "lora_alpha": 16, "lora_dropout": 0.05, "target_modules": ["query", "value"]}
        model = get_peft_model(model, LoraConfig(task_type=TaskType.SEQ_CLS, **settings))
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=5e-4, weight_decay=0.01)
    model.train()

    seconds = []
    for _ in range(options.steps):
        batch = random.sample(lists, LISTS)
        start = time.perf_counter()
        texts = [text for one, _, _ in batch for text in one]
        width = max(map(len, texts))
        ids = torch.zeros(len(texts), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = torch.tensor(text)
            mask[row, : len(text)] = 1
        scores = model(input_ids=ids, attention_mask=mask).logits.flatten()
        loss, place = 0, 0
        for one, first_pass, errors in batch:
            chances = torch.softmax(first_pass + scores[place : place + len(one)], 0)
            loss = loss + (chances * (errors - errors.mean())).sum()
            place += len(one)
        (loss / LISTS).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - start)

    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    print(json.dumps({"seconds_per_step": statistics.mean(seconds[UNCOUNTED:]), "peak_memory_bytes": peak}))


def compare(options, shape, model, strategy, folder):
    steps = options.steps if shape == "model" else max(3, options.steps // 4)
    rounds = []
    for _ in range(options.rounds):
        own = ours(options, model, strategy, steps, folder)
        rounds.append((own, theirs(options, model, strategy, steps)))
    for name, index in (("ours", 0), ("peer", 1)):
        seconds = [one[index][0] for one in rounds]
        memory = max(one[index][1] for one in rounds) / 2**20
        listed = " ".join(f"{second:.3f}" for second in seconds)
        middle = statistics.median(seconds)
        print(f"{shape:>9} {strategy:>4} {name} {middle:7.3f} s a step, {memory:6.0f} MiB  rounds {listed}", flush=True)
    ratio = statistics.median(other[0] / own[0] for own, other in rounds)
    memory = max(own[1] for own, _ in rounds) / max(other[1] for _, other in rounds)
    print(f"{shape:>9} {strategy:>4} peer/ours {ratio:.2f}; memory ours/peer {memory:.2f}", flush=True)


def main():
    options = arguments()
    if options.peer:
        return peer(options)

    import peft
    import torch
    import transformers

    print(f"{platform.processor() or platform.machine()}, {options.threads} threads, {options.rounds} rounds")
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        with open(options.dev) as lines, open(os.path.join(folder, "dev.jsonl"), "w") as some:
            some.writelines(line for _, line in zip(range(20), lines))
        for shape in options.shapes.split(","):
            model = options.model
            if shape == "bert-base":
                model = os.path.join(folder, "bert-base")
                write_bert_base(model, options.model)
            for strategy in options.strategies.split(","):
                compare(options, shape, model, strategy, folder)
    return None


if __name__ == "__main__":
    sys.exit(main())
