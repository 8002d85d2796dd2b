//! A check on many machines: its shards, scored anywhere and in any order, and their merge.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mondegreen::files::seal::{seal, unseal};

use crate::project::{Project, Run, demo, project, repository, run_with, some_lists};

/// What this program keeps for itself in folders that it writes to.
const OWN: &str = ".robustness-check";

/// All files of a report, but for the time and place of the run.
fn report(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files);
    let json = files.get_mut("report.json").unwrap();
    let mut report: serde_json::Value = serde_json::from_slice(json).unwrap();
    report.as_object_mut().unwrap().remove("run").unwrap();
    *json = serde_json::to_vec_pretty(&report).unwrap();
    files
}

fn collect(folder: &Path, above: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            collect(&path, &format!("{above}{name}/"), found);
        } else if !name.starts_with(OWN) {
            found.insert(format!("{above}{name}"), fs::read(&path).unwrap());
        }
    }
}

#[track_caller]
fn check_same(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    for (name, bytes) in one {
        assert!(*bytes == other[name], "{name} differs");
    }
}

/// Runs the check `words` as it is; its report.
fn whole(project: &Project, words: &[&str]) -> (Run, BTreeMap<String, Vec<u8>>) {
    let run = project.run(words);
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    let files = report(&project.path("report"));
    fs::remove_dir_all(project.path("report")).unwrap();
    (run, files)
}

/// Runs a shard of the check `words`.
#[track_caller]
fn shard(project: &Project, words: &[&str], shard: &str) -> Run {
    let run = project.run(&[words, &["--shard", shard]].concat());
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    run
}

#[track_caller]
fn check_merged(
    project: &Project,
    merge: &[&str],
    (run, files): &(Run, BTreeMap<String, Vec<u8>>),
) {
    let merged = project.run(merge);
    assert_eq!(
        (merged.code, &merged.out),
        (run.code, &run.out),
        "{}",
        merged.err
    );
    check_same(&report(&project.path("report")), files);
}

/// Starts a shard that scores one text after the other, and waits until it begins.
fn slow_shard(project: &Project, words: &[&str], shard: &str) -> Child {
    let slow = ["--jobs", "1", "--batch-tokens", "1", "--verbose"];
    let mut process = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
        .args([words, &["--shard", shard], &slow].concat())
        .current_dir(project.path(""))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    while !lines
        .next()
        .unwrap()
        .unwrap()
        .contains("indexed the lexicon")
    {}
    // Whoever speaks to nobody ends.
    std::thread::spawn(move || lines.for_each(drop));
    std::thread::sleep(Duration::from_millis(150));
    process
}

/// The names in the folder of parts, but for what a killed run leaves.
fn parts(project: &Project) -> Vec<String> {
    let mut files = BTreeMap::new();
    collect(&project.path("report.shards"), "", &mut files);
    files.into_keys().collect()
}

