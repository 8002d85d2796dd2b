//! Where commands write: nothing of the user's is written over, whatever the place looks like.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project::{Project, Run, project, repository, words};

/// Two lists of one speaker each.
const LISTS: &str = r#"{"id": "u1", "speaker": "a", "ref": "their house", "hyps": [{"text": "there house", "score": -1}, {"text": "their house", "score": -2}]}
{"id": "u2", "speaker": "b", "ref": "the road", "hyps": [{"text": "the rode", "score": -1}, {"text": "the road", "score": -2}]}
"#;

const SUITE: [&str; 2] = ["--suite", "perturb-1"];
const NBEST: [&str; 2] = ["--nbest", "data/lists.jsonl"];

/// A command that writes a folder, without `--out DIR`.
struct Writer {
    name: &'static str,
    words: Vec<String>,
}

fn writer(name: &'static str, words: &[&[&str]]) -> Writer {
    let words = words.concat().into_iter().map(str::to_owned).collect();
    Writer { name, words }
}

/// Commands that write folders.
fn folder_writers() -> Vec<Writer> {
    let mut writers = vec![
        writer("check", &[&["--model", "first-pass"], &SUITE, &NBEST]),
        writer(
            "compare",
            &[
                &["compare", "--model", "first-pass", "--model", "oracle"],
                &SUITE,
                &NBEST,
            ],
        ),
    ];
    if cfg!(feature = "bert") {
        let adapter = repository("fixtures/reference/hf-peft/adapter-lora");
        let base = repository("fixtures/reference/hf-peft/bert-tiny");
        let [adapter, base] = [&adapter, &base].map(|path| path.to_str().unwrap());
        let text = ["--text", "data/text.txt", "--new", "data/config.json"];
        writers.push(writer(
            "train",
            &[&["train", "--objective", "mlm", "--steps", "1"], &text],
        ));
        writers.push(writer(
            "export",
            &[&["export", adapter, "--base", base, "--to", "merged"]],
        ));
    }

    writers
}

/// Commands that write files.
fn file_writers() -> Vec<Writer> {
    vec![
        writer("score", &[&["score", "--model", "first-pass"], &NBEST]),
        writer("perturb", &[&["perturb"], &SUITE, &NBEST]),
        writer("convert", &[&["nbest", "convert", "data/lists.jsonl"]]),
    ]
}

impl Writer {
    fn to<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let words = self.words.iter().map(String::as_str);
        words.chain(more.iter().copied()).collect()
    }
}

/// What the commands read, in the folder `data`.
fn with_data() -> Project {
    let config = r#"{"model_type": "bert", "vocab_size": 60, "hidden_size": 8, "num_hidden_layers": 1,
        "num_attention_heads": 1, "intermediate_size": 8, "max_position_embeddings": 16}"#;
    project()
        .file("data/lists.jsonl", LISTS)
        .file("data/text.txt", "a red rose\ni read this book\n".repeat(20))
        .file("data/config.json", config)
}

/// Everything below a folder: files with their bytes, links with their targets, folders.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn collect(folder: &Path, above: &str, into: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{above}{}", entry.file_name().display());
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                collect(&entry.path(), &format!("{name}/"), into);
                into.insert(format!("{name}/"), Vec::new());
            } else if kind.is_symlink() {
                let target = fs::read_link(entry.path()).unwrap();
                into.insert(name, target.as_os_str().as_encoded_bytes().to_vec());
            } else {
                into.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }

    let mut all = BTreeMap::new();
    collect(folder, "", &mut all);
    all
}

/// Expects one error that names all of `expected`, and not a byte changed.
#[track_caller]
fn check_refused(project: &Project, words: &[&str], expected: &[&str]) {
    let before = tree(&project.path(""));
    let run = project.run(words);
    assert_eq!(run.code, 2, "{words:?}: {}{}", run.out, run.err);
    for part in expected {
        assert!(
            run.err.contains(part),
            "{words:?}: no {part:?} in {}",
            run.err
        );
    }

    assert_eq!(tree(&project.path("")), before, "{words:?}: {}", run.err);
}

#[track_caller]
fn check_done(run: &Run) {
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
}

