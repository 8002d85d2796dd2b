//! Every reader of the binary: a folder of good files, the one that is changed, and a command that reads it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::mutation::Form;

/// A file that some command reads.
pub(super) struct Reader {
    /// What tells it from the others.
    pub(crate) name: &'static str,
    /// The file, relative to the folder in which the command runs.
    pub(crate) file: &'static str,
    pub(super) form: Form,
    /// The command line.
    pub(crate) command: &'static str,
    /// What the command writes, and what is removed before the next run.
    pub(crate) writes: &'static str,
}

const fn reader(
    name: &'static str,
    file: &'static str,
    form: Form,
    command: &'static str,
) -> Reader {
    Reader {
        name,
        file,
        form,
        command,
        writes: "",
    }
}

const TINY: &str = "score --model tiny --nbest small.jsonl";
const ADAPTER: &str = "score --model adapter --base tiny --nbest small.jsonl";
const ADALORA: &str = "score --model adalora --base tiny --nbest small.jsonl";
const BASELINE: &str =
    "--model first-pass --suite perturb-1 --nbest small.jsonl --baseline report/report.json";

/// The readers; each is tried equally often.
pub(super) const READERS: [Reader; 51] = [
    reader("jsonl", "lists.jsonl", Form::Json, "nbest stat lists.jsonl"),
    reader(
        "jsonl of a check",
        "lists.jsonl",
        Form::Json,
        "--model first-pass --suite perturb-n --nbest lists.jsonl",
    ),
    reader(
        "jsonl to convert",
        "lists.jsonl",
        Form::Json,
        "nbest convert lists.jsonl",
    ),
    reader("hyporadise", "hp.json", Form::Json, "nbest stat hp.json"),
    reader("mlm-scoring", "mlm.json", Form::Json, "nbest stat mlm.json"),
    reader(
        "kaldi",
        "nbest.txt",
        Form::Lines,
        "nbest stat nbest.txt --refs refs.txt --scores scores.txt",
    ),
    reader(
        "kaldi references",
        "refs.txt",
        Form::Lines,
        "nbest stat nbest.txt --refs refs.txt --scores scores.txt",
    ),
    reader(
        "kaldi scores",
        "scores.txt",
        Form::Lines,
        "nbest stat nbest.txt --refs refs.txt --scores scores.txt",
    ),
    reader(
        "trn",
        "hyp.trn",
        Form::Lines,
        "nbest stat hyp.trn --refs ref.trn",
    ),
    reader(
        "trn references",
        "ref.trn",
        Form::Lines,
        "nbest stat hyp.trn --refs ref.trn",
    ),
    reader(
        "zstd",
        "packed.jsonl.zst",
        Form::Binary,
        "nbest stat packed.jsonl.zst",
    ),
    reader(
        "suite",
        "suite.toml",
        Form::Toml,
        "perturb --suite suite.toml --check one --draws 1 --nbest small.jsonl",
    ),
    reader(
        "suite of a check",
        "suite.toml",
        Form::Toml,
        "--suite suite.toml --model first-pass --nbest small.jsonl",
    ),
    reader(
        "invariants",
        "invariants.toml",
        Form::Toml,
        "--suite invariants.toml --model tiny --nbest small.jsonl",
    ),
    Reader {
        writes: "trained",
        ..reader(
            "recipe",
            "recipe.toml",
            Form::Toml,
            "train --recipe recipe.toml",
        )
    },
    reader(
        "lexicon",
        "my.dict",
        Form::Lines,
        "neighbours --lexicon my.dict --max-distance 0.3 two",
    ),
    reader("config", "tiny/config.json", Form::Json, TINY),
    reader("weights", "tiny/model.safetensors", Form::Safetensors, TINY),
    reader("tokenizer", "tiny/tokenizer.json", Form::Json, TINY),
    reader(
        "DistilBERT's config",
        "distilbert/config.json",
        Form::Json,
        "score --model distilbert --nbest small.jsonl",
    ),
    reader(
        "ELECTRA's weights",
        "electra/model.safetensors",
        Form::Safetensors,
        "score --model electra --nbest small.jsonl",
    ),
    reader(
        "tokenizer of byte pairs",
        "roberta/tokenizer.json",
        Form::Json,
        "score --model roberta --nbest small.jsonl",
    ),
    reader(
        "tokenizer of likely pieces",
        "xlm-roberta/tokenizer.json",
        Form::Json,
        "score --model xlm-roberta --nbest small.jsonl",
    ),
    reader(
        "adapter's config",
        "adapter/adapter_config.json",
        Form::Json,
        ADAPTER,
    ),
    reader(
        "adapter",
        "adapter/adapter_model.safetensors",
        Form::Safetensors,
        ADAPTER,
    ),
    reader(
        "adapter's side file",
        "adapter/rescoring.json",
        Form::Json,
        ADAPTER,
    ),
    reader(
        "AdaLoRA's config",
        "adalora/adapter_config.json",
        Form::Json,
        ADALORA,
    ),
    reader(
        "AdaLoRA",
        "adalora/adapter_model.safetensors",
        Form::Safetensors,
        ADALORA,
    ),
    reader(
        "checkpoint",
        "finished/rescorer.json",
        Form::Json,
        "score --model finished --nbest small.jsonl",
    ),
    reader(
        "cost",
        "finished/training.json",
        Form::Json,
        "compare --model finished --model first-pass --suite perturb-1 --nbest small.jsonl",
    ),
    reader(
        "shards",
        "sharded/model.safetensors.index.json",
        Form::Json,
        "score --model sharded --nbest small.jsonl",
    ),
    Reader {
        writes: "new",
        ..reader(
            "new config",
            "new.json",
            Form::Json,
            "train --objective mlm --new new.json --text text.txt --steps 1 --out new",
        )
    },
    Reader {
        writes: "mlm",
        ..reader(
            "plain text",
            "text.txt",
            Form::Lines,
            "train --objective mlm --size tiny --vocabulary 200 --text text.txt --steps 1 --out mlm",
        )
    },
    Reader {
        writes: "half",
        ..reader(
            "state",
            "half.training/state.json",
            Form::Json,
            "train --recipe half.toml --resume",
        )
    },
    Reader {
        writes: "half",
        ..reader(
            "state's numbers",
            "half.training/state.safetensors",
            Form::Safetensors,
            "train --recipe half.toml --resume",
        )
    },
    reader("baseline", "report/report.json", Form::Json, BASELINE),
    reader(
        "baseline's counts",
        "report/utterances.jsonl",
        Form::Json,
        BASELINE,
    ),
    reader(
        "saved failure",
        "case.json",
        Form::Json,
        "explain case.json --model tiny",
    ),
    reader(
        "scores",
        "table.jsonl",
        Form::Json,
        "--suite perturb-1 --draws 1 --model scores:table.jsonl --nbest small.jsonl",
    ),
    reader(
        "counts",
        "a.jsonl",
        Form::Json,
        "significance a.jsonl b.jsonl",
    ),
    reader(
        "speakers",
        "utt2spk",
        Form::Lines,
        "significance a.jsonl b.jsonl --utt2spk utt2spk",
    ),
    reader("hypr", "hypr.json", Form::Json, "nbest stat hypr.json"),
    reader(
        "nemo",
        "beams.tsv",
        Form::Lines,
        "nbest stat beams.tsv --nbest-format nemo --refs manifest.json",
    ),
    reader(
        "nemo's manifest",
        "manifest.json",
        Form::Json,
        "nbest stat beams.tsv --nbest-format nemo --refs manifest.json",
    ),
    reader(
        "wenet",
        "wenet.txt",
        Form::Lines,
        "nbest stat wenet.txt --refs refs.txt",
    ),
    reader(
        "espnet1",
        "data.json",
        Form::Json,
        "nbest stat data.json --refs refs.txt",
    ),
    reader(
        "alternatives of trn",
        "choices.trn",
        Form::Lines,
        "significance hyp.trn hyp.trn --ref choices.trn",
    ),
    reader(
        "vocabulary",
        "wordpieces/vocab.txt",
        Form::Lines,
        "score --model wordpieces --nbest small.jsonl",
    ),
    reader(
        "tokenizer's options",
        "wordpieces/tokenizer_config.json",
        Form::Json,
        "score --model wordpieces --nbest small.jsonl",
    ),
    reader(
        "pairs",
        "pairs.tsv",
        Form::Lines,
        "perturb --suite pairs.toml --draws 1 --nbest small.jsonl",
    ),
    reader(
        "speakers of lists",
        "speakers",
        Form::Lines,
        "--model first-pass --suite perturb-1 --draws 1 --nbest nbest.txt --refs refs.txt --utt2spk speakers",
    ),
];

