//! Options of training that contradict each other or cannot be used: each is refused by name, with
//! where it stands.

use crate::project::{Project, project, repository, words};

/// A tiny base whose matrices have sides of 48 and 96, its lists, and recipes.
fn with_recipes() -> Project {
    let list = |id: usize| {
        format!(
            r#"{{"id": "u{id}", "speaker": "s{id}", "ref": "a red rose", "hyps": [{{"text": "a read rose", "score": -1.0}}, {{"text": "a red rose", "score": -1.5}}]}}"#
        ) + "\n"
    };
    let mut project = project()
        .file("train.jsonl", (0..8).map(list).collect::<String>())
        .file("dev.jsonl", (8..12).map(list).collect::<String>())
        .file("lora.toml", "strategy = \"lora\"\nrank = 4\nlr = 1e-3\n")
        .file("full.toml", "strategy = \"full\"\nlr = 1e-3\nrank = 4\n")
        .file("plain-full.toml", "strategy = \"full\"\n")
        .file("both.toml", "epochs = 2\nlr = 1e-3\nsteps = 4\n")
        .file("swept.toml", "lr = 1e-3\nsweep = \"lr=1e-4,1e-3\"\n")
        .file(
            "high.toml",
            "strategy = \"mixed\"\nranks = [\"query=4611686018427387904\"]\n",
        )
        .file("low.toml", "rank = 4\nlr-warm-up = -1\n")
        .file("kind.toml", "rank = 4\nsteps = \"many\"\n")
        .file("line.toml", "rank = 4\nnbest = \"train.jsonl\"\n")
        .file("short.toml", "strategy = \"warmup\"\nsteps = 1\n")
        .file(
            "growing.toml",
            "strategy = \"dynamic\"\nrank = 4\ninitial-rank = 2\n",
        )
        .file(
            "gone.toml",
            "rank = 4\ndev = [\n    \"dev.jsonl\",\n    \"gone.jsonl\",\n]\n",
        )
        .file("text.txt", "a red rose\nthe rose is red\n".repeat(20));
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        let bytes = std::fs::read(repository("fixtures/reference/hf-peft/bert-tiny").join(file));
        project = project.file(&format!("base/{file}"), bytes.unwrap());
    }
    project
}

const TRAIN: &str = "train --base base --nbest train.jsonl --dev dev.jsonl --out x";

#[track_caller]
fn check_refused(project: &Project, options: &str, expected: &[&str]) {
    let line = format!("{TRAIN} {options}");
    project.check_error(&words(&line), expected);
}

#[test]
fn what_a_strategy_does_not_use_is_refused() {
    let project = with_recipes();
    for (options, option, here) in [
        (
            "--strategy lora --ranks query=4",
            "--ranks is for --strategy mixed",
            "lora",
        ),
        (
            "--initial-rank 12",
            "--initial-rank is for --strategy dynamic, or",
            "lora, as none is",
        ),
        (
            "--warm-up-share 0.2",
            "--warm-up-share is for --strategy warmup",
            "lora, as none is",
        ),
        (
            "--then-dynamic",
            "--then-dynamic is for --strategy warmup",
            "lora, as none is",
        ),
        (
            "--mask-share 0.2",
            "--mask-share is for --objective mlm",
            "lora",
        ),
        (
            "--sentences 4",
            "--sentences is for --objective mlm",
            "lora",
        ),
        (
            "--vocabulary 400",
            "--vocabulary is for --objective mlm",
            "lora",
        ),
        ("--text text.txt", "--text is for --objective mlm", "lora"),
        ("--strategy full --rank 4", "--rank is for adapters", "full"),
        (
            "--strategy full --ranks query=4",
            "--ranks is for --strategy mixed",
            "full",
        ),
        (
            "--strategy full --b-lr-ratio 4",
            "--b-lr-ratio is for adapters",
            "full",
        ),
        (
            "--strategy dynamic --rslora",
            "--rslora is for adapters whose ranks",
            "dynamic",
        ),
        (
            "--strategy mixed --ranks query=4 --rank 4",
            "--rank is for matrices of one",
            "mixed",
        ),
        (
            "--strategy warmup --warm-up-lr-ratio 0.2",
            "--warm-up-lr-ratio is for --strategy warmup with --warm-up-from full",
            "warmup",
        ),
        (
            "--strategy warmup --warm-up-from full --warm-up-rank 8",
            "--warm-up-rank is for --strategy warmup that begins",
            "warmup",
        ),
        (
            "--robust perturb-1 --consistency-of scores",
            "--consistency-of is for robust",
            "lora",
        ),
        (
            "--sweep warm-up-share=0.1,0.5",
            "--sweep warm-up-share: warm-up-share is for",
            "lora",
        ),
        (
            "--sweep lr=1e-4,1e-3 --lr 1e-4",
            "--lr and --sweep both give lr",
            "",
        ),
    ] {
        check_refused(&project, options, &[option, here]);
    }
}

