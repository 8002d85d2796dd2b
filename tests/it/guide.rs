//! The guide pages: every command on them prints what they say.

use std::fs;

use crate::project::{project, repository, run_in, unwrapped};

/// A command of a page, and the lines below it.
struct Example {
    words: Vec<String>,
    printed: Vec<String>,
}

/// The commands in the `console` blocks of a page.
fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ robustness-check ") {
                Some(command) => examples.push(Example {
                    words: command
                        .split(' ')
                        .map(|word| word.trim_matches('"').to_owned())
                        .collect(),
                    printed: Vec::new(),
                }),
                None => examples.last_mut().unwrap().printed.push(line.to_owned()),
            }
        }
    }
    examples
}

/// Whether `lines` are `expected`, of which `...` stands for any lines.
fn are_alike(lines: &[&str], expected: &[String]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=lines.len()).any(|skipped| are_alike(&lines[skipped..], rest))
        }
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, more)| line == first && are_alike(more, rest)),
    }
}

#[test]
fn every_command_of_the_page_on_lists_prints_what_it_says() {
    let page = fs::read_to_string(repository("src/guide/lists.md")).unwrap();
    let examples = examples(&page);
    assert!(examples.len() >= 8);
    let report = repository("robustness-report");
    let was_there = report.exists();
    for Example { words, printed } in examples {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = run_in(&repository("."), &words);
        let shown = if run.code == 2 { &run.err } else { &run.out };
        let lines: Vec<&str> = shown.lines().collect();
        assert!(are_alike(&lines, &printed), "{words:?}\n{shown}");
    }
    assert_eq!(report.exists(), was_there);
}

#[test]
fn lines_of_the_page_are_lists() {
    let page = fs::read_to_string(repository("src/guide/lists.md")).unwrap();
    let line = page.split("```json\n").nth(1).unwrap();
    let line = line.split("```").next().unwrap();
    let run = project()
        .file("lists.jsonl", line)
        .run(&["nbest", "stat", "lists.jsonl"]);
    assert!(
        unwrapped(&run.out).contains("utterances 1 (1 speaker)"),
        "{}{}",
        run.out,
        run.err
    );
}