const SUITE: &str = r#"name = "mine"
description = "What is tried"

[verdict]
alpha = 0.05
min_clusters = 6

[[check]]
name = "one"
perturbation = "perturb-n"
coherent = true
count = 2
min_distance = 0.05
max_distance = 0.3
common_words = true
draws = 2
gates = { flip = { relative = 0.1, absolute = 0.05 }, gain = { keep = 0.5 } }
kinds = { swap = 2, boundary = 1, delete = 1, insert = 1 }

[[check]]
name = "two"
perturbation = "perturb-1"
hypothesis = "first-pass-best"
rate = 0.2

[check.gates]
flip = { relative = 0.1 }
gain = true
"#;

const RECIPE: &str = r#"base = "tiny"
nbest = ["small.jsonl"]
dev = ["small.jsonl"]
out = "trained"
first-pass-scale = 0.1
strategy = "dynamic"
rank = 2
initial-rank = 4
alpha = 16
targets = ["query", "value"]
dropout = 0.05
robust = "perturb-n"
robust-probability = 0.5
robust-distance = 0.1
consistency = 0.1
correlation = 0.01
lr = 1e-3
lr-warm-up = 0.1
steps = 2
lists = 2
hypotheses = 4
evaluate-every = 1
patience = 100
max-length = 32
seed = 1
"#;