#[test]
fn folders_of_others_are_refused_whatever_is_in_them() {
    let project = with_data();
    for name in [
        "thesis.txt",
        "src/main.rs",
        "report.json",
        "comparison.json",
        "config.json",
        "rescorer.json",
        ".robustness-check.json",
        ".robustness-check-staged/journal.json",
        ".robustness-check.lock",
    ] {
        let out = name.replace('/', "-");
        let file = project.path(&format!("{out}/{name}"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "{}").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&out, project.path(&format!("link-{out}"))).unwrap();
        for writer in folder_writers() {
            let place = ["--out", out.as_str()];
            check_refused(&project, &writer.to(&place), &[&out]);
            let forced = [&place[..], &["--force"]].concat();
            check_refused(&project, &writer.to(&forced), &[&out]);
            if cfg!(unix) {
                let link = format!("link-{out}");
                check_refused(&project, &writer.to(&["--out", &link]), &[&out]);
            }
        }
    }
}

#[test]
fn files_of_others_are_refused() {
    let python =
        r#"{"id": "u1", "ref": "a", "draw": 0, "texts": ["a"], "scores": [-1.0], "hyps": []}"#;
    let project = with_data()
        .file("thesis.txt", "years of work\n")
        .file("python.jsonl", format!("{python}\n"))
        .file("folder/thesis.txt", "years of work\n");

    for writer in file_writers() {
        for out in ["thesis.txt", "python.jsonl"] {
            check_refused(&project, &writer.to(&["--out", out]), &[out, "--force"]);
        }
        for out in ["folder", "thesis.txt/deep", "absent/deep"] {
            check_refused(&project, &writer.to(&["--out", out, "--force"]), &[out]);
        }
        // What the same command wrote is replaced, and what is given up.
        for _ in 0..2 {
            check_done(&project.run(&writer.to(&["--out", writer.name])));
        }
        let written = project.read(writer.name);
        let copy = format!("{}-copy", writer.name);
        fs::write(project.path(&copy), "notes").unwrap();
        check_done(&project.run(&writer.to(&["--out", &copy, "--force"])));
        assert_eq!(project.read(&copy), written);
    }

    for other in ["score", "perturb"] {
        let converted = file_writers().pop().unwrap();
        check_refused(&project, &converted.to(&["--out", other]), &[other]);
    }
}

#[test]
fn files_that_were_changed_by_hand_are_left_alone() {
    let project = with_data();
    for writer in file_writers() {
        for out in ["plain.jsonl", "packed.jsonl.gz", "packed.jsonl.zst"] {
            let out = format!("{}-{out}", writer.name);
            check_done(&project.run(&writer.to(&["--out", &out])));
            let written = fs::read(project.path(&out)).unwrap();
            let starts: &[u8] = match out.rsplit('.').next() {
                Some("gz") => &[0x1f, 0x8b],
                Some("zst") => &[0x28, 0xb5, 0x2f, 0xfd],
                _ => b"{\"id\":\"u1\"",
            };
            assert!(written.starts_with(starts), "{out}: {written:?}");
            check_done(&project.run(&writer.to(&["--out", &out])));
            assert_eq!(fs::read(project.path(&out)).unwrap(), written, "{out}");
        }

        let out = format!("{}-plain.jsonl", writer.name);
        let written = project.read(&out);
        fs::write(project.path(&out), written.replace("rode", "road")).unwrap();
        // Scores and perturbed lists are made for programs.
        if ["score", "perturb"].contains(&writer.name) {
            check_done(&project.run(&writer.to(&["--out", &out])));
        } else {
            let told = [out.as_str(), "something else", "--force"];
            check_refused(&project, &writer.to(&["--out", &out]), &told);
            check_done(&project.run(&writer.to(&["--out", &out, "--force"])));
        }
        assert_eq!(project.read(&out), written);
    }
}