#[test]
fn what_an_objective_does_not_use_is_refused() {
    let project = with_recipes();
    let text = "train --objective mlm --base base --text text.txt --out x";
    for (options, told) in [
        ("--rank 4", "--rank is for adapters"),
        ("--strategy lora", "--strategy is for n-best lists"),
        ("--dev dev.jsonl", "--dev is for n-best lists"),
        ("--vocabulary 400", "--vocabulary is for a new model"),
        (
            "--nbest train.jsonl",
            "--nbest is for n-best lists, or --references with them",
        ),
    ] {
        project.check_error(
            &words(&format!("{text} {options}")),
            &[told, "the objective here is mlm"],
        );
    }
}

#[test]
fn a_recipe_is_told_by_its_line_and_only_where_it_is_at_fault() {
    let project = with_recipes();
    for (options, told) in [
        (
            "--recipe full.toml",
            "recipe full.toml, line 3: `rank` is for adapters",
        ),
        (
            "--recipe lora.toml --strategy full",
            "recipe lora.toml, line 2: `rank` is for adapters",
        ),
        (
            "--recipe both.toml",
            "recipe both.toml, line 3: `steps` cannot be used with `epochs` (line 1)",
        ),
        (
            "--recipe swept.toml",
            "recipe swept.toml, line 1: `lr` and --sweep both give lr",
        ),
        (
            "--recipe low.toml",
            "line 2: `lr-warm-up` is -1, but must be from 0 to 1",
        ),
        (
            "--recipe high.toml",
            "recipe high.toml, line 2, asks for: --ranks query=",
        ),
        (
            "--recipe kind.toml",
            "line 2: `steps`: invalid type: string \"many\", expected a whole number",
        ),
        (
            "--recipe line.toml",
            "line 2: `nbest`: invalid type: string \"train.jsonl\", expected a list",
        ),
        (
            "--recipe short.toml",
            "recipe short.toml, line 2, asks for: --steps is 1; a warm-up has two phases",
        ),
        (
            "--recipe growing.toml",
            "recipe growing.toml, line 3, asks for: --initial-rank is too low: the target rank",
        ),
    ] {
        check_refused(&project, options, &[told]);
    }

    // A file is told by its line, where the recipe has several.
    let gone = "train --base base --nbest train.jsonl --out x --recipe gone.toml";
    let told = "recipe gone.toml, line 4, asks for: failed to read gone.jsonl";
    project.check_error(&words(gone), &[told]);

    check_refused(
        &project,
        "--recipe plain-full.toml --rank 4",
        &[
            "--rank is for adapters",
            "the strategy here is full, as plain-full.toml says",
        ],
    );
    for (options, told) in [
        (
            "--recipe lora.toml --sweep lr=1e-4",
            "--sweep lr=1e-4: there is only one value",
        ),
        ("--recipe lora.toml --targets querry", "--targets is querry"),
        (
            "--recipe lora.toml --steps 8 --lists 0",
            "--lists is 0, but must be from 1",
        ),
    ] {
        let line = format!("{TRAIN} {options}");
        let run = project.run(&words(&line));
        assert_eq!(run.code, 2, "{options}: {}", run.err);
        let told_alone = run.err.contains(told) && !run.err.contains("lora.toml");
        assert!(told_alone, "{options}: {}", run.err);
    }
}