#[test]
fn shards_of_which_some_are_killed_merge_to_the_same_bytes_in_any_order() {
    let project = some_lists(250);
    let model = demo();
    let words = [
        "--model",
        &model,
        "--nbest",
        "lists.jsonl",
        "--suite",
        "perturb-1",
        "--suite",
        "invariants",
        "--suite",
        "perturb-n",
        "--max-failures",
        "3",
        "--seed",
        "7",
        "--out",
        "report",
        "--draws",
        "2",
    ];
    let expected = whole(&project, &words);
    assert!(expected.1.keys().any(|name| name.starts_with("failures/")));

    for number in ["4/5", "1/5"] {
        shard(&project, &words, number);
    }
    let mut killed = slow_shard(&project, &words, "2/5");
    killed.kill().unwrap();
    killed.wait().unwrap();
    let mut ended = slow_shard(&project, &words, "3/5");
    let id = ended.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(ended.wait().unwrap().code(), Some(130));
    let journal = "3-of-5.part.scores.jsonl";
    assert_eq!(parts(&project), ["1-of-5.part", journal, "4-of-5.part"]);

    // What is not there yet is named, and nothing is written.
    project.check_error(
        &["merge", "report.shards"],
        &["3 of 5 shards are missing: 2/5, 3/5, 5/5", "2-of-5.part"],
    );
    let done = shard(&project, &words, "1/5");
    assert!(done.err.contains("shard 1/5 is done"), "{}", done.err);
    let again = shard(&project, &words, "3/5");
    assert!(again.err.contains("going on from the"), "{}", again.err);
    let others: Vec<Run> = ["5/5", "2/5"]
        .map(|number| shard(&project, &words, number))
        .into();
    assert!(others[1].err.contains("shard 2/5: "), "{}", others[1].err);

    let names = parts(&project);
    assert_eq!(names.len(), 5);
    check_merged(&project, &["merge", "report.shards"], &expected);
    let mut files: Vec<String> = names
        .iter()
        .map(|name| format!("report.shards/{name}"))
        .collect();
    files.reverse();
    files.swap(0, 2);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    check_merged(&project, &[&["merge"], &files[..]].concat(), &expected);
    let threads = [
        "--jobs",
        "1",
        "--batch-tokens",
        "40",
        "--hold-lists",
        "5000",
    ];
    check_merged(
        &project,
        &[&["merge", "report.shards"], &threads[..]].concat(),
        &expected,
    );
}