#[test]
fn nothing_is_written_over_a_place_that_is_no_baseline() {
    let project = with_data()
        .file("thesis.txt", "years of work\n")
        .file("empty.json", "{}")
        .file("alone/utterances.jsonl", "years of work\n")
        .file("both/utterances.jsonl", "years of work\n");
    let words = ["--model", "first-pass", "--suite", "perturb-1"];
    let at = |path: &'static str| {
        let update = ["--baseline", path, "--update-baseline", "--accept"];
        [&words[..], &NBEST, &update].concat()
    };
    check_done(&project.run(&at("base/report.json")));
    fs::copy(
        project.path("base/report.json"),
        project.path("both/report.json"),
    )
    .unwrap();
    fs::remove_dir_all(project.path("robustness-report")).unwrap();
    check_refused(&project, &at("data/lists.jsonl"), &["--nbest"]);
    check_refused(&project, &at("thesis.txt"), &["thesis.txt", "baseline"]);
    check_refused(&project, &at("empty.json"), &["empty.json", "baseline"]);
    check_refused(&project, &at("alone/report.json"), &["utterances.jsonl"]);
    check_refused(&project, &at("both/report.json"), &["utterances.jsonl"]);
    check_refused(&project, &at("new/utterances.jsonl"), &["another name"]);
    check_refused(
        &project,
        &[&at("base/report.json")[..], &["--out", "base"]].concat(),
        &["--baseline"],
    );
}

#[test]
fn inputs_are_never_in_the_output_nor_the_output_in_inputs() {
    let project = with_data().file("data/deep/more.json", "{}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("data", project.path("link")).unwrap();
        fs::hard_link(project.path("data/lists.jsonl"), project.path("twin.jsonl")).unwrap();
    }
    for writer in folder_writers() {
        if writer.name == "export" {
            continue;
        }
        for out in [".", "data", "data/deep/..", "absent/../data"] {
            check_refused(
                &project,
                &writer.to(&["--out", out]),
                &["contains the input"],
            );
        }
        if cfg!(unix) {
            check_refused(
                &project,
                &writer.to(&["--out", "link"]),
                &["contains the input"],
            );
        }
    }

    for writer in file_writers() {
        let outs = ["data/lists.jsonl", "link/lists.jsonl", "twin.jsonl"];
        for out in &outs[..if cfg!(unix) { 3 } else { 1 }] {
            let forced = ["--out", out, "--force"];
            check_refused(
                &project,
                &writer.to(&forced),
                &["is the input", "lists.jsonl"],
            );
        }
    }

    let model = ["--model", "data"];
    let commands: [&[&[&str]]; 5] = [
        &[&model, &SUITE, &["--nbest", "twin.jsonl"]],
        &[&["--model", "first-pass", "--failures", "data"], &SUITE],
        &[&["score"], &model, &["--nbest", "twin.jsonl"]],
        &[&["compare", "--model", "oracle"], &model, &SUITE],
        &[&["train", "--base", "data", "--nbest", "a", "--dev", "b"]],
    ];

    for command in commands {
        if command[0][0] == "train" && !cfg!(feature = "bert") {
            continue;
        }
        let words = [&command.concat()[..], &["--out", "data/deep/new"]].concat();
        check_refused(&project, &words, &["lies in the input", "data"]);
    }

    if cfg!(feature = "bert") {
        let export = ["export", "data", "--to", "merged", "--out", "data/new"];
        check_refused(&project, &export, &["data"]);
        let train = ["train", "--base", "data", "--nbest", "a", "--dev", "b"];
        let over = [&train[..], &["--out", "data", "--force"]].concat();
        check_refused(&project, &over, &["is the input --base data"]);
    }
}

#[test]
fn a_new_result_replaces_the_old_one_and_nothing_else() {
    for writer in folder_writers() {
        let project = with_data();
        let place = ["--out", "out"];
        check_done(&project.run(&writer.to(&place)));
        let files = tree(&project.path("out"));
        let (listed, _) = files
            .iter()
            .find(|(name, _)| !name.starts_with('.') && !name.ends_with('/'))
            .unwrap();
        let project = project
            .file("out/thesis.txt", "years of work")
            .file("out/failures/mine.json", "{}")
            .file("out/deep/er/src.rs", "fn main() {}");
        let theirs = ["thesis.txt", "failures/mine.json", "deep/er/src.rs"];
        check_done(&project.run(&writer.to(&place)));
        let after = tree(&project.path("out"));
        assert!(files.keys().all(|name| after.contains_key(name)));
        assert_eq!(project.read("out/thesis.txt"), "years of work");
        assert_eq!(project.read("out/failures/mine.json"), "{}");
        assert_eq!(project.read("out/deep/er/src.rs"), "fn main() {}");
        let mut strangers = after.keys().filter(|name| !files.contains_key(*name));
        assert!(strangers.all(|name| name.ends_with('/') || theirs.contains(&name.as_str())));

        // Changed by hand.
        let changed = project.path(&format!("out/{listed}"));
        fs::write(&changed, "my notes").unwrap();
        check_refused(&project, &writer.to(&place), &[listed, "--force"]);
        let forced = [&place[..], &["--force"]].concat();
        check_done(&project.run(&writer.to(&forced)));
        assert_ne!(fs::read(&changed).unwrap(), b"my notes");
        assert_eq!(project.read("out/thesis.txt"), "years of work");
    }
}