const HALF: &str = r#"base = "tiny"
nbest = ["small.jsonl"]
dev = ["small.jsonl"]
out = "half"
strategy = "dynamic"
rank = 2
steps = 40
lists = 3
save-every = 1
evaluate-every = 10
"#;

const TRN: &str = "their dog (s1-u1)\ntwo weeks ago (s1-u2)\nmeet me here (s2-u1)\n";

const HYPORADISE: &str = r#"[{"input": ["their dog", "there dog"], "output": "their dog", "score": [-1.5, -2]},
 {"input": ["two weeks", "too weak", "to week"], "output": "two weeks"}]
"#;

const MLM: &str = r#"{"u1": {"ref": "their dog", "hyp_1": {"score": -1.5, "text": "there dog"}, "hyp_2": {"score": -2, "text": "their dog"}},
 "u2": {"ref": "two weeks", "speaker": "s2", "hyp_1": {"score": -1e2, "text": "two weeks"}}}
"#;

const HYPR: &str = r#"[{"utt_id": "u1", "ref": "their dog", "hyps": ["there dog", "their dog"], "att_score": [-1.5, -2], "ctc_score": [-3, -1e1], "score": [-2.5, -3]}]
"#;

const ESPNET: &str = r#"{"utts": {"u": {"output": [{"rec_text": "their dog", "score": -1.5}, {"rec_text": "there dog", "score": -2}], "utt2spk": "anna"},
 "v": {"output": [{"rec_text": "two weeks", "score": -1}], "utt2spk": "berta"}}}
"#;

const PAIRS: &str = r#"name = "mine"
[[check]]
name = "one"
perturbation = "perturb-1"
pairs = "pairs.tsv"
"#;

const INDEX: &str = r#"{"metadata": {"total_size": 286452}, "weight_map": {"bert.pooler.dense.bias": "one.safetensors", "classifier.bias": "one.safetensors"}}"#;

const NEW: &str = r#"{"model_type": "bert", "vocab_size": 200, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
 "intermediate_size": 32, "hidden_act": "gelu", "max_position_embeddings": 64, "type_vocab_size": 2, "initializer_range": 0.02,
 "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "pad_token_id": 0}
"#;

const DICTIONARY: &str =
    "zweiundvierzig T UW1\ntwotwo T UW1 T UW1\nmondegreen M AA1 N D IH0 G R IY2 N\ntwo T UH1\n";

/// Makes lists of other toolkits, alternatives, pairs and speakers, and a model without `tokenizer.json`.
fn toolkits(fixtures: &Path, folder: &Path) {
    let put = |name: &str, content: &str| fs::write(folder.join(name), content).unwrap();
    put("hypr.json", HYPR);
    put("beams.tsv", "their dog\t-1.5\nthere dog\t-2.5\n");
    put(
        "manifest.json",
        "{\"audio_filepath\": \"a/u.wav\", \"text\": \"their dog\"}\n",
    );
    put(
        "wenet.txt",
        "wav u\ncandidate -3.5 their dog\ncandidate -4.5 there dog\nwav v\ncandidate -1.5 two weeks\n",
    );
    put("data.json", ESPNET);
    put(
        "choices.trn",
        "{ their / there / @ } dog (s1-u1)\ntwo weeks { ago / { a / go } } (s1-u2)\nmeet me here (s2-u1)\n",
    );
    put("pairs.toml", PAIRS);
    put("pairs.tsv", "from\tto\tcount\nthe\ta\t3\ntwo\ttoo\t2\n");
    put("speakers", "u anna\nv berta\n");
    for encoder in ["roberta", "xlm-roberta", "distilbert", "electra"] {
        let from = fixtures.join("reference/encoders").join(encoder);
        copy(&from, &folder.join(encoder));
    }
    let cases = fixtures.join("cases");
    copy(
        &cases.join("24-vocab-txt-only/model"),
        &folder.join("wordpieces"),
    );
    put(
        "wordpieces/tokenizer_config.json",
        "{\"do_lower_case\": true, \"strip_accents\": false, \"model_max_length\": 64}\n",
    );
}

