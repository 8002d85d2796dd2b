//! The README and the guide pages: every command on them prints what they say.
//!
//! The rules of a page are told in `src/guide/mod.rs`. A page has a folder of its own, in which its
//! commands run one after the other.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;

use crate::project::{Project, project, repository};

/// What stands in a fence of a page: its language with what follows it, and its lines.
struct Block<'a> {
    info: &'a str,
    text: &'a str,
}

/// A command of a page, and the lines below it.
#[derive(Default)]
struct Example<'a> {
    command: String,
    printed: Vec<&'a str>,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let parts = page.split("\n```").collect::<Vec<_>>();
    let fences = parts.chunks_exact(2).map(|pair| pair[1]);
    let block = |fence| {
        let (info, text) = str::split_once(fence, '\n').unwrap_or((fence, ""));
        Block { info, text }
    };
    fences.map(block).collect()
}

/// The commands of a `console` block; one that ends in a backslash goes on in the next line.
fn examples<'a>(block: &Block<'a>) -> Vec<Example<'a>> {
    let mut examples: Vec<Example<'a>> = Vec::new();
    for line in block.text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example {
                command: command.to_owned(),
                printed: Vec::new(),
            });
            continue;
        }

        let example = examples.last_mut().expect("a command comes first");
        if example.command.ends_with('\\') {
            example.command.push('\n');
            example.command.push_str(line);
        } else {
            example.printed.push(line);
        }
    }
    examples
}

/// The README, and all guide pages.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("src/guide")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    pages.push(repository("README.md"));
    pages.sort();
    pages
}

/// A folder with what pages take for granted.
fn with_the_bundled_files() -> Project {
    let project = project();
    for (name, place) in [
        ("fixtures", "fixtures"),
        ("reports", "reports"),
        ("suites", "suites"),
        ("my-model", "fixtures/checkpoints/demo"),
        ("bert-base", "fixtures/checkpoints/demo-base"),
        ("scorer.py", "fixtures/rescorers/words.py"),
        ("train.jsonl.zst", "fixtures/nbest/train.jsonl.zst"),
        ("dev.jsonl", "fixtures/nbest/dev.jsonl"),
        ("test.jsonl", "fixtures/nbest/test.jsonl"),
        ("german.jsonl", "fixtures/nbest/german.jsonl"),
    ] {
        symlink(repository(place), project.path(name)).unwrap();
    }
    project
}

/// What a shell prints in `folder`; of a command that is refused the error.
fn printed(folder: &Path, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_robustness-check"));
    let beside = program.parent().unwrap().to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let places = std::iter::once(beside).chain(std::env::split_paths(&others));

    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(places).unwrap())
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    if err.starts_with("error: ") {
        err + &out
    } else {
        out
    }
}

/// Whether `line` is `expected`, in which `...` stands for any text.
fn is_alike(line: &str, expected: &str) -> bool {
    let Some((head, rest)) = expected.split_once("...") else {
        return line == expected;
    };
    let Some(line) = line.strip_prefix(head) else {
        return false;
    };
    let ends = (0..=line.len()).filter(|end| line.is_char_boundary(*end));
    ends.into_iter().any(|end| is_alike(&line[end..], rest))
}

/// Whether `lines` are `expected`, in which a line `...` stands for any lines.
fn are_alike(lines: &[&str], expected: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((&"...", rest)) => (0..=lines.len()).any(|skipped| are_alike(&lines[skipped..], rest)),
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, more)| is_alike(line, first) && are_alike(more, rest)),
    }
}

/// Runs the commands of a page, in order; how many there were, and what did not print what it says.
fn run(page: &Path) -> (usize, Vec<String>) {
    let text = fs::read_to_string(page).unwrap();
    let project = with_the_bundled_files();
    let blocks = blocks(&text);
    for block in &blocks {
        if let Some((_, name)) = block.info.split_once(' ') {
            fs::write(project.path(name), block.text).unwrap();
        }
    }

    let (mut count, mut wrong) = (0, Vec::new());
    let consoles = blocks.iter().filter(|block| block.info == "console");
    for Example {
        command,
        printed: expected,
    } in consoles.flat_map(examples)
    {
        let found = printed(&project.path("."), &command);
        let lines: Vec<&str> = found.lines().collect();
        count += 1;
        if !are_alike(&lines, &expected) {
            wrong.push(format!("{}\n$ {command}\n{found}", page.display()));
        }
    }
    (count, wrong)
}

#[test]
fn every_command_prints_what_its_page_says() {
    let runs: Vec<(usize, Vec<String>)> = pages().par_iter().map(|page| run(page)).collect();
    let count: usize = runs.iter().map(|(count, _)| count).sum();
    let wrong: Vec<String> = runs.into_iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 40, "{count} commands");
}

/// Whoever shows a command shows what it prints. What cannot run here is said to be no command:
/// `sh` is for installing and testing alone, `text` for other programs and for models elsewhere.
#[test]
fn few_commands_are_not_run() {
    let is_installing = |line: &str| {
        let starts = [
            "cargo install ",
            "cargo test ",
            "cargo build ",
            "pip install ",
        ];
        starts.iter().any(|start| line.starts_with(start))
    };
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let shown = page.display();
        let mut ours = 0;
        for block in blocks(&text) {
            let language = block.info.split(' ').next().unwrap();
            match language {
                "sh" => assert!(
                    block.text.lines().all(is_installing),
                    "{shown}: {}",
                    block.text
                ),
                "text" => ours += usize::from(block.text.contains("robustness-check ")),
                "console" | "json" | "python" | "rust" | "toml" => {}
                other => panic!("{shown}: a block of `{other}`"),
            }
        }
        assert!(
            ours <= 1,
            "{shown}: {ours} blocks of commands that are not run"
        );
    }
}

#[test]
fn rows_fit() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let is_readme = page.ends_with("README.md");
        let most = if is_readme { 120 } else { 100 };
        let mut is_data = false;
        for line in text.lines() {
            if line.starts_with("```") {
                is_data = line.starts_with("```json");
            }
            // A row of a table cannot be broken.
            let most = if line.starts_with('|') { 120 } else { most };
            let fits = line.chars().count() <= most || is_data;
            assert!(fits, "{}: {line}", page.display());
        }
        assert!(
            !is_readme || text.lines().count() <= 150,
            "{}",
            text.lines().count()
        );
    }
}

#[test]
fn the_test_command_is_that_of_ci() {
    let command = "cargo test --release --locked\n";
    for file in ["README.md", ".ci/run"] {
        let text = fs::read_to_string(repository(file)).unwrap();
        assert!(text.contains(&format!("\n{command}")), "{file}");
    }
}