#[cfg(feature = "bert")]
#[test]
fn failures_that_are_none_any_more_are_deleted() {
    let lists = fs::read_to_string(repository("fixtures/nbest/dev.jsonl")).unwrap();
    let few: Vec<&str> = lists.lines().take(40).collect();
    let project = project().file("data/lists.jsonl", few.join("\n"));
    let model = repository("fixtures/reference/hf-peft/bert-tiny");
    let words = [
        "--model",
        model.to_str().unwrap(),
        "--first-pass-scale",
        "0",
        "--suite",
        "perturb-n",
        "--out",
        "out",
    ];
    check_done(&project.run(&[&words[..], &NBEST].concat()));

    let saved = |project: &Project| -> Vec<String> {
        let names = tree(&project.path("out")).into_keys();
        names.filter(|name| name.starts_with("failures/")).collect()
    };
    assert!(saved(&project).len() > 2, "{:?}", saved(&project));

    let project = project.file("out/failures/mine.json", "{}");
    let off = [&words[..], &NBEST, &["--minimise", "off"]].concat();
    check_done(&project.run(&off));
    assert_eq!(saved(&project), ["failures/", "failures/mine.json"]);
    fs::remove_file(project.path("out/failures/mine.json")).unwrap();
    check_done(&project.run(&[&words[..], &NBEST].concat()));
    check_done(&project.run(&off));
    assert_eq!(saved(&project), [""; 0]);
}

#[test]
fn the_current_folder_can_be_written_to() {
    for writer in folder_writers() {
        let project = with_data();
        fs::create_dir(project.path("here")).unwrap();
        let words: Vec<String> = writer
            .words
            .iter()
            .map(|word| word.replace("data/", "../data/"))
            .collect();
        for _ in 0..2 {
            let words: Vec<&str> = words
                .iter()
                .map(String::as_str)
                .chain(["--out", "."])
                .collect();
            check_done(&crate::project::run_in(&project.path("here"), &words));
        }
        let hidden: Vec<String> = tree(&project.path("here"))
            .into_keys()
            .filter(|name| name.starts_with('.'))
            .collect();
        assert_eq!(hidden, [".robustness-check.json"], "{}", writer.name);
    }
}

#[test]
fn places_are_tried_before_anything_is_read() {
    let project = project().file("file", "");
    let writers = folder_writers().into_iter().chain(file_writers());
    for writer in writers.filter(|writer| writer.name != "export") {
        // The inputs are not there, which would be told if they were read first.
        check_refused(
            &project,
            &writer.to(&["--out", "file/deep/out"]),
            &["file/deep/out"],
        );
        if cfg!(target_os = "linux") {
            check_refused(
                &project,
                &writer.to(&["--out", "/proc/out"]),
                &["/proc/out"],
            );
        }
    }

    let baseline = ["--baseline", "file/deep/report.json", "--update-baseline"];
    let words = ["--model", "first-pass", "--suite", "perturb-1"];
    check_refused(
        &project,
        &[&words[..], &NBEST, &baseline].concat(),
        &["file/deep"],
    );
}

#[test]
fn no_output_has_a_name_that_means_something_else() {
    let project = with_data();
    let first_pass = ["--model", "first-pass"];
    let tune = [&["tune"], &first_pass[..], &NBEST].concat();
    let junit = [&first_pass[..], &SUITE, &NBEST, &["--junit", "-"]].concat();
    let folders = folder_writers();
    let mut lines: Vec<_> = folders.iter().map(|at| at.to(&["--out", "-"])).collect();
    lines.extend([[&tune[..], &["--out", "-"]].concat(), junit]);
    for words in lines {
        check_refused(&project, &words, &["write -", "./-"]);
    }
    let cache = [&["--model", "demo"][..], &SUITE, &NBEST, &["--cache", "-"]].concat();
    check_refused(&project, &cache, &["it is no file"]);

    for writer in file_writers() {
        for name in ["lists.bz2", "lists.jsonl.XZ"] {
            let words = writer.to(&["--out", name]);
            check_refused(&project, &words, &[name, ".gz or .zst"]);
        }
    }
}