#[test]
fn a_swept_or_typed_rate_takes_the_place_of_a_recipe_s() {
    let project = with_recipes();
    for options in [
        "--recipe lora.toml --sweep lr=1e-4,1e-3 --steps 2",
        "--recipe swept.toml --lr 1e-4 --steps 2",
    ] {
        let line = format!("{TRAIN} {options} --force");
        let run = project.run(&words(&line));
        assert_eq!(run.code, 0, "{options}: {}", run.err);
    }
}

#[test]
fn what_is_there_twice_or_teaches_nothing_is_refused() {
    let list =
        r#"{"id": "u1", "ref": "a red rose", "hyps": [{"text": "a red rose", "score": -1.0}]}"#;
    let project = with_recipes().file("single.jsonl", list);
    let idle = "names before it are of all of its matrices: leave it out";
    for (targets, told) in [
        ("query,query", "--targets is query; "),
        ("all-linear,value", "--targets is value; "),
    ] {
        check_refused(&project, &format!("--targets {targets}"), &[told, idle]);
    }

    let single = "train --base base --nbest single.jsonl --dev dev.jsonl --out x --strategy";
    for strategy in ["lora", "dynamic", "warmup"] {
        let line = format!("{single} {strategy}");
        let told = "no training list has hypotheses of different word errors";
        project.check_error(&words(&line), &[told]);
    }
}

#[test]
fn ranks_that_no_matrix_can_have_are_refused() {
    let project = with_recipes();
    let square = "query is a matrix of 48 x 48, of which no change has a higher rank than 48";
    for (options, told) in [
        ("--rank 49", ["--rank is 49; ", square]),
        (
            "--strategy dynamic --initial-rank 49",
            ["--initial-rank is 49; ", square],
        ),
        (
            "--strategy warmup --warm-up-rank 49",
            ["--warm-up-rank is 49; ", square],
        ),
        (
            "--strategy mixed --ranks query=49",
            ["--ranks is query=49; ", square],
        ),
        (
            "--sweep rank=4,49",
            ["--sweep rank=49: --rank is 49; ", square],
        ),
        (
            "--strategy mixed --ranks query=99999999999999",
            [
                "--ranks query=99999999999999: ",
                "at most 16384 is accepted",
            ],
        ),
        (
            "--strategy mixed --ranks query=4,query=8",
            ["--ranks query=8: ", "there twice"],
        ),
        (
            "--strategy mixed --ranks =4",
            ["--ranks =4: ", "write NAME=R"],
        ),
        (
            "--strategy mixed --ranks query=0",
            ["--ranks is 0 for every matrix; ", "no matrix gets"],
        ),
    ] {
        check_refused(&project, options, &told);
    }

    // The smaller side itself is the limit, and ranks that nobody named keep to it.
    for options in [
        "--rank 48",
        "--strategy warmup --rank 32",
        "--strategy dynamic --rank 40",
    ] {
        let line = format!("{TRAIN} {options} --steps 10 --force");
        let run = project.run(&words(&line));
        assert_eq!(run.code, 0, "{options}: {}", run.err);
    }
}

#[test]
fn a_vocabulary_must_hold_the_letters_of_its_text() {
    let project = with_recipes();
    project.check_error(
        &words(
            "train --objective mlm --size tiny --text text.txt --steps 1 --vocabulary 1 --out x",
        ),
        &["--vocabulary 1: the letters of this text"],
    );
}