/// Makes the good files in `folder`, some of them with `binary`; `root` is the repository.
pub(crate) fn prepare(binary: &Path, root: &Path, folder: &Path) {
    let fixtures = root.join("fixtures");
    let put = |name: &str, content: &str| fs::write(folder.join(name), content).unwrap();
    let reference = fixtures.join("reference/hf-peft");
    copy(&reference.join("bert-tiny"), &folder.join("tiny"));
    copy(&reference.join("adapter-lora"), &folder.join("adapter"));
    copy(&reference.join("adapter-adalora"), &folder.join("adalora"));
    put(
        "adapter/rescoring.json",
        "{\"weight\": 0.5, \"score_scale\": 0.1}\n",
    );
    copy(&reference.join("bert-tiny"), &folder.join("sharded"));
    fs::rename(
        folder.join("sharded/model.safetensors"),
        folder.join("sharded/one.safetensors"),
    )
    .unwrap();
    put("sharded/model.safetensors.index.json", INDEX);

    let lists = fs::read_to_string(fixtures.join("nbest/dev.jsonl")).unwrap();
    let lines = |count: usize| {
        lists
            .lines()
            .take(count)
            .flat_map(|line| [line, "\n"])
            .collect::<String>()
    };
    put("small.jsonl", &lines(8));
    put("lists.jsonl", &lines(3));
    fs::write(
        folder.join("packed.jsonl.zst"),
        zstd::encode_all(lines(3).as_bytes(), 3).unwrap(),
    )
    .unwrap();
    put("hp.json", HYPORADISE);
    put("mlm.json", MLM);
    put(
        "nbest.txt",
        "u-1 their dog\nu-2 there dog\nv-1 two weeks\nv-2 too weeks\n",
    );
    put("refs.txt", "u their dog\nv two weeks\n");
    put("scores.txt", "u-1 -1.5\nu-2 -2\nv-1 -3\nv-2 -1e1\n");
    put("hyp.trn", TRN);
    put("ref.trn", TRN);
    toolkits(&fixtures, folder);
    put("suite.toml", SUITE);
    fs::copy(
        root.join("suites/invariants.toml"),
        folder.join("invariants.toml"),
    )
    .unwrap();
    put("recipe.toml", RECIPE);
    put("half.toml", HALF);
    put("new.json", NEW);
    put("my.dict", DICTIONARY);
    put(
        "text.txt",
        &fs::read_to_string(fixtures.join("nbest/sentences-dev.txt")).unwrap(),
    );

    let counts = |errors: [u32; 4]| -> String {
        let line = |(index, errors): (usize, u32)| {
            format!(
                "{{\"id\": \"u{index}\", \"speaker\": \"s{}\", \"errors\": {errors}, \"reference_words\": 9}}\n",
                index % 3
            )
        };
        errors.into_iter().enumerate().map(line).collect()
    };
    put("a.jsonl", &counts([1, 0, 3, 2]));
    put("b.jsonl", &counts([0, 0, 2, 3]));
    put("utt2spk", "u0 anna\nu1 anna\nu2 berta\nu3 carla\n");

    let run = |command: &str| {
        let run = Command::new(binary)
            .args(command.split(' '))
            .current_dir(folder)
            .output()
            .unwrap();
        let code = run.status.code();
        assert!(
            matches!(code, Some(0 | 1 | 3)),
            "{command}: {}",
            String::from_utf8_lossy(&run.stderr)
        );
        run.stdout
    };
    run("--model first-pass --suite perturb-1 --nbest small.jsonl --out report");
    run("--model tiny --suite perturb-n --nbest small.jsonl --out failed --first-pass-scale 0.001");

    let case = fs::read_dir(folder.join("failed/failures"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .min();

    fs::rename(
        case.expect("a random model fails somewhere"),
        folder.join("case.json"),
    )
    .unwrap();
    run("train --recipe recipe.toml --out finished");
    run("perturb --suite perturb-1 --draws 1 --nbest small.jsonl --out perturbed.jsonl");

    let scores = run("score --model tiny --nbest perturbed.jsonl");
    let clean = run("score --model tiny --nbest small.jsonl");
    fs::write(folder.join("table.jsonl"), [clean, scores].concat()).unwrap();
    interrupt(binary, folder);
}

/// Starts to train, and interrupts it once a state is saved.
fn interrupt(binary: &Path, folder: &Path) {
    let mut process = Command::new(binary)
        .args(["train", "--recipe", "half.toml", "--jobs", "1"])
        .current_dir(folder)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !folder.join("half.training/state.json").exists() {
        assert!(
            process.try_wait().unwrap().is_none(),
            "training ended too early"
        );
        std::thread::sleep(Duration::from_millis(1));
    }

    let id = process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(process.wait().unwrap().code(), Some(130));
}

/// Copies the files of a folder and of those in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