/// Scores lists by their first text, and writes down how many lists it is asked for.
const LISTWISE: &str = "\
import json, os, sys
print(json.dumps({'protocol': 1, 'name': 'lists', 'listwise': len(sys.argv) > 1}), flush=True)
asked = os.open('asked', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for line in sys.stdin:
    r = json.loads(line)
    os.write(asked, b'.' * (1 if len(sys.argv) > 1 else len(r['texts'])))
    first = sum(r['texts'][0].encode()) if len(sys.argv) > 1 else 0
    scores = [-((first + sum(text.encode())) % 13) / 7 for text in r['texts']]
    print(json.dumps({'id': r['id'], 'scores': scores}), flush=True)
";

/// How often the program was asked since this was last called.
fn asked(project: &Project) -> u64 {
    let path = project.path("asked");
    let length = fs::metadata(&path).map_or(0, |found| found.len());
    let _ = fs::remove_file(path);
    length
}

#[track_caller]
fn check_program(model: &str) {
    let project = some_lists(40).file("program.py", LISTWISE);
    let words = [
        "--model",
        model,
        "--nbest",
        "lists.jsonl",
        "--suite",
        "perturb-n",
        "--weight",
        "0.3",
        "--out",
        "report",
        "--minimise",
        "off",
    ];
    let expected = whole(&project, &words);
    let all = asked(&project);
    // How each asks its program is no part of the result.
    for (number, batch) in [("3/3", "1"), ("1/3", "7"), ("2/3", "64")] {
        let asking = ["--processes", "2", "--batch-texts", batch];
        shard(&project, &[&words[..], &asking].concat(), number);
    }
    let by_shards = asked(&project);
    assert!(by_shards > all / 2, "{by_shards} of {all}");
    check_merged(&project, &["merge", "report.shards"], &expected);
    // Some clean lists are scored a second time, to see whether the program is steady.
    let by_merge = asked(&project);
    assert!(by_merge > 0 && by_merge * 3 < all, "{by_merge} of {all}");
    let said = project.run(&["merge", "report.shards"]).err;
    assert!(
        said.contains("running what report.shards/1-of-3.part names: exec:"),
        "{said}"
    );
}

#[test]
fn a_program_is_asked_by_shards_and_hardly_by_the_merge() {
    check_program("exec:python3 program.py");
    check_program("exec:python3 program.py listwise");
}

/// A check that takes no time.
const QUICK: [&str; 8] = [
    "--model",
    "first-pass",
    "--nbest",
    "lists.jsonl",
    "--suite",
    "perturb-n",
    "--out",
    "report",
];

#[test]
fn more_shards_than_utterances_are_merged_too() {
    let project = some_lists(9);
    let expected = whole(&project, &QUICK);
    for number in 1..=30 {
        shard(&project, &QUICK, &format!("{number}/30"));
    }
    check_merged(&project, &["merge", "report.shards"], &expected);
    let files = parts(&project);
    assert_eq!((files.len(), files[0].as_str()), (30, "01-of-30.part"));
}

#[test]
fn what_is_not_all_of_one_run_is_refused_by_name() {
    let project = some_lists(6);
    for number in ["1/3", "2/3", "3/3"] {
        shard(&project, &QUICK, number);
    }
    let others: [(&str, &[&str], &str); 5] = [
        ("seed", &["--seed", "2"], "the seed is "),
        ("draws", &["--draws", "3"], "the number of draws is "),
        ("suite", &["--suite", "perturb-1"], "the suites are "),
        (
            "normalize",
            &["--normalize", "none"],
            "the normalization is ",
        ),
        (
            "words",
            &["--max-failures", "3"],
            "--max-failures was typed otherwise",
        ),
    ];
    for (name, more, expected) in others {
        let out = format!("{name}/report");
        let words = [&QUICK[..6], &["--out", &out, "--shard", "2/3"], more].concat();
        let run = project.run(&words);
        assert_eq!(run.code, 0, "{}", run.err);
        let other = format!("{out}.shards/2-of-3.part");
        let [one, three] = ["1", "3"].map(|number| format!("report.shards/{number}-of-3.part"));
        for files in [[&one, &other, &three], [&other, &one, &three]] {
            let [a, b, c] = files.map(String::as_str);
            project.check_error(
                &["merge", a, b, c, "--out", "report"],
                &[expected, &other, &one],
            );
        }
    }

    let lists = project.read("lists.jsonl");
    let project = project.file("lists.jsonl", lists.replacen("test-0001", "test-other", 1));
    project.check_error(
        &["merge", "report.shards"],
        &[
            "the parts are of another run than this merge: the hash of the lists is",
            "in the parts",
        ],
    );
    let project = project.file("lists.jsonl", lists);
    for (more, expected) in [
        (["--seed", "3"], "the seed is 3 here and 1 in the parts"),
        (["--model", "oracle"], "the model's kind of model is "),
        (["--suite", "severity"], "the suites are severity"),
        (
            ["--stop", "planned=5"],
            "--stop and --budget look at the draws of all utterances",
        ),
        (["--shard", "1/3"], "leave out --shard"),
        (["--out", "report.shards"], "report.shards"),
    ] {
        project.check_error(
            &[&["merge", "report.shards"], &more[..]].concat(),
            &[expected],
        );
    }

    shard(&project, &QUICK, "2/4");
    project.check_error(
        &["merge", "report.shards"],
        &["2-of-4.part is shard 2/4, and report.shards/1-of-3.part is shard 1/3"],
    );
    fs::remove_file(project.path("report.shards/2-of-4.part")).unwrap();
    fs::copy(
        project.path("report.shards/2-of-3.part"),
        project.path("copy.part"),
    )
    .unwrap();
    project.check_error(
        &["merge", "copy.part", "report.shards"],
        &["shard 2/3 is there twice, as copy.part and as report.shards/2-of-3.part"],
    );
    fs::remove_file(project.path("report.shards/2-of-3.part")).unwrap();
    project.check_error(
        &["merge", "report.shards"],
        &["1 of 3 shards is missing: 2/3 (no report.shards/2-of-3.part)"],
    );
    let run = project.run(&["merge", "copy.part", "report.shards"]);
    assert!([1, 3].contains(&run.code), "{}", run.err);

    project.check_error(&["merge", "lists.jsonl"], &["lists.jsonl", "no part"]);
    project.check_error(&["merge", "nowhere.part"], &["nowhere.part"]);
    fs::create_dir(project.path("empty")).unwrap();
    project.check_error(&["merge", "empty"], &["empty holds no part"]);
}

#[test]
fn a_torn_part_is_refused_and_run_again() {
    let project = some_lists(6).file(
        "scorer.py",
        fs::read(repository("fixtures/rescorers/words.py")).unwrap(),
    );
    let words = [&["--model", "exec:python3 scorer.py"], &QUICK[2..]].concat();
    for number in ["1/2", "2/2"] {
        shard(&project, &words, number);
    }
    let file = project.path("report.shards/2-of-2.part");
    let whole = fs::read(&file).unwrap();
    let head = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    assert!(whole.len() > head + 200);

    let merge = ["merge", "report.shards", "--minimise", "off"];
    let mut damaged: Vec<Vec<u8>> = [10, head - 1, head, head + 5, whole.len() - 1]
        .map(|length| whole[..length].to_vec())
        .into();
    damaged.push([&whole[..], b"x"].concat());
    for place in [20, head + 40, whole.len() - 20] {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        damaged.push(flipped);
    }
    for bytes in &damaged {
        fs::write(&file, bytes).unwrap();
        project.check_error(&merge, &["report.shards/2-of-2.part"]);
    }
    assert!(shard(&project, &words, "2/2").err.contains("is replaced: "));
    assert!(fs::read(&file).unwrap() == whole);

    // Another version of the program, whose seal is whole.
    let line = String::from_utf8(whole[..head - 1].to_vec()).unwrap();
    let (content, _) = unseal("", &line).unwrap();
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let other = content.replacen(&version, "\"version\":\"0.0.7\"", 1);
    assert_ne!(content, other);
    let other = format!("{}\n", seal("", &other).0);
    fs::write(&file, [other.as_bytes(), &whole[head..]].concat()).unwrap();
    project.check_error(&merge, &["2-of-2.part", "robustness-check 0.0.7 wrote it"]);
    assert!(shard(&project, &words, "2/2").err.contains("is replaced: "));
    assert_ne!(project.run(&merge).code, 2);
}

#[test]
fn a_part_of_another_run_is_replaced_and_one_for_other_options_is_not_scored_again() {
    let project = some_lists(12).file("program.py", LISTWISE);
    let words = [
        "--model",
        "exec:python3 program.py",
        "--nbest",
        "lists.jsonl",
        "--suite",
        "perturb-n",
        "--out",
        "report",
    ];
    for number in ["1/2", "2/2"] {
        shard(&project, &words, number);
    }
    asked(&project);
    for number in ["1/2", "2/2"] {
        let off = [&words[..], &["--minimise", "off"]].concat();
        shard(&project, &off, number);
    }
    assert_eq!(asked(&project), 0);
    let run = project.run(&["merge", "report.shards"]);
    assert_ne!(run.code, 2, "{}", run.err);
    assert!(!project.path("report/failures").exists());

    let other = [&words[..], &["--seed", "2"]].concat();
    let run = shard(&project, &other, "1/2");
    assert!(
        run.err
            .contains("is replaced: it is of another run: the seed is 2 here and 1 there")
    );
    assert!(asked(&project) > 0);
}

#[test]
fn the_environment_tells_the_shard() {
    let project = some_lists(6);
    let run = |words: &[&str], variables: &[(&str, &str)]| {
        run_with(&project.path(""), &[&QUICK[..], words].concat(), variables)
    };
    let slurm = |id| {
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_COUNT", "2"),
            ("SLURM_ARRAY_TASK_MIN", "4"),
            ("SLURM_ARRAY_TASK_MAX", "5"),
        ]
    };
    for words in [&["--shard"][..], &["--shard", "auto"]] {
        assert_eq!(run(words, &slurm("5")).code, 0);
    }
    assert_eq!(
        run(&["--shard", "auto/2"], &[("JOB_COMPLETION_INDEX", "0")]).code,
        0
    );
    assert_eq!(parts(&project), ["1-of-2.part", "2-of-2.part"]);
    let refused = run(&["--shard", "auto"], &[]);
    assert!(
        refused.code == 2 && refused.err.contains("name the shard"),
        "{}",
        refused.err
    );

    // A task of an array that asks for nothing is no shard.
    assert_ne!(run(&[], &slurm("5")).code, 2);
    assert!(project.path("report/report.json").exists());
}