/// Runs `script` with sh where it may mount what it likes; `$0` is the binary, `$@` are `words`.
///
/// `None` where the system does not let a test mount anything.
#[cfg(target_os = "linux")]
#[expect(clippy::print_stderr, reason = "a test that tests less says so")]
fn mounted(project: &Project, script: &str, words: &[&str]) -> Option<Run> {
    let run = |script: &str, words: &[&str]| {
        Command::new("unshare")
            .args([
                "-rm",
                "sh",
                "-c",
                script,
                env!("CARGO_BIN_EXE_robustness-check"),
            ])
            .args(words)
            .current_dir(project.path(""))
            .output()
    };

    let may = run("mount -t tmpfs none data", &[]);
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("nothing can be mounted here: mount points are not tested");
        return None;
    }

    let output = run(script, words).unwrap();
    Some(Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_mount_point_is_written_to_from_inside() {
    let script = r#"set -e; mount -t tmpfs none mnt
        "$0" "$@" --out mnt >&2 || [ $? -ne 2 ]
        echo mine >mnt/thesis.txt; "$0" "$@" --out mnt >&2 || [ $? -ne 2 ]
        ls -A mnt; cat mnt/thesis.txt"#;

    for writer in folder_writers() {
        let project = with_data();
        fs::create_dir(project.path("mnt")).unwrap();
        let Some(run) = mounted(&project, script, &writer.to(&[])) else {
            return;
        };
        assert_eq!(run.code, 0, "{}: {}", writer.name, run.err);
        assert!(run.out.contains(".robustness-check.json\n"), "{}", run.out);
        assert!(run.out.ends_with("mine\n"), "{}", run.out);
        assert!(
            !run.out.contains("staged") && !run.out.contains("lock"),
            "{}",
            run.out
        );
    }

    // A single file that is a mount point, as containers have it.
    let script =
        r#"set -e; touch file out; mount --bind file out; "$0" "$@" --out out >&2; cat file"#;
    for writer in file_writers() {
        let project = with_data();
        let run = mounted(&project, script, &writer.to(&[])).unwrap();
        assert_eq!(run.code, 0, "{}: {}", writer.name, run.err);
        assert!(run.out.starts_with("{\"id\":\"u1\""), "{}", run.out);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn read_only_and_full_disks_are_found_before_anything_is_read() {
    let read_only = r#"set -e; mount -t tmpfs none mnt; echo mine >mnt/file; mount -o remount,ro mnt; rm -r data
        code=0; "$0" "$@" || code=$?; ls -A mnt; exit $code"#;
    let full = r#"set -e; mount -t tmpfs -o size=32k none mnt; head -c 24k /dev/zero >mnt/file; rm -r data
        code=0; "$0" "$@" || code=$?; ls -A mnt; exit $code"#;

    for (script, reason) in [(read_only, "Read-only"), (full, "the disk has")] {
        let baseline = ["--baseline", "mnt/new/report.json", "--update-baseline"];
        let check = ["--model", "first-pass", "--suite", "perturb-1"];
        let update = writer("baseline", &[&check, &NBEST, &baseline]);
        let writers = folder_writers().into_iter().chain(file_writers());
        for writer in writers.chain([update]) {
            let mut project = with_data().file("mnt/placeholder", "");
            if writer.name == "export" {
                project = project.file("unused", "");
            }
            let out = match writer.name {
                "baseline" => vec![],
                "score" | "perturb" | "convert" => vec!["--out", "mnt/new"],
                _ => vec!["--out", "mnt/new/out"],
            };
            let Some(run) = mounted(&project, script, &writer.to(&out)) else {
                return;
            };
            assert_eq!(run.code, 2, "{}: {}{}", writer.name, run.out, run.err);
            assert!(run.err.contains(reason), "{}: {}", writer.name, run.err);
            assert_eq!(run.out, "file\n", "{}", writer.name);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_leaves_the_report_that_was_there() {
    let script = r#"set -e; mount -t tmpfs -o size=160k none mnt
        "$0" "$@" --suite perturb-1 --nbest data/lists.jsonl --out mnt/out >&2 || [ $? -ne 2 ]
        cp -r mnt/out before; code=0
        "$0" "$@" --suite perturb-n --out mnt/out >&2 || code=$?
        diff -r before mnt/out; ls -A mnt; exit $code"#;
    let project = with_data().file("mnt/placeholder", "");
    let Some(run) = mounted(&project, script, &["--model", "first-pass"]) else {
        return;
    };
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("No space left"), "{}", run.err);
    assert_eq!(run.out, "out\n");
}

#[cfg(unix)]
#[test]
fn the_umask_and_rights_that_were_given_are_kept() {
    use std::os::unix::fs::PermissionsExt;

    let project = with_data();
    let run = |words: &[&str]| {
        let output = Command::new("sh")
            .args([
                "-c",
                "umask 027; exec \"$0\" \"$@\"",
                env!("CARGO_BIN_EXE_robustness-check"),
            ])
            .args(words)
            .current_dir(project.path(""))
            .output()
            .unwrap();
        assert_ne!(output.status.code(), Some(2), "{output:?}");
    };

    let mode = |name: &str| {
        fs::metadata(project.path(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };

    let check = &folder_writers()[0];
    let score = &file_writers()[0];
    run(&check.to(&["--out", "out"]));
    run(&score.to(&["--out", "scores"]));
    assert_eq!((mode("out"), mode("out/report.json")), (0o750, 0o640));
    assert_eq!(mode("scores"), 0o640);
    for name in ["out/report.json", "scores"] {
        fs::set_permissions(project.path(name), fs::Permissions::from_mode(0o604)).unwrap();
    }

    std::os::unix::fs::symlink("scores", project.path("link")).unwrap();
    run(&check.to(&["--out", "out"]));
    run(&score.to(&["--out", "link"]));
    assert_eq!((mode("out/report.json"), mode("scores")), (0o604, 0o604));
    assert!(project.path("link").is_symlink());

    // Nobody may write to it, not even with --force.
    fs::set_permissions(project.path("scores"), fs::Permissions::from_mode(0o444)).unwrap();
    check_refused(
        &project,
        &score.to(&["--out", "link", "--force"]),
        &["write-protected"],
    );
}

#[test]
fn one_run_at_a_time_writes_and_killed_ones_lock_nobody_out() {
    let holder = r#"{"process": 7, "host": "ship", "started": "today", "command": "robustness-check --out out"}"#;
    let expected = "process 7 on ship since today running robustness-check --out out";
    let baseline = ["--baseline", "out/base.json", "--update-baseline"];
    let check = ["--model", "first-pass", "--suite", "perturb-1"];
    let update = writer("baseline", &[&check, &NBEST, &baseline]);

    for writer in folder_writers().into_iter().chain([update]) {
        let project = with_data();
        let place = match writer.name {
            "baseline" => vec!["--out", "report"],
            _ => vec!["--out", "out"],
        };
        check_done(&project.run(&writer.to(&place)));
        let lock = project.path("out/.robustness-check.lock");
        fs::write(&lock, holder).unwrap();
        let held = fs::File::options().write(true).open(&lock).unwrap();
        held.lock().unwrap();
        let forced = [&place[..], &["--force"]].concat();
        check_refused(&project, &writer.to(&forced), &[expected]);
        drop(held);

        // What a run leaves that is killed while it writes.
        let staged = "out/.robustness-check-staged";
        let project = project
            .file(&format!("{staged}/journal.draft"), "")
            .file(&format!("{staged}/files/a"), "half");
        check_done(&project.run(&writer.to(&place)));
        let names = tree(&project.path("out")).into_keys();
        let left: Vec<String> = names
            .filter(|name| name.starts_with('.') && name != ".robustness-check.json")
            .collect();
        assert_eq!(left, [""; 0], "{}", writer.name);
    }
}

#[test]
fn a_baseline_and_its_utterances_belong_together() {
    let project = with_data();
    let check = &folder_writers()[0];
    let update = ["--update-baseline", "--baseline"];
    for (seed, base) in [("1", "one/report.json"), ("2", "two/report.json")] {
        let words = [&update[..], &[base, "--out", "out", "--seed", seed]].concat();
        check_done(&project.run(&check.to(&words)));
    }

    let against = ["--baseline", "one/report.json", "--out", "out"];
    check_done(&project.run(&check.to(&against)));
    let other = project
        .read("one/utterances.jsonl")
        .replace("\"errors\":", "\"errors\":1");
    fs::write(project.path("one/utterances.jsonl"), other).unwrap();

    let torn = ["one/report.json", "one/utterances.jsonl", "not of one run"];
    check_refused(&project, &check.to(&against), &torn);
}

#[test]
fn pairs_that_a_suite_names_are_an_input() {
    let lists = fs::read_to_string(repository("fixtures/nbest/dev.jsonl")).unwrap();
    let suite = "name = \"mine\"\n[[check]]\nname = \"one\"\nperturbation = \"perturb-1\"\npairs \
        = \"pairs.tsv\"\n";
    let project = project()
        .file("lists.jsonl", lists)
        .file("suite/mine.toml", suite)
        .file("suite/pairs.tsv", "from\tto\tcount\ntwo\ttoo\t3\n");
    let words = words("perturb --suite suite/mine.toml --nbest lists.jsonl");
    let out = ["--out", "suite/pairs.tsv", "--force"];
    project.check_error(
        &[&words[..], &out].concat(),
        &["it is the input pairs suite/pairs.tsv"],
    );
    assert!(project.read("suite/pairs.tsv").starts_with("from"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_standard_input_is_an_input() {
    let project = with_data();
    for line in [
        "nbest convert --out data/lists.jsonl --force -",
        "confusions --nbest - --out data/lists.jsonl --force",
        "perturb --suite perturb-1 --nbest - --out data/lists.jsonl --force",
    ] {
        let lists = fs::File::open(project.path("data/lists.jsonl")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_robustness-check"))
            .args(words(line))
            .current_dir(project.path(""))
            .stdin(lists)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {err}");
        assert!(err.contains("data/lists.jsonl: it is the input "), "{err}");
        assert_eq!(project.read("data/lists.jsonl"), LISTS);
    }
}

#[test]
fn no_output_has_the_name_of_the_scores_that_are_deleted_with_the_end_of_the_run() {
    let project = with_data();
    let check = &folder_writers()[0];
    for option in ["--junit", "--code-quality", "--cache"] {
        let places = ["--out", "out", option, "out.scores.jsonl"];
        let expected = ["is the output --out out.scores.jsonl"];
        check_refused(&project, &check.to(&places), &expected);
    }
    let update = ["--out", "out", "--update-baseline", "--baseline"];
    check_refused(
        &project,
        &check.to(&[&update[..], &["out.scores.jsonl"]].concat()),
        &["is the output --out out.scores.jsonl"],
    );
}

#[cfg(all(unix, feature = "bert"))]
#[test]
fn what_has_the_name_of_saved_scores_and_is_none_stays() {
    let project = with_data().file("empty.scores.jsonl", "");
    std::os::unix::fs::symlink("nowhere", project.path("link.scores.jsonl")).unwrap();
    let demo = repository("fixtures/checkpoints/demo");
    let model = ["--model", demo.to_str().unwrap()];
    for out in ["empty", "link"] {
        let words = [&model[..], &SUITE, &NBEST, &["--out", out]].concat();
        check_done(&project.run(&words));
    }
    assert_eq!(project.read("empty.scores.jsonl"), "");
    assert!(project.path("link.scores.jsonl").is_symlink());
    assert!(!project.path("nowhere").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_that_nobody_may_read_is_refused_and_one_that_is_open_is_written_to() {
    let project = with_data();
    let pipe = project.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    std::os::unix::fs::symlink("pipe", project.path("link")).unwrap();
    let junit = ["--model", "first-pass", "--out", "out", "--junit"];
    for name in ["pipe", "link"] {
        let writers = file_writers();
        let mut lines = vec![[&junit[..], &[name], &SUITE, &NBEST].concat()];
        lines.extend(writers.iter().map(|writer| writer.to(&["--out", name])));
        for words in lines {
            project.check_error(&words, &[name, "it is a pipe", "/dev/stdout"]);
        }
    }

    // As a process substitution and a pipeline have it.
    for out in ["/dev/fd/3", "/proc/self/fd/3", "/dev/stdout"] {
        let output = Command::new("sh")
            .args(["-c", r#""$0" "$@" 3>&1 | cat"#])
            .arg(env!("CARGO_BIN_EXE_robustness-check"))
            .args(["nbest", "convert", "data/lists.jsonl", "--out", out])
            .current_dir(project.path(""))
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.stdout.starts_with(b"{\"id\":\"u1\""), "{out}: {err}");
    }
}
