"""Loads what `robustness-check` wrote with transformers and PEFT, and compares the scores.

    python compare.py JOBS.json

JOBS.json is a list of {"name", "base", "model", "kind", "head", "scores"}: `model` is a folder, `kind` is "adapter"
or "merged", `head` is "cls_linear" or "hf_pooled", and `scores` is the output of `robustness-check score` on it. Every
text of `scores` is scored by PyTorch from the files alone, and an adapter with the head hf_pooled once more by AutoPeft, which
is told nothing of the base. One line per job; exit code 1 if a score differs by more
than 1e-4, relative to the largest score where that is above 1.
"""
import json
import os
import sys
import tempfile
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
warnings.filterwarnings("ignore")

import peft
import torch
import transformers
from peft import AutoPeftModelForSequenceClassification, PeftModel
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModel, AutoModelForSequenceClassification

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(2)


class Rescorer(torch.nn.Module):
    """An encoder with a linear map of the raw [CLS]: the head that Hugging Face has no class for."""

    def __init__(self, body):
        super().__init__()
        self.body = body.base_model_prefix
        setattr(self, self.body, body)
        self.score = torch.nn.Linear(body.config.hidden_size, 1)

    def forward(self, input_ids, attention_mask):
        body = getattr(self, self.body)
        hidden = body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.score(hidden[:, 0])


def load(job):
    """The model of a job, from its files."""
    folder = job["base"] if job["kind"] == "adapter" else job["model"]
    if job["head"] == "hf_pooled":
        model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1)
    else:
        model = Rescorer(AutoModel.from_pretrained(folder))
        if job["kind"] == "merged":
            tensors = load_file(os.path.join(folder, "model.safetensors"))
            head = {part: tensors[f"score.{part}"] for part in ("weight", "bias")}
            model.score.load_state_dict(head)
    if job["kind"] == "adapter":
        model = PeftModel.from_pretrained(model, job["model"])
    return model.eval()


def load_by_itself(job):
    """The same where nothing is named but the adapter, from a folder that is nowhere near."""
    with tempfile.TemporaryDirectory() as elsewhere:
        here = os.getcwd()
        os.chdir(elsewhere)
        try:
            return AutoPeftModelForSequenceClassification.from_pretrained(job["model"], num_labels=1).eval()
        finally:
            os.chdir(here)


def scores(model, tokenizer, texts):
    """A score for each text, in one batch with padding."""
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    width = max(map(len, encoded))
    ids = torch.zeros(len(encoded), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, pieces in enumerate(encoded):
        ids[row, : len(pieces)] = torch.tensor(pieces)
        mask[row, : len(pieces)] = 1
    with torch.inference_mode():
        output = model(input_ids=ids, attention_mask=mask)
    return (output if torch.is_tensor(output) else output.logits).flatten().tolist()


def main():
    jobs = json.load(open(sys.argv[1]))
    print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
    failed = 0
    for job in jobs:
        ours = {}
        for line in open(job["scores"]):
            line = json.loads(line)
            ours.update(zip(line["texts"], line["scores"]))
        texts = sorted(ours)
        tokenizer = Tokenizer.from_file(os.path.join(job["base"], "tokenizer.json"))
        tokenizer.no_padding()
        models = [load(job)]
        # Transformers has a class for one of our heads alone.
        if job["kind"] == "adapter" and job["head"] == "hf_pooled":
            models.append(load_by_itself(job))
        found = [zip(texts, scores(model, tokenizer, texts)) for model in models]
        largest = max(abs(ours[text] - score) for scored in found for text, score in scored)
        spread = max(ours.values()) - min(ours.values())
        allowed = 1e-4 * max(1.0, *(abs(score) for score in ours.values()))
        # A model whose scores are all alike would agree with anything.
        ok = largest <= allowed and spread > 100 * allowed
        failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {job['name']}: {len(texts)} texts differ by at most {largest:.1e}, spread {spread:.3f}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