#[test]
fn what_a_shard_cannot_do_is_refused() {
    let project = project().file(
        "lists.jsonl",
        "{\"id\": \"a\", \"ref\": \"b\", \"hyps\": [{\"text\": \"b\"}]}\n",
    );
    for (more, expected) in [
        (
            &["--stop", "planned=5"][..],
            "--stop and --budget look at the draws of all utterances",
        ),
        (&["--budget", "1000"], "--stop and --budget"),
        (&["--dry-run"], "leave out --shard"),
        (&["--shard", "4/3"], "expected I/N"),
    ] {
        let shard: &[&str] = if more[0] == "--shard" {
            &[]
        } else {
            &["--shard", "1/3"]
        };
        project.check_error(&[&QUICK[..], shard, more].concat(), &[expected]);
    }
    let words = [&QUICK[..4], &["--suite", "invariants", "--shard", "1/3"]].concat();
    project.check_error(&words, &["properties alone"]);
}

#[test]
fn shards_of_different_models_are_named_in_the_report_and_nothing_passes() {
    // The command says nothing of the file that it reads.
    let program = "\
import json, sys
offset = float(open('offset').read())
print(json.dumps({'protocol': 1, 'name': 'shifted', 'version': '1'}), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    scores = [offset - sum(text.encode()) % 13 for text in r['texts']]
    print(json.dumps({'id': r['id'], 'scores': scores}), flush=True)
";
    let list = |number: u32| {
        format!(
            "{{\"id\": \"u{number}\", \"speaker\": \"s{number}\", \"ref\": \"meet me at eight\", \
             \"hyps\": [{{\"text\": \"meet me at eight\", \"score\": -1}}, \
             {{\"text\": \"meet me at a\", \"score\": -1.5}}]}}\n"
        )
    };
    let lists: String = (0..24).map(list).collect();
    let project = project()
        .file("lists.jsonl", lists)
        .file("program.py", program);
    let words = [
        "--model",
        "exec:python3 program.py",
        "--nbest",
        "lists.jsonl",
    ];
    let words = [&words[..], &["--suite", "perturb-n", "--out", "report"]].concat();
    let merged = |offset: &str| {
        for (number, offset) in [("1/2", "0"), ("2/2", offset)] {
            fs::write(project.path("offset"), offset).unwrap();
            shard(&project, &words, number);
        }
        fs::write(project.path("offset"), "0").unwrap();
        let run = project.run(&["merge", "report.shards"]);
        assert!([1, 3].contains(&run.code), "{}{}", run.out, run.err);
        let json = project.read("report/report.json");
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let cautions = report["cautions"].as_array().unwrap().clone();
        let files =
            ["report.md", "report.html"].map(|name| project.read(&format!("report/{name}")));
        fs::remove_dir_all(project.path("report")).unwrap();
        fs::remove_dir_all(project.path("report.shards")).unwrap();
        let disagree = |caution: &serde_json::Value| caution["kind"] == "shards_disagree";
        let found = cautions.into_iter().find(disagree);
        (run, found, files)
    };

    let (run, found, _) = merged("0");
    assert_eq!(found, None, "{}", run.out);

    let (run, found, files) = merged("10");
    let found = found.unwrap();
    assert_eq!(found["effect"], "bars_pass");
    let told = "Shards gave the same text different scores";
    assert!(run.out.contains(told), "{}", run.out);
    assert!(files.iter().all(|file| file.contains(told)));
}
